"""PDF: the text of the pages without headers and footers.

All files are treated as hostile: encrypted ones are not opened, nothing in them is run or fetched,
and one that unpacks to more than the limits is refused.
"""

import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from index.core.records import Limits, RawRecord, Unreadable
from index.readers.common import displayed_title, error_line

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
    title = "" if _NO_TITLE.search(title) else displayed_title(title, text)
    return RawRecord(text=text, title=title, paragraphs=True)


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
