"""A web page: what a reader sees of it, where the article stands in it, and what it declares.

The article is the part of the page where the sentences are, from its heading on. What stands in
that part and is no sentence goes by what its element is called and by how much of it is links;
the rest of the furniture goes line by line in `index.clean`. Where no sentence is found at all,
trafilatura is asked.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

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


def _drop_unseen(tree: Node) -> None:
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


# ── what a page declares ──────────────────────────────────────────────────────────────────────

# names of meta tags, letters only: sites write article:published, article.published, …
_META = {
    "published": (
        *("articlepublishedtime", "ogarticlepublishedtime", "articlepublished", "datepublished"),
        *("parselypubdate", "cxenseparserecspublishtime", "pubdate", "publishdate", "pubtime"),
        *("publicationdate", "publishedtime", "sailthrudate", "dcdateissued", "dctermsissued"),
        *("dctermsdate", "dctermscreated", "dcdate", "date"),
    ),
    "title": ("ogtitle", "twittertitle", "dctitle", "parselytitle"),
    "source": ("ogsitename", "applicationname", "dcpublisher"),
    "url": ("ogurl",),
    "byline": ("author", "byl", "parselyauthor", "dccreator", "sailthruauthor"),
}


@dataclass(slots=True)
class Found:
    """What a page says, and its article; "" where it says nothing. The date is as written."""

    text: str = ""
    title: str = ""
    published: str = ""
    source: str = ""
    url: str = ""
    byline: str = ""


def read(text: str) -> Found:
    """Find the article of a page; its text is "" if the page holds none."""
    from lxml import etree, html

    try:
        # lxml refuses an encoding declaration inside a str
        tree = html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text, count=1))
    except etree.ParserError:
        return Found()
    found = _declared(tree)
    # browsers note the address of a page they save in a comment
    saved = re.search(r"<!-- saved from url=\(\d+\)(\S+)", text[:2000])
    found.url = found.url or (saved[1] if saved else "")
    _drop_unseen(tree)
    _find_article(tree, found)
    found.published = found.published or _date_in_address(found.url)
    # the hour is nobody's question, and a zone could make another day of it
    found.published = re.sub(r"^(\d{4}-\d\d-\d\d)[T ].*", r"\1", found.published)
    if not found.text:
        found.text = _second_opinion(tree)
    return found


def _second_opinion(tree: Node) -> str:
    """Ask trafilatura, which takes what is left where no sentence was found."""
    import trafilatura
    from lxml import html

    page = html.tostring(tree, encoding="unicode")
    return trafilatura.extract(page, include_comments=False, favor_recall=True) or ""


def _declared(tree: Node) -> Found:
    """Read JSON-LD first, then meta tags and microdata; all before scripts are taken away."""
    found = _linked_data(tree)
    metas = _metas(tree)
    for name, keys in _META.items():
        values = (metas[key] for key in keys if metas.get(key))
        if not getattr(found, name):
            value = next((v for v in values if name != "byline" or "://" not in v), "")
            setattr(found, name, value)
    found.byline = found.byline or _micro(tree, "author") or _visible_author(tree)
    found.source = found.source or _micro(tree, "publisher")
    found.published = found.published or _micro_date(tree)
    canonical = tree.xpath("//link[@rel='canonical']/@href")
    found.url = str(canonical[0]).strip() if canonical else found.url
    return found


def _metas(tree: Node) -> dict[str, str]:
    found: dict[str, str] = {}
    for meta in tree.iter("meta"):
        key = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
        found.setdefault(re.sub("[^a-z]", "", key.lower()), _line(meta.get("content") or ""))
    return found


def _linked_data(tree: Node) -> Found:
    """Take the article out of the JSON-LD; items of a list are other articles."""
    found: list[dict[str, Any]] = []
    for script in tree.xpath("//script[contains(@type, 'ld+json')]"):
        value = _json(script.text or "")
        for item in value if isinstance(value, list) else [value]:
            graph = item.get("@graph") if isinstance(item, dict) else None
            found.extend(x for x in (graph or [item]) if isinstance(x, dict))
    articles = [x for x in found if re.search("Article|Posting|Report", str(x.get("@type")))]
    days = {str(x.get("datePublished"))[:10] for x in articles}
    # several articles with several days are a page of teasers
    if not articles or len(days) > 1:
        return Found()
    one = articles[0]
    return Found(
        title=_named(one.get("headline")),
        published=_named(one.get("datePublished")),
        source=_named(one.get("publisher")),
        byline=_named(one.get("author")),
    )


def _json(text: str) -> Any:
    for attempt in (text, re.sub(r",\s*([}\]])", r"\1", text)):
        try:
            # sites leave raw line breaks and commas too many in it
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _named(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(name for item in value[:10] if (name := _named(item)))
    if isinstance(value, Mapping):
        value = value.get("name")
    return _line(value) if isinstance(value, str) and "://" not in value else ""


def _micro(tree: Node, prop: str) -> str:
    for node in tree.xpath("//*[@itemprop=$prop]", prop=prop):
        inner = node.xpath("(.//*[@itemprop='name'])[1]")
        named = inner[0] if inner else node
        value = named.get("content") or named.text_content()
        if _line(value):
            return _line(value)
    return ""


_AUTHOR_NAME = re.compile(r"(?:^|[\s_-])(?:by|byl|byline|author|autor|signature)(?=$|[\s_-])", re.I)


def _visible_author(tree: Node) -> str:
    """Take the first short line that the page calls its author or byline."""
    for node in tree.xpath("//a[@rel='author'] | //*[@class]"):
        if node.get("rel") != "author" and not _AUTHOR_NAME.search(node.get("class", "")):
            continue
        text = _line(node.text_content()) if len(node) < 4 else ""
        if 0 < len(text) <= 60 and not re.search(r"[\d|]|[.!?]$", text):
            return text
    return ""


def _micro_date(tree: Node) -> str:
    """Read microdata, and the title that old blogs give an abbreviated time."""
    for node in tree.xpath("//*[@itemprop='datePublished']"):
        return node.get("datetime") or node.get("content") or _line(node.text_content())
    for node in tree.xpath("//abbr[contains(concat(' ', @class, ' '), ' published ')]"):
        return str(node.get("title") or "")
    return ""


_IN_ADDRESS = re.compile(r"/((?:19|20)\d\d)[/-](0?[1-9]|1[0-2]|[a-z]{3})[/-]([0-3]?\d)(?=[/-])")
_SHORT_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()


def _date_in_address(url: str) -> str:
    """Read the day that many sites put into their addresses.

    >>> _date_in_address("https://a.example/2023/07/20/x"), _date_in_address("/2023/jul/20/x")
    ('2023-07-20', '2023-07-20')
    """
    found = _IN_ADDRESS.search(url)
    if not found:
        return ""
    year, month, day = found.groups()
    if month in _SHORT_MONTHS:
        month = str(_SHORT_MONTHS.index(month) + 1)
    return f"{year}-{int(month):0>2}-{int(day):02}" if month.isdigit() else ""


# ── furniture by name ─────────────────────────────────────────────────────────────────────────

_FURNITURE_TAGS = {
    *("nav", "aside", "footer", "form", "button", "input", "select", "textarea", "dialog", "menu"),
    *("label", "amp-sidebar", "amp-ad", "amp-consent", "amp-social-share"),
}
_FURNITURE_ROLES = {"navigation", "dialog", "banner", "contentinfo", "complementary", "search"}
# whole words of a class or an id; words that articles' own elements are called by are not in it
_FURNITURE_NAME = re.compile(
    r"(?:^|[\s_-])(?:"
    r"nav|navbar|navigation|menu|breadcrumbs?|crumbs|masthead|toolbar|pager|pagination|sidebar"
    r"|share\w*|sharing|social|related\w*|recirc\w*|recommend\w*|outbrain|taboola|trending"
    r"|read-?(?:next|more|also)|promos?|newsletters?|newsletter-\w+|sign-?up|regi|gateway"
    r"|ads?|adverts?|advert[a-z]+|sponsor\w*|promoted|ad-?block\w*"
    r"|cookies?|consent|gdpr|comments?|disqus\w*|reactions|respond"
    r"|tags|labels|author-bio|about-author|bio|widgets?|toc|feedback"
    r")(?=$|[\s_-])",
    re.IGNORECASE,
)
_COMMENTS = re.compile(r"(?:^|[\s_-])(?:comments?|disqus\w*)(?=$|[\s_-])", re.IGNORECASE)
# a box with such a heading is furniture, whatever it is called
_LABEL = re.compile(
    r"(?:sign up (?:to|for) .*|subscribe(?: .*)?|(?:our )?newsletters?|follow us(?: .*)?"
    r"|(?:related|recommended)(?: (?:articles|stories|posts|content|links|news|topics|videos))?"
    r"|trending(?: .*)?|most (?:read|viewed|popular|shared)(?: .*)?|you (?:may|might) also .*"
    r"|more (?:from|on|by) .*|share this(?: .*)?|(?:\d+ )?comments?(?: \(?\d+\)?)?):?",
    re.IGNORECASE,
)
_MOST = 0.4  # of a page's text: what holds more is not furniture, whatever it is called
_MOST_COMMENTS = 0.85  # readers can write more than the author


def _drop_furniture(tree: Node) -> None:
    """Take away what is furniture by tag, role or name and does not hold the article."""
    mass = _masses(tree)
    headings = [h for h in tree.iter(*_HEADINGS) if _LABEL.fullmatch(_line(h.text_content()))]
    labelled = {heading.getparent() for heading in headings}
    for node in list(tree.iter()):
        if node.tag in ("body", "main") or not isinstance(node.tag, str):
            continue
        name = f"{node.get('class', '')} {node.get('id', '')}"
        furniture = (
            node in labelled
            or node.tag in _FURNITURE_TAGS
            or node.get("role") in _FURNITURE_ROLES
            or _FURNITURE_NAME.search(name)
        )
        talk = _COMMENTS.search(name) and node.tag != "article"
        small = mass.get(node, 0) <= mass[tree] * (_MOST_COMMENTS if talk else _MOST)
        if furniture and small and node.getparent() is not None and not _holds_h1(node):
            node.drop_tree()


def _holds_h1(node: Node) -> bool:
    return next(node.iter("h1"), None) is not None


def _masses(tree: Node) -> dict[Node, int]:
    """Count the characters in each element that are no links, all in one pass."""
    from lxml import etree

    mass: dict[Node, int] = {}
    for _, node in etree.iterwalk(tree, events=("end",)):
        if not isinstance(node.tag, str):
            continue
        own = 0 if node.tag == "a" else len((node.text or "").strip())
        for child in node:
            own += len((child.tail or "").strip())
            own += 0 if node.tag == "a" else mass.get(child, 0)
        mass[node] = own
    return mass


# ── blocks ────────────────────────────────────────────────────────────────────────────────────

_INLINE = {
    *"a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd mark q s samp".split(),
    *"small span strike strong sub sup time tt u var wbr".split(),
}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_ENDS = re.compile(r"""[.!?…。！？:][)\]"'”’»“]*$""")


@dataclass(slots=True)
class _Block:
    """A line of the page as it is seen; `linked` of its characters are links."""

    node: Node
    text: str
    linked: int
    bold: bool

    @property
    def is_link(self) -> bool:
        return self.linked > 0.7 * len(self.text)

    @property
    def is_sentence(self) -> bool:
        # bytes, because a sentence of Chinese has fewer letters
        long = len(self.text.encode("utf-8"))
        return not self.is_link and long >= 30 and bool(_ENDS.search(self.text) or long > 150)


def _blocks(tree: Node) -> list[_Block]:
    """Cut the page into lines where a browser does."""
    from lxml import etree

    found: list[_Block] = []
    parts: list[tuple[str, bool, bool]] = []
    stack: list[Node] = []  # the open elements that begin a line of their own
    links = bolds = 0

    def flush() -> None:
        node = stack[-1] if stack else tree
        for line in _lines(parts):
            text = _line("".join(text for text, _, _ in line))
            if text:
                linked = len(_line("".join(text for text, link, _ in line if link)))
                bold = all(b for text, _, b in line if text.strip())
                found.append(_Block(node, text, linked, bold))
        parts.clear()

    for event, node in etree.iterwalk(tree, events=("start", "end")):
        if not isinstance(node.tag, str) or node.tag == "head":
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


def _line(text: str) -> str:
    return " ".join(text.split())


# ── the article among the blocks ──────────────────────────────────────────────────────────────


def _find_article(tree: Node, found: Found) -> None:
    """Fill in title and text, and what is told beside the title.

    The lines between title and text that may tell author and day become part of the text, because
    `index.clean` reads them there.
    """
    windows = [_line(title.text_content()) for title in tree.xpath("//title")][:1]
    heading, found.title = _title(tree, [found.title, *windows])
    if windows and not found.source:
        found.source = _rest(windows[0], found.title)
    _drop_furniture(tree)
    blocks = _blocks(tree)
    inside = _container(tree, blocks)
    if inside is None:
        return
    within = set(inside.iter())
    numbers = [n for n, block in enumerate(blocks) if block.node in within]
    above = [n for n in range(numbers[0]) if blocks[n].node is heading]
    region = [blocks[n] for n in (*range(above[-1] if above else numbers[0], numbers[0]), *numbers)]
    first = _first_paragraph(region)
    head = _labelled([block for block in region[:first] if block.text != found.title])
    found.published = found.published or _time_of(head)
    body = [block for block in region[first:] if block.text != found.title]
    kept = _under_their_headings([*filter(_fits_head, head), *_fitting(body)])
    found.text = "\n\n".join(block.text for block in kept)


def _container(tree: Node, blocks: list[_Block]) -> Node | None:
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


def _first_paragraph(region: list[_Block]) -> int:
    """Find where the text begins: a sentence or two above it are the deck and a caption."""
    sentences = [n for n, block in enumerate(region) if block.is_sentence]
    near = [n for n in sentences[:4] if len(region[n].text) > 140 or n > sentences[0] + 6]
    return (near or sentences or [0])[0]


def _labelled(head: list[_Block]) -> list[_Block]:
    """Join a label such as `Updated:` with what stands next to it, often in another cell."""
    joined: list[_Block] = []
    for block in head:
        if joined and joined[-1].text.endswith(":"):
            block.text = f"{joined.pop().text} {block.text}"
        joined.append(block)
    return joined


def _time_of(head: list[_Block]) -> str:
    """Find the first <time> above the text that is not that of an update."""
    for block in head:
        for time in block.node.iter("time"):
            around = block.text if len(block.node) < 2 else ""
            if not _UPDATE.search(f"{around} {time.get('class', '')}"):
                return str(time.get("datetime") or "")
    return ""


def _fits_head(block: _Block) -> bool:
    above = block.node.getparent()
    name = (
        f"{block.node.get('class', '')} {block.node.tag} {above is not None and above.get('class')}"
    )
    if block.is_sentence or _HEAD_LINE.search(block.text):
        return True
    telling = _DECK.search(name) or "caption" in name or block.node.tag in _HEADINGS
    return not block.is_link and bool(telling or re.search(r"\w \w+ .*[.!?…]$", block.text))


def _fitting(body: list[_Block]) -> Iterator[_Block]:
    """Leave out short lines that are no sentence and stand in another kind of element."""
    sentences = [block for block in body if block.is_sentence]
    usual = Counter(block.node.tag for block in sentences).most_common(1)[0][0]
    last = sentences[-1]
    ended = False
    for block in body:
        ended = ended or block is last
        if block.is_link:
            fits = block.node.tag == "p" and bool(_ENDS.search(block.text)) and len(block.text) > 40
        elif block.is_sentence or block.node.tag in _LISTED or _ENDS.search(block.text):
            fits = True
        elif ended:
            fits = False
        else:
            fits = block.node.tag in _HEADINGS or block.bold or block.node.tag == usual
        if fits:
            yield block


def _under_their_headings(blocks: list[_Block]) -> Iterator[_Block]:
    """Leave out headings with nothing under them: what they headed was furniture."""
    for number, block in enumerate(blocks):
        below = blocks[number + 1].node.tag if number + 1 < len(blocks) else "h1"
        if block.node.tag not in _HEADINGS or below not in _HEADINGS:
            yield block


# ── title ─────────────────────────────────────────────────────────────────────────────────────

_SEPARATOR = re.compile(r"\s+(?:[|–—·»-]|::)\s+|:\s+")


def _title(tree: Node, told: list[str]) -> tuple[Node | None, str]:
    """Find the heading that the page's declared titles contain; the longest one is the title."""
    best: tuple[Node | None, str] = (None, "")
    declared = [_comparable(one) for one in told if one]
    for node in tree.xpath("//h1 | //h2 | //h3 | //*[contains(@class, 'headline')]"):
        text = _line(node.text_content())
        known = any(_comparable(text) in one for one in declared)
        if text and len(text) > len(best[1]) and (known or (not declared and node.tag == "h1")):
            best = (node, text)
    if best[1]:
        return best
    # no heading says it: what is declared does, without the name of the site
    return None, next((one for one in told if one), "")


def _comparable(text: str) -> str:
    return _line(text).casefold()


def _rest(window: str, title: str) -> str:
    """What the window's title says beside the article's: the name of the site.

    >>> _rest("Café opens | News | The Lane", "Café opens"), _rest("Café opens", "Café opens")
    ('The Lane', '')
    """
    if not title or title not in window:
        return ""
    before, _, after = window.partition(title)
    pieces = [p for p in (*_SEPARATOR.split(before), *_SEPARATOR.split(after)) if p.strip(" |:–—-")]
    return pieces[-1].strip(" |:–—-") if pieces and len(pieces[-1].split()) <= 6 else ""
