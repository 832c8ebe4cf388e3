"""What is no question, such as "Hi" or "Thanks!": a line that says what can be asked; no search."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from assistant.core.answer import Answer, Kind
from assistant.kinds.question_kind import Request
from assistant.rewriting.follow_up_detection import is_small_talk

_THANKS = re.compile(r"(?i)\b(?:thanks?|thank you|great|cool|nice|wow|perfect)\b")
_OFFER = (
    "Ask about your articles: a fact, a list, a summary, a comparison, what happened when, "
    "or who said what."
)


@dataclass(frozen=True, slots=True)
class Greeting:
    """A greeting, or thanks."""

    kind: ClassVar[Kind] = "greeting"
    thanks: bool

    @classmethod
    def recognise(cls, question: str) -> Self | None:
        """Small talk; None for what asks something.

        >>> Greeting.recognise("Hi!"), Greeting.recognise("Who is Kim Gunn?")
        (Greeting(thanks=False), None)
        """
        return cls(bool(_THANKS.search(question))) if is_small_talk(question) else None

    def answers(self, request: Request, answer: Answer) -> Iterator[Answer]:
        """One line, without evidence."""
        yield replace(answer, remark=f"You are welcome. {_OFFER}" if self.thanks else _OFFER)
