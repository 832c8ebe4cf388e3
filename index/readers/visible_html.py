"""HTML as a reader sees it: what is hidden taken away, the rest cut into lines.

Used for whole pages and for the fragments of HTML that feeds and newsletters carry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Any

from index.core.articles import CAPTION

Node = Any  # lxml has no types

# ── what a reader does not see ────────────────────────────────────────────────────────────────

_UNSEEN_TAGS = ("script", "style", "template", "noscript", "iframe", "object", "svg")
_UNSEEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d]*[1-9])"
    r"|opacity\s*:\s*0(?![.\d]*[1-9])|(?:left|top|text-indent)\s*:\s*-\d{3,}"
    # a box without height shows what it holds unless the overflow is hidden as well
    r"|(?:height|width)\s*:\s*0(?![.\d]*[1-9])(?=.*overflow\s*:\s*hidden)"
    r"|overflow\s*:\s*hidden(?=.*(?<!-)(?:height|width)\s*:\s*0(?![.\d]*[1-9]))",
    re.IGNORECASE | re.DOTALL,
)


def drop_unseen(tree: Node) -> None:
    """Take away comments, scripts and everything that is hidden by its own attributes."""
    from lxml import etree

    etree.strip_elements(tree, etree.Comment, *_UNSEEN_TAGS, with_tail=False)
    for node in list(tree.iter()):
        if not isinstance(node.tag, str) or node.tag in ("html", "body", "head"):
            continue
        unseen = (
            node.get("hidden") is not None
            or node.get("aria-hidden") == "true"
            or _UNSEEN_STYLE.search(node.get("style", ""))
        )
        if unseen and node.getparent() is not None:
            node.drop_tree()


# ── blocks ────────────────────────────────────────────────────────────────────────────────────

_INLINE = {
    *"a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd mark q s samp".split(),
    *"small span strike strong sub sup time tt u var wbr".split(),
}
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
MAX_CAPTION = 1_000  # characters; the longest that agencies write have about 600
_CAPTION_NAME = re.compile(
    r"(?:^|[\s_-])(?:[a-z]*caption|cutline|legende?|bildunterschrift)(?=$|[\s_-])", re.IGNORECASE
)
_PHOTO_NAME = re.compile(
    r"(?:^|[\s_-])(?:img|image|photo|picture|foto|bild)(?=$|[\s_-])", re.IGNORECASE
)
_NO_PHOTO = ("blockquote", "table", "pre", "code", "q")
ENDS = re.compile(r"""[.!?…。！？:][)\]"'”’»“]*$""")


@dataclass(slots=True)
class Block:
    """A line of the page as it is seen; `linked` of its characters are links."""

    node: Node
    text: str
    linked: int
    bold: bool

    @property
    def is_link(self) -> bool:
        """Most of it is links."""
        return self.linked > 0.7 * len(self.text)

    @property
    def is_caption(self) -> bool:
        """It stands under a photo: by its element, by what that is called, or in a figure."""
        figure = next(self.node.iterancestors("figure"), None)
        names = (n.get("class") or "" for n in (self.node, *islice(self.node.iterancestors(), 3)))
        return len(self.text) <= MAX_CAPTION and (
            self.node.tag == "figcaption"
            or any(_CAPTION_NAME.search(name) for name in names)
            or (_PHOTO_NAME.search(self.node.get("class") or "") and _holds(self.node, "img"))
            or (figure is not None and not _holds(figure, *_NO_PHOTO))
        )

    @property
    def is_sentence(self) -> bool:
        """It reads like a sentence or several."""
        # bytes, because a sentence of Chinese has fewer letters
        long = len(self.text.encode("utf-8"))
        return not self.is_link and long >= 30 and bool(ENDS.search(self.text) or long > 150)


def _holds(node: Node, *tags: str) -> bool:
    return next(node.iter(*tags), None) is not None


def text_of(blocks: Iterable[Block]) -> str:
    """One paragraph a block; captions begin with `CAPTION`."""
    return "\n\n".join(f"{CAPTION}{b.text}" if b.is_caption else b.text for b in blocks)


def blocks_of(tree: Node) -> list[Block]:
    """Cut the page into lines where a browser does."""
    from lxml import etree

    found: list[Block] = []
    parts: list[tuple[str, bool, bool]] = []
    stack: list[Node] = []  # the open elements that begin a line of their own
    links = bolds = 0

    def flush() -> None:
        node = stack[-1] if stack else tree
        for line in _lines(parts):
            text = one_line(_joined([text for text, _, _ in line]))
            if text:
                linked = len(one_line("".join(text for text, link, _ in line if link)))
                bold = all(b for text, _, b in line if text.strip())
                found.append(Block(node, text, linked, bold))
        parts.clear()

    for event, node in etree.iterwalk(tree, events=("start", "end")):
        if not isinstance(node.tag, str) or node.tag in ("head", "title"):
            continue
        inline, opens = node.tag in _INLINE, event == "start"
        if node.tag == "br":
            parts.extend([("\n", False, False)] if opens else [])
        elif not inline:
            flush()
            stack.append(node) if opens else stack.pop()
        links += (1 if opens else -1) * (node.tag == "a")
        bolds += (1 if opens else -1) * (node.tag in ("b", "strong"))
        said = node.text if opens else node.tail
        if said:
            parts.append((re.sub(r"\s+", " ", said), links > 0, bolds > 0))
    flush()
    return found


def _joined(parts: list[str]) -> str:
    """Set a sentence apart from what another element says right after it."""
    return "".join(
        f"{part} " if len(part) > 20 and part[-1] in ".!?" and after[:1].isupper() else part
        for part, after in zip_longest(parts, parts[1:], fillvalue="")
    )


def _lines(parts: list[tuple[str, bool, bool]]) -> Iterator[list[tuple[str, bool, bool]]]:
    """Cut at line breaks, but not in the middle of a sentence."""
    line: list[tuple[str, bool, bool]] = []
    for number, part in enumerate(parts):
        if part[0] != "\n":
            line.append(part)
            continue
        after = "".join(text for text, _, _ in parts[number + 1 : number + 3]).lstrip(" ")
        if after[:1].islower():
            line.append((" ", False, False))
        else:
            yield line
            line = []
    yield line


def one_line(text: str) -> str:
    """The text with every run of white space made one blank."""
    return " ".join(text.split())
