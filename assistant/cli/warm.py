"""`assistant warm`: have the model read articles before anybody asks about them."""

from __future__ import annotations

import argparse
import threading
import time

from assistant.backends.server_client import find
from assistant.container import App
from assistant.core import console
from index.core.errors import BusyError, NoSpaceError, NothingIndexedError, UsageError

OFF = "Nothing is read beforehand: engine.warm_mb is 0, or engine.url is set."
DEFAULT_ARTICLES = 20  # that are read without --all: some five minutes of two cores


def warm(app: App, options: argparse.Namespace) -> int:
    """Read the articles asked about most, then the newest; what is finished stays on Ctrl-C."""
    if app.kv_states.off:
        raise UsageError(OFF)
    if find(app.settings):
        raise BusyError("A server is running (assistant ui); it reads by itself while it is idle.")
    if app.search.library is None:
        raise NothingIndexedError
    start, count, size = time.monotonic(), 0, 0
    try:
        with console.Bars() as bars:
            wanted = 0 if options.all else DEFAULT_ARTICLES
            for article in app.prefix_cache.fill(threading.Event()):
                count, size = count + 1, size + article.bytes
                bars.step("reading", count, wanted)
                if count == wanted:
                    break
    except OSError as problem:
        folder = app.kv_states.folder
        raise NoSpaceError(f"{folder} cannot be written: {problem.strerror}.") from None
    finally:
        stored, total = app.kv_states.total()
        console.say(
            f"{count} articles read beforehand in {time.monotonic() - start:.0f} s,"
            f" {size / 1e6:.0f} MB. {stored} are kept,"
            f" {total / 1e6:.0f} of {app.settings.engine.warm_mb} MB."
        )
    return 0
