"""The Library page: the list of articles, with one beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import gradio as gr

from index.core.articles import Article
from index.storage.article_store import Listed
from index.text.visible_text import one_line
from ui.page.article_page import PLAIN, Place, article_at
from ui.page.escaping import count, written_day
from ui.page.events import cell_types, on
from ui.page.library_changes import LibraryChanges
from ui.service.article_service import Sort

if TYPE_CHECKING:
    from ui.service.answer_service import AnswerService

PAGE_SIZE = 50  # articles
ORDERS: Mapping[str, tuple[Sort, bool]] = {  # what is shown: sorted by, descending
    "Newest first": ("published", True),
    "Oldest first": ("published", False),
    "By title": ("title", False),
    "By source": ("source", False),
    "Longest first": ("passages", True),
}
FIRST = "Newest first"
COLUMNS = ("", "Title", "Date", "Source", "Passages", "Notes", "Id")
WIDTHS: list[str | int] = ["64px", "262px", "120px", "170px", "110px", "300px", "130px"]
NO_ARTICLE = "Choose an article in the list."
SHOWN_ID = 10  # digits; two of 100,000 articles share them once in 200 times


def library_page(service: AnswerService) -> None:
    """Make the page; where nothing may be uploaded (`ui.upload`) it has nothing that changes."""
    if not service.articles.upload_allowed:
        _List(service)
        return
    changes = LibraryChanges(service.articles)
    changes.below(_List(service))


class _List:
    """The list and the article beside it.

    `view` are the components that say what is listed, `shown` those that `rows` fills.
    """

    def __init__(self, service: AnswerService) -> None:
        self.service, self.articles = service, service.articles
        self.number, self.chosen = gr.State(1), gr.State(())
        self._first = 0 if self.articles.upload_allowed else 1  # without boxes to tick
        self._columns = list(COLUMNS[self._first :])
        with gr.Sidebar(label="Article", position="right", open=False, width=520) as self.beside:
            self.reader = gr.Markdown(NO_ARTICLE, elem_id="reader", **PLAIN)
        self.about = gr.Markdown(elem_id="about", **PLAIN)
        with gr.Row():
            self.find = gr.Textbox(
                label="Find in titles, sources and texts",
                placeholder="A name, a word, a source",
                max_lines=1,
                scale=3,
                min_width=240,
                elem_id="find",
            )
            self.order = gr.Dropdown(list(ORDERS), value=FIRST, label="Order", scale=1)
        self.table = gr.Dataframe(
            headers=self._columns,
            datatype=cell_types(len(COLUMNS))[self._first :],
            type="array",
            interactive=not self._first,
            static_columns=list(range(1, len(COLUMNS))),
            column_widths=WIDTHS[self._first :],
            wrap=True,
            buttons=[],
            max_height=560,
            label="Articles",
            show_label=False,
            elem_id="articles",
        )
        with gr.Row():
            self.back = gr.Button("Previous", size="sm", visible=False)
            self.where = gr.Markdown(elem_id="where", **PLAIN)
            self.forth = gr.Button("Next", size="sm", visible=False)
        self.view = [self.find, self.order, self.number, self.chosen]
        self.shown = [self.about, self.table, self.number, self.back, self.where, self.forth]
        self._wire()

    def rows(self, find: str, order: str, number: int, chosen: Sequence[str]) -> tuple[Any, ...]:
        """The values of `shown` for a view."""
        sort, descending = ORDERS.get(order, ORDERS[FIRST])
        page = self.articles.page(
            number, size=PAGE_SIZE, sort=sort, descending=descending, text=find[:200]
        )
        rows = [
            row_of(row, self.articles.duplicates(row.article.id).carried_by, chosen)[self._first :]
            for row in page.rows
        ]
        several = page.pages > 1
        return (
            self._summary(page.total if find.strip() else None),
            # without rows it would offer to write one
            gr.update(value={"headers": self._columns, "data": rows}, visible=bool(rows)),
            page.number,
            gr.update(visible=several, interactive=page.number > 1),
            f"Page {page.number} of {page.pages}" if several else "",
            gr.update(visible=several, interactive=page.number < page.pages),
        )

    def _summary(self, found: int | None) -> str:
        """How many articles there are, of which day the newest is, and how many were found."""
        newest = self.articles.page(size=1)
        if not newest.rows:
            return "Nothing is indexed yet."
        day = written_day(newest.rows[0].article.stated_day)
        every = count(newest.total, "article") + (f", the newest of {day}" if day else "")
        return f"**{every}**" + ("" if found is None else f" · {found:,} found")

    def _wire(self) -> None:
        on(None, lambda: self.rows("", FIRST, 1, ()), None, self.shown)
        for event in (self.find.change, self.order.change):
            on(
                event,
                self._turn(lambda number: 1),
                self.view,
                self.shown,
                trigger_mode="always_last",
            )
        on(self.back.click, self._turn(lambda number: number - 1), self.view, self.shown)
        on(self.forth.click, self._turn(lambda number: number + 1), self.view, self.shown)
        on(self.table.select, self._read, None, [self.reader, self.beside])

    def _turn(self, page: Callable[[int], int]) -> Callable[..., tuple[Any, ...]]:
        """What lists another page of the view."""

        def turned(find: str, order: str, number: int, chosen: Sequence[str]) -> tuple[Any, ...]:
            return self.rows(find, order, page(number), chosen)

        return turned

    def _read(self, event: gr.SelectData) -> tuple[Any, Any]:
        """Open the article of a row, unless its box was ticked."""
        if event.index[1] == 0 and not self._first:
            return gr.skip(), gr.skip()
        place = Place(str(event.row_value[-1]))
        return article_at(self.service, place), gr.update(open=True)


def row_of(row: Listed, carriers: Sequence[Article], chosen: Sequence[str]) -> list[Any]:
    """The cells of an article in the list; `carriers` are its near copies."""
    article, article_id = row.article, row.article.id[:SHOWN_ID]
    others = dict.fromkeys(one.source or one.title for one in carriers)
    notes = (
        f"Copy of {row.copy_of[:SHOWN_ID]}" if row.copy_of else "",
        f"Also in {', '.join(others)}" if others else "",
        "Replaced by a newer version" if row.superseded_by else "",
        row.note,
        "" if article.stated_day else "Date is a guess" if article.published else "No date",
    )
    day = article.published.isoformat() if article.published else ""
    texts = [
        article.title or "Untitled",
        day,
        article.source,
        row.passages,
        " · ".join(filter(None, notes)),
    ]
    shown = [one_line(str(text)) for text in texts]
    return [article_id in chosen, *shown, article_id]
