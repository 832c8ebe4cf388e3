"""ASGI middleware: Host, origin, route allow-list, body limits, authentication, security headers.

Everything else, Gradio included, runs behind it. Routes that are not on the allow-lists answer 404,
so a route that a new version of Gradio adds stays closed until it is listed here.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Iterable
from contextlib import ExitStack
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response

from index.core.disk import is_full
from ui.api.answer_request import client_address
from ui.service.public_errors import INTERNAL_ERROR, log_error
from ui.service.upload_limits import MAX_REQUEST_BYTES
from ui.web import request_body
from ui.web.connections import OpenRequests
from ui.web.page_requests import PageRequests, with_fitting_status
from ui.web.password import COOKIE, PASSWORD_NEEDED, TOKEN_NEEDED, Gate, check_password
from ui.web.received_uploads import UploadQuota
from ui.web.refusal import Refused
from ui.web.request_body import Receive
from ui.web.security_headers import PAGES, Message, Scope, Send, with_security_headers

App = Callable[[Scope, Receive, Send], Awaitable[None]]

API_BODY_BYTES = 64 * 1024
PAGE_BODY_BYTES = 1024 * 1024  # the page sends its conversation with each question
CLIP_BODY_BYTES = 4 * 1024 * 1024  # a page without its pictures
UPLOAD_TIMEOUT_S = 600.0  # for an upload to arrive
SEND_TIMEOUT_S = 60.0  # for a client to read a part of a reply
MAX_PATH = 2_000  # characters
MAX_NAME = 255  # bytes of one part of a path, as of a file's name

API_ROUTES = re.compile(
    r"(?:GET|HEAD) /(?:healthz|readyz|metrics|v1/(?:models(?:/[^/]+)?|here|docs|openapi\.json"
    r"|contradictions|follow(?:/[0-9a-f]{1,8}/feed)?))"
    r"|POST /v1/(?:chat/completions|answer|ahead|search|check|find-source|contradictions"
    r"|articles|answer/[0-9a-f]{32}/cancel|follow(?:/[0-9a-f]{1,8}/run)?)"
    r"|DELETE /v1/follow/[0-9a-f]{1,8}"
)
CHECK_ROUTE = "POST /v1/check"  # a draft is longer than a question
CLIP_ROUTE = "POST /v1/articles"
PAGE_ROUTES = re.compile(
    r"(?:GET|HEAD) /(?:$|(?:library|quality|check|contradictions|following|article)$"
    r"|(?:theme\.css|favicon\.ico|manifest\.json|robots\.txt|config/?)$"
    r"|(?:assets|static|svelte|own|runs)/"
    r"|gradio_api/(?:(?:info|theme\.css|startup-events|app_id|upload_progress|queue/data)/?$"
    r"|heartbeat/|file=[^:]*$))"  # Gradio looks up the host of an address before it refuses it
    r"|POST /gradio_api/(?:queue/join|cancel|reset|run/[^/]+)/?$"
)
STREAM_ROUTES = re.compile(r"GET /gradio_api/(?:queue/data/?$|heartbeat/)")
LOGIN_ROUTES = re.compile(r"(?:GET|HEAD|POST) /login|POST /logout")
UPLOAD_ROUTE = re.compile(r"POST /gradio_api/upload/?")
ALWAYS_ROUTES = re.compile(r"(?:GET|HEAD) /(?:healthz|readyz)")  # however many requests are open
# without a password; /v1/here only proves that the server knows the token
PUBLIC_ROUTES = re.compile(r"(?:GET|HEAD|POST) /login|(?:GET|HEAD) /(?:healthz|readyz|v1/here)")


class SecurityMiddleware:
    """Passes allowed requests on to `app`; every other gets a status and one line of text.

    `names` are further host names of this server (`ui.names`). `root` is the path below which a
    proxy shows it (`ui.root_path`), whether the proxy takes it off or not. `page` checks what the
    page sends, `quota` limits uploads (None: there are none).
    """

    def __init__(
        self,
        app: App,
        gate: Gate,
        names: Iterable[str],
        *,
        root: str = "",
        page: PageRequests | None = None,
        quota: UploadQuota | None = None,
    ) -> None:
        self._app = app
        self._root = root
        self._gate = gate
        self._page = page or PageRequests()
        self._open = OpenRequests()
        self._strangers = OpenRequests()  # who may be slow, or guess passwords
        self._names = {"localhost", socket.gethostname().lower(), *map(str.lower, names)}
        self._quota = quota
        self._compressed = GZipMiddleware(self._secured, compresslevel=6)
        self._streams = set[asyncio.Timeout]()

    def end_streams(self) -> None:
        """End the event streams of open pages, which last as long as these."""
        while self._streams:
            self._streams.pop().reschedule(0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        if self._root and scope["path"].startswith(f"{self._root}/"):
            scope = {**scope, "path": scope["path"].removeprefix(self._root)}
            scope["raw_path"] = scope["path"].encode()
        await self._compressed(scope, receive, send)

    async def _secured(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def track_start(message: Message) -> None:
            nonlocal started
            started = True
            try:
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await send(message)
            except TimeoutError:
                raise Refused(408, "The reply was read too slowly.") from None

        send_secured = with_security_headers(scope, track_start)
        try:
            with ExitStack() as limits:
                await self._answer(scope, receive, send_secured, limits)
        except Refused as refused:
            if not started:
                await refused.response()(scope, receive, send_secured)
        except Exception as error:
            log_error(error)
            if not started:
                await _refusal_of(error).response()(scope, receive, send_secured)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, limits: ExitStack) -> None:
        headers = Headers(scope=scope)
        route = f"{scope['method']} {scope['path']}"
        self._check_host(headers.get("host", ""))
        given = _bearer(headers)
        scope["assistant.ours"] = bool(given) and self._gate.is_token(given)
        known = scope["assistant.ours"] or self._gate.is_session(session_of(scope))
        if not ALWAYS_ROUTES.fullmatch(route):
            requests = self._open if known else self._strangers
            limits.enter_context(requests.entered(client_address(scope)))
        upload = bool(UPLOAD_ROUTE.fullmatch(route))
        self._check_route(scope, headers, route, upload=upload)
        if not (known or PUBLIC_ROUTES.fullmatch(route)) and (
            redirect := await self._authenticate(scope, given, route)
        ):
            await redirect(scope, receive, send)
            return
        if scope["path"].startswith("/gradio_api/"):
            send = with_fitting_status(send)
        if upload:
            await self._take_upload(scope, receive, send, limits)
            return
        small = API_ROUTES.fullmatch(route) and route != CHECK_ROUTE
        limit = API_BODY_BYTES if small else PAGE_BODY_BYTES
        limit = CLIP_BODY_BYTES if route == CLIP_ROUTE else limit
        body = await request_body.read(headers, receive, limit)
        if PAGE_ROUTES.match(route):
            scope, body = await self._page.checked(scope, body)
        receive = request_body.replayed(body, receive)
        if STREAM_ROUTES.match(route):
            await self._stream(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A stream of the page's events, until it is over or the server stops."""
        unfinished = False

        async def watched(message: Message) -> None:
            nonlocal unfinished
            unfinished = message.get("more_body", message["type"] == "http.response.start")
            await send(message)

        try:
            async with asyncio.timeout(None) as limit:
                self._streams.add(limit)
                try:
                    await self._app(scope, receive, watched)
                finally:
                    self._streams.discard(limit)
        except TimeoutError:
            if not limit.expired():
                raise
            if unfinished:
                await send({"type": "http.response.body"})

    async def _take_upload(
        self, scope: Scope, receive: Receive, send: Send, limits: ExitStack
    ) -> None:
        if not self._quota:
            raise Refused(404, "Uploading is off.")
        size = request_body.length(Headers(scope=scope), MAX_REQUEST_BYTES)
        limits.enter_context(self._quota.arriving(size))
        try:
            await self._app(scope, request_body.in_time(receive, UPLOAD_TIMEOUT_S), send)
        except TypeError:  # of Gradio, for a field that is no file
            raise Refused(400, "The request is no upload of files.") from None

    def _check_route(self, scope: Scope, headers: Headers, route: str, *, upload: bool) -> None:
        """Reject what is not on the lists, comes from another site, or is no JSON for the API."""
        known = (
            upload
            or any(routes.fullmatch(route) for routes in (API_ROUTES, LOGIN_ROUTES))
            or PAGE_ROUTES.match(route)
        )
        longest = max(map(len, route.encode("utf-8", "replace").split(b"/")))
        if not known or longest > MAX_NAME or len(route) > MAX_PATH or not route.isprintable():
            raise Refused(404, "There is nothing here.")
        # a browser's extension has an origin of its own; no page of another site can send a key
        if not (route == CLIP_ROUTE and _bearer(headers)):
            _check_origin(scope, headers)
        if scope["path"].startswith("/v1/") and scope["method"] == "POST":
            content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
            if content_type != "application/json" and not scope["path"].endswith(
                ("/cancel", "/run")
            ):
                raise Refused(415, "The body has to be JSON (Content-Type: application/json).")

    def _check_host(self, host: str) -> None:
        """Accept IP addresses and known names only: prevents DNS rebinding."""
        name = _parts(f"//{host}").hostname or ""
        try:
            ipaddress.ip_address(name)
        except ValueError:
            if name not in self._names:
                raise Refused(
                    400, "The assistant is not known by this name. Add it to ui.names."
                ) from None

    async def _authenticate(self, scope: Scope, given: str, route: str) -> Response | None:
        """None if the key that was given is right; a redirect to the login for the page.

        Raises:
            Refused: 401, or 429 after too many wrong passwords.
        """
        if given:
            await check_password(self._gate, given, client_address(scope))
            return None
        if scope["method"] in ("GET", "HEAD") and scope["path"] in PAGES:
            query = bytes(scope.get("query_string", b"")).decode("latin-1")  # the token
            return RedirectResponse(f"{self._root}/login?{query}".removesuffix("?"), 303)
        raise Refused(401, PASSWORD_NEEDED if self._gate.has_password else TOKEN_NEEDED)


def _bearer(headers: Headers) -> str:
    """The key of a program; "" if there is none."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    return given.strip() if scheme.lower() == "bearer" else ""


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
        foreign = foreign or _parts(origin).netloc != headers.get("host", "")
    if foreign and not (safe and scope["path"] in {*PAGES, "/login"}):
        raise Refused(403, "Another page may not use the assistant.")


def _parts(url: str) -> SplitResult:
    """The parts of an address; none if it is malformed."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _refusal_of(error: Exception) -> Refused:
    """What a visitor is told of an unexpected error."""
    if is_full(error):
        return Refused(507, "The disk of the assistant is full.")
    return Refused(500, INTERNAL_ERROR)
