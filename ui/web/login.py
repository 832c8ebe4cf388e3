"""`/login` and `/logout`: a session for the password, or for the token of the opened address."""

from __future__ import annotations

from typing import Literal
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from ui.api.answer_request import client_address
from ui.web.password import SESSION_S, TOKEN_NEEDED, Gate, check_password
from ui.web.refusal import Refused
from ui.web.security_middleware import session_cookie, session_of

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Assistant</title>
<style>
:root {{ color-scheme: light dark; font: 1.1rem/1.5 sans-serif; }}
body {{ display: grid; min-height: 90vh; place-content: center; }}
form {{ display: grid; gap: 0.8rem; width: min(20rem, 90vw); }}
input, button {{ font: inherit; padding: 0.5rem; }}
</style>
</head>
<body>
<form method="post" action="{root}/login">
<h1>Assistant</h1>
<p role="alert">{message}</p>
<input type="text" name="user" value="assistant" autocomplete="username" hidden>
<label for="password">{secret}</label>
<input id="password" type="password" name="password" autocomplete="current-password" required
 autofocus>
<button>Log in</button>
</form>
</body>
</html>
"""
# A redirect would carry the origin of whoever opened the address, and browsers keep a strict cookie
# from such a chain; this page opens the next one itself.
_ENTER = (
    '<!doctype html><title>Assistant</title><meta http-equiv="refresh" content="0; url={root}/">'
)


def router(gate: Gate, root: str = "") -> APIRouter:
    """`/login` and `/logout`; `root` is the path below which visitors see them."""
    routes = APIRouter(include_in_schema=False)

    def page(message: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        secret = "Password" if gate.has_password else "Token"
        return HTMLResponse(
            _PAGE.format(message=message, secret=secret, root=root), status, headers
        )

    def enter(request: Request, response: Response, samesite: Literal["lax", "strict"]) -> Response:
        response.set_cookie(
            session_cookie(request.scope),
            gate.new_session(),
            max_age=int(SESSION_S),
            path=root or "/",
            httponly=True,
            samesite=samesite,
            secure=request.url.scheme == "https",
        )
        return response

    @routes.get("/login")
    def form(request: Request, token: str = "") -> Response:
        if token and gate.is_token(token):
            return enter(request, HTMLResponse(_ENTER.format(root=root)), "strict")
        if gate.is_session(session_of(request.scope)):
            return RedirectResponse(f"{root}/", 303)
        return page("" if gate.has_password else TOKEN_NEEDED)

    @routes.post("/login")
    async def log_in(request: Request) -> Response:
        fields = parse_qs((await request.body()).decode("utf-8", "replace"))
        given = fields.get("password", [""])[0]
        try:
            await check_password(gate, given, client_address(request.scope))
        except Refused as refused:
            return page(refused.message, refused.status, refused.headers)
        return enter(request, RedirectResponse(f"{root}/", 303), "lax")

    @routes.post("/logout")
    def log_out(request: Request) -> Response:
        gate.end_session(session_of(request.scope))
        response = RedirectResponse(f"{root}/login", 303)
        response.delete_cookie(session_cookie(request.scope), path=root or "/")
        return response

    return routes
