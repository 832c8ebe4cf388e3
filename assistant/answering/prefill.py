"""Speculative prefill: the model reads what a question will probably need, while nobody asks.

A draft of a question is prepared like a question (`Assistant.prefill`): search and reranking leave
their scores behind and the model its KV state, so that the finished question finds them. While
nothing is typed either, whole articles are read (`PrefixCache.fill`). Prompts and answers are the
same with and without it.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

from assistant.core.query import Query
from index.core.errors import UserError

MIN_CHARACTERS, MIN_WORDS = 12, 3  # of a draft whose evidence may be that of the question
PAUSE_S = 0.35  # without a key, after which the draft is sent
TYPING_S = 1.5  # of typing without a pause, after which its complete words are sent
MAX_DRAFTS, DRAFTS_WITHIN_S = 4, 2.0  # that are read; somebody who types sends three
QUIET_S = 20.0  # without questions and drafts, after which articles are read
RETRY_S = 300.0  # until new articles are looked for, after all were read or reading failed


class TypingDebouncer:
    """Sends a draft at a pause, a question mark or after long typing; as `static/prefill.js`."""

    def __init__(self) -> None:
        self._seen = self._sent = ""
        self._began = self._changed = 0.0

    def due(self, text: str, now: float) -> str:
        """The draft to send now that `text` stands in the line at the second `now`; "" if none."""
        if text != self._seen:
            if self._seen == self._sent:
                self._began = now
            self._seen, self._changed = text, now
        if text.rstrip().endswith("?") or now - self._changed >= PAUSE_S:
            draft = text
        elif now - self._began >= TYPING_S:
            draft = text.rpartition(" ")[0]
        else:
            return ""
        draft = draft.strip()
        if draft == self._sent or not worth_prefilling(draft):
            return ""
        self._sent, self._began = draft, now
        return draft


def worth_prefilling(text: str) -> bool:
    """True if so much is typed that its evidence may be that of the finished question.

    >>> worth_prefilling("Who is"), worth_prefilling("Who is the mayor")
    (False, True)
    """
    return len(text.strip()) >= MIN_CHARACTERS and len(text.split()) >= MIN_WORDS


class PrefillScheduler:
    """Reads in one thread at idle priority: the newest draft first, articles otherwise.

    `read_draft` and `read_articles` must return soon after their event is set. Nothing is read
    while `idle()` is false; whoever makes it false calls `interrupt` afterwards. Errors that a
    person should know of come up again with the question, others go to `failed`. Safe to use from
    several threads.
    """

    def __init__(
        self,
        read_draft: Callable[[Query, threading.Event], None],
        idle: Callable[[], bool] = lambda: True,
        *,
        read_articles: Callable[[threading.Event], Iterable[object]] = lambda cancel: (),
        failed: Callable[[Exception], None] = lambda error: None,
        quiet_s: float = QUIET_S,
    ) -> None:
        self._read_draft = read_draft
        self._read_articles = read_articles
        self._idle = idle
        self._failed = failed
        self._quiet_s = quiet_s
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._cancel = threading.Event()  # of what is read now
        self._draft: Query | None = None  # to be read next
        self._client = ""
        self._reading_draft = False
        self._taken: deque[float] = deque(maxlen=MAX_DRAFTS)
        self._articles_at: float | None = None  # when articles are read next; None: never

    def submit(self, draft: Query, client: str = "") -> bool:
        """Read a draft instead of anything else; returns at once, False if it is dropped.

        Dropped while anybody asks or waits, while another client's draft is read, and where drafts
        come faster than anybody types.
        """
        now = time.monotonic()
        with self._changed:
            busy = self._reading_draft or self._draft is not None
            flood = len(self._taken) == MAX_DRAFTS and now - self._taken[0] < DRAFTS_WITHIN_S
            others = busy and client != self._client
            if self._closed or not self._idle() or others or flood:
                return False
            self._client = client
            self._taken.append(now)
            self._cancel.set()
            self._draft = draft
            self._wake()
            return True

    def start_reading_articles(self) -> None:
        """Read articles from now on, whenever it has been quiet for a while."""
        with self._changed:
            if self._closed:
                return
            self._articles_at = time.monotonic() + self._quiet_s
            self._wake()

    def interrupt(self) -> None:
        """Stop reading, because somebody asks; returns at once, and the engine is free soon."""
        with self._changed:
            self._cancel.set()
            self._draft = None
            self._postpone_articles(self._quiet_s)

    def close(self) -> None:
        """Stop for good and wait until nothing is read."""
        with self._changed:
            self._closed = True
            self._cancel.set()
            self._draft = self._articles_at = None
            self._changed.notify()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _wake(self) -> None:
        if self._thread is None:
            # not a daemon: one inside C++ when the interpreter exits aborts the process
            self._thread = threading.Thread(target=self._run, name="prefill", daemon=False)
            self._thread.start()
        self._changed.notify()

    def _run(self) -> None:
        while (work := self._next()) is not None:
            draft, cancel = work
            wait_s = self._quiet_s
            try:
                if draft is not None:
                    self._read_draft(draft, cancel)
                else:
                    for _ in self._read_articles(cancel):
                        pass
                    wait_s = self._quiet_s if cancel.is_set() else RETRY_S
            except (UserError, OSError):  # a full disk, a broken index: a question will report it
                wait_s = self._quiet_s if draft else RETRY_S
            except Exception as error:
                self._failed(error)
                wait_s = RETRY_S
            with self._changed:
                self._reading_draft = False
                self._postpone_articles(wait_s)

    def _next(self) -> tuple[Query | None, threading.Event] | None:
        """Wait for a draft, or None for articles; None if the thread has nothing to wait for."""
        with self._changed:
            while self._draft is None and not self._articles_due():
                if self._articles_at is None:
                    self._thread = None
                    return None
                self._changed.wait(max(0.0, self._articles_at - time.monotonic()))
            draft, self._draft = self._draft, None
            self._reading_draft = draft is not None
            self._cancel = threading.Event()
            return draft, self._cancel

    def _articles_due(self) -> bool:
        if self._articles_at is None or time.monotonic() < self._articles_at:
            return False
        if not self._idle():
            self._postpone_articles(self._quiet_s)
            return False
        return True

    def _postpone_articles(self, wait_s: float) -> None:
        if self._articles_at is not None:
            self._articles_at = time.monotonic() + wait_s
