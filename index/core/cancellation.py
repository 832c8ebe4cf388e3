"""Work that may be given up: whoever does it for a guess ends it between two steps.

A search is not asked to stop by its caller's arguments, because all but one of its callers wait for
what it finds. The one that only guesses says so around the call, and long work looks here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_unwanted: ContextVar[threading.Event | None] = ContextVar("unwanted", default=None)


class Cancelled(Exception):
    """Nobody wants the result any more; raised only within `cancel_scope`."""


@contextmanager
def cancel_scope(unwanted: threading.Event) -> Iterator[None]:
    """Within it, work ends by `Cancelled` soon after `unwanted` is set."""
    token = _unwanted.set(unwanted)
    try:
        yield
    finally:
        _unwanted.reset(token)


def checkpoint() -> Callable[[], None]:
    """What this thread's work calls before each of its steps, from other threads too."""
    unwanted = _unwanted.get()

    def still_wanted() -> None:
        if unwanted is not None and unwanted.is_set():
            raise Cancelled

    return still_wanted
