"""Iterate over what a blocking function emits in a thread of its own."""

import queue
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_thread(
    produce: Callable[[Callable[[T], None], threading.Event], R], *, name: str, beat_s: float
) -> Generator[T | None, None, R]:
    """Start `produce(emit, left)` in a thread and yield what it emits.

    Yields None whenever nothing was emitted for `beat_s` seconds, so that the consumer can check
    for cancellation or report progress. Returns what `produce` returns and raises what it raises.
    `left` is set when the consumer has left the iteration; `produce` should return soon after.

    Raises:
        RuntimeError: if no thread can be started; `produce` has not been called then.
    """
    inbox: queue.SimpleQueue[T | Future[R]] = queue.SimpleQueue()
    end: Future[R] = Future()
    left = threading.Event()

    def run() -> None:
        try:
            end.set_result(produce(inbox.put, left))
        except BaseException as error:
            end.set_exception(error)
        inbox.put(end)

    def items() -> Generator[T | None, None, R]:
        try:
            while True:
                try:
                    item = inbox.get(timeout=beat_s)
                except queue.Empty:
                    yield None
                    continue
                if isinstance(item, Future):
                    return item.result()
                yield item
        finally:
            left.set()

    # not a daemon: one inside C++ when the interpreter exits aborts the process
    threading.Thread(target=run, name=name, daemon=False).start()
    return items()
