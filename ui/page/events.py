"""Events of the page's components: their functions, with errors as a visitor may see them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import gradio as gr

from index.core.errors import UserError
from ui.page.escaping import escaped
from ui.service.public_errors import INTERNAL_ERROR, log_error, public_message

BUSY: dict[str, Any] = gr.update(value="", min_height=96)  # a Markdown with room for a bar


def cell_types(columns: int) -> list[Literal["bool", "str"]]:
    """The types of a table's columns: boxes to tick, then texts, which are shown as they are."""
    return ["bool", *(["str"] * (columns - 1))]  # type: ignore[list-item]


def told(text: str) -> dict[str, Any]:
    """What a Markdown shows when it was `BUSY`."""
    update: dict[str, Any] = gr.update(value=text, min_height=0)
    return update


def on(
    trigger: Callable[..., Any] | None, function: Callable[..., Any], *wires: Any, **how: Any
) -> Any:
    """Call `function` at an event of a component, or with None when the page opens.

    `wires` are the input and the output components, `how` further options of Gradio's events.
    """
    how = {"show_progress": "hidden", "api_visibility": "private", **how}
    return (trigger or functools.partial(gr.on, None))(public(function), *wires, **how)


def public(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which tells a `UserError` to the visitor and any other error to the log."""
    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def streamed(*given: Any) -> Iterator[Any]:
            with _public_errors():
                yield from function(*given)

        return streamed

    @functools.wraps(function)
    def called(*given: Any) -> Any:
        with _public_errors():
            return function(*given)

    return called


@contextmanager
def _public_errors() -> Iterator[None]:
    try:
        yield
    except UserError as wrong:
        raise gr.Error(escaped(public_message(wrong)), print_exception=False) from None
    except Exception as bug:
        log_error(bug)
        raise gr.Error(INTERNAL_ERROR, print_exception=False) from None
