"""The front door: `assistant ingest|index|ask|chat|search|articles|ui|mcp|models|warm|doctor|eval`.

Finds the settings, calls one command and turns what went wrong into one line and an exit code.
Nothing heavy is imported here: `--help` is instant.
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from assistant.cli.parser import parser
from index.core.errors import UserError

if TYPE_CHECKING:
    from assistant.container import App
    from assistant.core.settings import Settings

FLAGS = {"data": "data", "cache": "cache", "host": "ui.host", "port": "ui.port"}
ASKING = ("ask", "chat", "search")  # what a running server can answer
STAYING = ("ui", "mcp")  # ends only when somebody ends it


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the process's exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):  # what a terminal lacks is shown as "?"
        sys.stdout.reconfigure(errors="replace")
    if arguments[:1] == ["eval"]:
        from eval.__main__ import main as evaluate

        return guarded(lambda: evaluate(arguments[1:]))
    options = parser().parse_args(arguments)
    return guarded(lambda: _run(options))


def _run(options: argparse.Namespace) -> int:
    settings = settings_of(options)
    receipt = getattr(options, "receipt", None)  # a server does not send what one needs
    if options.command in ASKING and not options.here and not receipt:
        from assistant.backends.server_client import find
        from assistant.cli import ask as asking

        if server := find(settings):
            return int(getattr(asking, options.command)(server, options))

    from assistant.container import App, stay_offline

    if options.command != "models":  # the only one that may fetch
        stay_offline()
    app = App(settings, stays=options.command in STAYING)
    try:
        return _with_app(app, options)
    finally:
        app.close()


def settings_of(options: argparse.Namespace) -> Settings:
    """The settings of a command: the flags of its own beside --set, --config and the others."""
    from assistant.core.settings import load, parse_flags

    flags = parse_flags(options.set)
    for name, key in FLAGS.items():
        if getattr(options, name, None):
            flags[key] = getattr(options, name)
    if getattr(options, "no_upload", False):
        flags["ui.upload"] = "false"
    return load(flags, options.config)


def _with_app(app: App, options: argparse.Namespace) -> int:
    if options.command in ASKING:
        from assistant.backends.local import LocalBackend
        from assistant.cli import ask as asking

        answerer = LocalBackend(app)
        if getattr(options, "receipt", None):
            from assistant.audit.receipt_builder import Receipting

            answerer = Receipting(app, options.receipt)
        return int(getattr(asking, options.command)(answerer, options))
    if options.command == "ui":
        from ui.web.server import serve

        return serve(app, open_browser=options.open)
    if options.command == "mcp":
        from assistant.backends.local import LocalBackend
        from assistant.backends.server_client import find
        from assistant.cli.mcp_server import serve as serve_mcp

        return serve_mcp(
            app, lambda: (None if options.here else find(app.settings)) or LocalBackend(app)
        )
    if options.command == "warm":
        from assistant.cli.warm import warm

        return warm(app, options)
    from assistant.cli import commands

    return int(getattr(commands, options.command)(app, options))


def guarded(command: Callable[[], int]) -> int:
    """Run a command; what goes wrong becomes one line and an exit code, never a traceback.

    Ctrl-C and SIGTERM end it the same way, and a reader that has gone (`| head`) ends it quietly.
    """
    signals: list[int] = []

    def stop(number: int, frame: object) -> None:
        """Leave as Ctrl-C does, so that nothing is left behind."""
        signals.append(number)
        raise KeyboardInterrupt

    main_thread = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, stop) if main_thread else None
    try:
        code = int(command())
        sys.stdout.flush()
        return code
    except UserError as problem:
        from assistant.core.console import line

        print(f"assistant: {line(str(problem))}", file=sys.stderr)
        return problem.exit_code
    except KeyboardInterrupt:
        print("assistant: stopped.", file=sys.stderr)
        return 128 + (signals[0] if signals else signal.SIGINT)
    except BrokenPipeError:
        # the reader has gone (`| head`); the interpreter must not complain about it at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)
