"""The set of drafts: sentences with the verdict that is right, grouped in texts of paragraphs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from assistant.checking.verdicts import Verdict
from eval.data.cases import SETS, Gold

DRAFTS = SETS / "drafts"
ARTICLES = (SETS / "sample" / "articles", SETS / "kinds" / "articles")


@dataclass(frozen=True, slots=True)
class GoldSentence:
    """One sentence of a draft and what is right to say of it.

    `kind` is how it was reworded, what was swapped in it, or what sort of thing it is. `evidence`
    has one item for each fact: sentences of articles, any one of which proves or refutes it.
    `instead` are texts any one of which names what the articles say in place of the swap.
    """

    id: str
    draft: str
    paragraph: int
    text: str
    verdict: Verdict
    kind: str
    evidence: tuple[tuple[Gold, ...], ...] = ()
    instead: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft: its sentences, where each stands in `text` (characters), and the text."""

    name: str
    sentences: tuple[GoldSentence, ...]
    spans: tuple[tuple[int, int], ...]
    text: str


def read_drafts(folder: Path = DRAFTS) -> list[Draft]:
    """All drafts of a set, in the order of its file."""
    lines = (folder / "drafts.jsonl").read_text("utf-8").splitlines()
    return list(drafts_of(_sentence(json.loads(line)) for line in lines))


def _sentence(row: dict[str, object]) -> GoldSentence:
    facts: list[list[dict[str, str]]] = row["evidence"]  # type: ignore[assignment]
    evidence = tuple(tuple(Gold(**one) for one in fact) for fact in facts)
    instead: list[str] = row["instead"]  # type: ignore[assignment]
    return GoldSentence(**{**row, "evidence": evidence, "instead": tuple(instead)})  # type: ignore[arg-type]


def drafts_of(sentences: Iterator[GoldSentence]) -> Iterator[Draft]:
    r"""Sentences in reading order, put together: an empty line between paragraphs.

    >>> made = [GoldSentence("", "a", n, t, "no_claim", "") for n, t in ((1, "A."), (1, "B."))]
    >>> next(drafts_of(iter([*made, GoldSentence("", "a", 2, "C?", "no_claim", "")]))).text
    'A. B.\n\nC?\n'
    """
    for name, group in groupby(sentences, key=lambda one: one.draft):
        members, spans, text = tuple(group), [], ""
        for before, one in zip((None, *members), members, strict=False):
            if before:
                text += " " if before.paragraph == one.paragraph else "\n\n"
            spans.append((len(text), len(text) + len(one.text)))
            text += one.text
        yield Draft(name, members, tuple(spans), text + "\n")
