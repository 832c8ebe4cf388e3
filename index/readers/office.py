"""PDF and Word: the words of the pages without what repeats on every page.

Both are taken as hostile: encrypted ones are not opened, nothing in them is run or fetched, and
what unpacks to more than the limits is refused before it is unpacked.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from index.core.articles import Skip
from index.core.records import Limits, RawRecord, Unreadable

# ── PDF ───────────────────────────────────────────────────────────────────────────────────────

EDGE = 3  # lines at the head and at the foot of a page that may be furniture
_ENCRYPTED = re.compile(rb"/Encrypt\s*(?:\d+\s+\d+\s+R\b|<<)")
_PAGE_NUMBER = re.compile(
    r"\W*(?:page|seite|p\.)?\W*\d{1,4}\W*(?:(?:of|von|/)\W*\d{1,4}\W*)?", re.I
)
_ENDS = re.compile(r"""[.!?…:。！？][)\]"'”’»]*$""")
_BROKEN_WORD = re.compile(r"(\w+)(?:-|\u00ad|\u2010)$")
_NO_TITLE = re.compile(r"untitled|microsoft |\.(?:docx?|indd|pdf|qxd|pptx?|xlsx?)\b|[/\\]", re.I)


def read_pdf(data: bytes, path: str, limits: Limits) -> Iterator[RawRecord | Skip]:
    """The text of a PDF. Its date of creation is not the day of publication and is not used."""
    if _ENCRYPTED.search(data):  # not even opened: that code of pypdf has had its holes
        raise Unreadable("encrypted", "The PDF is encrypted. Save it without a password.")
    title, pages = _pdf_pages(data, limits)
    lines = _without_furniture(pages)
    text = "\n\n".join(_pdf_paragraphs(lines))
    if not re.search(r"\w", text):
        raise Unreadable("no_text", "The PDF has no text (scanned? OCR is not supported).")
    if _NO_TITLE.search(title) or _squeezed(title) not in _squeezed(text[:3000]):
        title = ""
    yield RawRecord(text=text, title=title, paragraphs=True)


def _pdf_pages(data: bytes, limits: Limits) -> tuple[str, list[str]]:
    from pypdf import PdfReader
    from pypdf.errors import LimitReachedError

    start = data.find(b"%PDF-")
    if not 0 <= start < 1024:
        raise Unreadable("bad_pdf", "This is not a PDF, though it is called one.")
    try:
        reader = PdfReader(io.BytesIO(data[start:]), strict=False)
        if reader.is_encrypted:
            raise Unreadable("encrypted", "The PDF is encrypted. Save it without a password.")
        root: Any = reader.root_object
        # what it says of itself first: counting walks through the whole tree
        declared = int(root["/Pages"].get("/Count", 0))
        if declared > limits.pages or (declared := len(reader.pages)) > limits.pages:
            raise Unreadable(
                "too_many_pages", f"The PDF has {declared} pages; the limit is {limits.pages}."
            )
        pages = list(_page_texts(reader, limits))
        title = reader.metadata.title if reader.metadata else ""
        return str(title or "").strip()[:300], pages
    except Unreadable:
        raise
    except LimitReachedError as problem:
        raise Unreadable("bomb", f"The PDF unpacks to too much: {_one_line(problem)}.") from None
    except MemoryError:
        raise
    except Exception as problem:  # on a broken file pypdf raises almost anything
        raise Unreadable("bad_pdf", f"The PDF cannot be read: {_one_line(problem)}.") from None


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


def _without_furniture(pages: Sequence[str]) -> list[str]:
    """All lines but page numbers and repeated edges of pages, with a form feed between pages."""
    cut = [_trimmed([line.strip() for line in page.splitlines()]) for page in pages]
    heads = _often([[line for line in lines if line][:EDGE] for lines in cut])
    feet = _often([[line for line in lines if line][-EDGE:] for lines in cut])
    found: list[str] = []
    for lines in cut:
        while lines and _is_edge(lines[0], heads, len(pages)):
            lines = _trimmed(lines[1:])
        while lines and _is_edge(lines[-1], feet, len(pages)):
            lines = _trimmed(lines[:-1])
        found.extend([*lines, "\f"])
    return found


def _often(edges: Sequence[Sequence[str]]) -> set[str]:
    """The lines at this edge of at least two pages and of half of all pages."""
    seen = Counter(mark for lines in edges for mark in {_mark(line) for line in lines})
    return {mark for mark, times in seen.items() if times >= max(2, len(edges) / 2)}


def _is_edge(line: str, often: set[str], pages: int) -> bool:
    return _mark(line) in often or (pages > 1 and bool(_PAGE_NUMBER.fullmatch(line)))


def _mark(line: str) -> str:
    return re.sub(r"\d+", "#", line).casefold()


def _trimmed(lines: list[str]) -> list[str]:
    return "\n".join(lines).strip("\n").split("\n") if any(lines) else []


def _pdf_paragraphs(lines: list[str]) -> Iterator[str]:
    """Join lines to paragraphs and words that were broken at the end of a line.

    A paragraph ends at an empty line, or with a sentence on a line that is clearly short; the end
    of a page ends none in the middle of a sentence.
    """
    whole = set(re.findall(r"\w+-\w+", "\n".join(lines)))
    usual = sorted(len(line) for line in lines if len(line) > 20)
    width = usual[len(usual) * 3 // 4] if usual else 0
    paragraph = ""
    for number, line in enumerate(lines):
        if line in ("", "\f"):
            goes_on = line == "\f" and paragraph and not _ENDS.search(paragraph)
            if paragraph and not (goes_on and _next_is_lower(lines, number)):
                yield paragraph
                paragraph = ""
            continue
        paragraph = _joined(paragraph, line, whole)
        ends = len(line) < width * 0.85 if _ENDS.search(line) else _is_heading(lines, number, width)
        if ends:
            yield paragraph
            paragraph = ""
    if paragraph:
        yield paragraph


def _is_heading(lines: list[str], number: int, width: int) -> bool:
    """Whether a line is a title, a byline or the like: too short to continue on the next line."""
    following = lines[number + 1] if number + 1 < len(lines) else ""
    short = len(lines[number]) < width * 0.7 and not _BROKEN_WORD.search(lines[number])
    return short and not following[:1].islower()


def _next_is_lower(lines: list[str], number: int) -> bool:
    following = next((line for line in lines[number + 1 :] if line not in ("", "\f")), "")
    return following[:1].islower()


def _joined(paragraph: str, line: str, whole: set[str]) -> str:
    broken = _BROKEN_WORD.search(paragraph)
    rest = re.match(r"\w+", line)
    if not broken or not rest or not rest[0][0].islower():
        return f"{paragraph} {line}".strip()
    # a hyphen that the word has elsewhere as well is its own
    hyphen = "-" if f"{broken[1]}-{rest[0]}" in whole else ""
    return paragraph[: broken.end(1)] + hyphen + line


def _squeezed(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()


# ── Word ──────────────────────────────────────────────────────────────────────────────────────

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_CONTENT = "word/document.xml"
_PROPERTIES = "docProps/core.xml"
# deleted text, the codes of fields, and the copy of a text box for old programs
_UNSEEN = {f"{_W}del", f"{_W}instrText", f"{_W}delText", f"{_W}moveFrom"}
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"


def is_docx(data: bytes) -> bool:
    """Whether a zip archive is a Word document; only its list of names is read."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _CONTENT in archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, UnicodeError):
        return False


def read_docx(data: bytes, path: str, limits: Limits) -> Iterator[RawRecord | Skip]:
    """The body of a Word document: two parts of the archive are read, and no other."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            document = _xml(_member(archive, _CONTENT, limits))
            properties = _member(archive, _PROPERTIES, limits, needed=False)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, NotImplementedError) as problem:
        raise Unreadable("bad_docx", f"This is no Word document: {_one_line(problem)}.") from None
    except Exception as problem:
        if type(problem).__name__ != "error" or isinstance(problem, Unreadable):
            raise
        raise Unreadable("bad_docx", "The document is damaged.") from None  # zlib.error
    title, byline = _properties(properties)
    styled, paragraphs = _word_paragraphs(document)
    text = "\n\n".join(paragraphs)
    if not re.search(r"\w", text):
        raise Unreadable("no_text", "The document has no text.")
    visible_title = title if title and _squeezed(title) in _squeezed(text[:3000]) else ""
    yield RawRecord(text=text, title=styled or visible_title, byline=byline, paragraphs=True)


def _member(archive: zipfile.ZipFile, name: str, limits: Limits, *, needed: bool = True) -> bytes:
    """Unpack one part up to the limit; its stated size may be wrong."""
    if not needed and name not in archive.namelist():
        return b""
    info = archive.getinfo(name)
    if info.flag_bits & 1:
        raise Unreadable("encrypted", "The document is encrypted. Save it without a password.")
    most = limits.file_bytes
    with archive.open(info) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise Unreadable("bomb", f"The document unpacks to more than {most:,} bytes.")
    return data


def _xml(data: bytes) -> Any:
    from lxml import etree

    if re.search(rb"<!(?:DOCTYPE|ENTITY)", data[:4096], re.IGNORECASE):
        raise Unreadable("bad_docx", "The document declares entities; Word never does.")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as problem:
        raise Unreadable("bad_docx", f"The document is damaged: {_one_line(problem)}.") from None


def _properties(data: bytes) -> tuple[str, str]:
    """Title and author; the dates are those of the file and are not used."""
    if not data:
        return "", ""
    try:
        tree = _xml(data)
    except Unreadable:
        return "", ""
    title, author = (tree.findtext(f".//{_DC}{name}") or "" for name in ("title", "creator"))
    return title.strip()[:300], author.strip()[:200]


def _word_paragraphs(document: Any) -> tuple[str, list[str]]:
    """The title by its style, and the other paragraphs, those of tables and text boxes too."""
    title = ""
    found: list[str] = []
    for paragraph in document.iter(f"{_W}p"):
        if any(node.tag in (_FALLBACK, *_UNSEEN) for node in paragraph.iterancestors()):
            continue
        words = " ".join(_word_text(paragraph).split())
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        name = (style.get(f"{_W}val") or "").lower() if style is not None else ""
        if words and not title and name in ("title", "titel", "titre", "heading1"):
            title = words
        elif words:
            found.append(words)
    return title, found


def _word_text(paragraph: Any) -> str:
    parts = []
    pending = [paragraph]
    while pending:
        node = pending.pop()
        if node.tag == f"{_W}t":
            parts.append(node.text or "")
        elif node.tag in (f"{_W}tab", f"{_W}br", f"{_W}cr"):
            parts.append(" ")
        inner = node.tag == f"{_W}p" and node is not paragraph  # a text box has its own turn
        hidden = node.tag == f"{_W}r" and _is_hidden(node)
        if not (inner or hidden or node.tag in _UNSEEN or node.tag == _FALLBACK):
            pending.extend(reversed(node))
    return "".join(parts)


def _is_hidden(run: Any) -> bool:
    mark = run.find(f"{_W}rPr/{_W}vanish")
    return mark is not None and mark.get(f"{_W}val") not in ("0", "false")


def _one_line(problem: Exception) -> str:
    return " ".join(str(problem).split()).rstrip(".")[:120] or type(problem).__name__
