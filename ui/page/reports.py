"""`/runs/NAME`: the HTML report of an evaluation run or comparison.

Each report carries its own styles, scripts and content policy (`eval.reporting.html_page`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from ui.page.quality import report_path

if TYPE_CHECKING:
    from ui.service.answer_service import AnswerService


def router(service: AnswerService) -> APIRouter:
    """The route of the reports."""
    routes = APIRouter()

    @routes.get("/runs/{name}", include_in_schema=False)
    def page(name: str) -> Response:
        path = report_path(service.app.settings.data, name)
        if path is None:
            return PlainTextResponse("There is no such report.", 404)
        return HTMLResponse(path.read_text("utf-8"))

    return routes
