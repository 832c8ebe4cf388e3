"""Renders one self-contained HTML page from a template.

The template engine escapes all text and drops invisible characters; nothing that comes from a run
becomes a tag, an address or a script. The page's content security policy allows its own style and
script by their hashes and forbids everything else.
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

    style, script = ((TEMPLATES / name).read_text("utf-8") for name in ("style.css", "script.js"))
    policy = (
        f"default-src 'none'; style-src {csp_hash(style)}; script-src {csp_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    own = {"style": Markup(style), "script": Markup(script), "policy": policy}
    return _environment().get_template(template).render(**values, **own)


def write(path: Path, html: str) -> None:
    """Write a page; UserError if the file cannot be written."""
    try:
        path.write_text(html, "utf-8", newline="\n")
    except OSError as problem:
        raise UserError(f"{path} cannot be written: {problem.strerror}.") from None


def csp_hash(text: str) -> str:
    """The hash source of an inline style or script."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def finalize(value: Any) -> Any:
        """Drop invisible characters of text that is not ours."""
        return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=finalize,
    )
