"""The commands about models: `models list|pull|verify|path`, and `warm`."""

from __future__ import annotations

import argparse
import threading
import time
from typing import TYPE_CHECKING

from assistant.cli import printing
from assistant.cli.options import Commands
from assistant.core import console
from index.core.errors import (
    BusyError,
    NoSpaceError,
    NothingIndexedError,
    UsageError,
)

if TYPE_CHECKING:
    from assistant.container import App

OFF = "Nothing is read beforehand: engine.warm_mb is 0, or engine.url is set."
DEFAULT_ARTICLES = 20  # that are read without --all: some five minutes of two cores


def add(commands: Commands) -> None:
    """Add the commands and their options."""
    models = commands.add("models", "List, fetch and check the models.", _list)
    actions = Commands(models, "ACTION")
    actions.add("list", "the catalogue and what of it is here", _list)
    pull = actions.add("pull", "fetch and verify models", _pull)
    pull.add_argument("names", nargs="*", metavar="NAME", help="default: those in the settings")
    pull.add_argument("--sha256", help="hash that vouches for a GGUF outside the catalogue")
    pull.add_argument("--trust", action="store_true", help="take such a GGUF without a hash")
    verify = actions.add("verify", "read every byte and compare the hashes", _verify)
    verify.add_argument("names", nargs="*", metavar="NAME", help="default: those that are here")
    actions.add("path", "where a model is", _path).add_argument("name", metavar="NAME")
    warm = commands.add("warm", "Have the model read articles before anybody asks.", _warm)
    warm.add_argument(
        "--all", action="store_true", help="as many as find room (engine.warm_mb), not only 20"
    )


def _list(app: App, options: argparse.Namespace) -> int:
    from assistant.models.catalogue import catalogue

    used = _used(app)
    for model in catalogue().values():
        mark = "*" if model.name in used else " "
        console.say(
            f"{mark} {model.name:30} {model.kind:9} {model.bytes / 1e6:7.0f} MB"
            f"  {model.licence:10}  {app.models.status(model.name)}"
        )
    console.say("* named by the settings")
    return 0


def _pull(app: App, options: argparse.Namespace) -> int:
    from assistant.models.catalogue import HUB_ID
    from assistant.models.pull import pull

    names = options.names or _used(app)
    with console.Bars(in_bytes=True) as bars:
        pull(app.models, names, lambda done, total, what: bars.step(what, done, total))
    for name in names:
        sha256, trust = (options.sha256, options.trust) if HUB_ID.fullmatch(name) else (None, False)
        console.say(f"{name} is here: {app.models.resolve(name, sha256, trust)}")
    return 0


def _verify(app: App, options: argparse.Namespace) -> int:
    from assistant.models.catalogue import catalogue

    here = [name for name in catalogue() if app.models.status(name) != "absent"]
    return printing.show_whole(options.names or here, app.models.verify)


def _path(app: App, options: argparse.Namespace) -> int:
    console.say(str(app.models.resolve(options.name)))
    return 0


def _used(app: App) -> list[str]:
    """The models that the settings name and that can be pulled."""
    from assistant.models.catalogue import HUB_ID, PARSER, catalogue

    settings = app.settings
    named = [
        *([] if settings.engine.url else [settings.engine.model]),
        *([] if settings.embedder.url else [settings.embedder.model]),
        settings.reranker.model,
        PARSER,
    ]
    return [name for name in named if name in catalogue() or HUB_ID.fullmatch(name)]


def _warm(app: App, options: argparse.Namespace) -> int:
    """Read the articles asked about most, then the newest; what is finished stays on Ctrl-C."""
    from assistant.backends.server_client import find

    if app.kv_states.off:
        raise UsageError(OFF)
    if find(app.settings):
        raise BusyError("A server is running (assistant ui); it reads by itself while it is idle.")
    if app.search.library is None:
        raise NothingIndexedError
    start, count, size = time.monotonic(), 0, 0
    try:
        with console.Bars() as bars:
            limit = 0 if options.all else DEFAULT_ARTICLES
            for read in app.prefix_cache.fill(threading.Event()):
                count, size = count + len(read.articles), size + read.bytes
                bars.step("reading", count, limit)
                if limit and count >= limit:
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
