"""One function a format: bytes in, raw records out. Says nothing about what is furniture.

Text, Markdown, HTML and JSON/JSONL. The format is decided by content first and by the file's
name second, because archives lie about names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from index.articles import Skip

MAX_BYTES = 20_000_000  # a file; the largest article seen in the open sets has 60 kB
MAX_RECORDS = 20_000  # records of one JSON or JSONL file


@dataclass(frozen=True, slots=True)
class Raw:
    """One article as the file holds it, before cleaning.

    `record` names it inside its file ("" if the file is the article). `paragraphs` tells that
    line breaks in `text` are paragraph breaks already. `published` is the date as written.
    """

    text: str
    record: str = ""
    title: str = ""
    published: str = ""
    source: str = ""
    url: str = ""
    byline: str = ""
    paragraphs: bool = False


class Unreadable(Exception):
    """A file that holds no article: `code` and `reason` become a Skip."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def read(data: bytes, path: str) -> Iterator[Raw | Skip]:
    """Yield the articles of one file, and a Skip for each record that is none.

    Raises:
        Unreadable: if the whole file cannot be read as articles.
    """
    if not data.strip(b"\xef\xbb\xbf \t\r\n\x0b\x0c"):
        raise Unreadable("empty", "The file is empty.")
    text = decode(data)
    yield from _format_of(text, PurePath(path).suffix.lower())(text, path)


def decode(data: bytes) -> str:
    """Turn bytes into text: byte order mark, then UTF-8, then the most likely other encoding.

    Raises:
        Unreadable: for bytes that are no text.
    """
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe\x00\x00", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if _looks_binary(data[:4096]):
        raise Unreadable("binary", "The file is not text (images, archives and PDF are not read).")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as problem:
        return _decode_other(data, problem)


def _decode_other(data: bytes, problem: UnicodeDecodeError) -> str:
    declared = re.search(rb"""charset=["']?([\w-]{3,20})""", data[:2048], re.IGNORECASE)
    if declared:
        try:
            return data.decode(declared[1].decode("ascii"))
        except (LookupError, UnicodeError):
            pass  # a wrong declaration; the bytes themselves are asked next
    mostly_utf8 = data.decode("utf-8", "replace")
    beyond_ascii = sum(letter > "\x7f" for letter in mostly_utf8)
    if mostly_utf8.count("\ufffd") <= beyond_ascii // 2:
        return mostly_utf8  # damaged in a few places
    if sum(byte > 127 for byte in data) < len(data) // 5:
        return data.decode("cp1252", "replace")  # a Western language: a guess would be wilder
    from charset_normalizer import from_bytes

    best = from_bytes(data[:65536]).best()
    if best is None:
        raise Unreadable(
            "encoding", f"The file's encoding is not known (byte {problem.start} is not UTF-8)."
        )
    return data.decode(best.encoding, "replace")


def _looks_binary(head: bytes) -> bool:
    # control characters that no text encoding without a byte order mark uses
    controls = sum(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in head)
    return b"\x00" in head or head.startswith(b"%PDF-") or controls > len(head) // 20


def _format_of(text: str, suffix: str) -> Callable[[str, str], Iterator[Raw | Skip]]:
    head = text.lstrip("\ufeff \t\r\n")[:512].lower()
    if suffix == ".jsonl" or suffix == ".ndjson":
        return read_jsonl
    if suffix == ".json":
        return read_json
    if head.startswith(("<!doctype html", "<html", "<head", "<body", "<?xml")) or suffix in (
        ".html",
        ".htm",
        ".xhtml",
    ):
        return read_html
    return read_markdown if suffix in (".md", ".markdown") else read_text


# ── plain text ────────────────────────────────────────────────────────────────────────────────

_HEADER_LINE = re.compile(
    r"^(title|headline|date|published|source|url|link|author|byline|by):\s*(.*)$", re.I
)
_HEADER_FIELD = {
    "headline": "title",
    "date": "published",
    "link": "url",
    "author": "byline",
    "by": "byline",
}


def read_text(text: str, path: str) -> Iterator[Raw | Skip]:
    """Plain text, with or without a header block (`Title:`, `Date:`, `Source:` …) on top."""
    fields, body = _header(text)
    yield Raw(text=body, **fields)


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

_FRONT_MATTER = re.compile(r"\A---\s*\n(.*?)\n---\s*\n", re.DOTALL)


def read_markdown(text: str, path: str) -> Iterator[Raw | Skip]:
    """Markdown: front matter or a header block, the first heading as title, marks removed."""
    from markdown_it import MarkdownIt

    front = _FRONT_MATTER.match(text)
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
    yield Raw(text="\n\n".join(paragraphs), paragraphs=True, **fields)


def _inline(token: Any) -> str:
    parts = []
    for child in token.children or ():
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
    return "".join(parts).strip()


# ── HTML ──────────────────────────────────────────────────────────────────────────────────────

_UNSEEN_TAGS = ("script", "style", "template", "noscript", "iframe", "object", "svg")
_UNSEEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d]*[1-9])"
    r"|opacity\s*:\s*0(?![.\d]*[1-9])|(?:left|top|text-indent)\s*:\s*-\d{3,}",
    re.IGNORECASE,
)


def read_html(text: str, path: str) -> Iterator[Raw | Skip]:
    """A saved web page: what a reader does not see goes first, then trafilatura finds the body."""
    import trafilatura
    from lxml import etree, html
    from trafilatura.settings import Document

    try:
        # lxml refuses an encoding declaration inside a str
        tree = html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text, count=1))
    except etree.ParserError:
        raise Unreadable("no_text", "The page is empty.") from None
    _drop_unseen(tree)
    found = trafilatura.bare_extraction(
        html.tostring(tree, encoding="unicode"),
        with_metadata=True,
        include_comments=False,
        include_tables=True,
        favor_recall=True,
        # only what the page declares: guessing a date from its text is not this reader's work
        date_extraction_params={"extensive_search": False, "original_date": True},
    )
    if not isinstance(found, Document) or not (found.text or "").strip():
        raise Unreadable("no_text", "The page holds no article text.")
    yield Raw(
        text=found.text or "",
        title=found.title or "",
        published=found.date or "",
        source=found.sitename or "",
        url=found.url or "",
        byline=found.author or "",
        paragraphs=True,
    )


def _drop_unseen(tree: Any) -> None:
    from lxml import etree

    etree.strip_elements(tree, etree.Comment, *_UNSEEN_TAGS, with_tail=False)
    for node in list(tree.iter()):
        if not isinstance(node.tag, str) or node.tag in ("html", "body", "head"):
            continue
        unseen = (
            node.get("hidden") is not None
            or node.get("aria-hidden") == "true"
            or _UNSEEN_STYLE.search(node.get("style", ""))
        )
        if unseen and node.getparent() is not None:
            node.drop_tree()


# ── JSON and JSONL ────────────────────────────────────────────────────────────────────────────

_FIELDS = {
    "record": ("id", "_id", "uid", "guid", "uuid"),
    "title": ("title", "headline", "name"),
    "text": ("text", "body", "content", "article", "maintext", "full_text"),
    "published": ("date", "published", "published_at", "publish_date", "datePublished", "pubDate"),
    "source": ("source", "publisher", "site", "sitename", "outlet", "newspaper"),
    "url": ("url", "link", "canonical_url"),
    "byline": ("byline", "author", "authors", "creator"),
}


def read_json(text: str, path: str) -> Iterator[Raw | Skip]:
    """One JSON object, a list of them, or an object whose `articles`/`items`/`data` is the list."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise Unreadable("bad_json", f"This is not JSON: {_one_line(problem)}.") from None
    if isinstance(value, dict):
        inner = next((value[k] for k in ("articles", "items", "data") if k in value), None)
        value = inner if isinstance(inner, list) else [value]
    if not isinstance(value, list):
        raise Unreadable("bad_json", "The JSON is neither an object nor a list of objects.")
    single = len(value) == 1
    for number, row in enumerate(value[:MAX_RECORDS], 1):
        yield _record(row, path, "" if single else str(number), f"record {number}")
    if len(value) > MAX_RECORDS:
        yield Skip(
            path, "too_many", f"Only the first {MAX_RECORDS} of {len(value)} records are read."
        )


def read_jsonl(text: str, path: str) -> Iterator[Raw | Skip]:
    """One JSON object a line; a broken line is skipped with its number."""
    # not splitlines: a string of JSON may hold other line ends than these
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        if number > MAX_RECORDS:
            yield Skip(path, "too_many", f"Only the first {MAX_RECORDS} lines are read.")
            return
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as problem:
            yield Skip(
                f"{path}#{number}", "bad_json", f"Line {number} is not JSON: {_one_line(problem)}."
            )
            continue
        yield _record(row, path, str(number), f"line {number}")


def _record(row: object, path: str, fallback: str, where: str) -> Raw | Skip:
    if not isinstance(row, Mapping):
        return Skip(f"{path}#{fallback}", "bad_json", f"In {where} there is no JSON object.")
    fields: dict[str, Any] = {field: _first(row, names) for field, names in _FIELDS.items()}
    fields["record"] = fields["record"][:200] or fallback
    if not fields["text"].strip():
        wanted = ", ".join(_FIELDS["text"])
        return Skip(
            f"{path}#{fields['record']}", "missing_field", f"In {where} there is no {wanted}."
        )
    return Raw(**fields)


def _first(row: Mapping[str, object], names: tuple[str, ...]) -> str:
    for name in names:
        value = row.get(name)
        values = [_plain(item) for item in (value if isinstance(value, list) else [value])]
        found = ("\n\n" if name in _FIELDS["text"] else ", ").join(v for v in values if v)
        if found:
            # a lone surrogate cannot be stored as UTF-8
            return found.encode("utf-8", "replace").decode("utf-8")
    return ""


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        value = value.get("name") or value.get("title")
    plain = isinstance(value, str | int | float) and not isinstance(value, bool)
    return str(value) if plain else ""


def _one_line(problem: Exception) -> str:
    return " ".join(str(problem).split())[:120] or type(problem).__name__
