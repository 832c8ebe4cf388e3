"""Bytes in, raw records out: finds out what a file is and has it read. Knows no furniture.

The format is decided by content first and by the file's name second, because archives often
misname files. Each kind has a reader of its own: `read_html`, `read_text` (Markdown too), `read_tables`,
`read_feeds`, `read_mail`, `read_office` (PDF and Word).
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePath

from index.core.articles import Note, Skip
from index.core.records import Fields, Limits, RawRecord, Unreadable
from index.readers.encoding import decode
from index.readers.web_page import read_html

SUFFIXES = (
    *(".txt", ".text", ".md", ".markdown", ".html", ".htm", ".xhtml", ".shtml", ".mht", ".mhtml"),
    *(".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".rss", ".atom", ".rdf", ".xml"),
    *(".eml", ".mbox", ".pdf", ".docx"),
)
_PACKED = (
    *(b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf\x27\x1c"),
    *(b"Rar!", b"\x28\xb5\x2f\xfd"),
)
_HTML_SUFFIXES = (".html", ".htm", ".xhtml", ".shtml")
_MAIL_SUFFIXES = (".eml", ".mht", ".mhtml", ".mbox")
_TABLE_SUFFIXES = (".csv", ".tsv")
_FEED = re.compile(rb"<(?:rss|feed|rdf:RDF)[\s>]")


def read(
    data: bytes, path: str, limits: Limits | None = None, fields: Fields | None = None
) -> Iterator[RawRecord | Skip]:
    """Yield the articles of one file, and a Skip for each record that cannot be read.

    Raises:
        Unreadable: if the whole file cannot be read as articles.
    """
    limits, fields = limits or Limits(), fields or Fields()
    if not data.strip(b"\xef\xbb\xbf \t\r\n\x0b\x0c"):
        raise Unreadable("empty", "The file is empty.")
    suffix = suffix_of(PurePath(path).name)
    found = _read_packed(data, path, suffix, limits) or _read_mail(data, path, suffix, limits)
    yield from found or _read_text(data, path, suffix, limits, fields)


def suffix_of(name: str) -> str:
    """The suffix of a file name in lower case, as far as it names a format; "" if it has none.

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


def _read_packed(
    data: bytes, path: str, suffix: str, limits: Limits
) -> Iterator[RawRecord | Skip] | None:
    """Read PDF and Word; refuse all else that is packed, because archives are never unpacked."""
    from index.readers import office as read_office

    if suffix == ".pdf" or data.lstrip()[:5] == b"%PDF-":
        return read_office.read_pdf(data, path, limits)
    zipped = data.startswith(_PACKED[:2])
    if suffix == ".docx" or (zipped and read_office.is_docx(data)):
        return read_office.read_docx(data, path, limits)
    if data.startswith(_PACKED) or _is_tar(data):
        raise Unreadable("unsupported", "Archives are not unpacked; give the files themselves.")
    if data.startswith(b"\xd0\xcf\x11\xe0") or data.startswith(b"{\\rtf"):
        raise Unreadable("unsupported", "Old Office files are not read; save it as .docx or .txt.")
    return None


def _is_tar(data: bytes) -> bool:
    """Whether the header's checksum is right; an article may hold the magic word as well."""
    try:
        tarfile.TarInfo.frombuf(data[: tarfile.BLOCKSIZE], "utf-8", "replace")
    except tarfile.HeaderError:
        return False
    return True


def _read_mail(
    data: bytes, path: str, suffix: str, limits: Limits
) -> Iterator[RawRecord | Skip] | None:
    from index.readers import mail as read_mail

    if read_mail.is_mbox(data):
        return read_mail.read_mbox(data, path, limits)
    if read_mail.is_mail(data, named=suffix in _MAIL_SUFFIXES):
        return read_mail.read_mail(data, path)
    if suffix in _MAIL_SUFFIXES:
        raise Unreadable("bad_mail", "This is no message, though it is called one.")
    return None


def _read_text(
    data: bytes, path: str, suffix: str, limits: Limits, fields: Fields
) -> Iterator[RawRecord | Skip]:
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and _FEED.search(data[:4096]):
        from index.readers.feeds import read_feed

        return read_feed(data, path, limits)
    text, misnamed = decode(data)
    found = _read_decoded(text, path, suffix, limits, fields)
    if not misnamed:
        return found
    note = Note("encoding", f"It says that it is in {misnamed}, which it is not.")
    return (replace(x, notes=(*x.notes, note)) if isinstance(x, RawRecord) else x for x in found)


def _read_decoded(
    text: str, path: str, suffix: str, limits: Limits, fields: Fields
) -> Iterator[RawRecord | Skip]:
    from index.readers import tables as read_tables
    from index.readers import text as read_text

    head = text.lstrip("\ufeff \t\r\n")[:512].lower()
    if head.startswith(("<!doctype html", "<html", "<head", "<body", "<?xml")):
        return read_html(text)
    json = _read_json(text, path, suffix, limits, fields)
    if json is not None:
        return json
    if suffix in _TABLE_SUFFIXES or read_tables.is_table(text, fields):
        return read_tables.read_csv(text, path, limits, fields)
    if suffix in _HTML_SUFFIXES:
        return read_html(text)
    marked = suffix in (".md", ".markdown") or read_text.FRONT_MATTER.match(text)
    reader = read_text.read_markdown if marked else read_text.read_text
    return reader(text, path)


def _read_json(
    text: str, path: str, suffix: str, limits: Limits, fields: Fields
) -> Iterator[RawRecord | Skip] | None:
    """Read JSON and JSONL, each also under the other's name; None if it is neither."""
    from index.readers import tables as read_tables

    named_json, named_lines = suffix == ".json", suffix in (".jsonl", ".ndjson")
    begins = text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[")
    if not (named_json or named_lines or begins):
        return None
    text = text.lstrip("\ufeff")
    if read_tables.is_json_lines(text):
        return read_tables.read_jsonl(text, path, limits, fields)
    # an object on one line is both; under the name of lines it is the first of them
    one_line = named_lines and re.fullmatch(r"\s*\{[^\n]*\s*", text)
    whole = begins and not (named_json or one_line) and read_tables.is_json_object(text)
    if named_json or whole:
        return read_tables.read_json(text, path, limits, fields)
    return read_tables.read_jsonl(text, path, limits, fields) if named_lines else None
