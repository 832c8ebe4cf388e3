"""Reading ahead: what an unfinished question will probably need, while a person still types.

Search and reranking leave their scores behind, and the model what it has read, so that the finished
question finds both done. It is the same prompt that the answer gets: no answer is changed by it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from assistant.core.query import Query
from index.core.errors import UserError

SHORTEST = 12  # characters of a text that is worth a guess
FEWEST = 3  # words of it
REST_S = 0.35  # without a key, after which what stands there is a guess
PATIENCE_S = 1.5  # of typing on, after which its whole words are one


def worth_prefilling(text: str) -> bool:
    """Tell whether so much is typed that its evidence may be that of the finished question.

    >>> worth_prefilling("Who is"), worth_prefilling("Who is the mayor")
    (False, True)
    """
    return len(text.strip()) >= SHORTEST and len(text.split()) >= FEWEST


class TypingDebouncer:
    """Which moments of somebody's typing are worth a guess.

    A rest, a question mark, and now and then the end of a word.

    `ui/ahead.js` keeps the same pace.
    """

    def __init__(self) -> None:
        self._seen = self._told = ""
        self._began = self._changed = 0.0

    def due(self, text: str, now: float) -> str:
        """The guess that is due at this second, as `text` stands there; "" if none is."""
        if text != self._seen:
            if self._seen == self._told:
                self._began = now
            self._seen, self._changed = text, now
        if text.rstrip().endswith("?") or now - self._changed >= REST_S:
            guess = text
        elif now - self._began >= PATIENCE_S:
            guess = text.rpartition(" ")[0]
        else:
            return ""
        guess = guess.strip()
        if guess == self._told or not worth_prefilling(guess):
            return ""
        self._told, self._began = guess, now
        return guess


class SpeculativePrefill:
    """One guess at a time, read in a thread of its own; a newer one ends an older one.

    `read` has to return soon after its event is set; what a person should know of its errors the
    finished question tells. Safe to use from several threads.
    """

    def __init__(
        self,
        read: Callable[[Query, threading.Event], None],
        failed: Callable[[Exception], None] = lambda problem: None,
    ) -> None:
        self._read = read
        self._failed = failed
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._cancel = threading.Event()
        self._next: Query | None = None

    @property
    def reading(self) -> bool:
        """True while a guess is read, or one that was ended is not left yet."""
        return self._thread is not None

    def guess(self, guess: Query) -> None:
        """Read this instead of anything else; returns at once."""
        with self._lock:
            self._cancel.set()
            self._cancel, self._next = threading.Event(), guess
            if self._thread is None:
                # not a daemon: one inside C++ when the interpreter goes away aborts the process
                self._thread = threading.Thread(target=self._work, name="ahead", daemon=False)
                self._thread.start()

    def stop(self) -> None:
        """Read nothing any more; returns at once, and the engine is free after a step."""
        with self._lock:
            self._cancel.set()
            self._next = None

    def close(self) -> None:
        """Stop, and wait until nothing is read."""
        self.stop()
        if (thread := self._thread) is not None:
            thread.join()

    def _work(self) -> None:
        while True:
            with self._lock:
                guess, cancel, self._next = self._next, self._cancel, None
                if guess is None:
                    self._thread = None
                    return
            try:
                self._read(guess, cancel)
            except UserError:
                continue
            except Exception as problem:
                self._failed(problem)
