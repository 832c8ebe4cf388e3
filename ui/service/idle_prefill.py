"""While nobody asks, the model reads articles; whoever asks ends that at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from index.core.errors import UserError

QUIET_S = 20.0  # nobody has asked for about so long
REST_S = 300.0  # until it is looked for new articles, when all were read or it failed


class Warming:
    """Runs `read` in a thread of its own while `idle()`; safe to use from several threads.

    `read` is given an event and has to end soon after it is set; each item is an article read.
    """

    def __init__(
        self,
        read: Callable[[threading.Event], Iterable[object]],
        idle: Callable[[], bool],
        quiet_s: float = QUIET_S,
    ) -> None:
        self._read = read
        self._idle = idle
        self._quiet_s = quiet_s
        self._closing = threading.Event()
        self._cancel = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, when it has been quiet for a while."""
        # not a daemon: one inside C++ when the interpreter goes away aborts the process
        self._thread = threading.Thread(target=self._run, name="warming", daemon=False)
        self._thread.start()

    def interrupt(self) -> None:
        """Read nothing until it is quiet again; at once, but for the batch in hand."""
        self._cancel.set()

    def close(self) -> None:
        """Read nothing any more, and wait until that is so."""
        self._closing.set()
        self.interrupt()
        if self._thread is not None:
            self._thread.join()

    def turn(self) -> float:
        """Read while nobody asks; returns the seconds until the next turn."""
        self._cancel = cancel = threading.Event()
        if self._closing.is_set() or not self._idle():  # looked at after the event can be set
            return self._quiet_s
        try:
            for _ in self._read(cancel):
                pass
        except (UserError, OSError):  # a full disk, an index being mended: a question will tell
            return REST_S
        return self._quiet_s if cancel.is_set() else REST_S

    def _run(self) -> None:
        wait = self._quiet_s
        while not self._closing.wait(wait):
            wait = self.turn()
