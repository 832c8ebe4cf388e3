"""RSS and Atom files: one article an entry. Nothing is fetched, whatever the file names."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from index.core.articles import Skip
from index.core.records import Limits, RawRecord, Unreadable
from index.readers.html_fragment import as_text
from index.readers.tables import too_many

# an entity may name a file or an address or expand a billion times; feeds need none
_DOCTYPE = re.compile(rb"<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)


def read_feed(data: bytes, path: str, limits: Limits) -> Iterator[RawRecord | Skip]:
    """Every entry with its fullest text; the feed's title is the source."""
    import feedparser

    feed = feedparser.parse(
        # a file object, because a str or bytes may be taken for an address or a path
        io.BytesIO(_DOCTYPE.sub(b"", data, count=1)),
        # its own cleaning drops the styles that hide text
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    entries = feed.get("entries") or []
    if not entries:
        problem = feed.get("bozo_exception")
        why = f": {' '.join(str(problem).split())[:120]}" if problem else ""
        raise Unreadable("bad_feed", f"The feed has no entries{why}.")
    source = _text(feed.get("feed", {}), "title")
    for number, entry in enumerate(entries[: limits.records], 1):
        yield _entry(entry, path, number, source, _text(feed.get("feed", {}), "language"))
    if len(entries) > limits.records:
        yield too_many(path, f"{limits.records} of {len(entries)} entries")


def _entry(
    entry: Mapping[str, Any], path: str, number: int, source: str, language: str
) -> RawRecord | Skip:
    record = (_text(entry, "id") or _text(entry, "link") or str(number))[:200]
    bodies = [str(part.get("value") or "") for part in entry.get("content") or ()]
    text = max((as_text(body) for body in (*bodies, _text(entry, "summary"))), key=len)
    if not text.strip():
        return Skip(f"{path}#{record}", "missing_field", f"In entry {number} there is no text.")
    named = _text(entry.get("source") or {}, "title")
    return RawRecord(
        text=text,
        record=record,
        title=as_text(_text(entry, "title")),
        published=_day(entry, "published"),
        source=named or source,
        url=_text(entry, "link"),
        byline=_text(entry, "author"),
        paragraphs=True,
        dated_by="field",
        modified=_day(entry, "updated"),
        language=_entry_language(entry) or language,
    )


def _entry_language(entry: Mapping[str, Any]) -> str:
    parts = (*(entry.get("content") or ()), entry.get("summary_detail") or {})
    return next((str(part["language"]) for part in parts if part.get("language")), "")


def _day(entry: Mapping[str, Any], name: str) -> str:
    """Take the day of that name, as it is written where it can be read so."""
    if not dict.__contains__(entry, name):  # feedparser gives the one for the other
        return ""
    written = _text(entry, name)
    parsed = entry.get(f"{name}_parsed")
    zoned = re.match(r"\d{4}-\d\d-\d\d", written)
    if zoned or not isinstance(parsed, time.struct_time):
        return written
    from email.utils import parsedate_to_datetime

    try:
        # the day where it was written, not the one it was in Greenwich
        return parsedate_to_datetime(written).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return time.strftime("%Y-%m-%d", parsed)


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    return value.strip() if isinstance(value, str) else ""
