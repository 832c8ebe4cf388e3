"""Lists of addresses: OPML, whose outlines may hold texts, and lists that never do.

An address is never fetched, so that a list without texts is refused with the way out.
"""

import re
from collections.abc import Iterator

from index.core.articles import Skip
from index.core.records import RawRecord, Unreadable
from index.readers.common import storable, too_many
from index.readers.file import File
from index.readers.html_fragment import as_text
from index.readers.office.package import parse_xml

ONLY_ADDRESSES = (
    "It lists addresses without texts, and addresses are not fetched; "
    "save the pages (SingleFile does) and give those."
)
_OPML = re.compile(rb"<opml[\s>]")
_TEXTS = ("_note", "content", "description", "body")
# the head of what browsers and reading lists export
_LINKS = re.compile(
    r"<!doctype netscape-bookmark-file|<title>\s*(?:pocket export|instapaper: export)", re.I
)


def is_opml(data: bytes) -> bool:
    """Whether the file is an OPML outline."""
    return data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and bool(_OPML.search(data[:2048]))


def read_opml(file: File) -> Iterator[RawRecord | Skip]:
    """Every outline with a text of its own; Unreadable `no_text` for a list of feeds."""
    tree = parse_xml(file.data.strip(), "bad_feed")
    source = tree.findtext("head/title") or ""
    found = 0
    for number, outline in enumerate(tree.iter("outline"), 1):
        text = max((as_text(outline.get(name, "")) for name in _TEXTS), key=len)
        if not text.strip() or outline.get("xmlUrl"):  # a feed, which may be described
            continue
        if found >= file.limits.records:
            yield too_many(file.path, f"{found} texts")
            return
        found += 1
        yield RawRecord(
            text=text,
            record=str(number),
            title=as_text(outline.get("title") or outline.get("text") or ""),
            published=outline.get("pubDate") or outline.get("created") or "",
            source=storable(source.strip()),
            url=outline.get("htmlUrl") or outline.get("url") or "",
            byline=outline.get("author") or "",
            paragraphs=True,
            dated_by="field",
        )
    if not found:
        raise Unreadable("no_text", ONLY_ADDRESSES)


def is_link_list(markup: str) -> bool:
    """Whether a page is a browser's bookmarks, or the export of a reading list."""
    return bool(_LINKS.search(markup[:1000]))
