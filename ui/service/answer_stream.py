"""One question whose turn it is: its answers, and how far the model has read, as steps.

The pipeline runs in a thread of its own, so that a step comes when nothing new is known either,
and a stop is heard while the model reads.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from assistant.container import App
from assistant.core.answer import Answer
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

BEAT_S = 0.5  # a step comes at least so often, so that a page can show that something goes on
_POLL_S = 0.05  # how late a stop may be noticed


@dataclass(frozen=True, slots=True)
class Step:
    """What is known after a moment of a question.

    `answer` is complete so far; its `evidence` comes before the model has begun to read, and
    `answer.final` is true in the last step. `ahead` counts the questions before this one, 0 once
    it is its turn. `reading` is how far the model has read (prompt tokens, known ones included),
    None before and after; `left_s` is about how many seconds the reading will take from now, by
    the speed measured in this answer or in the last one, None if nobody knows.
    """

    answer: Answer
    ahead: int = 0
    reading: Reading | None = None
    left_s: float | None = None


class Answering:
    """Answers one question after the other, or several at a time."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._read_per_s = 0.0  # tokens a second in the last answer

    def steps(
        self, query: Query, unwanted: Callable[[], bool], leave: Callable[[], None]
    ) -> Iterator[Step]:
        """The steps of a question; `leave` is called once, when the engine is free again.

        Raises:
            UserError: if index or model cannot be used.
        """
        inbox: _Inbox = queue.SimpleQueue()
        stop = threading.Event()

        def work() -> None:
            try:
                self._run(query, stop, inbox)
            finally:
                leave()

        try:
            # not a daemon: one inside C++ when the interpreter goes away aborts the process
            threading.Thread(target=work, name="answer", daemon=False).start()
        except RuntimeError:
            leave()
            raise
        pace = _Pace(self._read_per_s)
        answer = Answer(query.question, filters=query.filters)
        try:
            for item in _heard(inbox, unwanted, stop):
                if isinstance(item, Usage):
                    self._read_per_s = item.prompt_per_s or self._read_per_s
                    continue
                if isinstance(item, Reading):
                    pace.heard(item)
                elif item is not None:
                    answer = item
                yield pace.step(answer)
        finally:
            stop.set()

    def _run(self, query: Query, stop: threading.Event, inbox: _Inbox) -> None:
        app = self._app
        try:
            assistant = app.assistant_with(
                app.search,
                app.reranker,
                lambda: _Overheard(app.model(), inbox.put),
                use_cache=True,
            )
            for answer in assistant.stream(query, stop):
                inbox.put(answer)
            inbox.put(_Over(None))
        except BaseException as error:
            inbox.put(_Over(error))


@dataclass(frozen=True, slots=True)
class _Over:
    error: BaseException | None


_Inbox = queue.SimpleQueue[Answer | Reading | Usage | _Over]


def _heard(
    inbox: _Inbox, unwanted: Callable[[], bool], stop: threading.Event
) -> Iterator[Answer | Reading | Usage | None]:
    """What comes out of the inbox until it is over; None when nothing came for a beat."""
    told = time.monotonic()
    while True:
        if unwanted():
            stop.set()
        try:
            item = inbox.get(timeout=_POLL_S)
        except queue.Empty:
            if time.monotonic() - told < BEAT_S:
                continue
            yield None
        else:
            if isinstance(item, _Over):
                if item.error is not None:
                    raise item.error
                return
            yield item
        told = time.monotonic()


class _Overheard(ModelWrapper):
    """A model as it is, whose readings and costs are told to somebody else as well."""

    def __init__(self, model: LanguageModel, tell: Callable[[Reading | Usage], None]) -> None:
        super().__init__(model)
        self._tell = tell

    def stream(
        self, messages: Sequence[Message], limits: Limits, cancel: threading.Event | None = None
    ) -> Iterator[Piece]:
        for piece in self._model.stream(messages, limits, cancel):
            if heard := piece.reading or piece.usage:
                self._tell(heard)
            yield piece


class _Pace:
    """How long the reading will take, by how fast it goes."""

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._first: tuple[float, int] | None = None
        self._reading: Reading | None = None

    def heard(self, reading: Reading) -> None:
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
