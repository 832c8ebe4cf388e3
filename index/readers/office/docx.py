"""Word documents (.docx): the paragraphs that are displayed, and the title by its style."""

import re
from typing import Any

from index.core.records import Limits, RawRecord, Unreadable
from index.readers.common import displayed_title, one_line
from index.readers.office.package import opened, title_and_author

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
# deleted text, field codes, and the copy of a text box for old programs
_NOT_DISPLAYED = {
    *(f"{_W}{name}" for name in ("del", "instrText", "delText", "moveFrom")),
    f"{_COMPATIBILITY}Fallback",
}


def read_docx(data: bytes, limits: Limits) -> RawRecord:
    """The body of a Word document; only two files of the archive are unpacked."""
    with opened(data, limits, "bad_docx", "Word document") as package:
        document = package.xml("word/document.xml")
        title, byline = title_and_author(package, "docProps/core.xml")
    styled_title, paragraphs = _docx_paragraphs(document)
    text = "\n\n".join(paragraphs)
    if not re.search(r"\w", text):
        raise Unreadable("no_text", "The document has no text.")
    title = styled_title or displayed_title(title, text)
    return RawRecord(text=text, title=title, byline=byline, paragraphs=True)


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
