"""The commands that ask: `ask`, `chat` and `search`, of this process or of a server that runs.

Loads nothing heavy, so that a question to a running server costs no start-up. Where the answers
come from is told by an `AnswerBackend`: `assistant.backends.local` makes them, `assistant.backends.server_client` fetches them.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from assistant.answering.prefill import SpeculativePrefill
from assistant.backends.serialization import turn_of
from assistant.cli.typing_watcher import typed_so_far, watched
from assistant.core import console as screen
from assistant.core.answer import Answer, Turn
from assistant.core.query import Query
from assistant.core.sanitize import for_terminal
from index.core.errors import UsageError
from index.core.filters import Filters

REFUSED = 7


class AnswerBackend(Protocol):
    """Something that answers questions; see `assistant.answering.pipeline.Assistant.stream`."""

    @property
    def warning(self) -> str:
        """What a person should know of the index that was asked; "" if nothing."""

    def answers(self, query: Query, cancel: threading.Event) -> Iterator[Answer]:
        """Ever more complete answers; the last is final."""

    def events(self, query: Query, cancel: threading.Event) -> Iterator[dict[str, Any]]:
        """The same as events (`assistant.backends.serialization.events`)."""

    @property
    def reads_ahead(self) -> bool:
        """True if `ahead` is of use."""

    def prefill(self, draft: Query, cancel: threading.Event) -> None:
        """Read what an unfinished question will probably need, until `cancel` is set."""

    def found(self, query: Query, k: int) -> list[dict[str, Any]]:
        """What is found, best first, as `assistant.backends.serialization.found` gives it."""


def ask(answerer: AnswerBackend, options: argparse.Namespace) -> int:
    """Answer one question."""
    question = options.question if options.question != "-" else _typed(sys.stdin.read)
    query = Query(question, filters=_filters(options), strict=options.strict)
    cancel = threading.Event()
    if options.json:
        for event in answerer.events(query, cancel):
            if options.stream:
                screen.say(json.dumps(event, ensure_ascii=False))
        refused = event["refused"]
        if not options.stream:
            whole = {key: value for key, value in event.items() if key != "event"}
            screen.say(json.dumps(whole, ensure_ascii=False, indent=1))
    else:
        refused = _show(answerer.answers(query, cancel)).refused
    _warn(answerer)
    return REFUSED if refused else 0


def chat(answerer: AnswerBackend, options: argparse.Namespace) -> int:
    """Ask and follow up until the input ends."""
    history: list[Turn] = []
    filters = _filters(options)
    for question in _questions(answerer, history, filters, quiet=options.json):
        with _interruptible() as cancel:
            query = Query(question, tuple(history), filters, options.strict)
            try:
                if options.json:
                    for event in answerer.events(query, cancel):
                        screen.say(json.dumps(event, ensure_ascii=False))
                    history.append(turn_of(event))
                else:
                    history.append(_show(answerer.answers(query, cancel)).turn)
            except UsageError as problem:  # an empty or overlong question ends no conversation
                if options.json:
                    screen.say(json.dumps({"event": "error", "message": str(problem)}))
                screen.note(f"assistant: {problem}")
        _warn(answerer)
    return 0


def search(answerer: AnswerBackend, options: argparse.Namespace) -> int:
    """Show what is found for a question."""
    if options.k < 1:
        raise UsageError("-k wants a number of 1 or more.")
    query = Query(options.question, filters=_filters(options))
    found = answerer.found(query, options.k)
    _warn(answerer)
    if options.json:
        screen.say(json.dumps(found, ensure_ascii=False, indent=1))
    elif found:
        screen.show_found(found)
    else:
        screen.note("Nothing is indexed yet. Run 'assistant ingest FOLDER'.")
    return 0


def _filters(options: argparse.Namespace) -> Filters:
    return Filters(options.as_of, options.since, options.until, tuple(options.source))


def _show(answers: Iterator[Answer]) -> Answer:
    """Print an answer while it comes; returns the final one."""
    shown = 0
    told = False
    for answer in answers:
        if answer.evidence and not told and not answer.final:
            told = True
            if answer.standalone_question != answer.question:
                screen.note(f"Understood as: {for_terminal(answer.standalone_question)}")
            if sys.stderr.isatty():
                articles = len({item.article.id for item in answer.evidence})
                screen.note(f"Reading {len(answer.evidence)} sentences of {articles} articles …")
        # what is not judged yet may still be refused, and a terminal cannot take words back
        if answer.final and not answer.refused:
            shown = screen.show_claims(answer, shown)
    screen.show_end(answer)
    return answer


def _questions(
    answerer: AnswerBackend, history: Sequence[Turn], filters: Filters, *, quiet: bool
) -> Iterator[str]:
    at_prompt = not quiet and sys.stdin.isatty()
    typed = typed_so_far() if at_prompt and answerer.reads_ahead else None
    ahead = SpeculativePrefill(answerer.prefill)

    def asked_for() -> str:
        if typed is None:
            return input("\n? ")
        try:
            with watched(typed, lambda text: ahead.guess(Query(text, tuple(history), filters))):
                return input("\n? ")
        finally:
            ahead.stop()

    try:
        yield from _lines(asked_for if at_prompt else None)
    finally:
        ahead.close()


def _lines(asked_for: Callable[[], str] | None) -> Iterator[str]:
    """Questions until the input ends; `asked_for` None: from a stdin where nobody types."""
    while True:
        try:
            line = asked_for() if asked_for else _typed(sys.stdin.readline)
        except EOFError:
            screen.say()
            return
        except KeyboardInterrupt:  # at the prompt it drops what was typed, as shells do
            if not asked_for:
                raise
            screen.say()
            continue
        if not line and not asked_for:
            return
        if line.strip():
            yield line


def _typed(read: Callable[[], str]) -> str:
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


def _warn(answerer: AnswerBackend) -> None:
    if answerer.warning:
        screen.note(f"assistant: {answerer.warning}")
