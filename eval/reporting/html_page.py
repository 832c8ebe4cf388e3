"""One self-contained HTML page from a template: everything inside, nothing from outside.

All text is escaped by the template engine and freed of invisible signs; nothing that comes from a
run becomes a tag, an address or a script. The page's content policy allows its own style and
script by their hashes and forbids everything else, so that a slip would still do nothing.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.core.errors import UserError
from index.text.visible_text import visible

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values: Any) -> str:
    """The whole page."""
    from markupsafe import Markup

    style, script = _asset("style.css"), _asset("script.js")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    own = {"style": Markup(style), "script": Markup(script), "policy": policy}
    return _environment().get_template(template).render(**values, **own)


def write(path: Path, html: str) -> None:
    """Write a page where a person wants it."""
    try:
        path.write_text(html, "utf-8", newline="\n")
    except OSError as problem:
        raise UserError(f"{path} cannot be written: {problem.strerror}.") from None


def _asset(name: str) -> str:
    return (TEMPLATES / name).read_text("utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_seen,
    )


def _seen(value: Any) -> Any:
    from markupsafe import Markup

    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value)
    return value
