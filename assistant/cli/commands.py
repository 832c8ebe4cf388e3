"""One function a command of the front door: values from the app, printed by the screen."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

from assistant.cli import article_listing as listing
from assistant.container import App
from assistant.core import console as screen
from assistant.core.settings import keys, value_of
from assistant.models.store import HUB_ID, catalogue
from index.core.errors import BusyError, DamagedError, NoSpaceError, UsageError, UserError

if TYPE_CHECKING:
    from index.ingest.pipeline import Ingest
    from index.ingest.report import Report

SKIPPED = 3
DIFFERS = 9


def ingest(app: App, options: argparse.Namespace) -> int:
    """Bring files and folders into the index."""
    if not options.paths:
        raise UsageError("Give a file or a folder: assistant ingest PATH.")
    if options.cluster:
        return _by_cluster(app, options)
    with screen.Bars() as bars, _unpublished(app):
        work = app.ingest(bars.step)
        if options.dry_run:
            report = work.dry_run(options.paths, prune=options.prune)
        else:
            report = work.run(options.paths, prune=options.prune)
    _show_report(report, as_json=options.json, dry_run=options.dry_run)
    if options.watch:
        _watch(app, work, report, options)
    return SKIPPED if report.skips else 0


def _by_cluster(app: App, options: argparse.Namespace) -> int:
    with screen.Bars() as bars, _unpublished(app):
        report = app.cluster_ingest(options.cluster, options.paths, bars.step, prune=options.prune)
    _show_report(report, as_json=options.json)
    return SKIPPED if report.skips else 0


def _show_report(report: Report, *, as_json: bool, dry_run: bool = False) -> None:
    if as_json:
        screen.say(json.dumps(asdict(report), indent=1))
    elif dry_run:
        screen.show_plan(report)
    else:
        screen.show_report(report)


@contextmanager
def _unpublished(app: App) -> Iterator[None]:
    """Tell whoever stops an ingest what has become of the index."""
    before = app.store.current_name()
    try:
        yield
    except KeyboardInterrupt:
        now = app.store.current_name()
        if now == before:
            screen.note("assistant: the index is unchanged; the next ingest takes it up again.")
        else:
            screen.note(f"assistant: it was done already: {now} is published.")
        raise


def _watch(app: App, work: Ingest, last: Report, options: argparse.Namespace) -> None:
    """Ingest again after every change, until the program is stopped."""
    from index.ingest.watch import changes

    screen.note("Watching. Ctrl-C ends it.")
    for _ in changes(options.paths, app.settings.data):
        with _unpublished(app):
            report = _patiently(work, options)
        if report is None or _tells_nothing_new(report, last):
            continue
        if options.json:
            screen.say(json.dumps(asdict(report)))
        else:
            screen.show_change(report, last)
        last = report


def _patiently(work: Ingest, options: argparse.Namespace) -> Report | None:
    """Ingest what is there; waits for another ingest; None if it must wait for a change."""
    told = False
    while True:
        # a folder that is gone may be a disk that is not there: its articles stay
        there = [path for path in options.paths if path.exists()]
        try:
            return work.run(there, prune=options.prune) if there else None
        except BusyError as problem:
            if not told:
                screen.note(f"assistant: {problem}")
            told = True
            time.sleep(1)
        except (NoSpaceError, UsageError) as problem:
            screen.note(f"assistant: {problem}")
            return None


def _tells_nothing_new(report: Report, last: Report) -> bool:
    return not report.published and report.skips == last.skips and report.missing == last.missing


def index(app: App, options: argparse.Namespace) -> int:
    """List, choose, check or rebuild generations."""
    action = options.action or "list"
    return int(
        {
            "list": _index_list,
            "use": _index_use,
            "verify": _index_verify,
            "rebuild": _index_rebuild,
        }[action](app, options)
    )


def _index_list(app: App, options: argparse.Namespace) -> int:
    states = app.store.states()
    if getattr(options, "json", False):
        screen.say(json.dumps([asdict(state) for state in states], indent=1))
    elif not states:
        screen.note("Nothing is indexed yet. Run 'assistant ingest FOLDER'.")
    for state in states if not getattr(options, "json", False) else ():
        screen.show_state(state)
    return 0


def _index_use(app: App, options: argparse.Namespace) -> int:
    before = app.store.current_name()
    built = app.store.use(options.name).manifest
    screen.say(
        f"{options.name} is in use now, with {built.articles} articles of {built.created}"
        f"{f'; {before} before' if before and before != options.name else ''}. "
        "The next ingest starts from it."
    )
    return 0


def _index_verify(app: App, options: argparse.Namespace) -> int:
    from index.ingest.verification import check

    current = app.store.current_name()
    if current is None:
        raise UserError("Nothing is indexed yet. Run 'assistant ingest FOLDER'.")
    damaged = []
    for name in options.names or [current]:
        try:
            built = check(app.store, name, app.vectors).manifest
            screen.say(f"{name}: whole, {built.articles} articles in {built.passages} passages")
        except DamagedError as problem:
            damaged.append(str(problem))
    if damaged:
        raise DamagedError(" ".join(damaged))
    return 0


def _index_rebuild(app: App, options: argparse.Namespace) -> int:
    with screen.Bars() as bars, _unpublished(app):
        report = app.ingest(bars.step).run([], rebuild=True)
    _show_report(report, as_json=options.json)
    return 0


def replay(app: App, options: argparse.Namespace) -> int:
    """Answer again what a receipt tells of, and say what differs."""
    from assistant.audit.receipt import read
    from assistant.audit.replay import lines
    from assistant.audit.replay import replay as again

    found = again(read(options.file), app)
    for told in lines(found):
        screen.say("  " * told.startswith("  ") + screen.line(told))
    return 0 if found.matched else DIFFERS


def articles(app: App, options: argparse.Namespace) -> int:
    """List, show or remove articles."""
    if options.action == "remove":
        gone = app.ingest(lambda what, done, total: None).remove(options.id)
        screen.say(
            f"Removed {screen.line(gone.title)} from the index. "
            f"Its file {screen.line(gone.path)} is untouched and not taken again until it changes; "
            "to have it back, ingest the file itself."
        )
        return 0
    generation, warning = app.store.open()
    if warning:
        screen.note(warning)
    if generation is None:
        raise UserError("Nothing is indexed yet. Run 'assistant ingest FOLDER'.")
    from index.storage.article_store import ArticleStore

    library = ArticleStore(generation.library)
    try:
        return (
            listing.show_article(library, options.id)
            if options.action == "show"
            else listing.show_all(library, as_json=getattr(options, "json", False))
        )
    finally:
        library.close()


def models(app: App, options: argparse.Namespace) -> int:
    """List, fetch and check the models."""
    action = options.action or "list"
    return int(
        {
            "list": _models_list,
            "pull": _models_pull,
            "verify": _models_verify,
            "path": _models_path,
        }[action](app, options)
    )


def _models_list(app: App, options: argparse.Namespace) -> int:
    used = _used(app)
    for model in catalogue().values():
        state = app.models.state(model.name)
        mark = "*" if model.name in used else " "
        size = f"{model.bytes / 1e6:7.0f} MB"
        screen.say(
            f"{mark} {model.name:30} {model.kind:9} {size}  {model.licence:10}  {state.status}"
        )
    screen.say("* named by the settings")
    return 0


def _models_pull(app: App, options: argparse.Namespace) -> int:
    names = options.names or _used(app)
    with screen.Bars(in_bytes=True) as bars:
        app.models.pull(*names, progress=lambda done, total, what: bars.step(what, done, total))
    for name in names:
        sha256, trust = (options.sha256, options.trust) if HUB_ID.fullmatch(name) else (None, False)
        screen.say(f"{name} is here: {app.models.resolve(name, sha256, trust)}")
    return 0


def _models_verify(app: App, options: argparse.Namespace) -> int:
    here = [name for name in catalogue() if app.models.state(name).status != "absent"]
    damaged = []
    for name in options.names or here:
        try:
            app.models.verify(name)
            screen.say(f"{name}: whole")
        except DamagedError as problem:
            damaged.append(str(problem))
    if damaged:
        raise DamagedError(" ".join(damaged))
    return 0


def _models_path(app: App, options: argparse.Namespace) -> int:
    screen.say(str(app.models.resolve(options.name)))
    return 0


def _used(app: App) -> list[str]:
    """The models that the settings name and that can be pulled."""
    settings = app.settings
    named = [settings.reranker.model]
    if not settings.embedder.url:
        named.insert(0, settings.embedder.model)
    if not settings.engine.url:
        named.insert(0, settings.engine.model)
    return [name for name in named if name in catalogue() or HUB_ID.fullmatch(name)]


def doctor(app: App, options: argparse.Namespace) -> int:
    """Check everything and show every setting; the exit code is that of the worst finding."""
    from assistant.cli.doctor import findings

    screen.say("settings")
    for key in keys():
        origin = app.settings.origins.get(key, "default")
        screen.say(f"  {key:24} {value_of(app.settings, key)!s:44} {origin}")
    worst = 0
    screen.say("checks")
    for finding in findings(app):
        screen.say(f"  {'ok ' if finding.code == 0 else 'BAD'}  {finding.text}")
        worst = max(worst, finding.code)
    if options.bench:
        from assistant.cli.bench import lines

        screen.say("speed")
        for line in lines(app, catalogue().values(), options.first_word):
            screen.say(f"  {line}")
    return worst
