"""Long work as a stream: how far it is, now and then, and what came of it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Generic, TypeVar

from index.ingest.scanner import ProgressCallback

BEAT_S = 0.3  # how often a page is told

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Progress:
    """What is being done, how many of it are done, of how many (0: nobody knows)."""

    what: str
    done: int
    total: int


def watched(work: Callable[[ProgressCallback], T]) -> Generator[Progress, None, T]:
    """Do `work` in a thread and tell how far it is; returns what it returns.

    The work goes on if nobody listens any more: an index that is half made helps nobody.
    """
    inbox: queue.SimpleQueue[Progress | _End[T]] = queue.SimpleQueue()

    def run() -> None:
        try:
            inbox.put(_End(work(lambda what, done, total: inbox.put(Progress(what, done, total)))))
        except BaseException as error:
            inbox.put(_End(None, error))

    threading.Thread(target=run, name="work", daemon=False).start()
    far = Progress("Beginning", 0, 0)
    while True:
        yield far
        try:
            item = inbox.get(timeout=BEAT_S)
            while isinstance(item, Progress):  # only the newest is worth telling
                far = item
                item = inbox.get_nowait()
        except queue.Empty:
            continue
        if item.error is not None:
            raise item.error
        return item.value  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class _End(Generic[T]):
    value: T | None
    error: BaseException | None = None
