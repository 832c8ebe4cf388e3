"""The Gradio app: one HTML document, and a named API endpoint for each call of its scripts.

The scripts in `static/`, served under `/own/`, insert what the endpoints return; their HTML comes
from `ui.page.render`. No Gradio component with a template is used, so no `unsafe-eval` is needed.
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
from pydantic import ConfigDict, ValidationError, validate_call

from index.core.errors import UserError
from ui.page.chat import Chat
from ui.page.library import LibraryTab
from ui.page.quality import QualityTab
from ui.page.start_data import welcome
from ui.service.feedback import Feedback
from ui.service.public_errors import INTERNAL_ERROR, log_error, public_message

if TYPE_CHECKING:
    from ui.service.answer_service import AnswerService

STATIC = Path(__file__).parent / "static"
_CHECKS = validate_call(config=ConfigDict(arbitrary_types_allowed=True))


def build(service: AnswerService, quality: QualityTab | None = None) -> gr.Blocks:
    """The page of an answer service; tests pass their own `quality`."""
    chat = Chat(service)
    library = LibraryTab(service, Path(get_upload_folder()))
    feedback = Feedback(service.app.settings.data / "feedback.jsonl")
    quality = quality or QualityTab(service)

    def ask(payload: dict[str, Any], request: gr.Request) -> Iterator[dict[str, Any]]:
        yield from chat.ask(payload, request.client.host if request.client else "")

    def ahead(payload: dict[str, Any], request: gr.Request) -> None:
        chat.prefill(payload, request.client.host if request.client else "")

    def start() -> dict[str, Any]:
        return welcome(service)

    def cases() -> str:
        return feedback.cases(functools.partial(_eval_name, service))

    blocks: gr.Blocks = gr.Blocks(title="Assistant", analytics_enabled=False, fill_width=True)
    with blocks:
        gr.Markdown(_document(), sanitize_html=False, latex_delimiters=[], container=False)
        _stream_endpoints(ask=ask, take=library.take, rebuild=library.rebuild, run_eval=quality.run)
        _endpoints(start=start, ahead=ahead, stop=chat.stop, turns=chat.turns, read=chat.read)
        _endpoints(receipt=chat.receipt, rate=feedback.keep, cases=cases)
        _endpoints(listed=library.listed, remove=library.remove, undo=library.undo)
        _endpoints(generations=library.generations, use=library.use)
        _endpoints(runs=quality.runs, compare=quality.compare, stop_run=quality.stop)
    return blocks


def _stream_endpoints(**functions: Callable[..., Iterator[dict[str, Any]]]) -> None:
    """Register generator functions as streaming endpoints by name."""
    for name, function in functions.items():
        checked = _CHECKS(function)

        @functools.wraps(function)
        def kind(
            *given: Any, does: Callable[..., Iterator[Any]] = checked, **named: Any
        ) -> Iterator[Any]:
            with _public_errors():
                yield from does(*given, **named)

        api(kind, api_name=name, api_visibility="undocumented")


def _endpoints(**functions: Callable[..., Any]) -> None:
    """Register functions as endpoints by name."""
    for name, function in functions.items():
        checked = _CHECKS(function)

        @functools.wraps(function)
        def kind(*given: Any, does: Callable[..., Any] = checked, **named: Any) -> Any:
            with _public_errors():
                return does(*given, **named)

        api(kind, api_name=name, queue=False, api_visibility="undocumented")


@contextmanager
def _public_errors() -> Iterator[None]:
    """Show the message of a `UserError`; log any other error and show a fixed sentence."""
    try:
        yield
    except UserError as wrong:
        raise gr.Error(public_message(wrong), print_exception=False) from None
    except ValidationError as wrong:
        message = f"The page has sent what cannot be read: {wrong.errors()[0]['msg']}. Reload it."
        raise gr.Error(message, print_exception=False) from None
    except Exception as problem:
        log_error(problem)
        raise gr.Error(INTERNAL_ERROR, print_exception=False) from None


def _eval_name(service: AnswerService, article_id: str) -> str:
    """The name of an article in evaluation sets: file stem, and "#record" if it has one."""
    article = service.articles.get(article_id)
    file, _, record = article.path.partition("#") if article else ("", "", "")
    return f"{Path(file).stem}#{record}" if record else Path(file).stem


def _document() -> str:
    """page.html on one line, because Markdown ends HTML at an empty line."""
    lines = (STATIC / "page.html").read_text("utf-8").splitlines()
    return " ".join(line.strip() for line in lines)
