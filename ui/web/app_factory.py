"""The shell: one FastAPI application with the programs' routes, the page, and the guard around."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount

from index.core.errors import UserError
from ui.api import routes as api
from ui.api.api_docs import manual
from ui.api.metrics import KIND, metrics
from ui.page import reports
from ui.service.answer_service import AnswerService
from ui.service.article_service import UPLOAD_BYTES
from ui.web import login
from ui.web.password import Gate
from ui.web.security_middleware import SecurityMiddleware

if TYPE_CHECKING:
    from gradio import Blocks

OWN = Path(__file__).parents[1] / "page" / "static"
OWN_FILES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


def application(
    desk: AnswerService,
    gate: Gate,
    token: str,
    *,
    page: Blocks | None,
    look: dict[str, Any],
    names: str,
) -> SecurityMiddleware:
    """Everything behind one door; `page` None: for programs only."""
    app = FastAPI(title="Assistant", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(login.router(gate))
    app.include_router(api.router(desk, token))
    app.include_router(reports.router(desk))
    app.add_exception_handler(UserError, api.on_user_error)
    app.add_exception_handler(RequestValidationError, api.on_wrong_body)
    app.add_exception_handler(Exception, api.on_bug)
    _state(app, desk)
    _documents(app)
    _own_files(app)
    upload = desk.shelf.upload_allowed
    ending = _mount(app, page, look, upload=upload) if page is not None else asyncio.Event()
    known = [name.strip() for name in names.split(",") if name.strip()]
    return SecurityMiddleware(app, gate, known, upload=upload, ending=ending)


def _state(app: FastAPI, desk: AnswerService) -> None:
    """Whether it lives, whether it can answer, and what it has done."""

    @app.get("/healthz", summary="The process lives", response_description="`alive`: true")
    async def alive() -> dict[str, bool]:
        return {"alive": True}

    @app.get(
        "/readyz", summary="Index and model are open; 503 if not", response_description="`ready`"
    )
    def ready() -> JSONResponse:
        it_is = desk.ready
        return JSONResponse({"ready": it_is}, 200 if it_is else 503)

    @app.get("/metrics", summary="Counts for Prometheus", response_description="its text format")
    async def counts() -> Response:
        return PlainTextResponse(metrics(desk), media_type=KIND)


def _documents(app: FastAPI) -> None:
    """What programs can ask for, as OpenAPI and as a page that needs nothing from elsewhere."""

    @app.get("/v1/openapi.json", include_in_schema=False)
    def schema() -> dict[str, Any]:
        return app.openapi()

    @app.get("/v1/docs", include_in_schema=False)
    def page(request: Request) -> Response:
        return HTMLResponse(manual(app.openapi(), str(request.base_url)))


def _own_files(app: FastAPI) -> None:
    """The page's own scripts and styles, and nothing else that lies beside them."""
    known = {path.name: path for path in OWN.iterdir() if path.suffix in OWN_FILES}

    @app.get("/own/{name}", include_in_schema=False)
    def own(name: str) -> Response:
        if name not in known:
            return PlainTextResponse("There is nothing here.", 404)
        kind = OWN_FILES[known[name].suffix]
        return FileResponse(known[name], media_type=kind, headers={"Cache-Control": "no-cache"})


def _mount(app: FastAPI, page: Blocks, look: dict[str, Any], *, upload: bool) -> asyncio.Event:
    """Put the page behind the door; gives what ends the streams that every open page holds."""
    import gradio

    # the line of the desk is the queue: here everybody may come to it
    page.queue(default_concurrency_limit=None, max_size=None, api_open=False)
    gradio.mount_gradio_app(
        app,
        page,
        path="/",
        footer_links=[],
        run_history=False,
        allowed_paths=[],
        show_error=True,
        max_file_size=UPLOAD_BYTES if upload else 1,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        **look,
    )
    [mounted] = [r.app for r in app.routes if isinstance(r, Mount) and r.path == ""]
    ending: asyncio.Event = getattr(mounted, "stop_event")  # noqa: B009 - mypy sees any ASGI app
    return ending
