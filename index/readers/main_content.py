"""A saved web page: where its article stands, and its title.

The article is the part of the page where the sentences are, from its heading on. What stands in
that part and is no sentence goes by what its element is called and by how much of it is links;
the rest of the furniture goes line by line in `index.text.cleaning`. Where no sentence is found at all,
trafilatura is asked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from index.readers.boilerplate import MOST, drop_furniture
from index.readers.metadata import PageMetadata, date_in_address, declared_metadata
from index.readers.visible_html import (
    ENDS,
    HEADINGS,
    Block,
    Node,
    blocks_of,
    drop_unseen,
    one_line,
    text_of,
)
from index.text.publication_dates import date_line


def read(text: str) -> PageMetadata:
    """Find the article of a page; its text is "" if the page holds none."""
    from lxml import etree, html

    try:
        # lxml refuses an encoding declaration inside a str
        tree = html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text, count=1))
    except etree.ParserError:
        return PageMetadata()
    found = declared_metadata(tree)
    # browsers note the address of a page they save in a comment
    saved = re.search(r"<!-- saved from url=\(\d+\)(\S+)", text[:2000])
    found.url = found.url or (saved[1] if saved else "")
    drop_unseen(tree)
    _find_article(tree, found)
    found.dated_by = "metadata" if found.published else "url"
    found.published = _day(found.published or date_in_address(found.url))
    found.modified = _day(found.modified)
    if not found.text:
        found.text = _second_opinion(tree)
    return found


def _day(written: str) -> str:
    """The day as it is written: the hour is nobody's question, and a zone could make it another."""
    return re.sub(r"^(\d{4}-\d\d-\d\d)[T ].*", r"\1", written)


def _second_opinion(tree: Node) -> str:
    """Ask trafilatura, which takes what is left where no sentence was found."""
    import trafilatura
    from lxml import html

    page = html.tostring(tree, encoding="unicode")
    return trafilatura.extract(page, include_comments=False, favor_recall=True) or ""


# ── the article among the blocks ──────────────────────────────────────────────────────────────


def _find_article(tree: Node, found: PageMetadata) -> None:
    """Fill in title and text, and what is told beside the title.

    The lines between title and text that may tell author and day become part of the text, because
    `index.text.cleaning` reads them there.
    """
    windows = [one_line(title.text_content()) for title in tree.xpath("//title")][:1]
    told = [found.title, *windows]
    heading, found.title = _title(tree, told)
    drop_furniture(tree)
    blocks = blocks_of(tree)
    if heading is None:
        heading, found.title = _seen_title(blocks, told) or (None, found.title)
    if windows and not found.source:
        found.source = _rest(windows[0], found.title)
    inside = _container(tree, blocks)
    if inside is None:
        return
    within = set(inside.iter())
    numbers = [n for n, block in enumerate(blocks) if block.node in within]
    region = [blocks[n] for n in _from_heading(numbers, blocks, heading)]
    first = _first_paragraph(region)
    head = _labelled([block for block in region[:first] if block.text != found.title])
    found.published = found.published or _time_of(head)
    body = [block for block in region[first:] if block.text != found.title]
    kept = _under_their_headings([*filter(_fits_head, head), *_fitting(body)])
    found.text = text_of(kept)


def _from_heading(numbers: list[int], blocks: list[Block], heading: Node | None) -> list[int]:
    """Begin with the heading, which may stand above the box with the sentences.

    What stands above it is furniture, unless it holds many of the sentences; but not a photo's
    caption, nor a day in the heading's own box.
    """
    place = max((n for n in range(numbers[-1]) if blocks[n].node is heading), default=None)
    if heading is None or place is None:
        return numbers
    length = {n: len(blocks[n].text) for n in numbers if blocks[n].is_sentence}
    if sum(length[n] for n in length if n < place) >= MOST * sum(length.values()):
        return numbers
    box = heading.getparent()
    beside = set() if box is None or box.tag in ("body", "main") else set(box.iter())
    within = set(numbers)
    kept = (
        n
        for n in range(place)
        if (n in within and blocks[n].is_caption)
        or (blocks[n].node in beside and date_line(blocks[n].text))
    )
    return [*kept, *range(place, numbers[0]), *(n for n in numbers if n >= place)]


def _container(tree: Node, blocks: list[Block]) -> Node | None:
    """Go down from the body for as long as one child holds nearly all sentences."""
    mass: dict[Node, int] = {}
    count: dict[Node, int] = {}
    for block in blocks:
        if block.is_sentence:
            for node in (block.node, *block.node.iterancestors()):
                mass[node] = mass.get(node, 0) + len(block.text)
                count[node] = count.get(node, 0) + 1
    if not mass:
        return None
    marked = [n for n in tree.xpath("//article | //*[@itemprop='articleBody']") if n in mass]
    best = max(marked, key=lambda node: mass[node], default=tree)
    inside = best if mass[best] > 0.6 * mass[tree] else tree
    enough = 0.8 * mass[inside]
    while True:
        child = max(inside, key=lambda node: mass.get(node, 0), default=None)
        if child is None or count.get(child, 0) < 2 or mass[child] < enough:
            return inside
        # a box like it with sentences in it is the rest of the article
        if any(
            _kind(child) == _kind(other) for other in inside if other in mass and other != child
        ):
            return inside
        inside = child


def _kind(node: Node) -> str:
    """Name what a site calls a box, numbers apart; every box without a name is of its own kind."""
    name = re.sub(r"\d+", "", node.get("class") or "").strip()
    return f"{node.tag} {name}" if name else f"{id(node)}"


_HEAD_LINE = re.compile(r"\b(?:19|20)\d\d\b|^(?:by|von|par|por|author)\b", re.IGNORECASE)
_DECK = re.compile(r"sub-?(?:head|title)|de(?:ck|k)\b|stand-?first|summary|lead|intro|teaser", re.I)
_LISTED = {"li", "td", "th", "dt", "dd", "figcaption", "caption", "blockquote", "pre"}
_UPDATE = re.compile(r"updat|modif|revis|aktualis|mis à jour|actualiz", re.IGNORECASE)


def _first_paragraph(region: list[Block]) -> int:
    """Find where the text begins: a sentence or two above it are the deck and a caption."""
    sentences = [n for n, block in enumerate(region) if block.is_sentence]
    near = [n for n in sentences[:4] if len(region[n].text) > 140 or n > sentences[0] + 6]
    return (near or sentences or [0])[0]


def _labelled(head: list[Block]) -> list[Block]:
    """Join a label such as `Updated:` with what stands next to it, often in another cell."""
    joined: list[Block] = []
    for block in head:
        if joined and joined[-1].text.endswith(":"):
            block.text = f"{joined.pop().text} {block.text}"
        joined.append(block)
    return joined


def _time_of(head: list[Block]) -> str:
    """Find the first <time> above the text that is not that of an update."""
    for block in head:
        for time in block.node.iter("time"):
            around = block.text if len(block.node) < 2 else ""
            if not _UPDATE.search(f"{around} {time.get('class', '')}"):
                return str(time.get("datetime") or "")
    return ""


def _fits_head(block: Block) -> bool:
    above = block.node.getparent()
    name = (
        f"{block.node.get('class', '')} {block.node.tag} {above is not None and above.get('class')}"
    )
    if block.is_sentence or _HEAD_LINE.search(block.text):
        return True
    telling = _DECK.search(name) or "caption" in name or block.node.tag in HEADINGS
    return not block.is_link and bool(telling or re.search(r"\w \w+ .*[.!?…]$", block.text))


def _fitting(body: list[Block]) -> Iterator[Block]:
    """Leave out short lines that are no sentence and stand in another kind of element."""
    sentences = [block for block in body if block.is_sentence]
    usual = Counter(block.node.tag for block in sentences).most_common(1)[0][0]
    last = sentences[-1]
    ended = False
    for block in body:
        ended = ended or block is last
        if block.is_link:
            fits = block.node.tag == "p" and bool(ENDS.search(block.text)) and len(block.text) > 40
        elif block.is_sentence or block.node.tag in _LISTED or ENDS.search(block.text):
            fits = True
        elif ended:
            fits = False
        else:
            fits = block.node.tag in HEADINGS or block.bold or block.node.tag == usual
        if fits:
            yield block


def _under_their_headings(blocks: list[Block]) -> Iterator[Block]:
    """Leave out headings with nothing under them: what they headed was furniture."""
    for number, block in enumerate(blocks):
        below = blocks[number + 1].node.tag if number + 1 < len(blocks) else "h1"
        if block.node.tag not in HEADINGS or below not in HEADINGS:
            yield block


# ── title ─────────────────────────────────────────────────────────────────────────────────────

_WAY_OF_SHOWING = re.compile("print|printable|printer[- ]friendly|amp|mobile|home", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s+(?:[|–—·»-]|::)\s+|:\s+")


def _title(tree: Node, told: list[str]) -> tuple[Node | None, str]:
    """Find the heading that the page's declared titles contain; the longest one is the title."""
    best: tuple[Node | None, str] = (None, "")
    declared = [_comparable(one) for one in told if one]
    for node in tree.xpath("//h1 | //h2 | //h3 | //*[contains(@class, 'headline')]"):
        text = one_line(node.text_content())
        known = any(_comparable(text) in one for one in declared)
        if text and len(text) > len(best[1]) and (known or (not declared and node.tag == "h1")):
            best = (node, text)
    if best[1]:
        return best
    # no heading says it: what is declared does, without the name of the site
    return None, next((one for one in told if one), "")


def _seen_title(blocks: list[Block], told: list[str]) -> tuple[Node, str] | None:
    """Find a declared title, or its longest piece between separators, as a line of the page."""
    longest = [max(_SEPARATOR.split(one), key=len) for one in told]
    pieces = {_comparable(one) for one in (*told, *longest)}
    lines = (b for b in blocks if len(b.text.split()) > 2 and not b.is_sentence)
    seen = [b for b in lines if _comparable(b.text) in pieces]
    best = max(seen, key=lambda block: len(block.text), default=None)
    return (best.node, best.text) if best else None


def _comparable(text: str) -> str:
    return one_line(text).casefold()


def _rest(window: str, title: str) -> str:
    """What the window's title says beside the article's: the name of the site.

    >>> _rest("Café opens | News | The Lane", "Café opens"), _rest("Café opens", "Café opens")
    ('The Lane', '')
    >>> _rest("The Lane | News | Café opens", "Café opens"), _rest("Print: Café", "Café")
    ('The Lane', '')
    """
    if not title or title not in window:
        return ""
    before, _, after = window.partition(title)
    named = [p.strip(" |:–—-") for part in (after, before) for p in _SEPARATOR.split(part)]
    pieces = [p for p in named if p and not _WAY_OF_SHOWING.fullmatch(p)]
    # the site's name is at the outer end: behind the section after the title, before it on top
    site = pieces[-1] if pieces and after.strip(" |:–—-") else next(iter(pieces), "")
    return site if len(site.split()) <= 6 else ""
