"""Where the commands that ask get their answers from: this process or a running server."""

import threading
from collections.abc import Iterator
from typing import Any, Protocol

from assistant.core.query import Query
from index.core.filters import Filters


class AnswerBackend(Protocol):
    """Answers queries; see `assistant.answering.pipeline.Assistant`."""

    @property
    def warning(self) -> str:
        """What a person should know of the index that was asked; "" if nothing."""

    @property
    def prefill_enabled(self) -> bool:
        """True if `prefill` is of use."""

    def events(self, query: Query, cancel: threading.Event) -> Iterator[dict[str, Any]]:
        """The events of an answer (`assistant.backends.serialization.events`)."""

    def prefill(self, draft: Query, cancel: threading.Event) -> None:
        """Process the probable prompt of an unfinished question, until `cancel` is set."""

    def checked(
        self, text: str, filters: Filters, cancel: threading.Event
    ) -> Iterator[dict[str, Any]]:
        """The events of a checked draft (`assistant.backends.check_events`)."""

    def found(self, query: Query, k: int) -> list[dict[str, Any]]:
        """Search results, best first (`assistant.backends.serialization.search_results`)."""

    def source_card(self, excerpt: str, filters: Filters) -> dict[str, Any]:
        """Where an excerpt is from (`assistant.backends.archive_replies.source_card`)."""

    def contradictions(self, topic: str, filters: Filters) -> dict[str, Any]:
        """What the articles say differently (`assistant.backends.archive_replies`)."""
