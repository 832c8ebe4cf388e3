"""Sends the readline buffer of `assistant chat` to speculative prefill."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from assistant.answering.prefill import TypingDebouncer

POLL_S = 0.1


def line_buffer() -> Callable[[], str] | None:
    """What returns the line that is being typed; None without a terminal or readline."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    try:
        import readline  # from now on input() goes through it
    except ImportError:  # Windows has none
        return None
    return readline.get_line_buffer


@contextmanager
def watch_typing(submit: Callable[[str], None]) -> Iterator[None]:
    """Within it, a thread polls the line and calls `submit` with drafts worth prefilling."""
    line = line_buffer()
    if line is None:
        yield
        return
    over = threading.Event()
    debouncer = TypingDebouncer()

    def poll() -> None:
        while not over.wait(POLL_S):
            if draft := debouncer.due(line(), time.monotonic()):
                submit(draft)

    thread = threading.Thread(target=poll, name="typing", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
