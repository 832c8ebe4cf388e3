"""Bytes in, raw records out: finds out what a file is and has it read. Knows no furniture.

The format is decided by content first and by the file's name second, because archives lie about
names. HTML is read here; text and Markdown in `read_text`, exports in `read_tables`, feeds in
`read_feeds`, mail in `read_mail`, PDF and Word in `read_office`.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import PurePath
from typing import NamedTuple

from index.articles import DatedBy, Note, Skip
from index.errors import UsageError

SUFFIXES = (
    *(".txt", ".text", ".md", ".markdown", ".html", ".htm", ".xhtml", ".shtml", ".mht", ".mhtml"),
    *(".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".rss", ".atom", ".rdf", ".xml"),
    *(".eml", ".mbox", ".pdf", ".docx"),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one file may cost; what asks for more is a Skip."""

    file_bytes: int = 20_000_000
    text: int = 2_000_000  # characters of one article; the largest seen in open sets has 60,000
    records: int = 20_000  # articles of one file
    pages: int = 2_000  # of a PDF; more take longer than the seconds below
    seconds: float = 20.0
    memory: int = 1_000_000_000  # bytes above what the worker needs for itself


@dataclass(frozen=True, slots=True)
class Fields:
    """What the fields of an export are called, most telling name first.

    Case, blanks, `-` and `_` do not count: `pubDate` is `pub_date`.
    """

    record: tuple[str, ...] = ("id", "_id", "uid", "guid", "uuid", "article_id", "doc_id")
    title: tuple[str, ...] = ("title", "headline", "name", "subject")
    text: tuple[str, ...] = (
        *("text", "body", "content", "article", "maintext", "full_text", "article_body"),
        *("content_text", "body_html", "content_html", "article_text", "story"),
    )
    published: tuple[str, ...] = (
        *("date", "published", "published_at", "publish_date", "date_published", "pub_date"),
        *("publication_date", "published_date", "date_publish"),
    )
    source: tuple[str, ...] = (
        *("source", "publisher", "publication", "site", "sitename", "site_name", "outlet"),
        *("newspaper", "source_name", "source_domain"),
    )
    url: tuple[str, ...] = ("url", "link", "canonical_url", "permalink", "source_url")
    byline: tuple[str, ...] = ("byline", "author", "authors", "creator", "writer")
    modified: tuple[str, ...] = (
        *("modified", "updated", "date_modified", "modified_at", "updated_at", "last_modified"),
        *("modified_date", "updated_date", "date_modify"),
    )
    language: tuple[str, ...] = ("language", "lang")

    def named(self, names: Mapping[str, str | Sequence[str]]) -> Fields:
        """The same with some names said: they alone are looked for.

        Raises:
            UsageError: for a field that articles do not have.

        >>> Fields().named({"text": "artikel"}).text
        ('artikel',)
        """
        known = [field.name for field in fields(self)]
        if unknown := names.keys() - set(known):
            raise UsageError(
                f"Articles have no field {min(unknown)!r}. They have {', '.join(known)}."
            )
        told = {k: (v,) if isinstance(v, str) else tuple(v) for k, v in names.items()}
        return replace(self, **told)


def fields_of(written: str) -> Fields:
    """The usual names but those that a person says: `title=headline, text=story|body`.

    Raises:
        UsageError: for what is not written so, and for a field that articles do not have.

    >>> fields_of("text = story|body").text, fields_of("") == Fields()
    (('story', 'body'), True)
    """
    told: dict[str, list[str]] = {}
    for part in filter(str.strip, written.split(",")):
        name, _, called = (piece.strip() for piece in part.partition("="))
        told[name] = [one.strip() for one in called.split("|") if one.strip()]
        if not told[name]:
            raise UsageError(
                f"{part.strip()!r} does not say what a field is called. "
                "Write it as title=headline, text=story|body."
            )
    return Fields().named(told)


@dataclass(frozen=True, slots=True)
class Raw:
    """One article as the file holds it, before cleaning.

    `record` names it inside its file ("" if the file is the article). `paragraphs` tells that
    line breaks in `text` are paragraph breaks already. Dates are as written, and `dated_by` is what
    `published` rests on. `notes` is what the reader could not take as it stands.
    """

    text: str
    record: str = ""
    title: str = ""
    published: str = ""
    source: str = ""
    url: str = ""
    byline: str = ""
    paragraphs: bool = False
    dated_by: DatedBy = ""
    modified: str = ""
    language: str = ""
    notes: tuple[Note, ...] = ()


class Unreadable(Exception):
    """A file that holds no article: `code` and `reason` become a Skip."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def read(
    data: bytes, path: str, limits: Limits | None = None, fields: Fields | None = None
) -> Iterator[Raw | Skip]:
    """Yield the articles of one file, and a Skip for each record that is none.

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
    """What kind of file a name tells, in lower case; "" if it tells none.

    >>> suffix_of("a.TXT"), suffix_of("a.html?page=2.5"), suffix_of("No. 7"), suffix_of("a.zip")
    ('.txt', '.html', '', '.zip')
    """
    # programs that save sites keep what stands behind the question mark of an address
    for part in (name, name.partition("?")[0]):
        suffix = PurePath(part).suffix.lower()
        if suffix in SUFFIXES:
            return suffix
    suffix = PurePath(name).suffix.lower()
    return suffix if re.fullmatch(r"\.[a-z][a-z0-9]{0,7}|\.7z", suffix) else ""


class Decoded(NamedTuple):
    """Bytes as text; `misnamed` is the encoding that they declare and are not in, or ""."""

    text: str
    misnamed: str = ""


def decode(data: bytes) -> Decoded:
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
            return Decoded(data.decode(encoding, "replace"))
    encoding = _wide(data[:4096])
    if encoding:
        return Decoded(data.decode(encoding, "replace"))
    if _looks_binary(data[:4096]):
        raise Unreadable("binary", "The file is not text (images and programs are not read).")
    if b"\x1b$B" in data or b"\x1b$@" in data:  # Japanese mail and its web pages: all ASCII
        return Decoded(data.decode("iso2022_jp_ext", "replace"))
    try:
        return Decoded(data.decode("utf-8"))
    except UnicodeDecodeError as problem:
        return _decode_other(data, problem)


def _decode_other(data: bytes, problem: UnicodeDecodeError) -> Decoded:
    declared = re.search(
        rb"""(?:charset|<\?xml[^>]{1,40}encoding)=["']?([\w-]{3,20})""", data[:2048], re.IGNORECASE
    )
    if declared:
        try:
            return Decoded(data.decode(declared[1].decode("ascii")))
        except (LookupError, UnicodeError):
            pass  # a wrong declaration; the bytes themselves are asked next
    misnamed = declared[1].decode("ascii") if declared else ""
    mostly_utf8 = data.decode("utf-8", "replace")
    beyond_ascii = sum(letter > "\x7f" for letter in mostly_utf8)
    if mostly_utf8.count("\ufffd") <= beyond_ascii // 2:
        return Decoded(mostly_utf8, misnamed if "utf" not in misnamed.lower() else "")  # damaged
    if sum(byte > 127 for byte in data) < len(data) // 5:
        # a Western language: a guess would be wilder
        return Decoded(data.decode("cp1252", "replace"), misnamed)
    from charset_normalizer import from_bytes

    best = from_bytes(data[:65536]).best()
    if best is None:
        raise Unreadable(
            "encoding", f"The file's encoding is not known (byte {problem.start} is not UTF-8)."
        )
    return Decoded(data.decode(best.encoding, "replace"), misnamed)


def _looks_binary(head: bytes) -> bool:
    # control characters that no text encoding uses, but a few of which damaged text may hold
    bare = head.replace(b"\x00", b"")  # padding, which goes with what else is not seen
    controls = sum(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in bare)
    return head.startswith(_PICTURES) or controls > len(bare) // 20 or not bare


def _wide(head: bytes) -> str:
    """Find UTF-16 without a byte order mark: every other byte of Western text is zero in it."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    most = len(head) // 5  # of each half: a text in another script still has its blanks
    if min(even, odd) * 20 > max(even, odd) or max(even, odd) <= most:
        return ""
    encoding = "utf-16-be" if even > odd else "utf-16-le"
    text = head[: len(head) // 2 * 2].decode(encoding, "replace")
    return "" if _looks_binary(text.encode("utf-8")) else encoding


# ── what a file is ────────────────────────────────────────────────────────────────────────────

_PICTURES = (
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"GIF8",
    b"RIFF",
    b"\x7fELF",
    b"MZ\x90",
    b"\x00\x00\x01\x00",
)
_PACKED = (
    *(b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf\x27\x1c"),
    *(b"Rar!", b"\x28\xb5\x2f\xfd"),
)
_HTML_SUFFIXES = (".html", ".htm", ".xhtml", ".shtml")
_MAIL_SUFFIXES = (".eml", ".mht", ".mhtml", ".mbox")
_TABLE_SUFFIXES = (".csv", ".tsv")
_FEED = re.compile(rb"<(?:rss|feed|rdf:RDF)[\s>]")


def _read_packed(
    data: bytes, path: str, suffix: str, limits: Limits
) -> Iterator[Raw | Skip] | None:
    """Read PDF and Word; refuse all else that is packed, because archives are never unpacked."""
    from index import read_office

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
    """By the header's checksum: its magic word may stand at that place in an article too."""
    try:
        tarfile.TarInfo.frombuf(data[: tarfile.BLOCKSIZE], "utf-8", "replace")
    except tarfile.HeaderError:
        return False
    return True


def _read_mail(data: bytes, path: str, suffix: str, limits: Limits) -> Iterator[Raw | Skip] | None:
    from index import read_mail

    if read_mail.is_mbox(data):
        return read_mail.read_mbox(data, path, limits)
    if read_mail.is_mail(data, named=suffix in _MAIL_SUFFIXES):
        return read_mail.read_mail(data, path)
    if suffix in _MAIL_SUFFIXES:
        raise Unreadable("bad_mail", "This is no message, though it is called one.")
    return None


def _read_text(
    data: bytes, path: str, suffix: str, limits: Limits, fields: Fields
) -> Iterator[Raw | Skip]:
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and _FEED.search(data[:4096]):
        from index.read_feeds import read_feed

        return read_feed(data, path, limits)
    text, misnamed = decode(data)
    found = _read_decoded(text, path, suffix, limits, fields)
    if not misnamed:
        return found
    note = Note("encoding", f"It says that it is in {misnamed}, which it is not.")
    return (replace(x, notes=(*x.notes, note)) if isinstance(x, Raw) else x for x in found)


def _read_decoded(
    text: str, path: str, suffix: str, limits: Limits, fields: Fields
) -> Iterator[Raw | Skip]:
    from index import read_tables, read_text

    head = text.lstrip("\ufeff \t\r\n")[:512].lower()
    if head.startswith(("<!doctype html", "<html", "<head", "<body", "<?xml")):
        return read_html(text, path)
    json = _read_json(text, path, suffix, limits, fields)
    if json is not None:
        return json
    if suffix in _TABLE_SUFFIXES or read_tables.is_table(text, fields):
        return read_tables.read_csv(text, path, limits, fields)
    if suffix in _HTML_SUFFIXES:
        return read_html(text, path)
    marked = suffix in (".md", ".markdown") or read_text.FRONT_MATTER.match(text)
    reader = read_text.read_markdown if marked else read_text.read_text
    return reader(text, path)


def _read_json(
    text: str, path: str, suffix: str, limits: Limits, fields: Fields
) -> Iterator[Raw | Skip] | None:
    """Read JSON and JSONL, each also under the other's name; None if it is neither."""
    from index import read_tables

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


# ── HTML ──────────────────────────────────────────────────────────────────────────────────────


def read_html(text: str, path: str) -> Iterator[Raw | Skip]:
    """A saved web page: what it declares, and the article that a reader sees on it."""
    from index import webpage

    found = webpage.read(text)
    if not found.text.strip():
        raise Unreadable("no_text", "The page holds no article text.")
    yield Raw(
        text=found.text,
        title=found.title,
        published=found.published,
        source=found.source,
        url=found.url,
        byline=found.byline,
        paragraphs=True,
        dated_by=found.dated_by,
        modified=found.modified,
        language=found.language,
    )
