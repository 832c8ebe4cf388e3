"""The desk: the app, one engine behind a line, and the shelf of its articles.

Everything that people and programs ask over HTTP goes through here; it knows nothing of HTTP. A
question goes in and steps come out, each with all that is known by then; leaving early, by closing
the iterator or by setting `cancel`, frees the engine within about a second.

For the page: `ui.page.app.build(desk)` makes the Blocks and `ui.web.server` mounts it. The line here is the
queue, so that the page calls no `queue()` and sets no concurrency limit; it passes
`client=request.client.host`. Scripts and styles are the files `ui/*.js` and `ui/*.css`, served
under `/own/`, because the page's policy forbids `js=` strings (they need `unsafe-eval`). What else
`gradio.mount_gradio_app` is to be given (theme, head, css) stands in `ui.page.app.MOUNT_OPTIONS`, a dict. The
text of every `UserError` is meant to be shown, escaped.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Literal

from assistant.answering.prefill import PrefillScheduler
from assistant.container import App
from assistant.core.answer import Answer, Refusal
from assistant.core.query import Query
from index.core.errors import UsageError, UserError
from index.retrieval.ranking import ScoredPassage
from ui.service.answer_stream import BEAT_S, Answering, Step
from ui.service.article_service import ArticleService
from ui.service.fair_queue import FairQueue, QueueFull, Ticket
from ui.web.security_middleware import log

__all__ = ["AnswerService", "Closing", "Counts", "QueueFull", "Step"]

SEARCHES = 8  # searches without an answer that may be under way at once
MOST_FOUND = 50  # passages of one search


class Closing(UserError):
    """The server is ending and takes no more questions."""


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

    `waiting` questions may wait (see `ui.service.fair_queue`), `at_once` are answered at a time. `shelf` is
    where articles are listed, read and changed.
    """

    def __init__(
        self, app: App, *, waiting: int = 16, at_once: int = 1, upload: bool = True
    ) -> None:
        self.app = app
        self.shelf = ArticleService(app, upload=upload)
        self._line = FairQueue(waiting, at_once)
        self._answering = Answering(app)
        self._counts = Counts()
        self._counting = threading.Lock()
        self._closing = threading.Event()
        self._prefill = PrefillScheduler(
            lambda draft, cancel: app.cached_assistant.prefill(draft, cancel),
            self._idle,
            read_articles=lambda cancel: app.prefix_cache.fill(cancel),
            failed=log,
        )
        self._searches = threading.BoundedSemaphore(SEARCHES)

    def stream(
        self, query: Query, cancel: threading.Event | None = None, *, client: str = ""
    ) -> Iterator[Answer]:
        """Ever more complete answers, as `Assistant.stream` gives them; see `steps`."""
        last: Answer | None = None
        with closing(self.steps(query, cancel, client=client)) as steps:
            for step in steps:
                if step.answer is not last and not step.ahead:
                    yield (last := step.answer)

    def steps(
        self, query: Query, cancel: threading.Event | None = None, *, client: str = ""
    ) -> Generator[Step]:
        """Everything that happens to a question, a step at least every `BEAT_S` seconds.

        Setting `cancel` ends it with a final answer that is cut "cancelled" and holds what was
        ready. `client` is whoever asks, for fairness.

        Raises:
            UsageError: if the question is empty or too long; it takes no place then.
            QueueFull: if too many questions wait; at the first step.
            Closing: if the server is ending.
            UserError: if index or model cannot be used.
        """
        cancel = cancel or threading.Event()
        query = query.checked()
        place = self._enter(client)
        end: _End = "cancelled"
        try:
            with closing(self._wait_and_answer(query, cancel, place)) as steps:
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

    @property
    def prefill_enabled(self) -> bool:
        """True if `ahead` is of use: by the settings, and with a model in this process."""
        return self.app.prefill_enabled

    def prefill(self, draft: Query, *, client: str = "") -> bool:
        """Begin to read what an unfinished question will probably need; returns at once.

        It counts as no question and is kept nowhere, and every question ends it. False if it is
        dropped; see `ui.ahead`.

        Raises:
            UsageError: if it is empty or too long.
        """
        draft = draft.checked()
        return self.prefill_enabled and self._prefill.submit(draft, client)

    @property
    def waiting(self) -> int:
        """Questions that wait for their turn."""
        return self._line.waiting

    @property
    def asking(self) -> int:
        """Questions that are being answered."""
        return self._line.having_turn

    @property
    def counts(self) -> Counts:
        """What became of the questions so far."""
        return self._counts

    def search(self, query: Query, k: int) -> list[ScoredPassage]:
        """What is found for a question, with ranks and scores; no model writes.

        Raises:
            UsageError: for a question that is empty or too long, or a `k` below 1 or too high.
            QueueFull: if too many searches are under way.
        """
        if not 1 <= k <= MOST_FOUND:
            raise UsageError(f"The number of passages has to be from 1 to {MOST_FOUND}.")
        query = query.checked()
        if not self._searches.acquire(blocking=False):
            raise QueueFull("Too many searches are under way. Please try again in a second.", 1)
        try:
            return self.app.search.search(query.question, k, filters=query.filters)
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
        except UserError as trouble:  # it can be built anew while the server runs
            return str(trouble)
        return self.app.search.warning

    def prefill_articles(self) -> None:
        """Have the model read articles from now on, while nobody asks."""
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
        """Take no more questions and cut those that are under way; returns at once."""
        self._closing.set()
        self._prefill.interrupt()

    def close(self) -> None:
        """Stop, and let go of index and model."""
        self.stop()
        self._prefill.close()
        self.app.close()

    def _enter(self, client: str) -> Ticket:
        if self._closing.is_set():
            raise Closing("The assistant is being shut down. Ask again when it is back.")
        try:
            place = self._line.enter(client)
        except QueueFull:
            self._count("busy")
            raise
        self._prefill.interrupt()
        self._count("accepted")
        return place

    def _idle(self) -> bool:
        return not (self._line.waiting or self._line.having_turn or self._closing.is_set())

    def _wait_and_answer(
        self, query: Query, cancel: threading.Event, place: Ticket
    ) -> Generator[Step]:
        def unwanted() -> bool:
            return cancel.is_set() or self._closing.is_set()

        turn = False
        try:
            patience = 0.0  # the first step comes at once
            while ahead := self._line.wait(place, patience):
                patience = BEAT_S
                if unwanted():
                    yield Step(_stopped(query))
                    return
                yield Step(Answer(query.question, filters=query.filters), ahead)
            turn = True
        finally:
            if not turn:
                self._line.leave(place)
        yield from self._answering.steps(query, unwanted, lambda: self._line.leave(place))

    def _add_up(self, answer: Answer) -> None:
        cost = answer.timings
        with self._counting:
            so_far = self._counts
            self._counts = replace(
                so_far,
                refused=so_far.refused + answer.refused,
                evidence_s=so_far.evidence_s + cost.evidence_s,
                total_s=so_far.total_s + cost.total_s,
                prompt_tokens=so_far.prompt_tokens + cost.prompt_tokens,
                cached_tokens=so_far.cached_tokens + cost.cached_tokens,
                completion_tokens=so_far.completion_tokens + cost.completion_tokens,
            )

    def _count(self, what: _End | Literal["accepted", "busy"]) -> None:
        with self._counting:
            self._counts = replace(self._counts, **{what: getattr(self._counts, what) + 1})


_End = Literal["answered", "cancelled", "failed"]


def _stopped(query: Query) -> Answer:
    why = Refusal("unsupported", "The question was stopped before its turn came.")
    return Answer(
        query.question, filters=query.filters, refusal=why, finish_reason="cancelled", final=True
    )
