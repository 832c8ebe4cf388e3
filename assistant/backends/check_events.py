"""The events of a checked draft, the same from this process, a server and an MCP tool."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assistant.backends.serialization import to_json
from index.core.filters import Filters

if TYPE_CHECKING:
    import threading

    from assistant.container import App


def check_events(
    app: App, text: str, filters: Filters, cancel: threading.Event
) -> Iterator[dict[str, Any]]:
    """An event `sentence` for each sentence of a draft, with how many there are; last `report`.

    If it is cancelled the report holds what was checked, and its `cut` is "cancelled".

    Raises:
        UsageError: if the draft is empty or too large.
        UserError: if nothing is indexed, or index or model cannot be used.
    """
    from assistant.checking.checker import DraftChecker

    started = time.monotonic()
    checker = DraftChecker(app.search, app.reranker, lambda: app.parser, lambda: app.verifier)
    checked, total = [], 0
    for total, sentence in checker.stream(text, filters, cancel):
        checked.append(sentence)
        yield {"event": "sentence", "of": total, **to_json(sentence)}
    report = checker.report(text, checked, filters)
    report = replace(report, seconds=round(time.monotonic() - started, 3))
    yield {
        "event": "report",
        **to_json(report),
        "filters": filters.to_json(),
        "counts": report.counts,
        "all_supported": report.all_supported and len(checked) == total,
        "cut": "cancelled" if len(checked) < total or not checked else None,
    }
