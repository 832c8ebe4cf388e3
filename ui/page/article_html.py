"""HTML of one article in the side panel, with its cited sentences highlighted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from index.core.articles import Article
from index.storage.article_store import DuplicateInfo
from ui.page.answer_html import about
from ui.page.render import Html, link, tag

MAX_SHOWN = 120_000  # characters; longer articles are shown around the first mark

Mark = tuple[int, int, str]  # start, end (offsets in the text), number shown


def panel(article: Article, duplicates: DuplicateInfo, marks: Sequence[Mark]) -> Html:
    """The article with `marks` highlighted; the window of a long one is around the first."""
    spans = _without_overlaps(marks, len(article.text))
    start, end = _window(len(article.text), spans)
    facts = {
        "article": article.id,
        "title": article.title,
        "source": article.source,
        "published": article.published.isoformat() if article.published else None,
    }
    return tag(
        "article",
        about(facts),
        tag("h2", article.title or "Untitled", tabindex="-1"),
        tag("p", article.byline, class_="byline") if article.byline else "",
        *_warnings(duplicates),
        tag("p", "The beginning is left out here.", class_="meta") if start else "",
        *_paragraphs(article.text, spans, start, end),
        tag("p", "The rest is left out here.", class_="meta") if end < len(article.text) else "",
        tag("p", link(article.url, article.url), class_="address") if article.url else "",
        class_="story",
        data_article=article.id,
    )


def _warnings(duplicates: DuplicateInfo) -> Iterator[Html]:
    if duplicates.superseded_by:
        newer = duplicates.superseded_by
        yield tag("p", "A newer version replaces this one: ", newer.title, class_="warning")
    if duplicates.note:
        yield tag("p", "Correction: ", duplicates.note, class_="warning")
    for older in duplicates.corrects:
        yield tag("p", "This corrects: ", older.title, class_="warning")
    if duplicates.carried_by:
        names = (f"{other.source or 'unknown source'}" for other in duplicates.carried_by)
        yield tag("p", "Also carried by ", ", ".join(dict.fromkeys(names)), ".", class_="meta")


def _paragraphs(text: str, spans: Sequence[Mark], start: int, end: int) -> Iterator[Html]:
    at = start
    while at < end:
        stop = text.find("\n", at, end)
        stop = end if stop < 0 else stop
        if text[at:stop].strip():
            yield tag("p", *_marked(text, spans, at, stop))
        at = stop + 1


def _marked(text: str, spans: Sequence[Mark], start: int, end: int) -> Iterator[object]:
    """`text[start:end]` with the spans marked."""
    at = start
    for first, last, number in spans:
        first, last = max(first, at), min(last, end)
        if first >= last:
            continue
        yield text[at:first]
        label = tag("span", number, class_="number") if number else ""
        yield tag("mark", label, text[first:last], data_start=first, tabindex="-1")
        at = last
    yield text[at:end]


def _without_overlaps(marks: Sequence[Mark], length: int) -> list[Mark]:
    """The marks in reading order, clipped to the text and to each other."""
    kept: list[Mark] = []
    for start, end, number in sorted(marks):
        start, end = max(start, kept[-1][1] if kept else 0), min(end, length)
        if start < end:
            kept.append((start, end, number))
    return kept


def _window(length: int, spans: Sequence[Mark]) -> tuple[int, int]:
    if length <= MAX_SHOWN:
        return 0, length
    middle = spans[0][0] if spans else 0
    start = max(0, min(middle - MAX_SHOWN // 2, length - MAX_SHOWN))
    return start, start + MAX_SHOWN
