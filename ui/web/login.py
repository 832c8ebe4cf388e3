"""`/login` and `/logout`."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from ui.api.answer_request import client_address
from ui.web.password import COOKIE, SESSION_S, Gate
from ui.web.security_middleware import Refused, check_password, session_of

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
<form method="post" action="/login">
<h1>Assistant</h1>
<p role="alert">{message}</p>
<input type="text" name="user" value="assistant" autocomplete="username" hidden>
<label for="password">Password</label>
<input id="password" type="password" name="password" autocomplete="current-password" required
 autofocus>
<button>Log in</button>
</form>
</body>
</html>
"""


def router(gate: Gate) -> APIRouter:
    """`/login` and `/logout`."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/login")
    def form(request: Request) -> Response:
        if not gate.locked or gate.is_session(session_of(request.headers)):
            return RedirectResponse("/", 303)
        return HTMLResponse(_PAGE.format(message=""))

    @routes.post("/login")
    async def log_in(request: Request) -> Response:
        fields = parse_qs((await request.body()).decode("utf-8", "replace"))
        given = fields.get("password", [""])[0]
        try:
            await check_password(gate, given, client_address(request.scope))
        except Refused as refused:
            retry = {"Retry-After": str(refused.retry_after_s)} if refused.retry_after_s else {}
            return HTMLResponse(_PAGE.format(message=refused.message), refused.status, retry)
        response = RedirectResponse("/", 303)
        response.set_cookie(
            COOKIE,
            gate.new_session(),
            max_age=int(SESSION_S),
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return response

    @routes.post("/logout")
    def log_out(request: Request) -> Response:
        gate.end_session(session_of(request.headers))
        response = RedirectResponse("/login", 303)
        response.delete_cookie(COOKIE)
        return response

    return routes
