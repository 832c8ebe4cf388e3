"""Answers made in this process, for the commands that ask."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from assistant.answering.prefill import Guess
from assistant.backends import serialization as wire
from assistant.core.answer import Answer, Turn
from index.core.filters import Scope

if TYPE_CHECKING:
    from assistant.answering.pipeline import Assistant
    from assistant.container import House


class Here:
    """An `assistant.cli.ask.Answerer` around a house."""

    def __init__(self, house: House, *, warm: bool = True) -> None:
        self._house = house
        self._making = threading.Lock()
        self._warm = warm

    @property
    def warning(self) -> str:
        """What a person should know of the index; "" if nothing, or if it was not opened."""
        return self._house.search.warning if "search" in self._house.__dict__ else ""

    def answers(
        self,
        question: str,
        history: Sequence[Turn],
        cancel: threading.Event,
        scope: Scope,
        strict: float | None,
    ) -> Iterator[Answer]:
        """Ever more complete answers; the last is final."""
        return self._assistant().stream(question, history, cancel, scope=scope, strict=strict)

    def events(
        self,
        question: str,
        history: Sequence[Turn],
        cancel: threading.Event,
        scope: Scope,
        strict: float | None,
    ) -> Iterator[dict[str, Any]]:
        """The same as events."""
        return wire.events(self.answers(question, history, cancel, scope, strict))

    @property
    def reads_ahead(self) -> bool:
        """True if `ahead` is of use."""
        return self._house.reads_ahead

    def ahead(self, guess: Guess, cancel: threading.Event) -> None:
        """Read what an unfinished question will probably need, until `cancel` is set."""
        self._assistant().ahead(guess.question, guess.history, cancel, scope=guess.scope)

    def _assistant(self) -> Assistant:
        with self._making:  # a question may come while a guess has it made
            return self._house.warm_assistant if self._warm else self._house.assistant

    def found(self, question: str, k: int, scope: Scope) -> list[dict[str, Any]]:
        """What is found, best first."""
        from assistant.answering.pipeline import checked

        return wire.found(self._house.search.search(checked(question), k, scope=scope))
