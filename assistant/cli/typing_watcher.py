"""What is typed at the prompt of `assistant chat`, told to a reader ahead while `input()` waits."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from assistant.answering.prefill import TypingDebouncer

LOOK_S = 0.1


def typed_so_far() -> Callable[[], str] | None:
    """What gives the line that is being typed; None where nobody types or nothing can tell."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    try:
        import readline  # from now on input() goes through it
    except ImportError:  # Windows has none
        return None
    return readline.get_line_buffer


@contextmanager
def watched(line: Callable[[], str], tell: Callable[[str], None]) -> Iterator[None]:
    """Within it, `tell` is called with what is worth a guess, from another thread."""
    over = threading.Event()
    pace = TypingDebouncer()

    def look() -> None:
        while not over.wait(LOOK_S):
            if guess := pace.due(line(), time.monotonic()):
                tell(guess)

    looking = threading.Thread(target=look, name="typed", daemon=True)
    looking.start()
    try:
        yield
    finally:
        over.set()
        looking.join()
