"""The articles that a document cites, each once: CSL-JSON (Zotero, pandoc) and BibTeX."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from assistant.exports.document import Document, Source

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_LATEX = {
    **{sign: f"\\{sign}" for sign in "{}$&#_%"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_LONE_BRACES = {"{": r"\textbraceleft{}", "}": r"\textbraceright{}"}


def csl_json(document: Document) -> str:
    """An array of CSL items of the type `article-newspaper`, in the order of first citation."""
    items = [_item(key, article) for key, article in _keyed(document)]
    return json.dumps(items, ensure_ascii=False, indent=1) + "\n"


def bibtex(document: Document) -> str:
    """An entry for each article: `@article` of a paper, `@misc` where none is known; UTF-8."""
    return "\n".join(_entry(key, article) for key, article in _keyed(document))


def _keyed(document: Document) -> Iterator[tuple[str, Source]]:
    """Each cited article with a key of paper, year and a word of its title.

    Such as `harbourcourier2022envoys`; where another article has it, with a number.
    """
    taken = Counter[str]()
    for article in {source.article: source for source in document.sources}.values():
        word = next((word for word in map(_ascii, article.title.split()) if len(word) > 3), "")
        key = f"{_ascii(article.paper)[:30]}{article.published[:4]}{word}" or "article"
        taken[key] += 1
        yield (key if taken[key] == 1 else f"{key}-{taken[key]}"), article


def _ascii(text: str) -> str:
    """Its letters and digits as small ASCII ones.

    >>> _ascii("L'Écho 24")
    'lecho24'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", plain.lower())


def _item(key: str, article: Source) -> dict[str, Any]:
    day = [int(part) for part in article.published.split("-")] if article.published else []
    item = {
        "id": key,
        "type": "article-newspaper",
        "title": article.title,
        "author": [{"literal": article.byline}] if article.byline else [],
        "container-title": article.paper,
        "issued": {"date-parts": [day]} if day else {},
        "URL": article.url,
    }
    return {name: value for name, value in item.items() if value}


def _entry(key: str, article: Source) -> str:
    year, month, day = article.published.split("-") if article.published else ("", "", "")
    fields = {
        "author": f"{{{_latex(article.byline)}}}" if article.byline else "",  # one name, as it is
        "title": f"{{{_latex(article.title)}}}",
        "journal": _latex(article.paper),
        "year": year,
        "day": day.lstrip("0"),
        "url": article.url.translate({ord(sign): f"%{ord(sign):02X}" for sign in "{}\\"}),
    }
    lines = [f"  {name} = {{{value}}},\n" for name, value in fields.items() if value]
    if month:
        lines.append(f"  month = {_MONTHS[int(month) - 1]},\n")
    kind = "article" if article.paper else "misc"
    return f"@{kind}{{{key},\n{''.join(lines)}}}\n"


def _latex(text: str) -> str:
    r"""A text whose braces are in balance: BibTeX counts them behind a backslash, too.

    >>> _latex("{a} %"), _latex("a } {")
    ('\\{a\\} \\%', 'a \\textbraceright{} \\textbraceleft{}')
    """
    signs = _LATEX if _is_balanced(text) else _LATEX | _LONE_BRACES
    return "".join(signs.get(sign, sign) for sign in text)


def _is_balanced(text: str) -> bool:
    depths = list(accumulate((sign == "{") - (sign == "}") for sign in text))
    return not depths or (min(depths) >= 0 and depths[-1] == 0)
