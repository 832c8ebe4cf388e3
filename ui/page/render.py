"""The only place where text becomes HTML: everything escaped, only our own marks and links.

Articles, questions, file names and what a browser kept are written by anybody. Each of them is a
plain string here and is escaped when it enters an element; what is already HTML has its own type,
`Html`, which only this file makes. Attributes come from a short list; an address becomes a link
only if it is plain http or https.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from index.text.visible_text import visible

TAGS = frozenset(
    "a article b button caption details div footer form h1 h2 h3 h4 header img input label li main"
    " mark meter nav ol option p pre progress s section select small span strong summary table"
    " tbody td th thead time tr ul".split()
)
_EMPTY = frozenset({"img", "input"})
# Nothing that runs, fetches or places itself: no on*, style, srcdoc, action, formaction.
ATTRIBUTES = frozenset(
    "checked class colspan datetime disabled for hidden id lang max min multiple name open"
    " placeholder role scope selected step tabindex title type value".split()
)
_FREE = re.compile(r"(?:data|aria)-[a-z]+(?:-[a-z]+)*")
MAX_LINK = 2_000  # characters; longer ones are no address of an article
_PICTURE = re.compile(r"data:image/(?:png|svg\+xml);base64,[A-Za-z0-9+/=]+")

# Beside the signs of HTML those of Markdown, of a template and of a JavaScript template string,
# so that a text stays a text in a message box of Gradio too.
_SIGNS = {ord(sign): f"&#{ord(sign)};" for sign in "&<>\"'`{}$[]()*_~!|\\#"}


class Html(str):
    """HTML that this file made: it is not escaped again."""

    __slots__ = ()


def text(value: object) -> Html:
    r"""Any text as HTML that shows exactly this text, without the signs that no reader sees.

    >>> text('<img src=x onerror="a()">\u202e')
    '&#60;img src=x onerror=&#34;a&#40;&#41;&#34;&#62;'
    """
    return Html(visible(str(value)).translate(_SIGNS))


def tag(name: str, /, *inside: object, **attributes: object) -> Html:
    """An element: strings in it are escaped, `Html` is taken as it is, None is left out.

    An attribute is named as in HTML, with `_` for `-` and `class_` for class; True makes it stand
    alone, None and False leave it out.

    >>> tag("p", "1 < 2", class_="soft", hidden=False)
    '<p class="soft">1 &#60; 2</p>'

    Raises:
        ValueError: for an element or an attribute that is not on the list.
    """
    if name not in TAGS:
        raise ValueError(f"<{name}> is not an element of this page")
    opening = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _EMPTY:
        return Html(f"<{name}{opening}>")
    return Html(f"<{name}{opening}>{join(inside)}</{name}>")


def join(parts: Iterable[object]) -> Html:
    """Parts one after the other, by the rules of `tag`."""
    return Html("".join(part if isinstance(part, Html) else text(part) for part in parts if part))


def link(address: str, /, *inside: object, **attributes: object) -> Html:
    """A link to the outside, opened apart; what is no plain web address is only shown.

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
        ValueError: if the path could leave it.
    """
    if not re.fullmatch(r"/(?:[A-Za-z0-9._~-]+/?)*", path) or ".." in path:
        raise ValueError(f"{path!r} is no page of this server")
    opening = "".join(_attribute(key, value) for key, value in attributes.items())
    return Html(f'<a href="{path}" target="_blank" rel="noopener"{opening}>{join(inside)}</a>')


def picture(source: str, about: str) -> Html:
    """A picture that the page carries in itself.

    Raises:
        ValueError: if it would be fetched from anywhere.
    """
    if not _PICTURE.fullmatch(source):
        raise ValueError("a picture has to stand in the page itself")
    return Html(f'<img src="{source}" alt="{text(about)}">')


def is_web_address(address: str) -> bool:
    """True for http and https with a host, without a user's name, a space or an invisible sign.

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
    if name not in ATTRIBUTES and not _FREE.fullmatch(name):
        raise ValueError(f"{name!r} is not an attribute of this page")
    return f" {name}" if value is True else f' {name}="{text(value)}"'
