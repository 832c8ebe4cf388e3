"""Components that the desk's pages share: which articles count, and the article of a link."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import gradio as gr

from index.core.filters import Filters
from ui.page.article_page import PLAIN, Place, article_at
from ui.page.ask.opening import EVERY, MAX_SOURCES
from ui.page.ask.questions import Choice
from ui.page.events import on

if TYPE_CHECKING:
    from ui.service.answer_service import AnswerService

DAYS = ("Known as of", "Published from", "Published until")


class ArticleChoice:
    """A form that limits the articles by day and by source; `parts` are its components.

    Their values are what `filters_of` takes.
    """

    def __init__(self, service: AnswerService) -> None:
        # the script gives names to the calendars of what has this id
        with gr.Accordion("Which articles count", open=False, elem_id="filters"):
            with gr.Row():
                days = [
                    gr.DateTime(label=label, include_time=False, type="string", min_width=210)
                    for label in DAYS
                ]
            sources = gr.Dropdown([], label="Sources", multiselect=True, visible=False)
        self.parts: list[Any] = [*days, sources]

        def listed() -> Any:
            rows = service.articles.page(size=EVERY).rows
            counts = Counter(row.article.source for row in rows if row.article.source)
            names = [name for name, _ in counts.most_common(MAX_SOURCES)]
            return gr.update(choices=names, visible=bool(names))

        on(None, listed, None, sources)


def filters_of(
    as_of: str | None, since: str | None, until: str | None, sources: list[str] | None
) -> Filters:
    """The filters of a form.

    Raises:
        UsageError: for a wrong date, or an end before the beginning.
    """
    choice = Choice(as_of or "", since or "", until or "", tuple(sources or ()))
    return choice.filters


class ArticleBeside:
    """An article at the right, opened by the links of the page: see `citations` in page.js."""

    def __init__(self, service: AnswerService) -> None:
        self._service = service
        place = gr.Textbox(visible="hidden", elem_id="place", label="Place")
        with gr.Sidebar(label="Article", position="right", open=False, width=520) as beside:
            reader = gr.Markdown("Choose a quote to read it here.", elem_id="reader", **PLAIN)
        on(place.change, self._read, place, [reader, beside])

    def _read(self, address: str) -> tuple[str, Any]:
        return article_at(self._service, Place.from_address(address)), gr.update(open=True)
