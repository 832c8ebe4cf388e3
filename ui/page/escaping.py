"""Text of articles, models and visitors as Markdown in which it is text and nothing else.

Gradio renders Markdown with HTML in it and then removes what could run; pictures, forms and styles
stay. So every text is escaped here as well: what remains is never more than characters.
"""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from index.text.visible_text import one_line

# what Markdown or HTML reads in the middle of a line; then what starts a block, and bare addresses
_SIGNS = re.compile(r"[\\`*_\[\]{}<>|~&#!$@\"]|^(?:[-+=]|\d+(?=[.)]))|(?<=www)\.|:(?=//)", re.I)


def escaped(value: object) -> str:
    r"""A text on one line, as Markdown and HTML that shows exactly this text.

    >>> escaped("*a* <b> at http://x.example")
    '&#42;a&#42; &#60;b&#62; at http&#58;//x.example'
    >>> escaped("1986. A year")
    '&#49;986. A year'
    """
    return _SIGNS.sub(_as_entities, one_line(str(value)))


def article_address(place: Mapping[str, Any]) -> str:
    """The address of a sentence in its article: `article` is its id, `start` and `end` offsets.

    >>> article_address({"article": "ab", "start": 3, "end": 9})
    'article?id=ab&s=3&e=9'
    """
    parts = {"id": place["article"], "s": int(place["start"]), "e": int(place["end"])}
    return f"article?{urlencode(parts)}"


def about(place: Mapping[str, Any]) -> str:
    """Source and day of an article, escaped.

    >>> about({"source": "Tavrin Gazette", "published": "2024-05-03"})
    'Tavrin Gazette · 3 May 2024'
    """
    parts = (place.get("source"), written_day(place.get("published")) or "undated")
    return " · ".join(escaped(part) for part in parts if part)


def written_day(day: str | dt.date | None) -> str:
    """A date as newspapers write it; "" for an unknown one.

    >>> written_day("2022-09-08"), written_day(None)
    ('8 September 2022', '')
    """
    if not day:
        return ""
    date = dt.date.fromisoformat(day) if isinstance(day, str) else day
    return f"{date.day} {date:%B %Y}"


def count(number: int, noun: str) -> str:
    """A number with its noun in singular or plural.

    >>> count(1, "article"), count(2_000, "article")
    ('1 article', '2,000 articles')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _as_entities(found: re.Match[str]) -> str:
    first, rest = found[0][0], found[0][1:]
    return f"&#{ord(first)};{rest}"
