"""What a web page declares of its article: JSON-LD, meta tags, microdata, its address.

Read from the whole page, before scripts and hidden parts are taken away.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from index.core.articles import DatedBy
from index.readers.boilerplate import is_talk
from index.readers.visible_html import Node, one_line
from index.text.calendar_terms import MONTH_NUMBERS

# names of meta tags, letters only: sites write article:published, article.published, …
_META = {
    "published": (
        *("articlepublishedtime", "ogarticlepublishedtime", "articlepublished", "datepublished"),
        *("parselypubdate", "cxenseparserecspublishtime", "pubdate", "publishdate", "pubtime"),
        *("publicationdate", "publishedtime", "sailthrudate", "dcdateissued", "dctermsissued"),
        *("dctermsdate", "dctermscreated", "dcdate", "date", "originalpublicationdate"),
        *("firstcreate", "firstpublished"),
    ),
    "modified": (
        *("articlemodifiedtime", "ogarticlemodifiedtime", "ogupdatedtime", "datemodified"),
        *("parselymodifieddate", "dctermsmodified", "dcdatemodified", "lastmodified", "lastmod"),
        *("modifieddate", "moddate", "revised", "updatedtime"),
    ),
    "title": ("ogtitle", "twittertitle", "dctitle", "parselytitle", "headline"),
    "source": ("ogsitename", "applicationname", "dcpublisher"),
    "url": ("ogurl",),
    "language": ("contentlanguage", "oglocale", "dclanguage"),
    "byline": ("author", "byl", "parselyauthor", "dccreator", "sailthruauthor"),
}


@dataclass(slots=True)
class PageMetadata:
    """What a page says, and its article; "" where it says nothing. Dates are as written."""

    text: str = ""
    title: str = ""
    published: str = ""
    dated_by: DatedBy = ""
    modified: str = ""
    language: str = ""
    source: str = ""
    url: str = ""
    byline: str = ""


def declared_metadata(tree: Node) -> PageMetadata:
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
    for node in tree.xpath("//*[@itemprop='dateModified']"):
        found.modified = found.modified or node.get("datetime") or node.get("content") or ""
    found.language = _language(tree) or found.language
    canonical = tree.xpath("//link[@rel='canonical']/@href")
    found.url = str(canonical[0]).strip() if canonical else found.url
    return found


def _language(tree: Node) -> str:
    """What the page says its language is: the attribute of the page before that of its server."""
    root = tree.getroottree().getroot()
    told = root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang")
    # the parser of HTML leaves the prefix of an XHTML attribute in its name
    return str(told or root.get("xml:lang") or "")


def _metas(tree: Node) -> dict[str, str]:
    found: dict[str, str] = {}
    for meta in tree.iter("meta"):
        names = ("property", "name", "itemprop", "http-equiv")
        key = next((meta.get(name) for name in names if meta.get(name)), "")
        found.setdefault(re.sub("[^a-z]", "", key.lower()), one_line(meta.get("content") or ""))
    return found


def _linked_data(tree: Node) -> PageMetadata:
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
        return PageMetadata()
    one = articles[0]
    return PageMetadata(
        title=_named(one.get("headline")),
        published=_named(one.get("datePublished")),
        modified=_named(one.get("dateModified")),
        language=_named(one.get("inLanguage")),
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
    return one_line(value) if isinstance(value, str) and "://" not in value else ""


def _micro(tree: Node, prop: str) -> str:
    for node in tree.xpath("//*[@itemprop=$prop]", prop=prop):
        inner = node.xpath("(.//*[@itemprop='name'])[1]")
        named = inner[0] if inner else node
        value = named.get("content") or named.text_content()
        if one_line(value):
            return one_line(value)
    return ""


_AUTHOR_NAME = re.compile(r"(?:^|[\s_-])(?:by|byl|byline|author|autor|signature)(?=$|[\s_-])", re.I)


def _visible_author(tree: Node) -> str:
    """Take the first short line that the page calls its author or byline."""
    for node in tree.xpath("//a[@rel='author'] | //*[@class]"):
        if node.get("rel") != "author" and not _AUTHOR_NAME.search(node.get("class", "")):
            continue
        text = one_line(node.text_content()) if len(node) < 4 else ""
        if 0 < len(text) <= 60 and not re.search(r"[\d|]|[.!?]$", text):
            return text
    return ""


_DATE_PROPERTY = re.compile(
    r"(?:^|\s)(?:(?:dc|dcterms):(?:date|created|issued)|schema:date(?:Published|Created))(?:\s|$)"
)


def _micro_date(tree: Node) -> str:
    """Read microdata, RDFa, and the title that old blogs give an abbreviated time."""
    for node in tree.xpath("//*[@itemprop='datePublished'] | //body//*[@property][@content]"):
        if node.get("itemprop") is None and not _DATE_PROPERTY.search(node.get("property")):
            continue
        if any(is_talk(above) for above in node.iterancestors()):
            continue
        return node.get("datetime") or node.get("content") or one_line(node.text_content())
    for node in tree.xpath("//abbr[contains(concat(' ', @class, ' '), ' published ')]"):
        return str(node.get("title") or "")
    return ""


_IN_ADDRESS = re.compile(r"/((?:19|20)\d\d)[/-](0?[1-9]|1[0-2]|[a-z]{3})[/-]([0-3]?\d)(?=[/-])")


def date_in_address(url: str) -> str:
    """Read the day that many sites put into their addresses.

    >>> date_in_address("https://a.example/2023/07/20/x"), date_in_address("/2023/jul/20/x")
    ('2023-07-20', '2023-07-20')
    """
    found = _IN_ADDRESS.search(url)
    if not found:
        return ""
    year, month, day = found.groups()
    month = str(MONTH_NUMBERS.get(month, month))
    return f"{year}-{int(month):0>2}-{int(day):02}" if month.isdigit() else ""
