"""Answers made in this process, for the commands that ask."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from assistant.answering.prefill import DraftQuery
from assistant.backends import serialization as wire
from assistant.core.answer import Answer, Turn
from index.core.filters import Filters

if TYPE_CHECKING:
    from assistant.answering.pipeline import Assistant
    from assistant.container import App


class LocalBackend:
    """An `assistant.cli.ask.AnswerBackend` around a app."""

    def __init__(self, app: App, *, warm: bool = True) -> None:
        self._app = app
        self._making = threading.Lock()
        self._warm = warm

    @property
    def warning(self) -> str:
        """What a person should know of the index; "" if nothing, or if it was not opened."""
        return self._app.search.warning if "search" in self._app.__dict__ else ""

    def answers(
        self,
        question: str,
        history: Sequence[Turn],
        cancel: threading.Event,
        filters: Filters,
        strict: float | None,
    ) -> Iterator[Answer]:
        """Ever more complete answers; the last is final."""
        return self._assistant().stream(question, history, cancel, filters=filters, strict=strict)

    def events(
        self,
        question: str,
        history: Sequence[Turn],
        cancel: threading.Event,
        filters: Filters,
        strict: float | None,
    ) -> Iterator[dict[str, Any]]:
        """The same as events."""
        return wire.events(self.answers(question, history, cancel, filters, strict))

    @property
    def reads_ahead(self) -> bool:
        """True if `ahead` is of use."""
        return self._app.reads_ahead

    def ahead(self, guess: DraftQuery, cancel: threading.Event) -> None:
        """Read what an unfinished question will probably need, until `cancel` is set."""
        self._assistant().ahead(guess.question, guess.history, cancel, filters=guess.filters)

    def _assistant(self) -> Assistant:
        with self._making:  # a question may come while a guess has it made
            return self._app.warm_assistant if self._warm else self._app.assistant

    def found(self, question: str, k: int, filters: Filters) -> list[dict[str, Any]]:
        """What is found, best first."""
        from assistant.answering.pipeline import checked

        return wire.found(self._app.search.search(checked(question), k, filters=filters))
