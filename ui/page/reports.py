"""The pages that evaluations have written, by the name of the run or comparison.

Each carries its own style and script and a policy that allows nothing else (`eval.reporting.html_page`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from ui.page.quality import page_of

if TYPE_CHECKING:
    from ui.service.answer_service import AnswerService


def router(desk: AnswerService) -> APIRouter:
    """The route of the pages."""
    routes = APIRouter()

    @routes.get("/runs/{name}", include_in_schema=False)
    def page(name: str) -> Response:
        path = page_of(desk.app.settings.data, name)
        if path is None:
            return PlainTextResponse("There is no such report.", 404)
        return HTMLResponse(path.read_text("utf-8"))

    return routes
