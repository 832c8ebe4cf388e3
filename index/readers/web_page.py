"""Saved pages to raw records."""

from __future__ import annotations

from collections.abc import Iterator

from index.core.records import RawRecord, Unreadable


def read_html(text: str) -> Iterator[RawRecord]:
    """A saved web page: what it declares, and the article that a reader sees on it.

    Raises:
        Unreadable: if it holds no text.
    """
    from index.readers import main_content as webpage  # lxml: not for a folder without pages

    found = webpage.read(text)
    if not found.text.strip():
        raise Unreadable("no_text", "The page holds no article text.")
    yield RawRecord(
        text=found.text,
        title=found.title,
        published=found.published,
        source=found.source,
        url=found.url,
        byline=found.byline,
        paragraphs=True,
        dated_by=found.dated_by,
        modified=found.modified,
        language=found.language,
    )
