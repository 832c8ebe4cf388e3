"""The page as Gradio serves it: one document, and a name for each thing that it may ask for.

The document is `page.html`; `page.js` and its neighbours, served by `ui.web.app_factory` under `/own/`, put
into it what the functions below return. All HTML in their answers comes from `ui.page.render`. Nothing
here is a Gradio component with a template, so that the page needs no `unsafe-eval`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.events import api
from gradio.utils import get_upload_folder

from index.core.errors import UserError
from ui.page.bootstrap import welcome
from ui.page.chat import Chat
from ui.page.library import Shelves
from ui.page.quality import Quality
from ui.service.feedback import Feedback
from ui.service.public_errors import public_message
from ui.web.security_middleware import log

if TYPE_CHECKING:
    from ui.service.answer_service import AnswerService

OWN = Path(__file__).parent / "static"
LOOK: dict[str, Any] = {
    "theme": gr.themes.Base(font=["sans-serif"], font_mono=["monospace"]),
    "head": (
        '<link rel="stylesheet" href="own/page.css">'
        '<script type="module" src="own/page.js"></script>'
    ),
}
"""What `gradio.mount_gradio_app` is to be given beside the Blocks."""


def build(desk: AnswerService, quality: Quality | None = None) -> gr.Blocks:
    """The page around a desk; `quality` is given by tests."""
    chat = Chat(desk)
    shelves = Shelves(desk, Path(get_upload_folder()))
    feedback = Feedback(desk.app.settings.data / "feedback.jsonl")
    quality = quality or Quality(desk)

    def ask(asked: dict[str, Any], request: gr.Request) -> Iterator[dict[str, Any]]:
        yield from chat.ask(asked, request.client.host if request.client else "")

    def ahead(asked: dict[str, Any], request: gr.Request) -> None:
        chat.prefill(asked, request.client.host if request.client else "")

    def start() -> dict[str, Any]:
        return welcome(desk)

    def rate(said: dict[str, Any]) -> None:
        feedback.keep(said)

    def cases() -> str:
        return feedback.cases(functools.partial(_name_of, desk))

    blocks: gr.Blocks = gr.Blocks(title="Assistant", analytics_enabled=False, fill_width=True)
    with blocks:
        gr.Markdown(_document(), sanitize_html=False, latex_delimiters=[], container=False)
        _streams(ask=ask, take=shelves.take, rebuild=shelves.rebuild, run_eval=quality.run)
        _answers(start=start, ahead=ahead, stop=chat.stop, turns=chat.turns, read=chat.read)
        _answers(receipt=chat.receipt, rate=rate, cases=cases)
        _answers(listed=shelves.listed, remove=shelves.remove)
        _answers(generations=shelves.generations, use=shelves.use)
        _answers(runs=quality.runs, compare=quality.compare, stop_run=quality.stop)
    return blocks


def _streams(**functions: Callable[..., Iterator[dict[str, Any]]]) -> None:
    """Name functions for the page that answer bit by bit."""
    for name, function in functions.items():

        @functools.wraps(function)
        def kind(
            *given: Any, does: Callable[..., Iterator[Any]] = function, **named: Any
        ) -> Iterator[Any]:
            with _kindly():
                yield from does(*given, **named)

        api(kind, api_name=name, api_visibility="undocumented")


def _answers(**functions: Callable[..., Any]) -> None:
    """Name functions for the page that answer at once."""
    for name, function in functions.items():

        @functools.wraps(function)
        def kind(*given: Any, does: Callable[..., Any] = function, **named: Any) -> Any:
            with _kindly():
                return does(*given, **named)

        api(kind, api_name=name, queue=False, api_visibility="undocumented")


@contextmanager
def _kindly() -> Iterator[None]:
    """Let only what is meant for a visitor reach one."""
    try:
        yield
    except UserError as wrong:
        raise gr.Error(public_message(wrong), print_exception=False) from None
    except Exception as problem:
        log(problem)
        sorry = "Something went wrong here. Ask whoever runs the assistant."
        raise gr.Error(sorry, print_exception=False) from None


def _name_of(desk: AnswerService, article_id: str) -> str:
    """What an evaluation calls an article: its file without the suffix, and its record."""
    article = desk.shelf.article(article_id)
    file, _, record = article.path.partition("#") if article else ("", "", "")
    return f"{Path(file).stem}#{record}" if record else Path(file).stem


def _document() -> str:
    """The document in one line, because Markdown ends HTML at an empty one."""
    lines = (OWN / "page.html").read_text("utf-8").splitlines()
    return " ".join(line.strip() for line in lines)
