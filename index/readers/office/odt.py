"""OpenDocument text (.odt): the paragraphs that are displayed, and the title by its style."""

import re

from index.core.records import Limits, RawRecord, Unreadable
from index.readers.common import displayed_title, one_line
from index.readers.office.package import Node, opened, title_and_author

_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT = f"{{{_NAMESPACE}text:1.0}}"
_STYLE = f"{{{_NAMESPACE}style:1.0}}"
_PARAGRAPHS = (f"{_TEXT}p", f"{_TEXT}h")
_SPACES = (f"{_TEXT}s", f"{_TEXT}tab", f"{_TEXT}line-break")
# deleted text, comments, hidden text, and the fields and indexes that repeat the text
_NOT_DISPLAYED = {
    *(f"{_TEXT}{name}" for name in ("tracked-changes", "hidden-text", "hidden-paragraph")),
    *(f"{_TEXT}{name}" for name in ("table-of-content", "alphabetical-index", "ruby-text")),
    f"{{{_NAMESPACE}office:1.0}}annotation",
}


def read_odt(data: bytes, limits: Limits) -> RawRecord:
    """The body of the document; two files of the package are unpacked."""
    with opened(data, limits, "bad_odt", "OpenDocument text") as package:
        document = package.xml("content.xml")
        title, byline = title_and_author(package, "meta.xml")
    hidden, titles = _styles(document)
    styled_title, found = "", list[str]()
    for node in document.iter(*_PARAGRAPHS):
        if any(up.tag in _NOT_DISPLAYED or up.tag in _PARAGRAPHS for up in node.iterancestors()):
            continue  # what is inside a paragraph, such as a text box, is read with it
        text = one_line(_displayed(node, hidden))
        style = node.get(f"{_TEXT}style-name", "")
        is_title = style in titles or node.get(f"{_TEXT}outline-level") == "1"
        if text and is_title and not styled_title:
            styled_title = text
        elif text:
            found.append(text)
    text = "\n\n".join(found)
    if not re.search(r"\w", text):
        raise Unreadable("no_text", "The document has no text.")
    title = styled_title or displayed_title(title, text)
    return RawRecord(text=text, title=title, byline=byline, paragraphs=True)


def _styles(document: Node) -> tuple[set[str], set[str]]:
    """The names of styles of hidden text, and of those that make a title."""
    hidden, titles = set[str](), {"Title", "Titel", "Titre"}
    for style in document.iter(f"{_STYLE}style"):
        name = style.get(f"{_STYLE}name", "")
        text = style.find(f"{_STYLE}text-properties")
        if text is not None and text.get(f"{_TEXT}display") == "none":
            hidden.add(name)
        if style.get(f"{_STYLE}parent-style-name") in titles:
            titles.add(name)
    return hidden, titles


def _displayed(paragraph: Node, hidden: set[str]) -> str:
    from lxml import etree

    parts: list[str] = []
    walk = etree.iterwalk(paragraph, events=("start", "end"))
    for event, node in walk:
        if event == "start":
            if node.tag in _NOT_DISPLAYED or node.get(f"{_TEXT}style-name") in hidden:
                walk.skip_subtree()
                continue
            inner = node.tag in _PARAGRAPHS and node is not paragraph
            parts.append(" " if inner or node.tag in _SPACES else "")
            parts.append(node.text or "" if isinstance(node.tag, str) else "")
        elif node is not paragraph:
            parts.append(node.tail or "")
    return "".join(parts)
