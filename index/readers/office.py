"""PDF and Word: the text of the pages without headers and footers.

All files are treated as hostile: encrypted ones are not opened, nothing in them is run or fetched,
and one that unpacks to more than the limits is refused before it is unpacked.
"""

import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from index.core.records import Limits, RawRecord, Unreadable
from index.readers.common import error_line, one_line

# ── PDF ───────────────────────────────────────────────────────────────────────────────────────

MARGIN = 3  # lines at the top and at the bottom of a page that may be a header or a footer
_ENCRYPTED = re.compile(rb"/Encrypt\s*(?:\d+\s+\d+\s+R\b|<<)")
_PAGE_NUMBER = re.compile(
    r"\W*(?:page|seite|p\.)?\W*\d{1,4}\W*(?:(?:of|von|/)\W*\d{1,4}\W*)?", re.I
)
_ENDS = re.compile(r"""[.!?…:。！？][)\]"'”’»]*$""")
_BROKEN_WORD = re.compile(r"(\w+)(?:-|\u00ad|\u2010)$")
_NO_TITLE = re.compile(r"untitled|microsoft |\.(?:docx?|indd|pdf|qxd|pptx?|xlsx?)\b|[/\\]", re.I)


def read_pdf(data: bytes, limits: Limits) -> RawRecord:
    """The text of a PDF. Its date of creation is not the day of publication and is not used."""
    if _ENCRYPTED.search(data):  # not even opened: pypdf's decryption has had vulnerabilities
        raise Unreadable("encrypted", "The PDF is encrypted. Save it without a password.")
    title, pages = _pdf_pages(data, limits)
    text = "\n\n".join(_pdf_paragraphs(_without_margins(pages)))
    if not re.search(r"\w", text):
        raise Unreadable("no_text", "The PDF has no text (scanned? OCR is not supported).")
    title = "" if _NO_TITLE.search(title) else _displayed_title(title, text)
    return RawRecord(text=text, title=title, paragraphs=True)


def _displayed_title(title: str, text: str) -> str:
    """The title in the properties of a file if the text begins with it, else ""."""
    letters, begin = (re.sub(r"\W+", "", x).casefold() for x in (title, text[:3000]))
    return title if letters in begin else ""


def _pdf_pages(data: bytes, limits: Limits) -> tuple[str, list[str]]:
    from pypdf import PdfReader
    from pypdf.errors import LimitReachedError

    start = data.find(b"%PDF-")
    if not 0 <= start < 1024:
        raise Unreadable("bad_pdf", "This is not a PDF, though its name says so.")
    try:
        reader = PdfReader(io.BytesIO(data[start:]), strict=False)
        if reader.is_encrypted:
            raise Unreadable("encrypted", "The PDF is encrypted. Save it without a password.")
        root: Any = reader.root_object
        count = int(root["/Pages"].get("/Count", 0))  # as declared; counting walks the whole tree
        if count > limits.pages or (count := len(reader.pages)) > limits.pages:
            reason = f"The PDF has {count} pages; the limit is {limits.pages}."
            raise Unreadable("too_many_pages", reason)
        pages = list(_page_texts(reader, limits))
        title = reader.metadata.title if reader.metadata else ""
        return str(title or "").strip()[:300], pages
    except (Unreadable, MemoryError):
        raise
    except LimitReachedError as error:
        raise Unreadable("bomb", f"The PDF unpacks to too much: {error_line(error)}.") from None
    except Exception as error:  # on a broken file pypdf raises almost anything
        raise Unreadable("bad_pdf", f"The PDF cannot be read: {error_line(error)}.") from None


def _page_texts(reader: Any, limits: Limits) -> Iterator[str]:
    size = 0
    for page in reader.pages:
        text = page.extract_text()
        size += len(text)
        if size > limits.text:
            raise Unreadable(
                "too_large", f"The text has more than {limits.text:,} characters, the limit."
            )
        yield text


def _without_margins(pages: Sequence[str]) -> list[str]:
    """All lines without page numbers, headers and footers, and a form feed after each page."""
    split = [_trimmed([line.strip() for line in page.splitlines()]) for page in pages]
    headers = _repeated([list(filter(None, lines))[:MARGIN] for lines in split])
    footers = _repeated([list(filter(None, lines))[-MARGIN:] for lines in split])
    found: list[str] = []
    for lines in split:
        while lines and _is_margin(lines[0], headers, len(pages)):
            lines = _trimmed(lines[1:])
        while lines and _is_margin(lines[-1], footers, len(pages)):
            lines = _trimmed(lines[:-1])
        found.extend([*lines, "\f"])
    return found


def _repeated(margins: Sequence[Sequence[str]]) -> set[str]:
    """The lines in this margin of at least two pages and of half of all pages."""
    counts = Counter(key for lines in margins for key in set(map(_without_numbers, lines)))
    return {key for key, count in counts.items() if count >= max(2, len(margins) / 2)}


def _is_margin(line: str, repeated: set[str], pages: int) -> bool:
    number = pages > 1 and bool(_PAGE_NUMBER.fullmatch(line))
    return number or _without_numbers(line) in repeated


def _without_numbers(line: str) -> str:
    return re.sub(r"\d+", "#", line).casefold()


def _trimmed(lines: list[str]) -> list[str]:
    """The lines without empty ones at both ends."""
    return "\n".join(lines).strip("\n").split("\n") if any(lines) else []


def _pdf_paragraphs(lines: list[str]) -> Iterator[str]:
    """Join lines to paragraphs, and words that were broken at the end of a line.

    A paragraph ends at an empty line, or with a sentence on a line that is clearly short; the end
    of a page does not end it in the middle of a sentence. A broken word keeps its hyphen if the
    text has it with the hyphen elsewhere.
    """
    compounds = set(re.findall(r"\w+-\w+", "\n".join(lines)))
    lengths = sorted(len(line) for line in lines if len(line) > 20)
    width = lengths[len(lengths) * 3 // 4] if lengths else 0
    paragraph = ""
    for number, line in enumerate(lines):
        if line in ("", "\f"):
            goes_on = line == "\f" and not _ENDS.search(paragraph)
            rest = (x for x in lines[number + 1 :] if x not in ("", "\f"))
            ends = not (goes_on and next(rest, "")[:1].islower())
        else:
            paragraph = _join(paragraph, line, compounds)
            following = lines[number + 1] if number + 1 < len(lines) else ""
            ends = (
                len(line) < width * 0.85
                if _ENDS.search(line)
                else _is_heading(line, following, width)
            )
        if ends and paragraph:
            yield paragraph
            paragraph = ""
    if paragraph:
        yield paragraph


def _is_heading(line: str, following: str, width: int) -> bool:
    """Whether a line is a title, a byline or the like: too short to continue on the next line."""
    short = len(line) < width * 0.7 and not _BROKEN_WORD.search(line)
    return short and not following[:1].islower()


def _join(paragraph: str, line: str, compounds: set[str]) -> str:
    broken = _BROKEN_WORD.search(paragraph)
    rest = re.match(r"\w+", line)
    if not broken or not rest or not rest[0][0].islower():
        return f"{paragraph} {line}".strip()
    hyphen = "-" if f"{broken[1]}-{rest[0]}" in compounds else ""
    return paragraph[: broken.end(1)] + hyphen + line


# ── Word ──────────────────────────────────────────────────────────────────────────────────────

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_CONTENT = "word/document.xml"
_PROPERTIES = "docProps/core.xml"
_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
# deleted text, field codes, and the copy of a text box for old programs
_NOT_DISPLAYED = {
    *(f"{_W}{name}" for name in ("del", "instrText", "delText", "moveFrom")),
    f"{_COMPATIBILITY}Fallback",
}


def is_docx(data: bytes) -> bool:
    """Whether a zip archive is a Word document; only its list of names is read."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _CONTENT in archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, UnicodeError):
        return False


def read_docx(data: bytes, limits: Limits) -> RawRecord:
    """The body of a Word document; only two files of the archive are unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            document = _parse_xml(_member(archive, _CONTENT, limits))
            has_properties = _PROPERTIES in archive.namelist()
            properties = _member(archive, _PROPERTIES, limits) if has_properties else b""
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, OSError, RuntimeError) as error:
        reason = f"The Word document cannot be read: {error_line(error)}."
        raise Unreadable("bad_docx", reason) from None
    title, byline = _title_and_author(properties)
    styled_title, paragraphs = _docx_paragraphs(document)
    text = "\n\n".join(paragraphs)
    if not re.search(r"\w", text):
        raise Unreadable("no_text", "The document has no text.")
    title = styled_title or _displayed_title(title, text)
    return RawRecord(text=text, title=title, byline=byline, paragraphs=True)


def _member(archive: zipfile.ZipFile, name: str, limits: Limits) -> bytes:
    """Unpack one file up to the limit; its declared size may be wrong."""
    info = archive.getinfo(name)
    if info.flag_bits & 1:
        raise Unreadable("encrypted", "The document is encrypted. Save it without a password.")
    with archive.open(info) as file:
        data = file.read(limits.file_bytes + 1)
    if len(data) > limits.file_bytes:
        raise Unreadable("bomb", f"The document unpacks to more than {limits.file_bytes:,} bytes.")
    return data


def _parse_xml(data: bytes) -> Any:
    from lxml import etree

    if re.search(rb"<!(?:DOCTYPE|ENTITY)", data[:4096], re.IGNORECASE):
        raise Unreadable("bad_docx", "The document declares entities; Word never does.")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise Unreadable("bad_docx", f"The document is damaged: {error_line(error)}.") from None


def _title_and_author(properties: bytes) -> tuple[str, str]:
    """The title and author of a file; its dates are not those of the article."""
    try:
        tree = _parse_xml(properties)
    except Unreadable:
        return "", ""
    title, author = (tree.findtext(f".//{_DC}{name}") or "" for name in ("title", "creator"))
    return title.strip()[:300], author.strip()[:200]


def _docx_paragraphs(document: Any) -> tuple[str, list[str]]:
    """The title by its style, and the other paragraphs, also of tables and text boxes."""
    title = ""
    found: list[str] = []
    for paragraph in document.iter(f"{_W}p"):
        if any(node.tag in _NOT_DISPLAYED for node in paragraph.iterancestors()):
            continue
        text = one_line(_paragraph_text(paragraph))
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        name = (style.get(f"{_W}val") or "").lower() if style is not None else ""
        if text and not title and name in ("title", "titel", "titre", "heading1"):
            title = text
        elif text:
            found.append(text)
    return title, found


def _paragraph_text(paragraph: Any) -> str:
    from lxml import etree

    parts = []
    walk = etree.iterwalk(paragraph, events=("start",))
    for _, node in walk:
        in_text_box = node.tag == f"{_W}p" and node is not paragraph  # a paragraph of its own
        if in_text_box or node.tag in _NOT_DISPLAYED or _is_hidden(node):
            walk.skip_subtree()
        elif node.tag == f"{_W}t":
            parts.append(node.text or "")
        elif node.tag in (f"{_W}tab", f"{_W}br", f"{_W}cr"):
            parts.append(" ")
    return "".join(parts)


def _is_hidden(node: Any) -> bool:
    mark = node.find(f"{_W}rPr/{_W}vanish") if node.tag == f"{_W}r" else None
    return mark is not None and mark.get(f"{_W}val") not in ("0", "false")
