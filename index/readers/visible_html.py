"""HTML as it is displayed: hidden parts removed, captions marked, the rest split into lines.

Used for whole pages and for the fragments of HTML in feeds, newsletters and exports.
"""

import re
from itertools import zip_longest
from typing import Any

from index.core.articles import CAPTION
from index.readers.common import one_line

Node = Any  # lxml has no types


def class_names(names: str) -> re.Pattern[str]:
    """A pattern for one of these names in a class attribute, alone or as a part such as `x-name`.

    >>> class_names("author|by").findall("meta article-author authors")
    ['-author']
    """
    return re.compile(rf"(?:^|[\s_-])(?:{names})(?=$|[\s_-])", re.IGNORECASE)


_HIDDEN_TAGS = ("script", "style", "template", "noscript", "iframe", "object", "svg")
_TEXTS = "//body//text()[not(ancestor::script or ancestor::style)]"
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d]*[1-9])"
    r"|opacity\s*:\s*0(?![.\d]*[1-9])|(?:left|top|text-indent)\s*:\s*-\d{3,}"
    # a box without height shows its content unless the overflow is hidden as well
    r"|(?:height|width)\s*:\s*0(?![.\d]*[1-9])(?=.*overflow\s*:\s*hidden)"
    r"|overflow\s*:\s*hidden(?=.*(?<!-)(?:height|width)\s*:\s*0(?![.\d]*[1-9]))",
    re.IGNORECASE | re.DOTALL,
)
_INLINE = {
    *"a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd mark q s samp".split(),
    *"small span strike strong sub sup time tt u var wbr".split(),
    *("hi", "ref"),  # trafilatura's own
}
_BREAKS = ("br", "lb")
_OUTERMOST = ("html", "head", "body")
MAX_CAPTION = 1_000  # characters; the longest captions of news agencies have about 600
_CAPTION_CLASS = class_names("[a-z]*caption|cutline|legende?|bildunterschrift")
_PHOTO_CLASS = class_names("img|image|photo|picture|foto|bild")
_NOT_IN_CAPTIONS = ("blockquote", "table", "pre", "code", "q", "h1", "h2")


def parse_html(markup: str) -> Node | None:
    """Parse a page or fragment; None if there is nothing in it."""
    from lxml import etree, html

    try:
        # lxml refuses an encoding declaration inside a str, and NUL anywhere
        plain = re.sub(r"^\s*<\?xml[^>]*\?>", "", markup.replace("\x00", ""), count=1)
        return html.document_fromstring(plain)
    except (etree.ParserError, ValueError):
        return None


def drop_hidden(tree: Node) -> None:
    """Remove comments, scripts and every element that its own attributes hide."""
    from lxml import etree

    for node in list(tree.iter("noscript")):
        # some broken pages, and sites that work without scripts, have the whole article in it
        if 2 * len(node.text_content()) > len("".join(tree.xpath(_TEXTS))):
            node.tag = "div"
    etree.strip_elements(tree, etree.Comment, *_HIDDEN_TAGS, with_tail=False)
    for node in list(tree.iter(etree.Element)):
        hidden = (
            node.get("hidden") is not None
            or node.get("aria-hidden") == "true"
            or "sf-hidden" in (node.get("class") or "")  # SingleFile's mark
            or _HIDDEN_STYLE.search(node.get("style", ""))
        )
        if hidden and node.tag not in _OUTERMOST and node.getparent() is not None:
            node.drop_tree()


def mark_captions(tree: Node) -> None:
    """Turn each photo caption into plain paragraphs that begin with `CAPTION`."""
    from lxml import etree

    for node in list(tree.iter(etree.Element)):
        if node.getroottree().getroot() is not tree or not _is_caption(node):
            continue  # it was inside a caption that is already marked
        lines, tail = visible_lines(node), node.tail
        node.clear()
        node.tag, node.tail = "div", tail
        for line in lines:
            etree.SubElement(node, "p").text = f"{CAPTION}{line}"


def _is_caption(node: Node) -> bool:
    """Whether an element is a photo caption: by its tag, its class, or as the text of a figure."""
    classes = node.get("class") or ""
    return (
        node.tag not in _OUTERMOST
        and bool(
            node.tag == "figcaption"
            or _CAPTION_CLASS.search(classes)
            or (node.tag == "figure" and not _contains(node, *_NOT_IN_CAPTIONS))
            or (_PHOTO_CLASS.search(classes) and _contains(node, "img"))
        )
        and len(node.text_content()) <= MAX_CAPTION
    )


def _contains(node: Node, *tags: str) -> bool:
    return next(node.iter(*tags), None) is not None


def visible_lines(tree: Node) -> list[str]:
    """The lines of text of a page or element, split where a browser begins a new line."""
    from lxml import etree

    top = next(tree.iterchildren("body"), tree)
    lines: list[str] = []
    parts: list[str] = []

    def flush() -> None:
        text = "".join(
            # a sentence is separated from the text of another element right after it
            f"{part} " if len(part) > 20 and part[-1] in ".!?" and after[:1].isupper() else part
            for part, after in zip_longest(parts, parts[1:], fillvalue="")
        )
        parts.clear()
        line = ""
        for piece in map(one_line, text.split("\n")):
            if line and piece[:1].islower():  # a line break inside a sentence
                line = f"{line} {piece}"
            else:
                lines.append(line)
                line = piece
        lines.append(line)

    for event, node in etree.iterwalk(top, events=("start", "end")):
        if not isinstance(node.tag, str):
            continue
        opens = event == "start"
        if node.tag in _BREAKS:
            parts.extend(["\n"] if opens else [])
        elif node.tag not in _INLINE:
            flush()
        text = node.text if opens else node.tail if node is not top else None
        if text:
            parts.append(re.sub(r"\s+", " ", text))
    flush()
    return [line for line in lines if line]
