"""Renders the page's HTML from Jinja2 templates; everything untrusted is escaped.

Articles, questions, file names and what a browser kept are untrusted. All markup is in
`templates/`; every value loses its invisible characters and is escaped, attribute values are always
quoted, and only plain http(s) addresses become links.
"""

import datetime as dt
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from index.text.visible_text import visible

MAX_LINK = 2_000  # characters


def render(template: str, /, **values: object) -> Markup:
    """The HTML of `templates/<template>.html`."""
    return Markup(_ENVIRONMENT.get_template(f"{template}.html").render(values))


def problem(message: str) -> Markup:
    """An error message as a paragraph.

    >>> problem("No <b> here.")
    Markup('<p class="problem" role="alert">No &lt;b&gt; here.</p>')
    """
    return render("problem", message=message)


def progress(text: str, done: int = 0, total: int = 0) -> Markup:
    """A status line with a bar; without a `total` the bar is indeterminate."""
    return render("progress", text=text, done=done, total=total)


def written_day(day: str | dt.date | None) -> str:
    """A date as newspapers write it; "" for an unknown one.

    >>> written_day("2022-09-08"), written_day(None)
    ('8 September 2022', '')
    """
    if not day:
        return ""
    date = dt.date.fromisoformat(day) if isinstance(day, str) else day
    return f"{date.day} {date:%B %Y}"


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


def count(number: int, noun: str) -> str:
    """A number with its noun in singular or plural.

    >>> count(1, "article"), count(2_000, "article")
    ('1 article', '2,000 articles')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _without_invisible(value: Any) -> Any:
    return value if isinstance(value, Markup) else visible(str(value))


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    finalize=_without_invisible,
)
_ENVIRONMENT.filters.update(written_day=written_day)
_ENVIRONMENT.tests.update(web_address=is_web_address)
_ENVIRONMENT.globals.update(count=count)
