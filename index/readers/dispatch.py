"""Finds out the format of a file and reads it: bytes in, raw records out.

The content decides first and the file's name second, because archives often misname files.
Archives are taken apart here: each member is read as a file of its own.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import PurePath

from index.core.articles import Note, Skip
from index.core.records import Fields, Limits, RawRecord, Unreadable
from index.readers import feeds, mail, tables
from index.readers.archives import gz, warc
from index.readers.archives.member import MAX_NESTED, Member, inside
from index.readers.archives.tar import is_tar, tar_members
from index.readers.archives.zip import zip_members
from index.readers.encoding import decode
from index.readers.exports.link_lists import ONLY_ADDRESSES, is_link_list, is_opml, read_opml
from index.readers.exports.press_database import is_export, with_articles_apart
from index.readers.file import (
    HTML_SUFFIXES,
    LINES_SUFFIXES,
    MAIL_SUFFIXES,
    MARKDOWN_SUFFIXES,
    TABLE_SUFFIXES,
    File,
    Records,
)
from index.readers.html_fragment import visible_text
from index.readers.office.docx import read_docx
from index.readers.office.epub import read_epub
from index.readers.office.odt import read_odt
from index.readers.office.package import package_kind
from index.readers.office.pdf import read_pdf
from index.readers.office.rtf import read_rtf
from index.readers.office.xlsx import read_xlsx
from index.readers.text import FRONT_MATTER, read_markdown, read_text
from index.readers.web_page import read_html

_BLANK = b"\xef\xbb\xbf \t\r\n\x0b\x0c"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OTHER_ARCHIVES = (b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"\x28\xb5\x2f\xfd")
_FEED = re.compile(rb"<(?:rss|feed|rdf:RDF)[\s>]")
_PACKAGES: dict[str, Callable[[File], Records]] = {
    "docx": lambda file: [read_docx(file.data, file.limits)],
    "odt": lambda file: [read_odt(file.data, file.limits)],
    "xlsx": read_xlsx,
    "epub": lambda file: read_epub(file.data, file.path, file.limits),
}


def _is_feed(file: File) -> bool:
    return file.data.lstrip(_BLANK).startswith(b"<") and bool(_FEED.search(file.data[:4096]))


# how the bytes of a format are recognised, and what reads them; the first that fits counts
_FORMATS: tuple[tuple[Callable[[File], bool], Callable[[File], Records]], ...] = (
    (
        lambda file: file.suffix == ".pdf" or file.data.lstrip()[:5] == b"%PDF-",
        lambda file: [read_pdf(file.data, file.limits)],
    ),
    (lambda file: file.data.startswith(b"{\\rtf"), lambda file: [read_rtf(file.data)]),
    (
        lambda file: file.suffix[1:] in _PACKAGES or file.data.startswith(_ZIP),
        lambda file: _PACKAGES[_package(file)](file),
    ),
    (
        lambda file: mail.is_mbox(file.data),
        lambda file: mail.read_mbox(file.data, file.path, file.limits),
    ),
    (
        lambda file: mail.is_mail(file.data, named=file.suffix in MAIL_SUFFIXES),
        lambda file: [mail.read_mail(file.data)],
    ),
    (_is_feed, lambda file: feeds.read_feed(file.data, file.path, file.limits)),
    (lambda file: is_opml(file.data), read_opml),
)


def read(
    data: bytes, path: str, limits: Limits | None = None, fields: Fields | None = None
) -> Iterator[RawRecord | Skip]:
    """Yield the articles of a file, a Skip for each unreadable one; or raise Unreadable."""
    for part in parts(data, path, limits or Limits(), fields or Fields()):
        yield from part()


def parts(
    data: bytes, path: str, limits: Limits, fields: Fields
) -> Iterator[Callable[[], Records]]:
    """What reads each member of an archive, to be called before the next one is taken.

    Of any other file, that is one. Only a part that is called is unpacked.
    """
    yield from _parts(File(data, path, PurePath(path).name, limits, fields))


def has_members(data: bytes, path: str) -> bool:
    """Whether a file is read member by member; what an office program writes is not."""
    file = File(data, path, PurePath(path).name, Limits(), Fields())
    return data.startswith(gz.MAGIC) or _members(file) is not None


def _parts(file: File) -> Iterator[Callable[[], Records]]:
    while file.data.startswith(gz.MAGIC):  # a second time it is refused
        file = gz.unpack_gz(file)
    members = _members(file)
    if members is None:
        yield partial(_read, file)
        return
    if file.nested >= MAX_NESTED:
        raise Unreadable("unsupported", "An archive this deep in others is not unpacked.")
    for member in members:
        yield partial(_read_member, file, member)


def _members(file: File) -> Iterable[Member | Skip] | None:
    """The members of an archive; None for a file of articles."""
    if file.data.startswith(warc.MAGIC):
        return warc.warc_members(file)
    if file.data.startswith(_ZIP) and _package(file) == "zip":
        return zip_members(file)
    return tar_members(file) if is_tar(file.data) else None


def _read_member(archive: File, member: Member | Skip) -> Iterator[RawRecord | Skip]:
    if isinstance(member, Skip):
        yield member
        return
    file = None
    try:
        file = inside(archive, member)
        for part in _parts(file):
            yield from part()
    except Unreadable as problem:
        path = file.path if file else f"{archive.path}#{member.name}"
        yield Skip(path, problem.code, problem.reason)


def _read(file: File) -> Iterator[RawRecord | Skip]:
    """The records of a file that is no archive."""
    for record in with_articles_apart(_records(file), file.path):
        if isinstance(record, RawRecord) and file.member:
            name = f"{file.member}#{record.record}" if record.record else file.member
            record = replace(record, record=name, url=record.url or file.url)
        yield record


def _records(file: File) -> Iterator[RawRecord | Skip]:
    if not file.data.strip(_BLANK):
        raise Unreadable("empty", "The file is empty.")
    if len(file.data) > file.limits.file_bytes:  # what gzip was taken off may have more
        raise Unreadable("too_large", f"It has more than {file.limits.file_bytes:,} bytes.")
    _refuse(file)
    for fits, reader in _FORMATS:
        if fits(file):
            yield from reader(file)
            return
    if file.suffix in MAIL_SUFFIXES:
        raise Unreadable("bad_mail", "This is not a mail message, though its name says so.")
    text, wrong_encoding = decode(file.data)
    note = Note("encoding", f"It declares the encoding {wrong_encoding}, which it is not in.")
    for record in _read_text(text, file):
        if wrong_encoding and isinstance(record, RawRecord):
            record = replace(record, notes=(*record.notes, note))
        yield record


def _refuse(file: File) -> None:
    if file.data.startswith(_OTHER_ARCHIVES):
        reason = "Of archives, zip, tar, gzip and WARC are unpacked; give the files themselves."
        raise Unreadable("unsupported", reason)
    if file.data.startswith(b"\xd0\xcf\x11\xe0"):
        reason = "Old Office files are not read; save them as .docx, .xlsx or .txt."
        raise Unreadable("unsupported", reason)


def _package(file: File) -> str:
    """What a zip file is to be read as: by what is in it, else by its name.

    Raises:
        Unreadable: `unsupported` for the files of other programs.
    """
    kind = package_kind(file.data)
    if kind in ("", "zip"):
        kind = file.suffix[1:] if file.suffix[1:] in _PACKAGES else "zip"
    if kind == "other":
        reason = "Of office files, .docx, .odt, .xlsx and .epub are read; save it as one of them."
        raise Unreadable("unsupported", reason)
    return kind


def _read_text(text: str, file: File) -> Records:
    limits, fields, suffix = file.limits, file.fields, file.suffix
    head = text.lstrip("\ufeff \t\r\n")[:512].lower()
    if head.startswith(("<!doctype html", "<html", "<head", "<body", "<?xml")):
        return [_read_page(text)]
    if reader := _json_reader(text.lstrip("\ufeff"), suffix):
        return reader(text.lstrip("\ufeff"), file.path, limits, fields)
    if suffix in TABLE_SUFFIXES or tables.is_table(text, fields):
        return tables.read_csv(text, file.path, limits, fields)
    if suffix in HTML_SUFFIXES:
        return [_read_page(text)]
    is_markdown = suffix in MARKDOWN_SUFFIXES or FRONT_MATTER.match(text)
    return [read_markdown(text) if is_markdown else read_text(text)]


def _read_page(text: str) -> RawRecord:
    if is_link_list(text):
        raise Unreadable("no_text", ONLY_ADDRESSES)
    if is_export(text):  # of many articles, of which the main content would be one
        return RawRecord(text=visible_text(text), paragraphs=True)
    return read_html(text)


def _json_reader(text: str, suffix: str) -> tables.Reader | None:
    """The reader of JSON or of JSONL, each also under the other's name; None for other text."""
    starts_json = text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[")
    named_json, named_lines = suffix == ".json", suffix in LINES_SUFFIXES
    if (starts_json or named_json or named_lines) and tables.is_json_lines(text):
        return tables.read_jsonl
    # an object on one line is both formats; under the name of JSONL it is its first line
    one_line = named_lines and re.fullmatch(r"\s*\{[^\n]*\s*", text)
    if named_json or (starts_json and not one_line and tables.is_json_object(text)):
        return tables.read_json
    return tables.read_jsonl if named_lines else None
