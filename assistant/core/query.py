"""A question as it is put to the assistant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.core.answer import Turn
from index.core.errors import UsageError
from index.core.filters import NO_FILTERS, Filters

MAX_QUESTION = 2_000  # characters


@dataclass(frozen=True, slots=True)
class Query:
    """A question, the conversation before it (oldest first) and which articles may answer.

    `strict` (0..1, None: the setting) is the confidence threshold: 0 refuses least, 1 most.
    """

    question: str
    history: Sequence[Turn] = ()
    filters: Filters = NO_FILTERS
    strict: float | None = None

    def checked(self) -> Query:
        """The same with a visible, one-line question; UsageError if it is empty or too long."""
        from index.text.visible_text import one_line  # a client of a running server does without

        question = one_line(self.question)
        if not question:
            raise UsageError("The question is empty.")
        if len(question) > MAX_QUESTION:
            raise UsageError(
                f"The question has {len(question):,} characters; the limit is {MAX_QUESTION:,}."
            )
        return replace(self, question=question)
