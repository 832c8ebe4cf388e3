"""Cooperative cancellation of speculative work."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_cancel: ContextVar[threading.Event | None] = ContextVar("cancel", default=None)


class Cancelled(Exception):
    """The work was cancelled; raised only within `cancel_scope`."""


@contextmanager
def cancel_scope(cancel: threading.Event) -> Iterator[None]:
    """Within it, work raises `Cancelled` at its next checkpoint after `cancel` is set."""
    token = _cancel.set(cancel)
    try:
        yield
    finally:
        _cancel.reset(token)


def checkpoint() -> Callable[[], None]:
    """A function to call before each step, from any thread; it raises `Cancelled` if need be."""
    cancel = _cancel.get()

    def check() -> None:
        if cancel is not None and cancel.is_set():
            raise Cancelled

    return check
