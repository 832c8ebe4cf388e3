"""Finds out the format of a file and reads it: bytes in, raw records out.

The content decides first and the file's name second, because archives often misname files.
"""

import re
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import PurePath

from index.core.articles import Note, Skip
from index.core.records import Fields, Limits, RawRecord, Unreadable
from index.readers import feeds, mail, office, tables
from index.readers.encoding import decode
from index.readers.text import FRONT_MATTER, read_markdown, read_text
from index.readers.web_page import read_html

_HTML_SUFFIXES = (".html", ".htm", ".xhtml", ".shtml")
_LINES_SUFFIXES = (".jsonl", ".ndjson")
_MAIL_SUFFIXES = (".eml", ".mht", ".mhtml", ".mbox")
_MARKDOWN_SUFFIXES = (".md", ".markdown")
_TABLE_SUFFIXES = (".csv", ".tsv")
SUFFIXES = (
    *(".txt", ".text", ".json", ".rss", ".atom", ".rdf", ".xml", ".pdf", ".docx"),
    *(*_HTML_SUFFIXES, *_LINES_SUFFIXES, *_MAIL_SUFFIXES, *_MARKDOWN_SUFFIXES, *_TABLE_SUFFIXES),
)
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_ARCHIVES = (
    *(*_ZIP, b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"\x28\xb5\x2f\xfd"),
)
_OLD_OFFICE = (b"\xd0\xcf\x11\xe0", b"{\\rtf")
_FEED = re.compile(rb"<(?:rss|feed|rdf:RDF)[\s>]")
_Records = Iterable[RawRecord | Skip]


def read(
    data: bytes, path: str, limits: Limits | None = None, fields: Fields | None = None
) -> Iterator[RawRecord | Skip]:
    """Yield the articles of a file, a Skip for each unreadable one; or raise Unreadable."""
    limits, fields = limits or Limits(), fields or Fields()
    if not data.strip(b"\xef\xbb\xbf \t\r\n\x0b\x0c"):
        raise Unreadable("empty", "The file is empty.")
    suffix = suffix_of(PurePath(path).name)
    found = _read_bytes(data, path, suffix, limits)
    if found is not None:
        yield from found
        return
    text, wrong_encoding = decode(data)
    note = Note("encoding", f"It declares the encoding {wrong_encoding}, which it is not in.")
    for record in _read_text(text, path, suffix, limits, fields):
        if wrong_encoding and isinstance(record, RawRecord):
            record = replace(record, notes=(*record.notes, note))
        yield record


def suffix_of(name: str) -> str:
    """The suffix of a file name in lower case; "" if it has none that could name a format.

    >>> suffix_of("a.TXT"), suffix_of("a.html?page=2.5"), suffix_of("No. 7"), suffix_of("a.zip")
    ('.txt', '.html', '', '.zip')
    """
    # programs that save sites keep the query of an address in the name
    for part in (name, name.partition("?")[0]):
        suffix = PurePath(part).suffix.lower()
        if suffix in SUFFIXES:
            return suffix
    suffix = PurePath(name).suffix.lower()
    return suffix if re.fullmatch(r"\.[a-z][a-z0-9]{0,7}|\.7z", suffix) else ""


def _read_bytes(data: bytes, path: str, suffix: str, limits: Limits) -> _Records | None:
    """Read PDF, Word, mail and feeds; None for text. Archives are never unpacked."""
    if suffix == ".pdf" or data.lstrip()[:5] == b"%PDF-":
        return [office.read_pdf(data, limits)]
    if suffix == ".docx" or (data.startswith(_ZIP) and office.is_docx(data)):
        return [office.read_docx(data, limits)]
    if data.startswith(_ARCHIVES) or _is_tar(data):
        raise Unreadable("unsupported", "Archives are not unpacked; give the files themselves.")
    if data.startswith(_OLD_OFFICE):
        raise Unreadable(
            "unsupported", "Old Office files are not read; save them as .docx or .txt."
        )
    if mail.is_mbox(data):
        return mail.read_mbox(data, path, limits)
    if mail.is_mail(data, named=suffix in _MAIL_SUFFIXES):
        return [mail.read_mail(data)]
    if suffix in _MAIL_SUFFIXES:
        raise Unreadable("bad_mail", "This is not a mail message, though its name says so.")
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and _FEED.search(data[:4096]):
        return feeds.read_feed(data, path, limits)
    return None


def _is_tar(data: bytes) -> bool:
    """Whether the header's checksum is right; an article may contain the magic word as well."""
    try:
        tarfile.TarInfo.frombuf(data[: tarfile.BLOCKSIZE], "utf-8", "replace")
    except tarfile.HeaderError:
        return False
    return True


def _read_text(text: str, path: str, suffix: str, limits: Limits, fields: Fields) -> _Records:
    head = text.lstrip("\ufeff \t\r\n")[:512].lower()
    if head.startswith(("<!doctype html", "<html", "<head", "<body", "<?xml")):
        return [read_html(text)]
    if reader := _json_reader(text.lstrip("\ufeff"), suffix):
        return reader(text.lstrip("\ufeff"), path, limits, fields)
    if suffix in _TABLE_SUFFIXES or tables.is_table(text, fields):
        return tables.read_csv(text, path, limits, fields)
    if suffix in _HTML_SUFFIXES:
        return [read_html(text)]
    is_markdown = suffix in _MARKDOWN_SUFFIXES or FRONT_MATTER.match(text)
    return [read_markdown(text) if is_markdown else read_text(text)]


def _json_reader(text: str, suffix: str) -> tables.Reader | None:
    """The reader of JSON or of JSONL, each also under the other's name; None for other text."""
    starts_json = text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[")
    named_json, named_lines = suffix == ".json", suffix in _LINES_SUFFIXES
    if (starts_json or named_json or named_lines) and tables.is_json_lines(text):
        return tables.read_jsonl
    # an object on one line is both formats; under the name of JSONL it is its first line
    one_line = named_lines and re.fullmatch(r"\s*\{[^\n]*\s*", text)
    if named_json or (starts_json and not one_line and tables.is_json_object(text)):
        return tables.read_json
    return tables.read_jsonl if named_lines else None
