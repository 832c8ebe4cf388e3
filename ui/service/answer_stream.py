"""One question as steps: its answers, its place in the queue, how far the prompt is processed.

The pipeline runs in a thread of its own, so that a step comes when nothing new is known either,
and a cancellation is noticed while the prompt is processed. It searches before its turn comes, so
that evidence is shown to who waits and what code answers waits for nobody; the model is waited for.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace

from assistant.container import App
from assistant.core.answer import Answer, Refusal
from assistant.core.query import Query
from assistant.llm.language_model import (
    LanguageModel,
    Limits,
    Message,
    ModelWrapper,
    Piece,
    Reading,
    Usage,
)
from index.core.cancellation import Cancelled
from index.core.threads import in_thread
from ui.service.fair_queue import FairQueue, Ticket

BEAT_S = 0.5  # a step comes at least so often, so that a page can show that something goes on
_POLL_S = 0.05  # how late a cancellation may be noticed


@dataclass(frozen=True, slots=True)
class Step:
    """What is known after a moment of a question.

    `answer` is complete so far; its `evidence` comes before the model is called, and `answer.final`
    is true in the last step. `ahead` counts the questions before this one, 0 once it is its turn.
    `reading` is how much of the prompt is processed (tokens, cached ones included), None before
    and after; `left_s` is about how many seconds the rest takes, by the speed of this answer or of
    the last one, None if that is unknown. While others are before it, it is when its turn comes.
    """

    answer: Answer
    ahead: int = 0
    reading: Reading | None = None
    left_s: float | None = None


class AnswerStream:
    """Answers questions; the model answers those whose turn it is in the queue."""

    def __init__(self, app: App, queue: FairQueue) -> None:
        self._app = app
        self._queue = queue
        self._tokens_per_s = 0.0  # of the last prompt
        self._beside = threading.Semaphore()  # one that waits may search beside the answered one

    def steps(self, query: Query, cancelled: Callable[[], bool], ticket: Ticket) -> Generator[Step]:
        """The steps of a question, which runs from now on and leaves the queue when it has ended.

        Raises:
            UserError: if index or model cannot be used; at its step.
            RuntimeError: if no thread can be started; the ticket is kept then.
        """
        cancel = threading.Event()

        def produce(emit: Callable[[_Item], None], left: threading.Event) -> None:
            answer = Answer(query.question, filters=query.filters)
            app = self._app
            try:
                with ExitStack() as searching:

                    def model() -> LanguageModel:
                        searching.close()
                        self._until_turn(ticket, cancel)
                        return _ObservedModel(app.model(), emit)

                    if self._searches_beside(ticket, cancel):
                        searching.callback(self._beside.release)
                    assistant = app.assistant_with(app.search, app.reranker, model, use_cache=True)
                    for answer in assistant.stream(query, cancel):
                        emit(answer)
            except Cancelled:
                why = Refusal("unsupported", "The question was stopped before its turn came.")
                emit(replace(answer, refusal=why, finish_reason="cancelled", final=True))
            finally:
                self._queue.leave(ticket)

        items = in_thread(produce, name="answer", beat_s=_POLL_S)
        return self._observed(query, items, cancelled, cancel, ticket)

    def _searches_beside(self, ticket: Ticket, cancel: threading.Event) -> bool:
        """Wait for the semaphore of those who wait; False if it is the ticket's turn.

        Raises:
            Cancelled: once `cancel` is set.
        """
        while self._queue.wait(ticket, 0.0):
            if cancel.is_set():
                break
            if self._beside.acquire(timeout=_POLL_S):
                return True
        if cancel.is_set():
            raise Cancelled
        return False

    def _until_turn(self, ticket: Ticket, cancel: threading.Event) -> None:
        """Wait for the turn of a ticket.

        Raises:
            Cancelled: once `cancel` is set.
        """
        while self._queue.wait(ticket, _POLL_S) and not cancel.is_set():
            pass
        if cancel.is_set():
            raise Cancelled

    def _observed(
        self,
        query: Query,
        items: Generator[_Item | None, None, None],
        cancelled: Callable[[], bool],
        cancel: threading.Event,
        ticket: Ticket,
    ) -> Generator[Step]:
        speed = _PrefillSpeed(self._tokens_per_s)
        answer = Answer(query.question, filters=query.filters)
        sent = time.monotonic()
        try:
            with closing(items):
                if self._queue.wait(ticket, 0.0):
                    yield self._placed(Step(answer), ticket)  # who waits is told at once
                for item in items:
                    if cancelled():
                        cancel.set()
                        self._queue.withdraw(ticket)
                    if isinstance(item, Usage):
                        self._tokens_per_s = item.prompt_per_s or self._tokens_per_s
                        continue
                    if isinstance(item, Reading):
                        speed.add(item)
                    elif item is not None:
                        answer = item
                    elif time.monotonic() - sent < BEAT_S:
                        continue
                    sent = time.monotonic()
                    yield self._placed(speed.step(answer), ticket)
        finally:
            cancel.set()
            self._queue.withdraw(ticket)

    def _placed(self, step: Step, ticket: Ticket) -> Step:
        """The step with the place in the queue, and when the turn comes."""
        ahead = 0 if step.answer.final else self._queue.wait(ticket, 0.0)
        return replace(step, ahead=ahead, left_s=ahead * self._queue.turn_s) if ahead else step


_Item = Answer | Reading | Usage


class _ObservedModel(ModelWrapper):
    """A model whose progress and costs are emitted as well."""

    def __init__(self, model: LanguageModel, emit: Callable[[_Item], None]) -> None:
        super().__init__(model)
        self._emit = emit

    def stream(
        self, messages: Sequence[Message], limits: Limits, cancel: threading.Event | None = None
    ) -> Iterator[Piece]:
        for piece in self._model.stream(messages, limits, cancel):
            if item := piece.reading or piece.usage:
                self._emit(item)
            yield piece


class _PrefillSpeed:
    """Tokens of the prompt processed in a second, and the seconds that are left by it."""

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._first: tuple[float, int] | None = None
        self._reading: Reading | None = None

    def add(self, reading: Reading) -> None:
        now = time.monotonic()
        if self._first is None:
            self._first = (now, reading.done)
        elif reading.done > self._first[1] and now > self._first[0]:
            self._per_s = (reading.done - self._first[1]) / (now - self._first[0])
        self._reading = reading

    def step(self, answer: Answer) -> Step:
        if self._reading is None or answer.pending or answer.claims or answer.final:
            return Step(answer)
        left = self._reading.total - self._reading.done
        seconds = round(left / self._per_s, 1) if self._per_s else None
        return Step(answer, reading=self._reading, left_s=seconds)
