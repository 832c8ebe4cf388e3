"""The commands `backup` and `restore`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.cli.options import Commands
from assistant.core import console

if TYPE_CHECKING:
    from assistant.container import App


def add(commands: Commands) -> None:
    """Add the commands and their options."""
    text = "Write the index and everything you made to one file."
    backup = commands.add("backup", text, _backup)
    backup.add_argument("file", metavar="FILE", type=Path, help="such as news.zip")
    backup.add_argument("--replace", action="store_true", help="replace FILE if it is there")
    text = "Put a backup back, as the newest generation of the index."
    restore = commands.add("restore", text, _restore)
    restore.add_argument("file", metavar="FILE", type=Path, help="what `backup` wrote")
    restore.add_argument(
        "--replace", action="store_true", help="also over an index, and files of other content"
    )


def _backup(app: App, options: argparse.Namespace) -> int:
    from assistant.core.backup import back_up

    done = back_up(app.store, app.settings.data, options.file, replace=options.replace)
    size = options.file.stat().st_size / 1e6
    console.say(
        f"{options.file}: {done.generation} with {done.manifest.articles} articles, and "
        f"{done.others} other files; {size:.1f} MB."
    )
    return 0


def _restore(app: App, options: argparse.Namespace) -> int:
    from assistant.core.backup import restore

    before = app.store.current_name()
    done = restore(app.store, app.settings.data, options.file, replace=options.replace)
    back = f" 'assistant index use {before}' goes back." if before else ""
    console.say(
        f"{done.generation} is in use now, with {done.manifest.articles} articles of "
        f"{done.manifest.created}; {done.others} other files were put back.{back}"
    )
    return 0
