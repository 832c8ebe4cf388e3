"""Questions of all open pages: what a browser sends is validated, asked, stopped, and recorded.

Knows nothing of Gradio. Conversations are kept in the browser, so nothing it sends is trusted.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from assistant.audit.receipt_builder import receipt
from assistant.backends.serialization import search_results, shown_of, to_json
from assistant.backends.wire_models import Read
from assistant.core.answer import Answer, ShownSentences, Turn
from assistant.core.query import Query
from index.core.errors import UsageError, UserError
from index.core.filters import Filters
from ui.page.ask.conversations import Exchange
from ui.page.escaping import count
from ui.service.answer_service import AnswerService
from ui.service.answer_stream import Step

MAX_HISTORY = 6  # exchanges sent with a question
MAX_TURN_CHARS = 4_000
MAX_RECEIPTS = 50  # latest answers that receipts can be made of
NEAREST = 3  # passages offered when there is no answer


@dataclass(frozen=True, slots=True)
class Choice:
    """Which articles may answer and how sure an answer has to be, as the form says it."""

    as_of: str = ""
    since: str = ""
    until: str = ""
    sources: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    strict: float | None = None

    @property
    def filters(self) -> Filters:
        """The filters.

        Raises:
            UsageError: for a wrong date, or an end before the beginning.
        """
        as_of, since, until = map(_day, (self.as_of, self.since, self.until))
        if since and until and until < since:
            raise UsageError("The period ends before it begins.")
        return Filters(as_of, since, until, self.sources, self.articles)

    def __str__(self) -> str:
        """What is left out, in words; "" if nothing is."""
        days = (("as of", self.as_of), ("from", self.since), ("until", self.until))
        parts = [f"{word} {day[:10]}" for word, day in days if day]
        parts += [", ".join(self.sources[:3])] if self.sources else []
        parts[-1:] = [f"{parts[-1]} …"] if len(self.sources) > 3 else parts[-1:]
        parts += [count(len(self.articles), "chosen article")] if self.articles else []
        return ", ".join(parts)


class Questions:
    """Asks and stops; a tab asks one question at a time."""

    def __init__(self, service: AnswerService) -> None:
        self._service = service
        self._running: dict[str, threading.Event] = {}
        self._answered: OrderedDict[str, tuple[Answer, Query]] = OrderedDict()

    def is_running(self, tab: str) -> bool:
        """Whether a tab's question is being answered."""
        return tab in self._running

    @contextmanager
    def running(self, tab: str) -> Iterator[threading.Event]:
        """A tab's question while it is answered; what it gives is set to stop the answer.

        Raises:
            UsageError: if the tab's last question is still being answered.
        """
        cancel = threading.Event()
        if self._running.setdefault(tab, cancel) is not cancel:
            raise UsageError("An answer is being written. Stop it first.")
        try:
            yield cancel
        finally:
            cancel.set()
            self._running.pop(tab, None)

    def steps(
        self, key: str, query: Query, cancel: threading.Event, client: str
    ) -> Generator[Step]:
        """The steps of a question; raises UserError as `AnswerService.steps`."""
        with closing(self._service.steps(query, cancel, client=client)) as steps:
            for step in steps:
                if step.answer.final:
                    self._remember(key, step.answer, query)
                yield step

    def stop(self, tab: str) -> None:
        """Stop the answer of a tab, if there is one."""
        if cancel := self._running.get(tab):
            cancel.set()

    def receipt(self, key: str) -> dict[str, Any] | None:
        """The receipt of one of the last `MAX_RECEIPTS` answers; None for an older one."""
        if key not in self._answered:
            return None
        answer, query = self._answered[key]
        return receipt(answer, self._service.app, query)

    def kept(self, answer: Answer) -> dict[str, Any]:
        """A final answer as JSON, with the nearest passages if it refuses without any."""
        wire: dict[str, Any] = to_json(answer)
        shows_none = answer.refused and not answer.evidence
        if shows_none and answer.generation and not answer.finish_reason:
            with suppress(UserError):  # the refusal is complete without them
                query = Query(answer.standalone_question, filters=answer.filters)
                wire["evidence"] = search_results(self._service.search(query, NEAREST))
        return wire

    def _remember(self, key: str, answer: Answer, query: Query) -> None:
        self._answered[key] = answer, query
        while len(self._answered) > MAX_RECEIPTS:
            self._answered.popitem(last=False)


def past(turns: Sequence[Exchange]) -> list[dict[str, Any]]:
    """The last answered exchanges, as HTTP requests send them (docs/http-api.md)."""
    found = [_past(turn.question, turn.answer) for turn in turns if turn.answer is not None]
    return found[-MAX_HISTORY:]


def history(turns: Sequence[Exchange]) -> tuple[Turn, ...]:
    """The same as turns."""
    return tuple(
        Turn(one["question"], one["answer"], tuple(one["articles"]), shown_of(one["read"]))
        for one in past(turns)
    )


def _past(question: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    citations = answer.get("citations")
    ids = [c.get("article") for c in citations or () if isinstance(c, Mapping)]
    shown = _read(answer.get("read"))
    return {
        "question": question[:MAX_TURN_CHARS],
        "answer": str(answer.get("answer", ""))[:MAX_TURN_CHARS],
        "articles": [one for one in dict.fromkeys(map(str, ids)) if len(one) == 32],
        "read": to_json(shown) if shown else None,
    }


def _read(kept: Any) -> ShownSentences | None:
    """The sentences the model was shown for an exchange; None if invalid."""
    try:
        return shown_of(Read.model_validate(kept).model_dump()) if kept else None
    except ValidationError:
        return None


def _day(written: str) -> dt.date | None:
    if not written:
        return None
    try:
        return dt.date.fromisoformat(written[:10])
    except ValueError:
        raise UsageError(f"“{written[:20]}” is not a date; write it as 2024-05-09.") from None
