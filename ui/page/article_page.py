"""One article with its cited sentences marked: beside an answer, and at an address of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import gradio as gr

from assistant.core.answer import TITLE
from assistant.core.sanitize import is_web_address
from index.core.articles import Article
from index.core.errors import UserError
from index.storage.article_store import DuplicateInfo
from ui.page.escaping import escaped, written_day
from ui.service.public_errors import public_message

if TYPE_CHECKING:
    from ui.service.answer_service import AnswerService

MAX_SHOWN = 120_000  # characters; longer articles are shown around the first mark
GONE = "This article is not in the index any more."

# start, end (offsets in the text, or `TITLE`), number shown
Mark = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Place:
    """A sentence that was asked for: its article's id, and where it starts and ends there."""

    article: str
    start: int = 0
    end: int = 0

    @classmethod
    def from_query(cls, query: Mapping[str, Any]) -> Place | None:
        """From the `id`, `s` and `e` of an address; None if they are no place.

        >>> Place.from_query({"id": "0" * 32, "s": "3", "e": "x"}) is None
        True
        """
        article = str(query.get("id", ""))
        if len(article) != 32 or not article.isalnum():
            return None
        try:
            return cls(article, int(query.get("s") or 0), int(query.get("e") or 0))
        except ValueError:
            return None

    @classmethod
    def from_address(cls, address: str) -> Place | None:
        """From a link of the page, "article?id=…&s=…&e=…"."""
        values = parse_qs(address.partition("?")[2][:500])
        return cls.from_query({name: found[0] for name, found in values.items()})


def article_page(service: AnswerService) -> None:
    """The page of one article, which its address names."""
    shown = gr.Markdown(elem_id="reader", **PLAIN)

    def read(request: gr.Request) -> str:
        text = article_at(service, Place.from_query(dict(request.query_params)))
        return text.replace("\n## ", "\n# ", 1)

    gr.on(fn=read, outputs=shown, api_visibility="private", show_progress="hidden")


PLAIN: dict[str, Any] = {"latex_delimiters": [], "sanitize_html": True, "container": False}


def article_at(service: AnswerService, place: Place | None, marks: Sequence[Mark] = ()) -> str:
    """An article as Markdown with a place in it marked, and other `marks`; or that it is gone."""
    try:
        article = service.articles.get(place.article) if place else None
        if article is None or place is None:
            return GONE
        duplicates = service.articles.duplicates(article.id)
    except UserError as error:
        return escaped(public_message(error))
    here = [mark for mark in marks if mark[:2] == (place.start, place.end)]
    others = [mark for mark in marks if mark not in here]
    return article_markdown(article, duplicates, here or [(place.start, place.end, "")], others)


def article_markdown(
    article: Article, duplicates: DuplicateInfo, here: Sequence[Mark], others: Sequence[Mark] = ()
) -> str:
    """The article with `here` marked strongly and `others` lightly; a long one around the first."""
    spans = _without_overlaps([*here, *others], len(article.text))
    first = next((span for span in spans if span in here), spans[0] if spans else None)
    start, end = _window(len(article.text), first)
    parts = [
        *_head(article, duplicates, [*here, *others]),
        "<small>The beginning is left out here.</small>" if start else "",
        *(
            _paragraph(article.text, spans, here, *line)
            for line in _lines(article.text, start, end)
        ),
        "<small>The rest is left out here.</small>" if end < len(article.text) else "",
        _address(article.url),
    ]
    return "\n\n".join(filter(None, parts))


def _head(article: Article, duplicates: DuplicateInfo, marks: Sequence[Mark]) -> Iterator[str]:
    about = (article.source, written_day(article.stated_day) or "undated")
    title = escaped(article.title or "Untitled")
    numbers = [number for start, _, number in marks if start == TITLE]
    yield f"<small>{' · '.join(escaped(part) for part in about if part)}</small>"
    yield f"## {f'<mark>{_number(numbers[0])}{title}</mark>' if numbers else title}"
    yield f"*{escaped(article.byline)}*" if article.byline else ""
    if newer := duplicates.superseded_by:
        yield f"> A newer version replaces this one: {escaped(newer.title)}"
    yield f"> Correction: {escaped(duplicates.note)}" if duplicates.note else ""
    yield from (f"> This corrects: {escaped(older.title)}" for older in duplicates.corrects)
    carriers = dict.fromkeys(other.source or "unknown source" for other in duplicates.carried_by)
    yield f"<small>Also carried by {escaped(', '.join(carriers))}.</small>" if carriers else ""


def _address(address: str) -> str:
    if not address:
        return ""
    link = f'<a href="{escaped(address)}">{escaped(address)}</a>'
    return f"<small>{link if is_web_address(address) else escaped(address)}</small>"


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Start and end of each line that is not empty, within a window."""
    for line in text[start:end].splitlines(keepends=True):
        if line.strip():
            yield start, start + len(line.rstrip("\r\n"))
        start += len(line)


def _paragraph(text: str, spans: Sequence[Mark], here: Sequence[Mark], start: int, end: int) -> str:
    """`text[start:end]` with the spans in it marked."""
    parts = []
    for span in spans:
        first, last = max(span[0], start), min(span[1], end)
        if first < last:
            marked = f"{_number(span[2])}{_part(text[first:last])}"
            strong = f"<strong>{marked}</strong>" if _is_within(span, here) else marked
            parts += [_part(text[start:first]), f"<mark>{strong}</mark>"]
            start = last
    return f"<p>{''.join(parts)}{_part(text[start:end])}</p>"


def _part(text: str) -> str:
    """Escaped, with a space where the text begins or ends with one."""
    if not text.strip():
        return " " if text else ""
    before, after = text[:1].isspace() * " ", text[-1:].isspace() * " "
    return f"{before}{escaped(text)}{after}"


def _is_within(span: Mark, marks: Sequence[Mark]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end, _ in marks)


def _number(number: str) -> str:
    return f"<b>{escaped(number)}</b> " if number else ""


def _without_overlaps(marks: Sequence[Mark], length: int) -> list[Mark]:
    """The marks in reading order, clipped to the text and to each other."""
    kept: list[Mark] = []
    for start, end, number in sorted(marks):
        start, end = max(start, kept[-1][1] if kept else 0), min(end, length)
        if start < end:
            kept.append((start, end, number))
    return kept


def _window(length: int, first: Mark | None) -> tuple[int, int]:
    if length <= MAX_SHOWN:
        return 0, length
    start = max(0, min((first[0] if first else 0) - MAX_SHOWN // 2, length - MAX_SHOWN))
    return start, start + MAX_SHOWN
