"""The guard before every request: whose name, whose page, which way, how much, who, and headers.

An ASGI middleware of its own, because everything else, Gradio included, runs behind it. What is not
named here is not there: a route that a new Gradio brings is closed until somebody opens it.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import ipaddress
import json
import re
import socket
import sys
import traceback
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse, RedirectResponse, Response

from ui.web.password import COOKIE, Gate
from ui.web.stream_ownership import COOKIE as VISITOR
from ui.web.stream_ownership import StreamOwnership, new_visitor, visitor_of

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

SORRY = "Something went wrong here. Ask whoever runs the assistant."
BODY = 64 * 1024  # bytes of a request of a program
PAGE_BODY = 1024 * 1024  # of one of the page, which sends its conversation along
UPLOAD_BODY = 64 * 1024 * 1024  # of an upload of several files
BODY_S = 30.0  # within which a body has to be here
WRONG_S = 1.0  # how long a wrong password is answered late

API = re.compile(
    r"(?:GET|HEAD) /(?:healthz|readyz|metrics|v1/(?:models(?:/[^/]+)?|here|docs|openapi\.json))"
    r"|POST /v1/(?:chat/completions|answer|ahead|search|answer/[0-9a-f]{32}/cancel)"
)
PAGE = re.compile(
    r"(?:GET|HEAD) /(?:$|(?:theme\.css|favicon\.ico|manifest\.json|robots\.txt|config/?)$"
    r"|(?:assets|static|svelte|own|runs)/"
    r"|gradio_api/(?:(?:info|theme\.css|startup-events|app_id|upload_progress|queue/data)/?$"
    r"|heartbeat/|file=[^:]*$))"  # Gradio looks up the host of an address before it refuses it
    r"|POST /gradio_api/(?:queue/join|cancel|reset|run/[^/]+)/?$"
)
LOGIN = re.compile(r"(?:GET|HEAD|POST) /login|POST /logout")
UPLOAD = re.compile(r"POST /gradio_api/upload/?")
# without a password; who asks /v1/here learns nothing but whether we know the token
OPEN = re.compile(r"(?:GET|HEAD|POST) /login|(?:GET|HEAD) /(?:healthz|readyz|v1/here)")

POLICY = (
    "default-src 'self'; script-src 'self'{scripts}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; object-src 'none'; frame-src 'none'; worker-src 'self' blob:; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
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


class Refused(Exception):
    """A request that may not pass: the status and the text it gets."""

    def __init__(self, status: int, message: str, retry_after_s: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after_s = retry_after_s


class SecurityMiddleware:
    """Lets through what may pass; everything else gets one line of text and a status."""

    def __init__(
        self,
        app: App,
        gate: Gate,
        names: Iterable[str],
        *,
        upload: bool,
        ending: asyncio.Event | None = None,
    ) -> None:
        self.ending = ending or asyncio.Event()  # set when the server ends
        self._app = app
        self._gate = gate
        self._visitors = StreamOwnership()
        self._names = {"localhost", socket.gethostname().lower(), *map(str.lower, names)}
        self._upload = upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        began = False

        async def sending(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        dressed = _dressed(scope, sending)
        try:
            body = await self._check(scope, receive)
            if isinstance(body, Response):
                await body(scope, receive, dressed)
            else:
                await self._app(scope, body, dressed)
        except Refused as no:
            if not began:
                await _refusal(no)(scope, receive, dressed)
        except Exception as error:
            log(error)
            if not began:
                await _refusal(Refused(500, SORRY))(scope, receive, dressed)

    async def _check(self, scope: Scope, receive: Receive) -> Receive | Response:
        headers = Headers(scope=scope)
        way = f"{scope['method']} {scope['path']}"
        self._known_name(headers.get("host", ""))
        upload = bool(UPLOAD.fullmatch(way))
        if upload and not self._upload:
            raise Refused(404, "Uploading is off.")
        known = upload or any(p.fullmatch(way) for p in (API, LOGIN)) or PAGE.match(way)
        if not known:
            raise Refused(404, "There is nothing here.")
        _same_origin(scope, headers)
        if scope["path"].startswith("/v1/") and scope["method"] == "POST":
            kind = headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind != "application/json" and not scope["path"].endswith("/cancel"):
                raise Refused(415, "The body has to be JSON (Content-Type: application/json).")
        if (elsewhere := await self._come_in(scope, headers, way)) is not None:
            return elsewhere
        if upload:
            _announced(headers, UPLOAD_BODY)
            return receive
        limit = BODY if API.fullmatch(way) else PAGE_BODY
        body = await _whole(headers, receive, limit)
        if PAGE.match(way) and not self._visitors.may(scope, headers, body):
            raise Refused(403, "This is another visitor's conversation. Reload the page.")
        return _again(body, receive)

    def _known_name(self, host: str) -> None:
        """A foreign page can reach us under its own name only (DNS rebinding)."""
        name = urlsplit(f"//{host}").hostname or ""
        try:
            ipaddress.ip_address(name)
        except ValueError:
            if name not in self._names:
                raise Refused(
                    400, "The assistant is not known by this name. Add it to ui.names."
                ) from None

    async def _come_in(self, scope: Scope, headers: Headers, way: str) -> Response | None:
        """None if whoever asks may; else where to go.

        Raises:
            Refused: 401, or 429 after too many wrong passwords.
        """
        scheme, _, given = headers.get("authorization", "").partition(" ")
        given = given.strip() if scheme.lower() == "bearer" else ""
        scope["assistant.ours"] = bool(given) and self._gate.is_token(given)
        if not self._gate.locked or scope["assistant.ours"] or OPEN.fullmatch(way):
            return None
        if self._gate.knows(session_of(headers)):
            return None
        if given:
            await admit(self._gate, given, address_of(scope))
            return None
        if way in ("GET /", "HEAD /"):
            return RedirectResponse("/login", 303)
        raise Refused(401, "A password is needed.")


async def admit(gate: Gate, given: str, address: str) -> None:
    """Let in whoever knows the password.

    Raises:
        Refused: 401 if it is wrong, a second later; 429 if too many were.
    """
    if wait := gate.brake_s(address):
        why = f"Too many wrong passwords. Please try again in {wait} s."
        raise Refused(429, why, wait)
    if not gate.is_password(given, address):
        await asyncio.sleep(WRONG_S)
        raise Refused(401, "The password is wrong.")


def session_of(headers: Headers) -> str:
    """The session's cookie; "" if there is none."""
    return cookie_parser(headers.get("cookie", "")).get(COOKIE, "")


def address_of(scope: Scope) -> str:
    """Whose request it is, for fairness and for the brake."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def _same_origin(scope: Scope, headers: Headers) -> None:
    """No other page may send anything here, and only link to the page itself."""
    harmless = scope["method"] in ("GET", "HEAD")
    site = headers.get("sec-fetch-site", "")
    foreign = site not in ("", "same-origin", "none")
    if origin := headers.get("origin", ""):
        foreign = foreign or urlsplit(origin).netloc != headers.get("host", "")
    if foreign and not (harmless and scope["path"] in ("/", "/login")):
        raise Refused(403, "Another page may not use the assistant.")


def _announced(headers: Headers, limit: int) -> None:
    """Refuse a body that is said to be larger than `limit` bytes, or of which nothing is said."""
    if "content-length" not in headers:
        raise Refused(411, "The request has to say how large it is (Content-Length).")
    if not headers["content-length"].isdigit() or int(headers["content-length"]) > limit:
        raise Refused(413, f"The request is too large; the limit is {limit // 1024:,} KB.")


async def _whole(headers: Headers, receive: Receive, limit: int) -> bytes:
    """The body, of at most `limit` bytes, within `BODY_S` seconds."""
    if "content-length" in headers:
        _announced(headers, limit)
    body: bytes = b""
    try:
        async with asyncio.timeout(BODY_S):
            while True:
                message = await receive()
                body += bytes(message.get("body", b""))
                if len(body) > limit:
                    raise Refused(
                        413, f"The request is too large; the limit is {limit // 1024:,} KB."
                    )
                if not message.get("more_body"):
                    return body
    except TimeoutError:
        raise Refused(408, "The request came too slowly.") from None


def _again(body: bytes, receive: Receive) -> Receive:
    """`receive` that gives the body once more, and then what comes after it."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _dressed(scope: Scope, send: Send) -> Send:
    """`send` that adds the headers; a page waits until its scripts' hashes are known."""
    start: Message | None = None
    html = b""

    async def dressed(message: Message) -> None:
        nonlocal start, html
        if message["type"] == "http.response.start":
            if "text/html" in Headers(raw=message["headers"]).get("content-type", ""):
                start = message
                return
            await send(_with_headers(scope, message, ""))
        elif start is not None and message["type"] == "http.response.body":
            html += message.get("body", b"")
            if not message.get("more_body"):
                await send(_with_headers(scope, start, _hashes(html)))
                await send({"type": "http.response.body", "body": html})
        else:
            await send(message)

    return dressed


def _with_headers(scope: Scope, start: Message, scripts: str) -> Message:
    headers = MutableHeaders(raw=list(start["headers"]))
    for name, value in HEADERS.items():
        headers[name] = value
    headers["Content-Security-Policy"] = POLICY.format(scripts=scripts)
    if scope["path"] == "/" and not visitor_of(Headers(scope=scope)):
        headers.append("Set-Cookie", f"{VISITOR}={new_visitor()}; Path=/; HttpOnly; SameSite=lax")
    if not scope["path"].startswith(("/assets/", "/static/", "/own/")):
        headers.setdefault("Cache-Control", "no-store")
    return {**start, "headers": headers.raw}


def _hashes(html: bytes) -> str:
    """The inline scripts that our own template wrote, by their hashes; no other may run."""
    found = ""
    for script in _SCRIPT.finditer(html):
        if b"src=" not in script["attributes"]:
            digest = base64.b64encode(hashlib.sha256(script["code"]).digest()).decode()
            found += f" 'sha256-{digest}'"
    return found


def _refusal(no: Refused) -> Response:
    kind = {401: "authentication_error", 429: "rate_limit_error", 500: "server_error"}
    error = {
        "message": no.message,
        "type": kind.get(no.status, "invalid_request_error"),
        "param": None,
        "code": "invalid_api_key" if no.status == 401 else None,
    }
    headers = {"Retry-After": str(no.retry_after_s)} if no.retry_after_s else {}
    if no.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse({"error": error, "detail": no.message}, no.status, headers)


def log(error: Exception) -> None:
    """One line on stderr: what and where, never what was asked or answered."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    where = " < ".join(f"{f.filename.rpartition('/')[2]}:{f.lineno}" for f in reversed(frames))
    sys.stderr.write(json.dumps({"error": type(error).__name__, "at": where}) + "\n")
