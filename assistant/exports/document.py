"""Document: answers, from their JSON objects, with the sources of all of them numbered once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.core.console import paper_and_day
from assistant.core.sanitize import is_web_address
from index.text.visible_text import one_line


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence or row of an answer; `notes` are numbers of the document's sources."""

    text: str
    notes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer: running text, or rows; `remarks` stand below it."""

    question: str
    statements: tuple[Statement, ...]
    in_rows: bool
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A sentence or title of an article that proves something; `number` is 1-based.

    `about` is paper and day in words; `url` is "" unless it is a web address.
    """

    number: int
    article: str
    title: str
    about: str
    paper: str
    published: str
    byline: str
    url: str
    quote: str


@dataclass(frozen=True, slots=True)
class Document:
    """A conversation, or one answer; `title` is "" where it has none of its own."""

    title: str
    exchanges: tuple[Exchange, ...]
    sources: tuple[Source, ...]


def document(title: str, answers: Sequence[Mapping[str, Any]]) -> Document:
    """The document of some answers' JSON objects; a sentence cited twice is one source."""
    numbers: dict[tuple[Any, ...], int] = {}
    sources: list[Source] = []
    exchanges: list[Exchange] = []
    for answer in answers:
        own: dict[int, int] = {}  # numbers in the answer, and in the document
        for citation in answer["citations"]:
            sentence = (citation["article"], citation["start"], citation["end"])
            number = numbers.setdefault(sentence, len(numbers) + 1)
            if number > len(sources):
                sources.append(_source(number, citation))
            own[citation["number"]] = number
        exchanges.append(_exchange(answer, own))
    return Document(one_line(title), tuple(exchanges), tuple(sources))


def _exchange(answer: Mapping[str, Any], numbers: Mapping[int, int]) -> Exchange:
    kept = [] if answer["refused"] else [claim for claim in answer["claims"] if claim["kept"]]
    statements = [
        Statement(
            one_line(f"{claim['label']}: {claim['text']}" if claim.get("label") else claim["text"]),
            tuple(numbers[number] for number in claim["citations"]),
        )
        for claim in kept
    ]
    if not statements:
        reason = answer["reason"]["reason"] if answer["refused"] else answer["answer"]
        statements = [Statement(one_line(reason))]
    remarks = [*(answer.get("options") or ()), *answer["caveats"]]
    return Exchange(
        one_line(answer["question"]),
        tuple(statements),
        bool(answer.get("in_rows")) and bool(kept),
        tuple(map(one_line, remarks)),
    )


def _source(number: int, citation: Mapping[str, Any]) -> Source:
    url = citation.get("url") or ""  # answers of before have none
    return Source(
        number,
        citation["article"],
        one_line(citation["title"]),
        paper_and_day(citation),
        one_line(citation["source"]),
        citation["published"] or "",
        one_line(citation.get("byline") or ""),
        url if is_web_address(url) else "",
        one_line(citation["quote"]),
    )
