"""Texts checked as `assistant check` does, and the seconds that it takes."""

import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

from assistant.backends.check_events import check_events
from assistant.container import App
from assistant.core.settings import Settings
from index.core.filters import NO_FILTERS, Filters


@dataclass(slots=True)
class Times:
    """Seconds: of each draft and its sentences read, and until its first verdict."""

    drafts: list[float] = field(default_factory=list)
    sentences: list[int] = field(default_factory=list)
    first: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        """Seconds a sentence, and until the first verdict of the first and of later drafts.

        The first draft is checked after the ingest, which has loaded the embedder.
        """
        return {
            "seconds a sentence": sum(self.drafts) / max(1, sum(self.sentences)),
            "first verdict, first draft": self.first[0],
            "first verdict, median": median(self.first[1:] or self.first),
            "first verdict, slowest": max(self.first[1:] or self.first),
        }


@contextmanager
def indexed(settings: Settings, folders: Sequence[Path]) -> Iterator[App]:
    """An app whose index, in a folder of its own, holds the articles of these folders."""
    with tempfile.TemporaryDirectory() as folder:
        app = App(replace(settings, data=Path(folder) / "data"))
        try:
            app.ingest(lambda what, done, total: None).run(list(folders))
            yield app
        finally:
            app.close()


def checked(
    app: App, text: str, times: Times, filters: Filters = NO_FILTERS
) -> list[dict[str, Any]]:
    """The checked sentences of a text, as the JSON of the product's report has them."""
    start = time.perf_counter()
    sentences: list[dict[str, Any]] = []
    for event in check_events(app, text, filters, threading.Event()):
        if event["event"] == "sentence":
            if not sentences:
                times.first.append(time.perf_counter() - start)
            sentences.append(event)
    times.drafts.append(time.perf_counter() - start)
    times.sentences.append(len(sentences))
    return sentences
