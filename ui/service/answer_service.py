"""Queues questions for the model and answers them; knows nothing of HTTP.

A question goes in and steps come out, each with all that is known by then. Leaving early, by
closing the iterator or by setting `cancel`, frees the model within about a second. The queue is
here, so Gradio's own sets no limit. Every `UserError` is meant to be shown (`public_errors`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from assistant.answering.prefill import PrefillScheduler
from assistant.backends.check_events import check_events
from assistant.container import App
from assistant.core.answer import Answer
from assistant.core.query import Query
from index.core.addresses import address_group
from index.core.errors import UsageError, UserError
from index.core.filters import Filters
from index.retrieval.ranking import ScoredPassage
from ui.service.answer_stream import AnswerStream, Step
from ui.service.article_service import ArticleService
from ui.service.fair_queue import Closing, FairQueue, QueueFull, Ticket
from ui.service.following import FollowingService
from ui.service.public_errors import log_error

SEARCHES = 8  # searches without an answer that may run at once
MOST_FOUND = 50  # passages of one search

Read = TypeVar("Read")
_End = Literal["answered", "cancelled", "failed"]


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the questions since the start.

    Every accepted one ends as exactly one of answered (refusals count), cancelled or failed;
    `busy` were not accepted. Sums are of the answered ones: seconds and tokens.
    """

    accepted: int = 0
    answered: int = 0
    cancelled: int = 0
    failed: int = 0
    busy: int = 0
    refused: int = 0
    evidence_s: float = 0.0
    total_s: float = 0.0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0


class AnswerService:
    """Owns the app. Safe to use from several threads.

    `waiting` questions may wait (see `ui.service.fair_queue`), `at_once` are answered at a time.
    `articles` is where they are listed, read and changed, `following` the standing questions, which
    are looked at after every change.
    """

    def __init__(
        self, app: App, *, waiting: int = 16, at_once: int = 1, upload: bool = True
    ) -> None:
        self.app = app
        self.following = FollowingService(app)
        self.articles = ArticleService(app, upload=upload, changed=self.following.look_later)
        self._queue = FairQueue(waiting, at_once)
        self._stream = AnswerStream(app, self._queue)
        self._counts = Counts()
        self._counting = threading.Lock()
        self._closing = threading.Event()
        self._prefill = PrefillScheduler(
            lambda draft, cancel: app.cached_assistant.prefill(draft, cancel),
            self._idle,
            read_articles=lambda cancel: app.prefix_cache.fill(cancel),
            failed=log_error,
        )
        self._searches = threading.BoundedSemaphore(SEARCHES)

    def steps(
        self, query: Query, cancel: threading.Event | None = None, *, client: str = ""
    ) -> Generator[Step]:
        """Everything that happens to a question, a step at least every half second.

        It is searched for at once; only the model is waited for (`ui.service.answer_stream`).
        Setting `cancel` ends it with a final answer whose `finish_reason` is "cancelled" and that
        holds what was ready. `client` is the address that asks, for fairness.

        Raises:
            UsageError: if the question is empty or too long; it takes no place then.
            QueueFull: if too many questions wait; at the first step.
            Closing: if the server is ending.
            UserError: if index or model cannot be used.
        """
        cancel = cancel or threading.Event()
        query = query.checked()
        ticket = self._enter(client)
        end: _End = "cancelled"
        try:
            with closing(self._answer(query, cancel, ticket)) as steps:
                for step in steps:
                    if step.answer.final and step.answer.finish_reason != "cancelled":
                        end = "answered"
                        self._add_up(step.answer)
                    yield step
        except GeneratorExit:
            raise
        except BaseException:
            end = "failed"
            raise
        finally:
            self._count(end)

    def prefill(self, draft: Query, *, client: str = "") -> bool:
        """Begin to process the probable prompt of an unfinished question; returns at once.

        It counts as no question and is stored nowhere, and every question ends it. False if it is
        dropped: see `PrefillScheduler.submit`, and the setting `ui.ahead`.

        Raises:
            UsageError: if it is empty or too long.
        """
        draft = draft.checked()
        return self.app.prefill_enabled and self._prefill.submit(draft, client)

    @property
    def waiting(self) -> int:
        """Questions that wait for their turn."""
        return self._queue.waiting

    @property
    def asking(self) -> int:
        """Questions that are being answered."""
        return self._queue.active

    @property
    def counts(self) -> Counts:
        """What became of the questions so far."""
        return self._counts

    def search(self, query: Query, k: int) -> list[ScoredPassage]:
        """What is found for a question, with ranks and scores; the model is not called.

        Raises:
            UsageError: for a question that is empty or too long, or a `k` below 1 or too high.
            QueueFull: if too many searches are running.
        """
        if not 1 <= k <= MOST_FOUND:
            raise UsageError(f"The number of passages has to be from 1 to {MOST_FOUND}.")
        query = query.checked()
        return self.read_archive(
            lambda: self.app.search.search(query.question, k, filters=query.filters)
        )

    def read_archive(self, read: Callable[[], Read]) -> Read:
        """The result of something that reads the index and calls no model.

        Raises:
            QueueFull: if too many searches are running.
        """
        if not self._searches.acquire(blocking=False):
            raise QueueFull("Too many searches are under way. Please try again in a second.", 1)
        try:
            return read()
        finally:
            self._searches.release()

    def check(
        self, text: str, filters: Filters, cancel: threading.Event | None = None
    ) -> Generator[dict[str, Any]]:
        """The events of a checked draft; the model is not called. Closing it ends the check.

        Setting `cancel` ends it with a report of what was checked.

        Raises:
            UsageError: for a draft that is empty or too large, at the first event.
            QueueFull: if too many searches and checks are running.
        """
        if not self._searches.acquire(blocking=False):
            raise QueueFull("Too many searches are under way. Please try again in a second.", 1)
        try:
            cancel = cancel or threading.Event()
            for event in check_events(self.app, text, filters, cancel):
                if self._closing.is_set():
                    cancel.set()
                yield event
        finally:
            self._searches.release()

    def warm(self) -> str:
        """Load the models and search once, because a first search takes longer.

        Returns what is wrong with the index, "" if nothing.

        Raises:
            UserError: if a model is missing or damaged.
        """
        assert self.app.embedder and self.app.reranker
        self.app.model()
        try:
            self.app.search.search("What is new?", 1)
        except UserError as problem:  # the index can be rebuilt while the server runs
            return str(problem)
        return self.app.search.warning

    def prefill_articles(self) -> None:
        """From now on, while no question runs, store model states of articles."""
        if not self.app.kv_states.off:
            self._prefill.start_reading_articles()

    @property
    def ready(self) -> bool:
        """True if questions can be answered, even if only by "nothing is indexed"."""
        try:
            self.app.search.refresh()
        except UserError:
            return False
        return not self._closing.is_set()

    def stop(self) -> None:
        """Take no more questions and cancel the running ones; returns at once."""
        self._closing.set()
        self._prefill.interrupt()
        self.articles.stop()
        self.following.stop()

    @property
    def closing(self) -> bool:
        """True once the server is ending."""
        return self._closing.is_set()

    def close(self) -> None:
        """Stop, and close index and model."""
        self.stop()
        self._prefill.close()
        self.articles.close()
        self.following.close()
        self.app.close()

    def _enter(self, client: str) -> Ticket:
        if self._closing.is_set():
            raise Closing("The assistant is being shut down. Ask again when it is back.")
        try:
            ticket = self._queue.enter(address_group(client))
        except QueueFull:
            self._count("busy")
            raise
        self._prefill.interrupt()
        self._count("accepted")
        return ticket

    def _idle(self) -> bool:
        return not (self._queue.waiting or self._queue.active or self._closing.is_set())

    def _answer(self, query: Query, cancel: threading.Event, ticket: Ticket) -> Generator[Step]:
        def cancelled() -> bool:
            return cancel.is_set() or self._closing.is_set()

        try:
            return self._stream.steps(query, cancelled, ticket)
        except BaseException:
            self._queue.leave(ticket)
            raise

    def _add_up(self, answer: Answer) -> None:
        cost = answer.timings
        sums = ("evidence_s", "total_s", "prompt_tokens", "cached_tokens", "completion_tokens")
        with self._counting:
            counts = self._counts
            added = {name: getattr(counts, name) + getattr(cost, name) for name in sums}
            self._counts = replace(counts, refused=counts.refused + answer.refused, **added)

    def _count(self, what: _End | Literal["accepted", "busy"]) -> None:
        with self._counting:
            self._counts = replace(self._counts, **{what: getattr(self._counts, what) + 1})
