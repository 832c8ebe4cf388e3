"""RSS and Atom files: one article an entry. Nothing is fetched, whatever the file refers to."""

import io
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from index.core.articles import Skip
from index.core.records import Limits, RawRecord, Unreadable
from index.readers.common import error_line, sent_day, too_many
from index.readers.html_fragment import as_text

# an entity may refer to a file or an address or expand a billion times; feeds need none
_DOCTYPE = re.compile(rb"<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)


def read_feed(data: bytes, path: str, limits: Limits) -> Iterator[RawRecord | Skip]:
    """Every entry with its longest text; the feed's title is the source."""
    import feedparser

    try:
        feed = feedparser.parse(
            # a file object, because a str or bytes may be taken for an address or a path
            io.BytesIO(_DOCTYPE.sub(b"", data, count=1)),
            sanitize_html=False,  # it would drop the styles that hide text
            resolve_relative_uris=False,
        )
    except ValueError as broken:  # such as a reference to a character that there is not
        raise Unreadable("bad_feed", f"The feed is broken: {error_line(broken)}.") from None
    entries = feed.get("entries") or []
    if not entries:
        problem = feed.get("bozo_exception")
        why = f": {error_line(problem)}" if problem else ""
        raise Unreadable("bad_feed", f"The feed has no entries{why}.")
    for number, entry in enumerate(entries[: limits.records], 1):
        yield _read_entry(entry, path, number, feed.get("feed", {}))
    if len(entries) > limits.records:
        yield too_many(path, f"{limits.records} of {len(entries)} entries")


def _read_entry(
    entry: Mapping[str, Any], path: str, number: int, channel: Mapping[str, Any]
) -> RawRecord | Skip:
    record = (_text(entry, "id") or _text(entry, "link") or str(number))[:200]
    contents = entry.get("content") or ()
    bodies = [*(str(part.get("value") or "") for part in contents), _text(entry, "summary")]
    text = max(map(as_text, bodies), key=len)
    if not text.strip():
        return Skip(f"{path}#{record}", "missing_field", f"In entry {number} there is no text.")
    parts = (*contents, entry.get("summary_detail") or {})
    languages = (str(part["language"]) for part in parts if part.get("language"))
    return RawRecord(
        text=text,
        record=record,
        title=as_text(_text(entry, "title")),
        published=_day(entry, "published"),
        source=_text(entry.get("source") or {}, "title") or _text(channel, "title"),
        url=_text(entry, "link"),
        byline=_text(entry, "author"),
        paragraphs=True,
        dated_by="field",
        modified=_day(entry, "updated"),
        language=next(languages, _text(channel, "language")),
    )


def _day(entry: Mapping[str, Any], name: str) -> str:
    """The date of that name, as its own day where feedparser has parsed it, else as it is."""
    if not dict.__contains__(entry, name):  # feedparser returns `updated` for `published`
        return ""
    stated = _text(entry, name)
    parsed = entry.get(f"{name}_parsed")
    if re.match(r"\d{4}-\d\d-\d\d", stated) or not isinstance(parsed, time.struct_time):
        return stated
    return sent_day(stated) or time.strftime("%Y-%m-%d", parsed)  # `parsed` is in UTC


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    return value.strip() if isinstance(value, str) else ""
