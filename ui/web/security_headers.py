"""Security headers of every reply: among them the content policy, which says what may run.

Inline scripts may run in the page itself only, where Gradio's template writes them. A report of an
evaluation may come from anybody's run folder: it is sandboxed, so it is of no origin, and the only
script that runs in it is ours.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from collections.abc import Awaitable, Callable, MutableMapping
from importlib.resources import files
from typing import Any

from starlette.datastructures import Headers, MutableHeaders

from ui.web.stream_ownership import COOKIE, new_visitor, visitor_of

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]

PAGES = frozenset(  # Gradio's documents
    ("/", "/library", "/quality", "/check", "/contradictions", "/following", "/article")
)
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'{scripts}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; object-src 'none'; frame-src 'none'; worker-src 'self' blob:; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
# of what a page loads: the page's own policy rules over it, so this can be short, as there are many
LOADED_POLICY = "default-src 'none'; frame-ancestors 'none'"
_LOADED = re.compile(r"(?:text|application)/(?:javascript|css)\b")
REPORT_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src {script}; style-src 'unsafe-inline'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # the login form has to tell its own origin, which "no-referrer" would hide from us too
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_SCRIPT = re.compile(rb"<script(?P<attributes>[^>]*)>(?P<code>.*?)</script>", re.S | re.I)


def with_security_headers(scope: Scope, send: Send) -> Send:
    """A `send` that adds security headers; a page is held back to hash its inline scripts."""
    start: Message | None = None
    html = b""

    async def send_secured(message: Message) -> None:
        nonlocal start, html
        if message["type"] == "http.response.start":
            start, html = None, b""  # an error may take the place of a page that has begun
            html_type = "text/html" in Headers(raw=message["headers"]).get("content-type", "")
            if html_type and scope["path"] in PAGES:
                start = message
                return
            await send(_add_headers(scope, message, b""))
        elif start is not None and message["type"] == "http.response.body":
            html += message.get("body", b"")
            if not message.get("more_body"):
                await send(_add_headers(scope, start, html))
                await send({"type": "http.response.body", "body": html})
        else:
            await send(message)

    return send_secured


def _add_headers(scope: Scope, start: Message, page: bytes) -> Message:
    headers = MutableHeaders(raw=list(start["headers"]))
    for name, value in HEADERS.items():
        headers[name] = value
    if scope["path"].startswith("/runs/"):
        policy = REPORT_POLICY.format(script=_report_script())
    elif _LOADED.match(headers.get("content-type", "")):
        policy = LOADED_POLICY
    else:
        policy = CONTENT_SECURITY_POLICY.format(scripts=_script_hashes(page))
    headers["Content-Security-Policy"] = policy
    if scope["path"] in PAGES and not visitor_of(Headers(scope=scope)):
        headers.append("Set-Cookie", f"{COOKIE}={new_visitor()}; Path=/; HttpOnly; SameSite=lax")
    if not scope["path"].startswith(("/assets/", "/static/")):
        own = scope["path"].startswith("/own/")  # a new version is asked for each time
        headers.setdefault("Cache-Control", "no-cache" if own else "no-store")
    return {**start, "headers": headers.raw}


def _script_hashes(page: bytes) -> str:
    """Content-policy sources of the inline scripts of a page."""
    return "".join(
        f" {_hash_source(script['code'])}"
        for script in _SCRIPT.finditer(page)
        if b"src=" not in script["attributes"]
    )


@functools.cache
def _report_script() -> str:
    """The content-policy source of the script that reports of evaluations carry."""
    return _hash_source((files("eval.reporting") / "templates" / "script.js").read_bytes())


def _hash_source(code: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(code).digest()).decode()}'"
