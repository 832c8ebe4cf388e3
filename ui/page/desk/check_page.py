"""The page that checks a draft: its sentences with their verdicts, as they come."""

from __future__ import annotations

import functools
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

import gradio as gr

from assistant.checking import reports
from assistant.checking.draft import MAX_BYTES, read_draft, require_size
from index.core.errors import UsageError, UserError
from ui.page.article_page import PLAIN
from ui.page.ask.exports import file_of
from ui.page.desk.components import ArticleBeside, ArticleChoice, filters_of
from ui.page.desk.verdict_markdown import checked_markdown, summary
from ui.page.escaping import escaped
from ui.page.events import on
from ui.page.library_changes import discard, received
from ui.service import upload_limits
from ui.service.public_errors import public_message

if TYPE_CHECKING:
    from ui.service.answer_service import AnswerService

ABOUT = (
    "<h1>Check a draft</h1> <small>Each sentence is compared with the articles. What they say of it"
    " stands beside it, with the sentence that decides.</small>"
)
KINDS = [".txt", ".text", ".md", ".markdown", ".docx", ".html", ".htm"]
BEGUN = "Reading the draft…"
PACE_S = 0.4  # between two pictures of a report that grows; more as it gets longer
GROWN = 50  # sentences after which twice as much
SHOWN = 6  # components that a check changes
Json = Mapping[str, Any]


class CheckPage:
    """The components and what they do."""

    def __init__(self, service: AnswerService) -> None:
        self._service = service
        self._running: dict[str, threading.Event] = {}  # by the tab that checks
        self._report: gr.State = gr.State(None)
        gr.Markdown(ABOUT, elem_id="about", **PLAIN)
        with gr.Row(equal_height=False):
            with gr.Column(scale=2, min_width=320):
                self._form()
            with gr.Column(scale=3, min_width=320):
                self._results()
        ArticleBeside(service)
        self._wire()

    def _form(self) -> None:
        self._draft = gr.Textbox(
            label="Draft",
            placeholder="Paste a text, or open a file",
            lines=12,
            max_lines=24,
            elem_id="draft",
        )
        with gr.Row():
            self._go = gr.Button("Check", variant="primary", min_width=120)
            self._halt = gr.Button("Stop", visible=False, min_width=120, elem_id="stop")
            self._file = gr.UploadButton(
                "Open a file",
                file_types=KINDS,
                min_width=120,
                visible=self._service.articles.upload_allowed,
                elem_id="file",
            )
        kinds = "Text, Markdown, Word or HTML"
        gr.Markdown(f"<small>{kinds}, up to {MAX_BYTES // 1000} kB.</small>", **PLAIN)
        self._choice = ArticleChoice(self._service)

    def _results(self) -> None:
        self._news = gr.Markdown(elem_id="news", **PLAIN)
        self._export = gr.Accordion("Take the report along", open=False, visible=False)
        with self._export, gr.Row():
            self._files = [
                gr.DownloadButton(label, size="sm", min_width=100)
                for label in ("As Markdown", "As JSON", "As one HTML page")
            ]
        self._verdicts = gr.Markdown(elem_id="verdicts", **PLAIN)

    def _wire(self) -> None:
        shown = [self._news, self._verdicts, self._report, self._export, self._go, self._halt]
        given = [self._draft, *self._choice.parts]
        checked = on(self._go.click, self._check, given, shown)
        on(checked.then, _idle, None, shown[-2:])
        on(self._halt.click, self._stop, queue=False)
        on(self._file.upload, self._open, self._file, self._draft)
        on(self._export.expand, _written, self._report, self._files)

    def _check(self, request: gr.Request, text: str, *choice: Any) -> Iterator[tuple[Any, ...]]:
        """Check a draft; the report grows sentence by sentence."""
        tab = request.session_hash or ""
        if tab in self._running:
            raise UsageError("A draft is being checked. Stop it first.")
        cancel = self._running[tab] = threading.Event()
        try:
            yield BEGUN, "", None, gr.update(visible=False), *_buttons(running=True)
            with closing(self._service.check(text, filters_of(*choice), cancel)) as events:
                yield from _grown(events)
        except UserError as error:
            nothing = gr.update(visible=False)
            yield escaped(public_message(error)), "", None, nothing, *_buttons(running=False)
        finally:
            self._running.pop(tab, None)

    def _stop(self, request: gr.Request) -> None:
        if cancel := self._running.get(request.session_hash or ""):
            cancel.set()

    def _open(self, file: str) -> str:
        """The text of a file that was sent, which is not kept.

        Raises:
            UsageError: if it is too large, empty, or of a format that is not read.
        """
        folder = upload_limits.received()
        sent = received([file], folder)
        try:
            [(name, path)] = sent
            require_size(path.stat().st_size)
            return read_draft(path.read_bytes(), name)
        finally:
            discard(sent, folder)


def _grown(events: Iterator[Json]) -> Iterator[tuple[Any, ...]]:
    """How far a check is and the report so far, each time that it is due; at last the whole."""
    sentences: list[Json] = []
    sections: list[str] = []
    due, unchanged = 0.0, tuple(gr.skip() for _ in range(SHOWN))
    for event in events:
        if event["event"] == "report":
            report = {key: value for key, value in event.items() if key != "event"}
            news = summary(sentences, sentences[-1]["of"]) if sentences else ""
            stopped = "\n\nStopped; what was checked is shown." if report["cut"] else ""
            export = gr.update(visible=bool(sentences), open=False)
            whole = f"{news}{stopped}", "\n\n".join(sections), report, export
            yield *whole, *_buttons(running=False)
            return
        sentences.append(event)
        sections.append(checked_markdown(event))
        if time.monotonic() < due:
            yield unchanged  # where it ends if the page is closed
            continue
        due = time.monotonic() + PACE_S * (1 + len(sections) / GROWN)
        yield summary(sentences, event["of"]), "\n\n".join(sections), *unchanged[2:]


def _buttons(*, running: bool) -> tuple[Any, Any]:
    return gr.update(interactive=not running), gr.update(visible=running)


_idle = functools.partial(_buttons, running=False)


def _written(report: Json | None) -> list[Any]:
    """The files that the buttons give: Markdown, JSON and one page; off if there is no report."""
    if report is None:
        return [gr.update(value=None, interactive=False)] * 3
    texts = {
        "checked-draft.md": reports.markdown(report),
        "checked-draft.json": json.dumps(report, indent=1, ensure_ascii=False),
        "checked-draft.html": reports.html(report),
    }
    return [
        gr.update(value=file_of(name, text.encode()), interactive=True)
        for name, text in texts.items()
    ]
