"""Long work as a stream of its progress."""

import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

from index.core.threads import in_thread
from index.ingest.scanner import ProgressCallback

BEAT_S = 0.3  # seconds between two reports

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Progress:
    """What is being done, how many of it are done, of how many (0: unknown)."""

    what: str
    done: int
    total: int


def watched(work: Callable[[ProgressCallback], T]) -> Generator[Progress, None, T]:
    """Do `work` in a thread, yield how far it is about every `BEAT_S`, and return its result.

    The work goes on if the consumer leaves: half an index is of no use.
    """
    result: list[T] = []

    def produce(emit: Callable[[Progress], None], left: threading.Event) -> None:
        result.append(work(lambda what, done, total: emit(Progress(what, done, total))))

    newest = Progress("Beginning", 0, 0)
    yield newest
    shown = time.monotonic()
    for item in in_thread(produce, name="work", beat_s=BEAT_S):
        newest = item or newest
        if time.monotonic() - shown >= BEAT_S:
            yield newest
            shown = time.monotonic()
    return result[0]
