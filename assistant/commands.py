"""One function a command of the front door: values from the house, printed by the screen."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from assistant import screen
from assistant.build import House
from assistant.models import HUB_ID, catalogue
from assistant.settings import keys, value_of
from assistant.textgate import for_terminal
from index.errors import DamagedError, UsageError, UserError

SKIPPED = 3
REFUSED = 7


def ingest(house: House, options: argparse.Namespace) -> int:
    """Bring files and folders into the index."""
    if not options.paths and not options.rebuild:
        raise UsageError("Give a file or a folder: assistant ingest PATH.")
    with screen.Bars() as bars:
        report = house.ingest(bars.step).run(
            options.paths, prune=options.prune, rebuild=options.rebuild
        )
    if options.json:
        screen.say(json.dumps(asdict(report), indent=1))
    else:
        screen.show_report(report)
    return SKIPPED if report.skips else 0


def ask(house: House, options: argparse.Namespace) -> int:
    """Answer one question."""
    from assistant.wire import as_json, events

    question = options.question if options.question != "-" else _typed(sys.stdin.read)
    answers = house.assistant.stream(question)
    if options.json and options.stream:
        last: dict[str, Any] = {}
        for last in events(answers):
            screen.say(json.dumps(last, ensure_ascii=False))
        code = REFUSED if last["refused"] else 0
    elif options.json:
        *_, answer = answers
        screen.say(json.dumps(as_json(answer), ensure_ascii=False, indent=1))
        code = REFUSED if answer.refused else 0
    else:
        code = REFUSED if _show(answers).refused else 0
    _warn(house)
    return code


def chat(house: House, options: argparse.Namespace) -> int:
    """Ask and follow up until the input ends."""
    from assistant.answer import Turn
    from assistant.wire import events

    history: list[Turn] = []
    for question in _questions(quiet=options.json):
        with _interruptible() as cancel:
            try:
                answers = house.assistant.stream(question, history, cancel)
                if options.json:
                    for event in events(answers):
                        screen.say(json.dumps(event, ensure_ascii=False))
                        last_text = event.get("answer", "")
                    history.append(Turn(question, last_text))
                else:
                    answer = _show(answers)
                    history.append(Turn(question, answer.text))
            except UsageError as problem:  # an empty or overlong question ends no conversation
                screen.note(f"assistant: {problem}")
        _warn(house)
    return 0


def _show(answers: Iterator[Any]) -> Any:
    """Print an answer while it comes; returns the final one."""
    shown = 0
    told = False
    for answer in answers:
        if answer.evidence and not told and not answer.final:
            told = True
            if answer.searched != answer.question:
                screen.note(f"Understood as: {for_terminal(answer.searched)}")
            if sys.stderr.isatty():
                articles = len({item.article.id for item in answer.evidence})
                screen.note(f"Reading {len(answer.evidence)} sentences of {articles} articles …")
        if not answer.refused:
            shown = screen.show_claims(answer, shown)
    screen.show_end(answer)
    return answer


def _questions(*, quiet: bool) -> Iterator[str]:
    at_prompt = not quiet and sys.stdin.isatty()
    while True:
        try:
            line = input("\n? ") if at_prompt else _typed(sys.stdin.readline)
        except EOFError:
            screen.say()
            return
        except KeyboardInterrupt:  # at the prompt it drops what was typed, as shells do
            if not at_prompt:
                raise
            screen.say()
            continue
        if not line and not at_prompt:
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


def search(house: House, options: argparse.Namespace) -> int:
    """Show what is found for a question."""
    if options.k < 1:
        raise UsageError("-k wants a number of 1 or more.")
    from assistant.pipeline import checked

    found = house.search.search(checked(options.question), options.k)
    _warn(house)
    if options.json:
        rows = [
            {
                "rank": number,
                "passage": hit.passage.id,
                "article": hit.passage.article.id,
                "title": hit.passage.article.title,
                "text": hit.passage.text,
                "dense_rank": hit.dense_rank,
                "similarity": hit.similarity,
                "lexical_rank": hit.lexical_rank,
                "bm25": hit.bm25,
                "fused": hit.fused,
                "relevance": hit.relevance,
            }
            for number, hit in enumerate(found, 1)
        ]
        screen.say(json.dumps(rows, ensure_ascii=False, indent=1))
    elif found:
        screen.show_found(found)
    else:
        screen.note("Nothing is indexed yet. Run 'assistant ingest FOLDER'.")
    return 0


def articles(house: House, options: argparse.Namespace) -> int:
    """List, show or remove articles."""
    if options.action == "remove":
        gone = house.ingest(lambda what, done, total: None).remove(options.id)
        screen.say(
            f"Removed {screen.line(gone.title)} from the index. "
            f"Its file {screen.line(gone.path)} is untouched; delete it, or ingest takes it again."
        )
        return 0
    generation, warning = house.store.open()
    if warning:
        screen.note(warning)
    if generation is None:
        raise UserError("Nothing is indexed yet. Run 'assistant ingest FOLDER'.")
    from index.library import Library

    library = Library(generation.library)
    try:
        return (
            _show_article(library, options.id)
            if options.action == "show"
            else _list(library, as_json=getattr(options, "json", False))
        )
    finally:
        library.close()


def _show_article(library: Any, article_id: str) -> int:
    article = library.article(article_id)
    if article is None:
        raise UsageError(
            f"No article, or more than one, has an id that begins with {article_id!r}. "
            "'assistant articles list' shows the ids."
        )
    for name in ("id", "title", "published", "source", "byline", "place", "url", "path"):
        value = getattr(article, name)
        if value:
            screen.say(f"{name}: {screen.line(str(value))}")
    screen.say("\n" + for_terminal(article.text))
    return 0


def _list(library: Any, *, as_json: bool) -> int:
    rows = list(library.listed())
    if as_json:
        found = [
            {
                "id": row.article.id,
                "title": row.article.title,
                "published": str(row.article.published) if row.article.published else None,
                "source": row.article.source,
                "path": row.article.path,
                "passages": row.passages,
                "copy_of": row.copy_of,
            }
            for row in rows
        ]
        screen.say(json.dumps(found, ensure_ascii=False, indent=1))
        return 0
    for row in rows:
        day = row.article.published.isoformat() if row.article.published else "undated"
        size = f"copy of {row.copy_of[:8]}" if row.copy_of else f"{row.passages} passages"
        title, source = screen.fit(row.article.title, 60), screen.fit(row.article.source, 24)
        screen.say(f"{row.article.id[:8]}  {day:10}  {title}  {source}  {size}")
    return 0


def models(house: House, options: argparse.Namespace) -> int:
    """List, fetch and check the models."""
    action = options.action or "list"
    return int(
        {
            "list": _models_list,
            "pull": _models_pull,
            "verify": _models_verify,
            "path": _models_path,
        }[action](house, options)
    )


def _models_list(house: House, options: argparse.Namespace) -> int:
    used = _used(house)
    for model in catalogue().values():
        state = house.models.state(model.name)
        mark = "*" if model.name in used else " "
        size = f"{model.bytes / 1e6:7.0f} MB"
        screen.say(
            f"{mark} {model.name:30} {model.kind:9} {size}  {model.licence:10}  {state.status}"
        )
    screen.say("* named by the settings")
    return 0


def _models_pull(house: House, options: argparse.Namespace) -> int:
    names = options.names or _used(house)
    with screen.Bars(in_bytes=True) as bars:
        house.models.pull(*names, progress=lambda done, total, what: bars.step(what, done, total))
    for name in names:
        sha256, trust = (options.sha256, options.trust) if HUB_ID.fullmatch(name) else (None, False)
        screen.say(f"{name} is here: {house.models.resolve(name, sha256, trust)}")
    return 0


def _models_verify(house: House, options: argparse.Namespace) -> int:
    here = [name for name in catalogue() if house.models.state(name).status != "absent"]
    damaged = []
    for name in options.names or here:
        try:
            house.models.verify(name)
            screen.say(f"{name}: whole")
        except DamagedError as problem:
            damaged.append(str(problem))
    if damaged:
        raise DamagedError(" ".join(damaged))
    return 0


def _models_path(house: House, options: argparse.Namespace) -> int:
    screen.say(str(house.models.resolve(options.name)))
    return 0


def _used(house: House) -> list[str]:
    """The models that the settings name and that can be pulled."""
    settings = house.settings
    named = [settings.embedder.model, settings.reranker.model]
    if not settings.engine.url:
        named.insert(0, settings.engine.model)
    return [name for name in named if name in catalogue() or HUB_ID.fullmatch(name)]


def doctor(house: House, options: argparse.Namespace) -> int:
    """Check everything and show every setting; the exit code is that of the worst finding."""
    from assistant.doctor import findings

    screen.say("settings")
    for key in keys():
        origin = house.settings.origins.get(key, "default")
        screen.say(f"  {key:24} {value_of(house.settings, key)!s:44} {origin}")
    worst = 0
    screen.say("checks")
    for finding in findings(house):
        screen.say(f"  {'ok ' if finding.code == 0 else 'BAD'}  {finding.text}")
        worst = max(worst, finding.code)
    return worst


def _warn(house: House) -> None:
    if "search" in house.__dict__ and house.search.warning:
        screen.note(f"assistant: {house.search.warning}")
