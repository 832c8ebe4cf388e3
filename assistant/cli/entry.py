"""Entry point of `assistant`: parses the arguments, loads the settings and runs one command.

Commands import what they need when they run: `--help` is instant.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from assistant.cli import archive_commands, ask, check, follow, options
from assistant.cli.error_exit import guarded
from assistant.cli.maintenance import (
    backup_commands,
    doctor,
    index_commands,
    model_commands,
    settings_commands,
)
from assistant.core.console import remarks

if TYPE_CHECKING:
    from assistant.container import App
    from assistant.core.settings import Settings

EXIT_CODES = """exit codes:
  0  done, answered           4  another ingest is running
  1  error                    5  damaged index or model
  2  wrong usage or setting   6  no space on the disk
  3  some inputs skipped      7  refused, or not proved
  9  replay: it differs       8  eval gate: a bar was missed
 10  asked back: the question may mean several things
 11  follow: nothing new"""
FLAGS = {
    **{"data": "data", "cache": "cache", "host": "ui.host", "port": "ui.port"},
    "root_path": "ui.root_path",
}
# commands that a running server can carry out
ASKING = (
    *("ask", "chat", "search", "timeline", "quotes", "check"),
    *("find-source", "contradictions"),
)
STAYING = ("ui", "mcp")  # commands that run until they are stopped


def main(arguments: Sequence[str] | None = None, make_app: Callable[..., App] | None = None) -> int:
    """Run one command; returns the process's exit code.

    Args:
        arguments: Those of the process by default.
        make_app: `assistant.container.App` by default; tests pass one with fakes.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):  # what the terminal cannot show becomes "?"
        sys.stdout.reconfigure(errors="replace")
    if arguments[:1] == ["eval"]:
        from eval.__main__ import main as evaluate

        return guarded(lambda: evaluate(arguments[1:]))
    parsed = parser().parse_args(arguments)
    return guarded(lambda: _run(parsed, make_app))


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(
        prog="assistant",
        description="Answers questions from your news articles, offline, with proof.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = options.Commands(top)
    index_commands.add(commands)
    ask.add(commands)
    check.add(commands)
    follow.add(commands)
    archive_commands.add(commands)
    ui = commands.add("ui", "Ask in the browser, and by programs: starts a server.", _ui)
    ui.add_argument("--port", help="7860; 0: any free one (ui.port)")
    ui.add_argument("--host", help="127.0.0.1; another one needs a password (ui.host)")
    ui.add_argument(
        "--no-upload", action="store_true", help="visitors cannot add articles (ui.upload)"
    )
    ui.add_argument(
        "--root-path", metavar="PATH", help="where a proxy shows it, such as /news (ui.root_path)"
    )
    ui.add_argument("--open", action="store_true", help="open it in the browser")
    text = "Offer search, questions and articles to an MCP client, over stdio."
    options.in_process(commands.add("mcp", text, _mcp))
    model_commands.add(commands)
    settings_commands.add(commands)
    backup_commands.add(commands)
    doctor.add(commands)
    commands.add_foreign("eval", "Measure quality and speed.")
    return top


def settings_of(parsed: argparse.Namespace) -> Settings:
    """The settings of a command: its own flags, --set, --config, the environment."""
    from assistant.core.settings import load, parse_flags

    flags = parse_flags(parsed.set)
    flags |= {key: value for name, key in FLAGS.items() if (value := getattr(parsed, name, None))}
    if getattr(parsed, "no_upload", False):
        flags["ui.upload"] = "false"
    return load(flags, parsed.config)


def _run(parsed: argparse.Namespace, make_app: Callable[..., App] | None) -> int:
    settings = settings_of(parsed)
    if getattr(parsed, "action", None) != "allow":
        remarks(settings.notices)
    _close_to_others(settings)
    asking = parsed.command in ASKING
    receipt = getattr(parsed, "receipt", None)  # needs more than a server's answer holds
    if asking and not parsed.here and not receipt:
        from assistant.backends.server_client import find
        from assistant.core.other_machines import announce

        if server := find(settings):
            announce(settings)  # where that server sends things
            return int(parsed.run(server, parsed))

    from assistant.container import App, stay_offline

    if parsed.command != "models":  # the only one that may fetch
        stay_offline()
    app = (make_app or App)(settings, stays=parsed.command in STAYING)
    try:
        if not asking:
            return int(parsed.run(app, parsed))
        from assistant.audit.receipt_builder import ReceiptBackend
        from assistant.backends.local import LocalBackend

        return int(
            parsed.run(ReceiptBackend(app, receipt) if receipt else LocalBackend(app), parsed)
        )
    finally:
        app.close()


def _close_to_others(settings: Settings) -> None:
    from assistant.core.private_files import mend
    from assistant.core.settings_sources import user_folder

    if mended := mend(*{settings.data, settings.cache, user_folder("config")}):
        names = " and ".join(sorted(map(str, mended)))
        remarks([f"other users of this machine could read files in {names}: yours alone now."])


def _ui(app: App, parsed: argparse.Namespace) -> int:
    from ui.web.server import serve

    return serve(app, open_browser=parsed.open)


def _mcp(app: App, parsed: argparse.Namespace) -> int:
    from assistant.backends.local import LocalBackend
    from assistant.backends.server_client import find
    from assistant.cli.mcp_server import serve
    from assistant.core.other_machines import announce

    announce(app.settings)
    return serve(app, lambda: (None if parsed.here else find(app.settings)) or LocalBackend(app))
