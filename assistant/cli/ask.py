"""The commands that ask: `ask`, `chat`, `timeline`, `quotes`, `search` and `replay`.

Answers come from an `AnswerBackend`: this process or a running server. Imports are light, so that
asking a running server costs no start-up.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.cli import options as shared
from assistant.cli import printing
from assistant.core import console
from assistant.core.query import Query
from assistant.core.sanitize import for_terminal
from index.core.errors import NOTHING_INDEXED, UsageError, UserError
from index.core.filters import Filters

if TYPE_CHECKING:
    from assistant.backends.answer_backend import AnswerBackend
    from assistant.container import App
    from assistant.core.answer import Turn

REFUSED = 7  # exit codes
DIFFERS = 9
ASKED_BACK = 10


def add(commands: shared.Commands) -> None:
    """Add the commands and their options."""
    asking = commands.add("ask", "Answer one question and cite the sentences that prove it.", ask)
    asking.add_argument("question", nargs="?", default="-", help="or - to read it from stdin")
    shared.as_json(asking, "print one JSON object")
    asking.add_argument("--stream", action="store_true", help="with --json: one event a line")
    asking.add_argument(
        "--receipt", metavar="FILE", type=Path, help="write down what the answer was made of"
    )
    text = "Ask and follow up. Ctrl-C stops an answer, Ctrl-D leaves."
    chatting = commands.add("chat", text, chat)
    shared.as_json(chatting, "questions on stdin, events on stdout, one a line")
    text = "Show what is found for a question, with ranks and scores."
    searching = commands.add("search", text, search)
    searching.add_argument("question")
    searching.add_argument("-k", type=int, default=6, help="how many passages (6)")
    shared.as_json(searching, "print a JSON list")
    for command in (asking, chatting, searching):
        shared.filters(command)
        shared.in_process(command)
        if command is not searching:
            shared.strict(command)
            shared.export(command)
    _add_kinds(commands)
    replaying = commands.add("replay", "Answer again what a receipt records, and compare.", replay)
    replaying.add_argument("file", metavar="FILE", type=Path, help="of 'ask --receipt'")


def _add_kinds(commands: shared.Commands) -> None:
    """The commands that put a question of one kind."""
    text = "List what happened, oldest first, each row with the sentence that gives its day."
    dating = commands.add("timeline", text, ask)
    dating.add_argument("topic", nargs="?", default="everything", help="all without one")
    dating.set_defaults(wording=lambda options: f"Give me a timeline of {options.topic}")
    text = "List what somebody says, word for word, newest first."
    quoting = commands.add("quotes", text, ask)
    quoting.add_argument("name", help='a name or an office ("the mayor")')
    quoting.add_argument("--about", metavar="X", default="", help="only what is said about it")
    quoting.set_defaults(wording=_quotes)
    for command in (dating, quoting):
        shared.as_json(command, "print one JSON object")
        shared.export(command)
        command.set_defaults(stream=False, strict=None)
        shared.filters(command)
        shared.in_process(command)


def _quotes(options: argparse.Namespace) -> str:
    return f"Quotes by {options.name}" + (f" about {options.about}" if options.about else "")


def ask(backend: AnswerBackend, options: argparse.Namespace) -> int:
    """Answer one question."""
    if wording := getattr(options, "wording", None):
        question = wording(options)
    else:
        question = options.question if options.question != "-" else _read(sys.stdin.read)
    query = Query(question, filters=_filters(options), strict=options.strict)
    export = _export(options.export, "")
    events = backend.events(query, threading.Event())
    if options.json:
        for event in events:
            if options.stream:
                console.say(json.dumps(event, ensure_ascii=False))
        if not options.stream:
            result = {key: value for key, value in event.items() if key != "event"}
            console.say(json.dumps(result, ensure_ascii=False, indent=1))
    else:
        event = _show(events)
    export(event)
    _warn(backend)
    if event["kind"] == "unclear":
        return ASKED_BACK
    return REFUSED if event["refused"] else 0


def chat(backend: AnswerBackend, options: argparse.Namespace) -> int:
    """Ask and follow up until the input ends."""
    from assistant.backends.serialization import turn_of

    history: list[Turn] = []
    filters = _filters(options)
    export = _export(options.export, "Conversation")
    for question in _questions(backend, history, filters, as_json=options.json):
        with _interruptible() as cancel:
            query = Query(question, tuple(history), filters, options.strict)
            try:
                events = backend.events(query, cancel)
                if options.json:
                    for event in events:
                        console.say(json.dumps(event, ensure_ascii=False))
                else:
                    event = _show(events)
                history.append(turn_of(event))
                export(event)
            except UsageError as problem:  # an empty or overlong question ends no conversation
                if options.json:
                    console.say(json.dumps({"event": "error", "message": str(problem)}))
                console.note(f"assistant: {problem}")
        _warn(backend)
    return 0


def search(backend: AnswerBackend, options: argparse.Namespace) -> int:
    """Show what is found for a question."""
    if options.k < 1:
        raise UsageError("-k wants a number of 1 or more.")
    found = backend.found(Query(options.question, filters=_filters(options)), options.k)
    _warn(backend)
    if options.json:
        console.say(json.dumps(found, ensure_ascii=False, indent=1))
    elif found:
        printing.show_found(found)
    else:
        console.note(NOTHING_INDEXED)
    return 0


def replay(app: App, options: argparse.Namespace) -> int:
    """Answer again what a receipt records, and print the differences."""
    from assistant.audit.receipt import read
    from assistant.audit.replay import lines
    from assistant.audit.replay import replay as answer_again

    found = answer_again(read(options.file), app)
    for text in lines(found):
        console.say("  " * text.startswith("  ") + console.line(text))
    return 0 if found.matched else DIFFERS


def _export(path: Path | None, title: str) -> Callable[[dict[str, Any]], None]:
    """What takes each answer and writes all of them so far to the file, if there is to be one.

    Raises:
        UsageError: its name does not say the format; so before anything is asked.
    """
    if path is None:
        return lambda answer: None
    from assistant.exports.formats import exported, format_of
    from index.core.disk import write_atomic

    name = format_of(path)
    answers: list[dict[str, Any]] = []

    def take(answer: dict[str, Any]) -> None:
        answers.append(answer)
        try:
            write_atomic(path, exported(name, title, answers))
        except OSError as problem:
            raise UserError(f"{path} cannot be written ({problem.strerror}).") from None

    return take


def _filters(options: argparse.Namespace) -> Filters:
    return Filters(options.as_of, options.since, options.until, tuple(options.source))


def _show(events: Iterator[dict[str, Any]]) -> dict[str, Any]:
    """Print the progress of an answer, then the last event, which is returned.

    Nothing of an answer is printed before it is judged: it may still be refused.
    """
    for event in events:
        if event["event"] == "evidence":
            if event["searched"] != event["question"]:
                console.note(f"Understood as: {for_terminal(event['searched'])}")
            if sys.stderr.isatty():
                articles = len({item["article"] for item in event["evidence"]})
                console.note(f"Reading {len(event['evidence'])} sentences of {articles} articles …")
    printing.show_answer(event)
    return event


def _questions(
    backend: AnswerBackend, history: Sequence[Turn], filters: Filters, *, as_json: bool
) -> Iterator[str]:
    """Questions until the input ends, typed at a prompt or read from a pipe.

    While one is typed, the backend prefills the prompt that it will probably need.
    """
    from assistant.answering.prefill import PrefillScheduler
    from assistant.cli.typing_watcher import watch_typing

    if as_json or not sys.stdin.isatty():
        while line := _read(sys.stdin.readline):
            if line.strip():
                yield line
        return
    prefill = PrefillScheduler(backend.prefill)

    def submit(text: str) -> None:
        prefill.submit(Query(text, tuple(history), filters))

    try:
        while True:
            try:
                with watch_typing(submit) if backend.prefill_enabled else nullcontext():
                    line = input("\n? ")
            except EOFError:
                console.say()
                return
            except KeyboardInterrupt:  # drops the line, as shells do
                console.say()
                continue
            finally:
                prefill.interrupt()
            if line.strip():
                yield line
    finally:
        prefill.close()


def _read(read: Callable[[], str]) -> str:
    try:
        return read()
    except UnicodeDecodeError as problem:
        raise UsageError(f"The question on the standard input is no text ({problem}).") from None


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """Ctrl-C sets the event instead of ending the program."""
    cancel = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield cancel
        return
    before = signal.signal(signal.SIGINT, lambda number, frame: cancel.set())
    try:
        yield cancel
    finally:
        signal.signal(signal.SIGINT, before)


def _warn(backend: AnswerBackend) -> None:
    if backend.warning:
        console.note(f"assistant: {backend.warning}")
