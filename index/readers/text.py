"""Plain text and Markdown, each with or without a block of `Title:`, `Date:` … lines on top.

Markdown may have YAML front matter in its place, as the clippers of Obsidian and others write it.
"""

import re
from collections.abc import Iterable
from typing import Any

from index.core.records import RawRecord

_FIELDS = {
    **{name: name for name in "title published modified source url byline language".split()},
    **{"headline": "title", "date": "published", "updated": "modified", "link": "url"},
    **{"author": "byline", "by": "byline"},
}
_HEADER_LINE = re.compile(rf"^({'|'.join(_FIELDS)}):\s*(.*)$", re.IGNORECASE)
_FRONT_FIELDS = _FIELDS | {
    **{"authors": "byline", "creator": "byline", "lang": "language"},
    **{"publisher": "source", "publication": "source", "site": "source", "website": "source"},
}
_WIKI_LINK = re.compile(r"\[\[(?:[^\]|]*\|)?([^\]|]*)\]\]")
FRONT_MATTER = re.compile(r"\A---\s*\n(.*?)\n---\s*\n", re.DOTALL)


def read_text(text: str) -> RawRecord:
    """Plain text, with or without a header block (`Title:`, `Date:`, `Source:` …) on top."""
    fields, body = _header(text)
    return RawRecord(text=body, dated_by="header", **fields)


def _fields_of(lines: Iterable[str]) -> dict[str, Any]:
    found = filter(None, map(_HEADER_LINE.match, lines))
    return {_FIELDS[line[1].lower()]: line[2].strip() for line in found}


def _header(text: str) -> tuple[dict[str, Any], str]:
    lines = text.lstrip("\ufeff\r\n").splitlines()
    number = next((n for n, line in enumerate(lines) if not _HEADER_LINE.match(line)), None)
    # one such line may belong to the text; two, or one followed by an empty line, are a header
    if not number or (number == 1 and lines[1].strip()):
        return {}, text
    return _fields_of(lines[:number]), "\n".join(lines[number:])


def _front_fields(front: str) -> dict[str, Any]:
    """The fields of a block of YAML, or else of its lines: `title: A: b` is not YAML."""
    import yaml

    try:
        # every scalar as it is written: a day stays in its own time zone
        found = yaml.load(front, yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError, ValueError):
        found = None
    if not isinstance(found, dict):
        lines = _fields_of(front.splitlines())
        return {name: value.strip("\"'") for name, value in lines.items()}
    fields: dict[str, Any] = {}
    for name, value in found.items():
        items = value if isinstance(value, list) else [value]
        text = ", ".join(_WIKI_LINK.sub(r"\1", x).strip() for x in items if isinstance(x, str))
        field = _FRONT_FIELDS.get(name.lower()) if isinstance(name, str) else None
        if field == "source" and re.match(r"https?://", text):  # Obsidian's name for the address
            field = "url"
        if field and text:
            fields.setdefault(field, text)
    return fields


def read_markdown(text: str) -> RawRecord:
    """Markdown: front matter or a header block, the first heading as title, marks removed."""
    from markdown_it import MarkdownIt

    if front := FRONT_MATTER.match(text):
        fields, body = _front_fields(front[1]), text[front.end() :]
    else:
        fields, body = _header(text)
    body = re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL)
    paragraphs: list[str] = []
    heading = False
    for token in MarkdownIt("commonmark", {"html": False}).parse(body):
        if token.type == "heading_open":
            heading = token.tag == "h1"
        elif token.type == "inline":
            words = "".join(_words(child) for child in token.children or ()).strip()
            if heading and not fields.get("title"):
                fields["title"] = words
            else:
                paragraphs.append(words)
            heading = False
        elif token.type in ("fence", "code_block"):
            paragraphs.append(token.content)
    return RawRecord(text="\n\n".join(paragraphs), paragraphs=True, dated_by="header", **fields)


def _words(token: Any) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return " "
    return str(token.content) if token.type in ("text", "code_inline") else ""
