"""HTML of one article in the side panel, with its cited sentences and title highlighted."""

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from assistant.core.answer import TITLE
from index.core.articles import Article
from index.storage.article_store import DuplicateInfo
from ui.page.render import render

MAX_SHOWN = 120_000  # characters; longer articles are shown around the first mark

# start, end (offsets in the text, or `TITLE`), number shown
Mark = tuple[int, int, str]
Segment = tuple[int, str, str | None]  # start, text, number of its mark; None where unmarked


def panel(article: Article, duplicates: DuplicateInfo, marks: Sequence[Mark]) -> Markup:
    """The article with `marks` highlighted; the window of a long one is around the first."""
    spans = _without_overlaps(marks, len(article.text))
    start, end = _window(len(article.text), spans)
    others = (other.source or "unknown source" for other in duplicates.carried_by)
    return render(
        "article",
        article=article,
        title_number=next((number for start, _, number in marks if start == TITLE), None),
        duplicates=duplicates,
        carried_by=list(dict.fromkeys(others)),
        paragraphs=_paragraphs(article.text, spans, start, end),
        cut_before=start > 0,
        cut_after=end < len(article.text),
    )


def _paragraphs(text: str, spans: Sequence[Mark], start: int, end: int) -> Iterator[list[Segment]]:
    for line in text[start:end].splitlines(keepends=True):
        if line.strip():
            yield list(_segments(text, spans, start, start + len(line.rstrip("\r\n"))))
        start += len(line)


def _segments(text: str, spans: Sequence[Mark], start: int, end: int) -> Iterator[Segment]:
    """`text[start:end]` cut at the edges of the spans."""
    for first, last, number in spans:
        first, last = max(first, start), min(last, end)
        if first < last:
            yield start, text[start:first], None
            yield first, text[first:last], number
            start = last
    yield start, text[start:end], None


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
