"""Whose unfinished question is read ahead, and when none is: people who asked come first."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from assistant.answering.prefill import SpeculativePrefill
from assistant.core.query import Query
from ui.web.security_middleware import log

MOST, WITHIN_S = 4, 2.0  # guesses in so many seconds; somebody who types makes three


class Ahead:
    """Takes guesses while `idle()` is true. Safe to use from several threads.

    Whoever asks has to call `stop` when `idle()` has turned false, and before anything else.
    """

    def __init__(
        self, read: Callable[[Query, threading.Event], None], idle: Callable[[], bool]
    ) -> None:
        self._reading = SpeculativePrefill(read, log)
        self._idle = idle
        self._lock = threading.Lock()
        self._client = ""
        self._taken: deque[float] = deque(maxlen=MOST)

    def take(self, guess: Query, client: str) -> bool:
        """Begin to read a guess; False if it is dropped.

        That is so while anybody asks or waits, while another client's guess is read, and where they
        come faster than anybody types.
        """
        now = time.monotonic()
        with self._lock:
            others = self._reading.reading and client != self._client
            flood = len(self._taken) == MOST and now - self._taken[0] < WITHIN_S
            if not self._idle() or others or flood:
                return False
            self._client = client
            self._taken.append(now)
            self._reading.guess(guess)
            return True

    def stop(self) -> None:
        """Read nothing any more; returns at once."""
        with self._lock:
            self._reading.stop()

    def close(self) -> None:
        """Stop, and wait until nothing is read."""
        self._reading.close()
