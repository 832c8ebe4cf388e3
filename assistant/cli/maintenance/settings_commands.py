"""The commands about settings: `settings` shows them, `settings allow` trusts this folder."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.cli.options import Commands
from assistant.core import console
from assistant.core.console import line

if TYPE_CHECKING:
    from assistant.container import App


def add(commands: Commands) -> None:
    """Add the commands."""
    text = "Show every setting and its source, or allow those of this folder."
    actions = Commands(commands.add("settings", text, show), "ACTION")
    actions.add("allow", "let assistant.toml here set addresses, folders and trust", _allow)


def show(app: App, options: argparse.Namespace) -> int:
    """Print every setting with its value, secrets masked, and its source."""
    from assistant.core.settings import keys, value_of

    for key in keys():
        value, origin = value_of(app.settings, key), app.settings.origins.get(key, "default")
        console.say(f"  {key:24} {line(str(value)):44} {line(origin)}")
    return 0


def _allow(app: App, options: argparse.Namespace) -> int:
    from assistant.core.settings import GUARDED, SECRETS
    from assistant.core.settings_sources import FILE, SettingsFile
    from index.core.addresses import without_secrets

    file = SettingsFile.read(Path(FILE), required=True)
    guarded = {key: str(value) for key, (value, _) in file.source.items() if key in GUARDED}
    if not guarded:
        console.say(f"{FILE} sets nothing that has to be allowed.")
        return 0
    file.allow()
    for key, value in guarded.items():
        shown = "(set)" if key in SECRETS else line(without_secrets(value))
        console.say(f"  {key:24} {shown}")
    console.say(f"{FILE} in this folder may set these from now on, until it changes.")
    return 0
