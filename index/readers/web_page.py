"""A saved web page: its declared metadata, its title and date, and its article as displayed."""

import re
from collections.abc import Sequence

from index.core.records import RawRecord, Unreadable
from index.readers.common import one_line
from index.readers.html_fragment import as_text
from index.readers.main_content import body_lines, with_captions
from index.readers.metadata import (
    day_in_url,
    declared_metadata,
    guessed_day,
    page_title,
    site_name,
)
from index.readers.visible_html import drop_hidden, mark_captions, parse_html, visible_lines

MIN_UNPUNCTUATED = 100  # characters
HEAD_LINES = 15  # above the text that may state author and day
_EMBEDDED = re.compile(r"data:[\w/+.;=-]{3,60},[\w+/=%-]{100,}")
# browsers and SingleFile note the address of a page they save in a comment
_SAVED = re.compile(
    r"<!--\s*(?:saved from url=\(\d+\)|Page saved with SingleFile\s+url:\s*)(\S+)", re.IGNORECASE
)
MIN_VISIBLE = 250  # characters, trafilatura's own minimum; with less, a script draws the article


def read_html(text: str) -> RawRecord:
    """The one article of a page; Unreadable `no_text` if it has none."""
    # pictures and fonts that are kept in the page are most of its bytes
    tree = parse_html(_EMBEDDED.sub("", text))
    if tree is None:
        raise Unreadable("no_text", "The page has no article text.")
    found = declared_metadata(tree)
    saved = _SAVED.search(text[:2000])
    url = found.get("url") or (saved[1] if saved else "")
    in_url = day_in_url(url)
    published = in_url or found.get("published", "")
    modified = _day(found.get("modified", ""))
    guessed = "" if published else guessed_day(tree)
    window = one_line(next((node.text_content() for node in tree.iter("title")), ""))
    drop_hidden(tree)
    body = body_lines(tree)
    declared = as_text(found.get("text", ""))
    if sum(map(len, body)) < min(MIN_VISIBLE, len(declared)):
        body = [one_line(line) for line in declared.split("\n") if line.strip()]
    if not _has_text(body):
        raise Unreadable("no_text", "The page has no article text.")
    mark_captions(tree)
    lines = visible_lines(tree)
    title = page_title(tree, lines, [one for one in (found.get("title", ""), window) if one])
    body = [line for line in body if line != title] or body
    begin, first = _head(lines, title, body)
    return RawRecord(
        text="\n\n".join(with_captions(body, lines[begin:])),
        title=title,
        published=_day(published),
        source=found.get("source", "") or site_name(window, title),
        url=url,
        byline=found.get("byline", ""),
        paragraphs=True,
        dated_by="url" if in_url else "metadata",
        modified=modified,
        language=found.get("language", ""),
        head=tuple(lines[begin:first]),
        guessed="" if guessed == modified else guessed,
    )


def _has_text(body: Sequence[str]) -> bool:
    """False for a few words without a sentence, such as the menu of a page without an article."""
    text = " ".join(body)
    return len(text) >= MIN_UNPUNCTUATED or bool(re.search(r"[.!?…。！？।]", text))


def _day(date: str) -> str:
    """The stated day without its time, which a time zone could move to another day."""
    return re.sub(r"^(\d{4}-\d\d-\d\d)[T ].*", r"\1", date)


def _head(lines: Sequence[str], title: str, body: Sequence[str]) -> tuple[int, int]:
    """The range of the lines between title and text; of the last ones above it without a title."""
    known = set(body)
    first = next((n for n, line in enumerate(lines) if line in known), 0)
    titles = (n + 1 for n, line in enumerate(lines[:first]) if line == title)
    return max(first - HEAD_LINES, *titles, 0), first
