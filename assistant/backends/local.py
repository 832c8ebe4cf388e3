"""Answers questions in this process, for the commands that ask."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from assistant.backends.serialization import events, search_results
from assistant.core.answer import Answer
from assistant.core.query import Query
from index.core.filters import Filters

if TYPE_CHECKING:
    from assistant.answering.pipeline import Assistant
    from assistant.container import App


class LocalBackend:
    """The `AnswerBackend` of this process, around an app."""

    def __init__(self, app: App, *, use_cache: bool = True) -> None:
        self._app = app
        self._making = threading.Lock()
        self._use_cache = use_cache

    @property
    def warning(self) -> str:
        """What is wrong with the index; "" if nothing, or if it was not opened."""
        return self._app.search.warning if "search" in self._app.__dict__ else ""

    def answers(self, query: Query, cancel: threading.Event) -> Iterator[Answer]:
        """Ever more complete answers; the last is final."""
        return self._assistant().stream(query, cancel)

    def events(self, query: Query, cancel: threading.Event) -> Iterator[dict[str, Any]]:
        """The events of an answer."""
        return events(self.answers(query, cancel))

    @property
    def prefill_enabled(self) -> bool:
        """True if `prefill` is of use."""
        return self._app.prefill_enabled

    def prefill(self, draft: Query, cancel: threading.Event) -> None:
        """Process the probable prompt of an unfinished question, until `cancel` is set."""
        self._assistant().prefill(draft, cancel)

    def checked(
        self, text: str, filters: Filters, cancel: threading.Event
    ) -> Iterator[dict[str, Any]]:
        """The events of a checked draft."""
        from assistant.backends.check_events import check_events

        return check_events(self._app, text, filters, cancel)

    def _assistant(self) -> Assistant:
        with self._making:  # a question may come while a draft is prefilled
            return self._app.cached_assistant if self._use_cache else self._app.assistant

    def found(self, query: Query, k: int) -> list[dict[str, Any]]:
        """What is found, best first."""
        query = query.checked()
        return search_results(self._app.search.search(query.question, k, filters=query.filters))

    def source_card(self, excerpt: str, filters: Filters) -> dict[str, Any]:
        """Where an excerpt is from."""
        from assistant.backends.archive_replies import source_card

        return source_card(self._app, excerpt, filters)

    def contradictions(self, topic: str, filters: Filters) -> dict[str, Any]:
        """What the articles say differently."""
        from assistant.backends.archive_replies import contradictions

        return contradictions(self._app, topic, filters)
