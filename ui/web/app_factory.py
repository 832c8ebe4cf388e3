"""Builds the ASGI application: API routes, login, reports, the Gradio page, security middleware."""

from __future__ import annotations

import warnings
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles

from index.core.errors import UserError
from ui.api import errors
from ui.api import routes as api
from ui.api.api_docs import docs_page
from ui.api.prometheus import KIND, metrics
from ui.service.answer_service import AnswerService
from ui.service.quality import report_path
from ui.service.upload_limits import MAX_FILE_BYTES, received
from ui.web import login
from ui.web.late_page import LatePage
from ui.web.page_requests import Call, PageRequests
from ui.web.password import Gate
from ui.web.received_uploads import UploadQuota
from ui.web.security_middleware import SecurityMiddleware

if TYPE_CHECKING:
    from gradio import Blocks

STATIC = Path(__file__).parents[1] / "page" / "static"
HEAD = (
    '<link rel="stylesheet" href="own/page.css"><script type="module" src="own/page.js"></script>'
    '<link rel="stylesheet" href="own/desk.css">'
    '<script type="module" src="own/uploads.js"></script>'
)


def application(
    service: AnswerService, gate: Gate, page: Future[FastAPI] | None = None
) -> SecurityMiddleware:
    """The whole application; without a `page` (of `page_of`) it serves the API only."""
    late = LatePage(page, lambda: service.closing) if page else None
    app = FastAPI(
        title="Assistant",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=late.lifespan if late else None,
    )
    root = service.app.settings.ui.root_path
    app.include_router(login.router(gate, root))
    app.include_router(api.router(service, gate.token))
    app.add_exception_handler(UserError, errors.on_user_error)
    app.add_exception_handler(RequestValidationError, errors.on_invalid_body)
    app.add_exception_handler(Exception, errors.on_bug)
    _add_health_routes(app, service)
    _add_docs(app)
    app.mount("/own", StaticFiles(directory=STATIC))
    _add_reports(app, service)
    names = list(filter(None, map(str.strip, service.app.settings.ui.names.split(","))))
    if late is None:
        return SecurityMiddleware(app, gate, names, root=root)
    app.mount("/", late)
    quota = UploadQuota(received()) if service.articles.upload_allowed else None
    requests = PageRequests(partial(_calls, app))
    return SecurityMiddleware(app, gate, names, root=root, page=requests, quota=quota)


async def _calls(app: FastAPI) -> list[Call]:
    """What the page may call, with how many values, as browsers are told it."""
    import httpx

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        config = (await client.get("/config")).json()
    return [Call(c["id"], str(c["api_name"]), len(c["inputs"])) for c in config["dependencies"]]


def _add_health_routes(app: FastAPI, service: AnswerService) -> None:
    """Liveness, readiness, Prometheus metrics."""

    @app.get("/healthz", summary="Liveness", response_description="`alive`: true")
    async def alive() -> dict[str, bool]:
        return {"alive": True}

    @app.get(
        "/readyz",
        summary="Readiness: index and model are open; 503 if not",
        response_description="`ready`",
    )
    def ready() -> JSONResponse:
        is_ready = service.ready
        return JSONResponse({"ready": is_ready}, 200 if is_ready else 503)

    @app.get("/metrics", summary="Prometheus metrics", response_description="its text format")
    async def counts() -> Response:
        return PlainTextResponse(metrics(service), media_type=KIND)


def _add_docs(app: FastAPI) -> None:
    """The OpenAPI schema, and a page of it that loads nothing from other hosts."""

    @app.get("/v1/openapi.json", include_in_schema=False)
    def schema() -> dict[str, Any]:
        return app.openapi()

    @app.get("/v1/docs", include_in_schema=False)
    def page() -> Response:
        return HTMLResponse(docs_page(app.openapi()))


def _add_reports(app: FastAPI, service: AnswerService) -> None:
    """HTML reports of evaluations, which may be of anybody: see `ui.web.security_headers`."""

    @app.get("/runs/{name}", include_in_schema=False)
    def report(name: str) -> Response:
        path = report_path(service.app.settings.data, name)
        if path is None:
            return PlainTextResponse("There is no such report.", 404)
        return HTMLResponse(path.read_bytes())


def page_of(service: AnswerService, page: Blocks) -> FastAPI:
    """The Gradio page as an application."""
    import gradio

    from ui.page.app import THEME

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    # our FairQueue limits concurrency, so Gradio's queue must not
    page.queue(default_concurrency_limit=None, max_size=None, api_open=False)
    with warnings.catch_warnings():  # it warns of a mode that is off here
        warnings.simplefilter("ignore", UserWarning)
        gradio.mount_gradio_app(
            app,
            page,
            path="/",
            root_path=service.app.settings.ui.root_path or None,
            footer_links=[],
            run_history=False,
            allowed_paths=[],
            show_error=True,
            max_file_size=MAX_FILE_BYTES if service.articles.upload_allowed else 1,
            ssr_mode=False,
            enable_monitoring=False,
            pwa=False,
            mcp_server=False,
            theme=THEME,
            head=HEAD,
        )
    return app
