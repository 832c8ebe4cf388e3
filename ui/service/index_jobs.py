"""Changes of the index by this server: one at a time, few in line, cancelled when it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any, TypeVar

from index.ingest.scanner import ProgressCallback
from ui.service.fair_queue import Closing, QueueFull

MAX_JOBS = 6  # the one that runs included
MAX_WAITING = 32  # callers, each of which holds a thread
BEAT_S = 0.2  # how often somebody who waits is told how far it is
RETRY_AFTER_S = 60
_CLOSING = "The assistant is being shut down; the index is as it was before."

T = TypeVar("T")


@dataclass(slots=True)
class _Job:
    latest: tuple[str, int, int] = ("waiting for another change of the index", 0, 0)
    future: Future[Any] = field(default_factory=Future)


class IndexJobs:
    """A line of jobs. Safe to use from several threads."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="index")
        self._jobs: dict[Hashable, _Job] = {}
        self._waiting = 0
        self._changing = threading.Lock()
        self._stopping = threading.Event()

    def run(
        self, key: Hashable, work: Callable[[ProgressCallback], T], progress: ProgressCallback
    ) -> T:
        """The result of `work`, or of the job of the same `key` if there is one.

        Raises:
            QueueFull: if too many are in line.
            Closing: if the server ends before the job has.
            Exception: whatever `work` raises.
        """
        with self._changing:
            if self._stopping.is_set():
                raise Closing(_CLOSING)
            job = self._jobs.get(key)
            if (job is None and len(self._jobs) >= MAX_JOBS) or self._waiting >= MAX_WAITING:
                message = "Too many changes of the index are waiting. Try again in a minute."
                raise QueueFull(message, RETRY_AFTER_S)
            if job is None:
                job = self._jobs[key] = _Job()
                job.future = self._pool.submit(self._do, key, job, work)
            self._waiting += 1
        try:
            while not job.future.done():  # `wait` does not end for one that was cancelled
                wait([job.future], BEAT_S)
                progress(*job.latest)
            result: T = job.future.result()
            return result
        except CancelledError:
            raise Closing(_CLOSING) from None
        finally:
            with self._changing:
                self._waiting -= 1

    def stop(self) -> None:
        """Cancel those in line, and the running one at its next step; returns at once."""
        with self._changing:
            self._stopping.set()
            self._pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Stop, and wait for the running one to end."""
        self.stop()
        self._pool.shutdown()

    def _do(self, key: Hashable, job: _Job, work: Callable[[ProgressCallback], T]) -> T:
        def report(what: str, done: int, total: int) -> None:
            if self._stopping.is_set():
                raise Closing(_CLOSING)
            job.latest = (what, done, total)

        try:
            return work(report)
        finally:
            with self._changing:
                del self._jobs[key]
