"""ASGI middleware: Host, origin, route allow-list, body limits, authentication, security headers.

Everything else, Gradio included, runs behind it. Routes that are not on the allow-lists answer 404,
so a route that a new version of Gradio adds stays closed until it is listed here.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse, RedirectResponse, Response

from ui.api.answer_request import client_address
from ui.service.public_errors import INTERNAL_ERROR, log_error
from ui.service.upload_limits import MAX_REQUEST_BYTES
from ui.web.password import COOKIE, Gate
from ui.web.stream_ownership import COOKIE as VISITOR
from ui.web.stream_ownership import StreamOwnership, new_visitor, visitor_of

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

API_BODY_BYTES = 64 * 1024
PAGE_BODY_BYTES = 1024 * 1024  # the page sends its conversation with each question
BODY_TIMEOUT_S = 30.0
WRONG_PASSWORD_DELAY_S = 1.0
PASSWORD_NEEDED = "A password is needed."
TOKEN_NEEDED = "The token is needed: it is in the address that 'assistant ui' printed."

API_ROUTES = re.compile(
    r"(?:GET|HEAD) /(?:healthz|readyz|metrics|v1/(?:models(?:/[^/]+)?|here|docs|openapi\.json))"
    r"|POST /v1/(?:chat/completions|answer|ahead|search|answer/[0-9a-f]{32}/cancel)"
)
PAGE_ROUTES = re.compile(
    r"(?:GET|HEAD) /(?:$|(?:theme\.css|favicon\.ico|manifest\.json|robots\.txt|config/?)$"
    r"|(?:assets|static|svelte|own|runs)/"
    r"|gradio_api/(?:(?:info|theme\.css|startup-events|app_id|upload_progress|queue/data)/?$"
    r"|heartbeat/|file=[^:]*$))"  # Gradio looks up the host of an address before it refuses it
    r"|POST /gradio_api/(?:queue/join|cancel|reset|run/[^/]+)/?$"
)
LOGIN_ROUTES = re.compile(r"(?:GET|HEAD|POST) /login|POST /logout")
UPLOAD_ROUTE = re.compile(r"POST /gradio_api/upload/?")
# without a password; /v1/here only proves that the server knows the token
PUBLIC_ROUTES = re.compile(r"(?:GET|HEAD|POST) /login|(?:GET|HEAD) /(?:healthz|readyz|v1/here)")

CONTENT_SECURITY_POLICY = (
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
    """A rejected request: HTTP status, message and seconds until a retry makes sense (0: none)."""

    def __init__(self, status: int, message: str, retry_after_s: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after_s = retry_after_s


class SecurityMiddleware:
    """Passes allowed requests on to `app`; every other gets a status and one line of text.

    `names` are further host names of this server (`ui.names`); `shutdown` is set when it stops.
    """

    def __init__(
        self,
        app: App,
        gate: Gate,
        names: Iterable[str],
        *,
        upload: bool,
        shutdown: asyncio.Event | None = None,
    ) -> None:
        self.shutdown = shutdown or asyncio.Event()
        self._app = app
        self._gate = gate
        self._streams = StreamOwnership()
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
        started = False

        async def track_start(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        send_secured = _with_security_headers(scope, track_start)
        try:
            body = await self._check(scope, receive)
            if isinstance(body, Response):
                await body(scope, receive, send_secured)
            else:
                await self._app(scope, body, send_secured)
        except Refused as refused:
            if not started:
                await _error_response(refused)(scope, receive, send_secured)
        except Exception as error:
            log_error(error)
            if not started:
                await _error_response(Refused(500, INTERNAL_ERROR))(scope, receive, send_secured)

    async def _check(self, scope: Scope, receive: Receive) -> Receive | Response:
        headers = Headers(scope=scope)
        route = f"{scope['method']} {scope['path']}"
        self._check_host(headers.get("host", ""))
        upload = bool(UPLOAD_ROUTE.fullmatch(route))
        if upload and not self._upload:
            raise Refused(404, "Uploading is off.")
        known = (
            upload
            or any(routes.fullmatch(route) for routes in (API_ROUTES, LOGIN_ROUTES))
            or PAGE_ROUTES.match(route)
        )
        if not known:
            raise Refused(404, "There is nothing here.")
        _check_origin(scope, headers)
        if scope["path"].startswith("/v1/") and scope["method"] == "POST":
            content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
            if content_type != "application/json" and not scope["path"].endswith("/cancel"):
                raise Refused(415, "The body has to be JSON (Content-Type: application/json).")
        if (redirect := await self._authenticate(scope, headers, route)) is not None:
            return redirect
        if upload:
            _check_length(headers, MAX_REQUEST_BYTES)
            return receive
        limit = API_BODY_BYTES if API_ROUTES.fullmatch(route) else PAGE_BODY_BYTES
        body = await _read_body(headers, receive, limit)
        if PAGE_ROUTES.match(route) and not self._streams.allows(scope, headers, body):
            raise Refused(403, "This is another visitor's conversation. Reload the page.")
        return _replay_body(body, receive)

    def _check_host(self, host: str) -> None:
        """Accept IP addresses and known names only: prevents DNS rebinding."""
        name = urlsplit(f"//{host}").hostname or ""
        try:
            ipaddress.ip_address(name)
        except ValueError:
            if name not in self._names:
                raise Refused(
                    400, "The assistant is not known by this name. Add it to ui.names."
                ) from None

    async def _authenticate(self, scope: Scope, headers: Headers, route: str) -> Response | None:
        """None if the request may pass, a redirect to the login page, or an error.

        Raises:
            Refused: 401, or 429 after too many wrong passwords.
        """
        scheme, _, given = headers.get("authorization", "").partition(" ")
        given = given.strip() if scheme.lower() == "bearer" else ""
        scope["assistant.ours"] = bool(given) and self._gate.is_token(given)
        if scope["assistant.ours"] or PUBLIC_ROUTES.fullmatch(route):
            return None
        if self._gate.is_session(session_of(scope)):
            return None
        if given:
            await check_password(self._gate, given, client_address(scope))
            return None
        if route in ("GET /", "HEAD /"):
            query = bytes(scope.get("query_string", b"")).decode("latin-1")  # the token
            return RedirectResponse(f"/login?{query}".removesuffix("?"), 303)
        raise Refused(401, PASSWORD_NEEDED if self._gate.has_password else TOKEN_NEEDED)


async def check_password(gate: Gate, given: str, address: str) -> None:
    """Return if the password is right.

    Raises:
        Refused: 401 after a delay if it is wrong; 429 after too many wrong ones.
    """
    if wait_s := gate.retry_after_s(address):
        raise Refused(429, f"Too many wrong passwords. Please try again in {wait_s} s.", wait_s)
    if not gate.is_password(given, address):
        await asyncio.sleep(WRONG_PASSWORD_DELAY_S)
        raise Refused(401, "The password is wrong." if gate.has_password else TOKEN_NEEDED)


def session_cookie(scope: Scope) -> str:
    """The cookie's name: browsers send one server's cookies to those on other ports too."""
    _, port = scope.get("server") or ("", 0)
    return f"{COOKIE}_{port}"


def session_of(scope: Scope) -> str:
    """The session cookie's value; "" if there is none."""
    cookies = cookie_parser(Headers(scope=scope).get("cookie", ""))
    return cookies.get(session_cookie(scope), "")


def _check_origin(scope: Scope, headers: Headers) -> None:
    """Reject cross-site requests, except links to the page itself (CSRF)."""
    safe = scope["method"] in ("GET", "HEAD")
    site = headers.get("sec-fetch-site", "")
    foreign = site not in ("", "same-origin", "none")
    if origin := headers.get("origin", ""):
        foreign = foreign or urlsplit(origin).netloc != headers.get("host", "")
    if foreign and not (safe and scope["path"] in ("/", "/login")):
        raise Refused(403, "Another page may not use the assistant.")


def _check_length(headers: Headers, limit: int) -> None:
    """Reject a Content-Length that is missing or above `limit` bytes."""
    if "content-length" not in headers:
        raise Refused(411, "The request has to say how large it is (Content-Length).")
    if not headers["content-length"].isdigit() or int(headers["content-length"]) > limit:
        raise _too_large(limit)


def _too_large(limit: int) -> Refused:
    return Refused(413, f"The request is too large; the limit is {limit // 1024:,} KB.")


async def _read_body(headers: Headers, receive: Receive, limit: int) -> bytes:
    """The whole body: at most `limit` bytes, within `BODY_TIMEOUT_S`."""
    if "content-length" in headers:
        _check_length(headers, limit)
    body: bytes = b""
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            while True:
                message = await receive()
                body += bytes(message.get("body", b""))
                if len(body) > limit:
                    raise _too_large(limit)
                if not message.get("more_body"):
                    return body
    except TimeoutError:
        raise Refused(408, "The request came too slowly.") from None


def _replay_body(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the consumed body once more, then what follows."""
    replayed = False

    async def replay() -> Message:
        nonlocal replayed
        if replayed:
            return await receive()
        replayed = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _with_security_headers(scope: Scope, send: Send) -> Send:
    """A `send` that adds security headers; HTML is held back to hash its inline scripts."""
    start: Message | None = None
    html = b""

    async def send_secured(message: Message) -> None:
        nonlocal start, html
        if message["type"] == "http.response.start":
            if "text/html" in Headers(raw=message["headers"]).get("content-type", ""):
                start = message
                return
            await send(_add_headers(scope, message, ""))
        elif start is not None and message["type"] == "http.response.body":
            html += message.get("body", b"")
            if not message.get("more_body"):
                await send(_add_headers(scope, start, _script_hashes(html)))
                await send({"type": "http.response.body", "body": html})
        else:
            await send(message)

    return send_secured


def _add_headers(scope: Scope, start: Message, scripts: str) -> Message:
    headers = MutableHeaders(raw=list(start["headers"]))
    for name, value in HEADERS.items():
        headers[name] = value
    headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.format(scripts=scripts)
    if scope["path"] == "/" and not visitor_of(Headers(scope=scope)):
        headers.append("Set-Cookie", f"{VISITOR}={new_visitor()}; Path=/; HttpOnly; SameSite=lax")
    if not scope["path"].startswith(("/assets/", "/static/", "/own/")):
        headers.setdefault("Cache-Control", "no-store")
    return {**start, "headers": headers.raw}


def _script_hashes(html: bytes) -> str:
    """Content-policy hashes of the inline scripts in a response."""
    hashes = ""
    for script in _SCRIPT.finditer(html):
        if b"src=" not in script["attributes"]:
            digest = base64.b64encode(hashlib.sha256(script["code"]).digest()).decode()
            hashes += f" 'sha256-{digest}'"
    return hashes


def _error_response(refused: Refused) -> Response:
    error_type = {401: "authentication_error", 429: "rate_limit_error", 500: "server_error"}
    error = {
        "message": refused.message,
        "type": error_type.get(refused.status, "invalid_request_error"),
        "param": None,
        "code": "invalid_api_key" if refused.status == 401 else None,
    }
    headers = {"Retry-After": str(refused.retry_after_s)} if refused.retry_after_s else {}
    if refused.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse({"error": error, "detail": refused.message}, refused.status, headers)
