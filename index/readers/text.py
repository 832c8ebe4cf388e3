"""Plain text and Markdown, each with or without a block of `Title:`, `Date:` … lines on top."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from index.core.articles import Skip
from index.core.records import RawRecord

# ── plain text ────────────────────────────────────────────────────────────────────────────────

_HEADER_LINE = re.compile(
    r"^(title|headline|date|published|updated|modified|source|url|link|author|byline|by|language):"
    r"\s*(.*)$",
    re.I,
)
_HEADER_FIELD = {
    "headline": "title",
    "date": "published",
    "updated": "modified",
    "link": "url",
    "author": "byline",
    "by": "byline",
}


def read_text(text: str, path: str) -> Iterator[RawRecord | Skip]:
    """Plain text, with or without a header block (`Title:`, `Date:`, `Source:` …) on top."""
    fields, body = _header(text)
    yield RawRecord(text=body, dated_by="header", **fields)


def _fields_of(lines: Iterable[str]) -> dict[str, Any]:
    found = (_HEADER_LINE.match(line) for line in lines)
    named = [(line[1].lower(), line[2].strip()) for line in found if line]
    return {_HEADER_FIELD.get(name, name): value for name, value in named}


def _header(text: str) -> tuple[dict[str, Any], str]:
    lines = text.lstrip("\ufeff\r\n").splitlines()
    number = next((n for n, line in enumerate(lines) if not _HEADER_LINE.match(line)), None)
    # one header-like line may be an article that begins so; two, or one apart, are a header
    if not number or (number == 1 and lines[1].strip()):
        return {}, text
    return _fields_of(lines[:number]), "\n".join(lines[number:])


# ── Markdown ──────────────────────────────────────────────────────────────────────────────────

FRONT_MATTER = re.compile(r"\A---\s*\n(.*?)\n---\s*\n", re.DOTALL)


def read_markdown(text: str, path: str) -> Iterator[RawRecord | Skip]:
    """Markdown: front matter or a header block, the first heading as title, marks removed."""
    from markdown_it import MarkdownIt

    front = FRONT_MATTER.match(text)
    if front:
        fields, body = _fields_of(front[1].splitlines()), text[front.end() :]
    else:
        fields, body = _header(text)
    fields = {name: value.strip("\"'") for name, value in fields.items()}
    body = re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL)
    paragraphs: list[str] = []
    heading = False
    for token in MarkdownIt("commonmark", {"html": False}).parse(body):
        if token.type == "heading_open":
            heading = token.tag == "h1"
        elif token.type == "inline":
            words = _inline(token)
            if heading and not fields.get("title"):
                fields["title"] = words
            else:
                paragraphs.append(words)
            heading = False
        elif token.type in ("fence", "code_block"):
            paragraphs.append(token.content)
    yield RawRecord(text="\n\n".join(paragraphs), paragraphs=True, dated_by="header", **fields)


def _inline(token: Any) -> str:
    parts = []
    for child in token.children or ():
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
    return "".join(parts).strip()
