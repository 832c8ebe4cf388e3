"""The page that asks for the password, and the way out again."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from ui.web.password import COOKIE, SESSION_S, Gate
from ui.web.security_middleware import Refused, address_of, admit, session_of

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
<button>Come in</button>
</form>
</body>
</html>
"""


def router(gate: Gate) -> APIRouter:
    """`/login` and `/logout`."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/login")
    def ask(request: Request) -> Response:
        if not gate.locked or gate.knows(session_of(request.headers)):
            return RedirectResponse("/", 303)
        return HTMLResponse(_PAGE.format(message=""))

    @routes.post("/login")
    async def enter(request: Request) -> Response:
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        given = form.get("password", [""])[0]
        try:
            await admit(gate, given, address_of(request.scope))
        except Refused as no:
            retry = {"Retry-After": str(no.retry_after_s)} if no.retry_after_s else {}
            return HTMLResponse(_PAGE.format(message=no.message), no.status, retry)
        entered = RedirectResponse("/", 303)
        entered.set_cookie(
            COOKIE,
            gate.begin(),
            max_age=int(SESSION_S),
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return entered

    @routes.post("/logout")
    def leave(request: Request) -> Response:
        gate.end(session_of(request.headers))
        left = RedirectResponse("/login", 303)
        left.delete_cookie(COOKIE)
        return left

    return routes
