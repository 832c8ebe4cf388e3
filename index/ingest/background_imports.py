"""Imports the libraries of an ingest in a thread, while its worker reads the first file."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor


class BackgroundImports:
    """Calls functions that import something, one after the other, in a thread.

    Only within a `with`, at the end of which the thread has ended.

    Args:
        loads: The functions, in the order in which they are needed.
    """

    def __init__(self, *loads: Callable[[], object]) -> None:
        self._loads = loads
        self._started: dict[Callable[[], object], Future[object]] = {}
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "imports")

    def __exit__(self, *_: object) -> None:
        assert self._pool is not None
        self._pool.shutdown(cancel_futures=True)
        self._pool = None
        self._started = {}

    def start(self) -> None:
        """Begin; nothing happens when it has begun already, or outside the `with`."""
        if self._pool is not None and not self._started:
            self._started = {load: self._pool.submit(load) for load in self._loads}

    def wait(self, load: Callable[[], object]) -> None:
        """Return when one of the functions has been called, if they were started.

        Raises:
            Exception: whatever it has raised.
        """
        if load in self._started:
            self._started[load].result()
