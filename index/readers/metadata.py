"""Metadata of a web page: JSON-LD, meta tags, microdata, address, and title of the window."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from index.readers.common import one_line
from index.readers.visible_html import Node, class_names
from index.text.calendar_terms import MONTH_NUMBERS

# names of meta tags, letters only: sites write article:published, article.published, …
_META = {
    "published": "articlepublishedtime ogarticlepublishedtime articlepublished datepublished "
    "parselypubdate cxenseparserecspublishtime pubdate publishdate pubtime publicationdate "
    "publishedtime sailthrudate dcdateissued dctermsissued dctermsdate dctermscreated dcdate date "
    "originalpublicationdate firstcreate firstpublished",
    "modified": "articlemodifiedtime ogarticlemodifiedtime ogupdatedtime datemodified "
    "parselymodifieddate dctermsmodified dcdatemodified lastmodified lastmod modifieddate moddate "
    "revised updatedtime",
    "title": "ogtitle twittertitle dctitle parselytitle headline",
    "source": "ogsitename applicationname dcpublisher",
    "url": "ogurl",
    "language": "contentlanguage oglocale dclanguage",
    "byline": "author byl parselyauthor dccreator sailthruauthor",
}
_JSON_LD = {
    "title": "headline",
    "published": "datePublished",
    "modified": "dateModified",
    "language": "inLanguage",
    "source": "publisher",
    "byline": "author",
}
_COMMENTS = class_names(r"comments?|disqus\w*")
_AUTHOR_CLASS = class_names("by|byl|byline|author|autor|signature")


def declared_metadata(tree: Node) -> dict[str, str]:
    """The declared fields of a page, by the names of `RawRecord`; fields without value are absent.

    JSON-LD goes before meta tags and microdata. Dates are as written. To be called while scripts
    and hidden parts are still in the tree.
    """
    found = _json_ld(tree)
    metas = _metas(tree)
    for name, keys in _META.items():
        values = (metas[key] for key in keys.split() if metas.get(key))
        # the byline of some sites is the address of a profile
        usable = (value for value in values if name != "byline" or "://" not in value)
        found[name] = found.get(name) or next(usable, "")
    found["byline"] = found["byline"] or _microdata(tree, "author") or _visible_author(tree)
    found["source"] = found["source"] or _microdata(tree, "publisher")
    found["published"] = found["published"] or _microdata_day(tree)
    for node in tree.xpath("//*[@itemprop='dateModified']"):
        found["modified"] = found["modified"] or node.get("datetime") or node.get("content") or ""
    # the language of the root element is more reliable than that of a header of the server
    root = tree.getroottree().getroot()
    names = ("lang", "{http://www.w3.org/XML/1998/namespace}lang", "xml:lang")
    found["language"] = next(filter(None, map(root.get, names)), found["language"])
    canonical = tree.xpath("//link[@rel='canonical']/@href")
    found["url"] = str(canonical[0]).strip() if canonical else found["url"]
    return {name: value for name, value in found.items() if value}


def _metas(tree: Node) -> dict[str, str]:
    found: dict[str, str] = {}
    for meta in tree.iter("meta"):
        names = ("property", "name", "itemprop", "http-equiv")
        key = next(filter(None, map(meta.get, names)), "")
        found.setdefault(re.sub("[^a-z]", "", key.lower()), one_line(meta.get("content") or ""))
    return found


def _json_ld(tree: Node) -> dict[str, str]:
    """The article in the JSON-LD; items of a list are other articles."""
    found: list[dict[str, Any]] = []
    for script in tree.xpath("//script[contains(@type, 'ld+json')]"):
        value = _json(script.text or "")
        for item in value if isinstance(value, list) else [value]:
            graph = item.get("@graph") if isinstance(item, dict) else None
            found.extend(x for x in (graph or [item]) if isinstance(x, dict))
    articles = [x for x in found if re.search("Article|Posting|Report", str(x.get("@type")))]
    # several articles with several days are a page of teasers
    if len({str(x.get("datePublished"))[:10] for x in articles}) != 1:
        return {}
    named = {name: _name(articles[0].get(key)) for name, key in _JSON_LD.items()}
    body = articles[0].get("articleBody")
    return named | {"text": body if isinstance(body, str) else ""}


def _json(text: str) -> Any:
    for attempt in (text, re.sub(r",\s*([}\]])", r"\1", text)):
        try:
            # it often contains raw line breaks and superfluous commas
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _name(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(name for item in value[:10] if (name := _name(item)))
    if isinstance(value, Mapping):
        value = value.get("name")
    return one_line(value) if isinstance(value, str) and "://" not in value else ""


def _microdata(tree: Node, prop: str) -> str:
    for node in tree.xpath("//*[@itemprop=$prop]", prop=prop):
        named = next(iter(node.xpath("(.//*[@itemprop='name'])[1]")), node)
        if value := one_line(named.get("content") or named.text_content()):
            return value
    return ""


def _visible_author(tree: Node) -> str:
    """The first short text that the page marks as its author or byline."""
    for node in tree.xpath("//a[@rel='author'] | //*[@class]"):
        if node.get("rel") != "author" and not _AUTHOR_CLASS.search(node.get("class", "")):
            continue
        text = one_line(node.text_content()) if len(node) < 4 else ""
        if 0 < len(text) <= 60 and not re.search(r"[\d|]|[.!?]$", text):
            return text
    return ""


_DATE_PROPERTY = re.compile(
    r"(?:^|\s)(?:(?:dc|dcterms):(?:date|created|issued)|schema:date(?:Published|Created))(?:\s|$)"
)


def _microdata_day(tree: Node) -> str:
    """The day in microdata, RDFa, or the title attribute of the `abbr` of old blogs."""
    for node in tree.xpath("//*[@itemprop='datePublished'] | //body//*[@property][@content]"):
        if node.get("itemprop") is None and not _DATE_PROPERTY.search(node.get("property")):
            continue
        boxes = (f"{box.get('class', '')} {box.get('id', '')}" for box in node.iterancestors())
        if any(map(_COMMENTS.search, boxes)):
            continue
        return node.get("datetime") or node.get("content") or one_line(node.text_content())
    for node in tree.xpath("//abbr[contains(concat(' ', @class, ' '), ' published ')]"):
        return str(node.get("title") or "")
    return ""


_DAY_IN_URL = re.compile(r"/((?:19|20)\d\d)[/-](0?[1-9]|1[0-2]|[a-z]{3})[/-]([0-3]?\d)(?=[/-])")


def day_in_url(url: str) -> str:
    """The day in the address of an article, as an ISO date; "" if there is none.

    >>> day_in_url("https://a.example/2023/07/20/x"), day_in_url("/2023/jul/20/x")
    ('2023-07-20', '2023-07-20')
    """
    found = _DAY_IN_URL.search(url)
    if not found:
        return ""
    year, month, day = found.groups()
    month = str(MONTH_NUMBERS.get(month, month))
    return f"{year}-{int(month):0>2}-{int(day):02}" if month.isdigit() else ""


def guessed_day(tree: Node) -> str:
    """The day of publication that htmldate guesses, as an ISO date; "" if none.

    Without its extensive search, which finds 32 of 48 missing days on 800 public pages but adds
    14 wrong ones (docs/experiments/page-reading.md). `tree` is not changed.
    """
    import htmldate

    return htmldate.find_date(tree, extensive_search=False, original_date=True) or ""


_VIEW = re.compile("print|printable|printer[- ]friendly|amp|mobile|home", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s+(?:[|–—·»-]|::)\s+|:\s+")


def page_title(tree: Node, lines: Sequence[str], declared: Sequence[str]) -> str:
    """The longest heading inside a declared title, else a line equal to one, else the first one.

    `lines` are the visible lines of the page; `declared` are the declared title and that of the
    browser window.
    """
    stated = [_folded(one) for one in declared]
    best = ""
    for node in tree.xpath("//h1 | //h2 | //h3 | //*[contains(@class, 'headline')]"):
        text = one_line(node.text_content())
        known = any(_folded(text) in one for one in stated)
        if len(text) > len(best) and (known or (not stated and node.tag == "h1")):
            best = text
    if best:
        return best
    pieces = {*stated, *(_folded(max(_SEPARATOR.split(one), key=len)) for one in declared)}
    headings = (x for x in lines if len(x.split()) > 2 and x[-1] not in ".!?")
    shown = (x for x in headings if _folded(x) in pieces)
    return max(shown, key=len, default=next(iter(declared), ""))


def _folded(text: str) -> str:
    return one_line(text).casefold()


def site_name(window: str, title: str) -> str:
    """The name of the site, from the title of the browser window without that of the article.

    >>> site_name("Café opens | News | The Lane", "Café opens"), site_name("Café", "Café")
    ('The Lane', '')
    >>> site_name("The Lane | News | Café opens", "Café opens"), site_name("Print: Café", "Café")
    ('The Lane', '')
    """
    if not title or title not in window:
        return ""
    before, _, after = window.partition(title)
    named = [p.strip(" |:–—-") for part in (after, before) for p in _SEPARATOR.split(part)]
    pieces = [p for p in named if p and not _VIEW.fullmatch(p)]
    # the name is at the outer end: after a section behind the title, before one in front of it
    site = pieces[-1] if pieces and after.strip(" |:–—-") else next(iter(pieces), "")
    return site if len(site.split()) <= 6 else ""
