"""`assistant follow`: standing questions, and what is new about them after an ingest."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.cli import options as shared
from assistant.core import console
from assistant.core.sanitize import for_terminal
from index.core.errors import UsageError
from index.core.filters import Filters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.container import App
    from assistant.following.follower import Follower
    from assistant.following.standing_questions import Followed, Update

NOTHING_NEW = 11  # exit code
_ACTIONS = ("list", "remove", "run")


def add(commands: shared.Commands) -> None:
    """Add the command and its options."""
    text = "Follow a question: after each ingest, what is new about it."
    following = commands.add("follow", text, _follow)
    following.add_argument("what", help=f"a question or topic, or: {', '.join(_ACTIONS)}")
    following.add_argument("id", nargs="?", help="with remove: which, or how its id begins")
    shared.as_json(following, "print a JSON list")
    following.add_argument("--markdown", action="store_true", help="with run: as Markdown")
    following.add_argument(
        "--atom", metavar="FILE", type=Path, help="also write all that was found as an Atom feed"
    )
    shared.filters(following)


def run(app: App) -> tuple[Followed, list[Update]]:
    """Look at what was indexed since the last look; what is followed, and what nobody was told.

    Raises:
        UserError: if the index, a model or the file cannot be used.
    """
    follower = look(app)
    return follower.followed, follower.untold()


def look(app: App) -> Follower:
    """Look at what was indexed since the last look, and tell nobody yet; errors as `run`."""
    from assistant.following.follower import Follower

    follower = Follower(app)
    follower.look()
    return follower


def report(updates: Sequence[Update], followed: Followed) -> None:
    """Print updates as a person reads them."""
    from assistant.following.feed import about, headline

    asked = {question.id: question.text for question in followed.questions}
    for question in dict.fromkeys(update.question for update in updates):
        console.say(for_terminal(asked.get(question, question)))
        for update in updates:
            if update.question == question:
                console.say(f"  {headline(update)}\n      {about(update)}")
                if update.kind == "corrected" and update.was:
                    console.say(f"      before: {for_terminal(update.was)}")


def _follow(app: App, options: argparse.Namespace) -> int:
    if options.id and options.what != "remove":
        raise UsageError('Put a question of several words into quotes: assistant follow "…".')
    if options.what == "list":
        return _list(app, options)
    if options.what == "remove":
        return _remove(app, options)
    return _run(app, options) if options.what == "run" else _add(app, options)


def _add(app: App, options: argparse.Namespace) -> int:
    from assistant.following.follower import Follower

    filters = Filters(options.as_of, options.since, options.until, tuple(options.source))
    question = Follower(app).add(options.what, filters)
    console.say(f"Followed as {question.id}: {for_terminal(question.text)}")
    return 0


def _list(app: App, options: argparse.Namespace) -> int:
    from assistant.following.follower import Follower

    followed = Follower(app).followed
    counts = [len(followed.about(question)) for question in followed.questions]
    if options.json:
        rows = [
            {"id": q.id, "question": q.text, "filters": q.filters.to_json(), "updates": count}
            for q, count in zip(followed.questions, counts, strict=True)
        ]
        console.say(json.dumps(rows, ensure_ascii=False, indent=1))
        return 0
    for question, count in zip(followed.questions, counts, strict=True):
        console.say(f"{question.id}  {for_terminal(question.text)}  {count} updates")
    if not followed.questions:
        console.note('Nothing is followed. Follow a question: assistant follow "…".')
    return 0


def _remove(app: App, options: argparse.Namespace) -> int:
    from assistant.following.follower import Follower

    gone = Follower(app).remove(options.id or "")
    console.say(f"No longer followed: {for_terminal(gone.text)}")
    return 0


def _run(app: App, options: argparse.Namespace) -> int:
    from assistant.following.feed import atom, markdown
    from index.core.disk import write_atomic

    followed, updates = run(app)
    if not followed.questions:
        raise UsageError('Nothing is followed. Follow a question first: assistant follow "…".')
    asked = {question.id: question for question in followed.questions}
    if options.atom:
        write_atomic(options.atom, atom(followed.updates, asked))
    if options.json:
        rows = [update.to_json() for update in updates]
        console.say(json.dumps(rows, ensure_ascii=False, indent=1))
    elif options.markdown:
        console.say(markdown(updates, asked))
    else:
        report(updates, followed)
        if not updates:
            console.note("Nothing new.")
    return 0 if updates else NOTHING_NEW
