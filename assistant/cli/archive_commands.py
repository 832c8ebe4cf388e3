"""The commands about the archive itself: `find-source` and `contradictions`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from assistant.cli import options as shared
from assistant.cli.printing import show_citation
from assistant.core import console
from index.core.errors import UsageError
from index.core.filters import Filters

if TYPE_CHECKING:
    from assistant.backends.answer_backend import AnswerBackend

NONE = 7  # exit code
MOST_CHANGES = 8  # edited words named in a line
MOST_SHOWN = 20  # of each kind of difference, and of other articles


def add(commands: shared.Commands) -> None:
    """Add the commands and their options."""
    text = "Find the article that a pasted excerpt is from, verbatim or lightly edited."
    finding = commands.add("find-source", text, find_source)
    finding.add_argument("excerpt", nargs="?", default="-", help="or - to read it from stdin")
    text = "Show what the articles say differently: values, offices, denials."
    comparing = commands.add("contradictions", text, contradictions)
    comparing.add_argument("topic", nargs="?", default="", help="all articles if there is none")
    for command in (finding, comparing):
        shared.as_json(command, "print one JSON object")
        shared.filters(command)
        shared.in_process(command)


def find_source(backend: AnswerBackend, options: argparse.Namespace) -> int:
    """Find the article of an excerpt; 7 if there is none."""
    excerpt = options.excerpt if options.excerpt != "-" else _stdin()
    card = backend.source_card(excerpt, _filters(options))
    if options.json:
        console.say(json.dumps(card, ensure_ascii=False, indent=1))
    elif card["source"] is None:
        console.say("Not from these articles.")
    else:
        _show_card(card)
    return 0 if card["source"] else NONE


def contradictions(backend: AnswerBackend, options: argparse.Namespace) -> int:
    """Show contradictions, then what has changed."""
    found = backend.contradictions(options.topic, _filters(options))
    if options.json:
        console.say(json.dumps(found, ensure_ascii=False, indent=1))
        return 0
    for verdict, title in (("contradiction", "Contradictions"), ("changed", "Changed since")):
        rows = [one for one in found["differences"] if one["verdict"] == verdict]
        if rows:
            console.say(f"{title}:\n")
        for one in rows[:MOST_SHOWN]:
            _show_difference(one)
        if len(rows) > MOST_SHOWN:
            console.note(f"{len(rows) - MOST_SHOWN} more; --json has all.")
    if not found["differences"]:
        console.say("No contradiction found.")
    read = f"{found['sentences']} sentences of {found['articles']} articles"
    left = found["articles_in_all"] - found["articles"]
    more = f"; {left} older articles were not. Name a topic, or use --since and --until" * (
        left > 0
    )
    console.note(f"{read} were compared{more}.")
    return 0


def _show_card(card: Mapping[str, Any]) -> None:
    source = card["source"]
    for passage in source["passages"]:
        show_citation(passage)
    for name in ("url", "path"):
        if source.get(name):
            console.say(f"    {console.line(source[name])}")
    console.say(f"{_verdict(source)}.")
    for other in card["others"][:MOST_SHOWN]:
        about = f"{other['relation']}, {_verdict(other)}"
        console.say(f"  {about}: {console.about(other)}")
    first = card["first_printed"]
    if first and card["others"]:
        console.say(f"  printed first: {console.about(first)}")


def _verdict(match: Mapping[str, Any]) -> str:
    if match["verbatim"]:
        return "verbatim"
    share = f"{round(100 * match['share'])} % of its words stand there"
    changes = [_change(one) for one in match["changes"][:MOST_CHANGES]]
    if changes:
        return f"edited; {share} ({'; '.join(changes)})"
    return f"edited; {share}"


def _change(one: Mapping[str, str]) -> str:
    if not one["excerpt"]:
        return f"left out “{console.line(one['original'])}”"
    if not one["original"]:
        return f"added “{console.line(one['excerpt'])}”"
    return f"“{console.line(one['excerpt'])}” for “{console.line(one['original'])}”"


def _show_difference(one: Mapping[str, Any]) -> None:
    newer, older = one["newer"], one["older"]
    values = f"{newer['value']} / {older['value']}" if newer["value"] else "one denies the other"
    console.say(console.line(f"{one['about']}: {values}"))
    for cited in (newer, older):
        show_citation(cited)
    console.say()


def _filters(options: argparse.Namespace) -> Filters:
    return Filters(options.as_of, options.since, options.until, tuple(options.source))


def _stdin() -> str:
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as problem:
        raise UsageError(f"The excerpt on the standard input is no text ({problem}).") from None
