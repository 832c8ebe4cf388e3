"""Builds HTML from untrusted text: everything is escaped, tags and attributes are on allow-lists.

Articles, questions, file names and what a browser kept are untrusted strings, escaped when they
enter an element; HTML made here has its own type, `Html`. Only http and https become links.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from index.text.visible_text import visible

TAGS = frozenset(
    "a article b button caption details div footer form h1 h2 h3 h4 header input label li main"
    " mark meter nav ol option p pre progress s section select small span strong summary table"
    " tbody td th thead time tr ul".split()
)
_EMPTY = frozenset({"input"})
# nothing that runs code, loads or positions: no on*, style, srcdoc, action, formaction
ATTRIBUTES = frozenset(
    "checked class colspan datetime disabled for hidden id lang max min multiple name open"
    " placeholder role scope selected step tabindex title type value".split()
)
_DATA_OR_ARIA = re.compile(r"(?:data|aria)-[a-z]+(?:-[a-z]+)*")
MAX_LINK = 2_000  # characters

# Besides HTML: Markdown, template and JavaScript string characters, because Gradio renders error
# messages as Markdown.
_ESCAPES = {ord(char): f"&#{ord(char)};" for char in "&<>\"'`{}$[]()*_~!|\\#"}


class Html(str):
    """HTML made by this module: not escaped again."""

    __slots__ = ()


def text(value: object) -> Html:
    r"""Escape a text; invisible characters are dropped.

    >>> text('<img src=x onerror="a()">\u202e')
    '&#60;img src=x onerror=&#34;a&#40;&#41;&#34;&#62;'
    """
    return Html(visible(str(value)).translate(_ESCAPES))


def tag(name: str, /, *inside: object, **attributes: object) -> Html:
    """An element: strings in it are escaped, `Html` is inserted as it is, None is left out.

    Attributes are named as in HTML, with `_` for `-` and `class_` for class; True gives one without
    a value, None and False leave it out.

    >>> tag("p", "1 < 2", class_="soft", hidden=False)
    '<p class="soft">1 &#60; 2</p>'

    Raises:
        ValueError: for an element or attribute that is not allowed.
    """
    if name not in TAGS:
        raise ValueError(f"<{name}> is not an element of this page")
    opening = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _EMPTY:
        return Html(f"<{name}{opening}>")
    return Html(f"<{name}{opening}>{join(inside)}</{name}>")


def join(parts: Iterable[object]) -> Html:
    """Concatenate parts, escaping as `tag` does."""
    return Html("".join(part if isinstance(part, Html) else text(part) for part in parts if part))


def link(address: str, /, *inside: object, **attributes: object) -> Html:
    """An external link in a new tab; anything but an http(s) address becomes a <span>.

    >>> link("https://news.example/a", "source")
    '<a href="https://news.example/a" target="_blank" rel="noopener noreferrer">source</a>'
    >>> link("javascript:alert(1)", "source")
    '<span>source</span>'
    """
    if not is_web_address(address):
        return tag("span", *inside, **attributes)
    opening = "".join(_attribute(key, value) for key, value in attributes.items())
    return Html(
        f'<a href="{html.escape(address, quote=True)}" target="_blank" rel="noopener noreferrer"'
        f"{opening}>{join(inside)}</a>"
    )


def here(path: str, /, *inside: object, **attributes: object) -> Html:
    """A link to a page of this server.

    Raises:
        ValueError: for a path that could point elsewhere.
    """
    if not re.fullmatch(r"/(?:[A-Za-z0-9._~-]+/?)*", path) or ".." in path:
        raise ValueError(f"{path!r} is no page of this server")
    opening = "".join(_attribute(key, value) for key, value in attributes.items())
    return Html(f'<a href="{path}" target="_blank" rel="noopener"{opening}>{join(inside)}</a>')


def is_web_address(address: str) -> bool:
    """True for http(s) with a host, without credentials, spaces or invisible characters.

    >>> [is_web_address(a) for a in ("https://a.example/x", "//a", "https://u:p@a", "java script:")]
    [True, False, False, False]
    """
    if len(address) > MAX_LINK or visible(address) != address or re.search(r"[\s\\]", address):
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc


def _attribute(key: str, value: object) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    if name not in ATTRIBUTES and not _DATA_OR_ARIA.fullmatch(name):
        raise ValueError(f"{name!r} is not an attribute of this page")
    return f" {name}" if value is True else f' {name}="{text(value)}"'
