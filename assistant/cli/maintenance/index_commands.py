"""The commands about the index: `ingest`, `index list|use|verify|rebuild|export`, `articles …`."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.cli import follow, printing
from assistant.cli.options import Commands, as_json
from assistant.core import console
from assistant.core.console import line
from index.core.errors import (
    NOTHING_INDEXED,
    BusyError,
    NoSpaceError,
    NothingIndexedError,
    UsageError,
    UserError,
)

if TYPE_CHECKING:
    from assistant.container import App
    from index.ingest.pipeline import Ingest
    from index.ingest.report import Report
    from index.storage.article_store import ArticleStore

SKIPPED = 3  # exit code


def add(commands: Commands) -> None:
    """Add the commands and their options."""
    ingest = commands.add("ingest", "Bring files and folders of articles into the index.", _ingest)
    ingest.add_argument("paths", nargs="*", metavar="PATH", type=Path, help="file or folder")
    ingest.add_argument("--prune", action="store_true", help="remove articles whose file is gone")
    text = "with --prune: also from an empty folder, and more than a fifth of the index"
    ingest.add_argument("--force", action="store_true", help=text)
    mode = ingest.add_mutually_exclusive_group()
    mode.add_argument(
        "--dry-run", action="store_true", help="report what would be done; write nothing"
    )
    mode.add_argument("--watch", action="store_true", help="then ingest every change until Ctrl-C")
    mode.add_argument(
        "--cluster", metavar="ADDRESS", help="by a Ray cluster (or: local); needs vectors.url"
    )
    as_json(ingest, "print the report as JSON")

    text = "List the generations of the index, go back, check or rebuild it."
    index = commands.add("index", text, _list)
    index.set_defaults(json=False)
    actions = Commands(index, "ACTION")
    as_json(actions.add("list", "all generations, oldest first", _list), "print a JSON list")
    use = actions.add("use", "go back to an older one, or forward", _use)
    use.add_argument("name", metavar="NAME", help="such as g000016")
    verify = actions.add("verify", "read every byte and search for known passages", _verify)
    verify.add_argument("names", nargs="*", metavar="NAME", help="default: the one in use")
    text = "build it anew from its articles, re-using known vectors"
    as_json(actions.add("rebuild", text, _rebuild), "print the report as JSON")
    export = actions.add("export", "write it as a Chroma folder for other programs", _export)
    export.add_argument("folder", metavar="FOLDER", type=Path, help="a new folder")

    articles = commands.add("articles", "List, show or remove indexed articles.", _articles)
    articles.set_defaults(json=False)
    actions = Commands(articles, "ACTION")
    as_json(actions.add("list", "all articles, newest first", _articles), "print a JSON list")
    for name, text, run in (
        ("show", "print one article", _show),
        ("remove", "take one out of the index", _remove),
    ):
        actions.add(name, text, run).add_argument("id", help="its id, or how it begins")


# ── ingest ────────────────────────────────────────────────────────────────────────────────────


def _ingest(app: App, options: argparse.Namespace) -> int:
    paths, prune = options.paths, {"prune": options.prune, "force": options.force}
    if not paths:
        raise UsageError("Give a file or a folder: assistant ingest PATH.")
    work = None
    with console.Bars() as bars, _note_publication_on_interrupt(app):
        if options.cluster:
            report = app.cluster_ingest(options.cluster, paths, bars.step, **prune)
        else:
            work = app.ingest(bars.step)
            report = (work.dry_run if options.dry_run else work.run)(paths, **prune)
    printing.show_report(report, as_json=options.json, dry_run=options.dry_run)
    if not (report.files or report.skips or report.removed):
        from index.readers.file import SUFFIXES

        console.note(f"assistant: no articles are there. Files of these are: {', '.join(SUFFIXES)}")
    if not options.dry_run:
        _tell_followed(app, options)
    if options.watch and work:
        _watch(app, work, report, options)
    return SKIPPED if report.skips or report.unpruned else 0


def _tell_followed(app: App, options: argparse.Namespace) -> None:
    """Print what is new about the standing questions; with --json the next `follow run` does."""
    try:
        if options.json:
            follow.look(app)
            return
        followed, updates = follow.run(app)
    except UserError as problem:
        console.note(f"assistant: {problem}")
        return
    if updates:
        console.say("New about what you follow:")
        follow.report(updates, followed)


@contextmanager
def _note_publication_on_interrupt(app: App) -> Iterator[None]:
    """On Ctrl-C, say whether the index was changed."""
    before = app.store.current_name()
    try:
        yield
    except KeyboardInterrupt:
        now = app.store.current_name()
        if now == before:
            console.note("assistant: the index is unchanged; the next ingest takes it up again.")
        else:
            console.note(f"assistant: it was done already: {now} is published.")
        raise


def _watch(app: App, work: Ingest, last: Report, options: argparse.Namespace) -> None:
    """Ingest again after every change, until the program is stopped."""
    from index.ingest.watch import changes

    console.note("Watching. Ctrl-C ends it.")
    for _ in changes(options.paths, app.settings.data):
        with _note_publication_on_interrupt(app):
            report = _ingest_when_free(work, options)
        if report is None:
            continue
        if report.published or (report.skips, report.missing) != (last.skips, last.missing):
            if options.json:
                console.say(json.dumps(asdict(report)))
            else:
                printing.show_change(report, last)
            _tell_followed(app, options)
            last = report


def _ingest_when_free(work: Ingest, options: argparse.Namespace) -> Report | None:
    """Ingest the paths that exist, after another ingest has ended; None if it cannot be done."""
    noted = False
    while True:
        # a folder that is gone may be on a disk that is not mounted: its articles stay
        existing = [path for path in options.paths if path.exists()]
        try:
            if not existing:
                return None
            return work.run(existing, prune=options.prune, force=options.force)
        except BusyError as problem:
            if not noted:
                console.note(f"assistant: {problem}")
            noted = True
            time.sleep(1)
        except (NoSpaceError, UsageError) as problem:
            console.note(f"assistant: {problem}")
            return None


# ── index ─────────────────────────────────────────────────────────────────────────────────────


def _list(app: App, options: argparse.Namespace) -> int:
    states = app.store.states()
    if options.json:
        rows = [asdict(state) for state in states]
        for row in rows:
            row["trouble"] = row.pop("problem")  # a published key
        console.say(json.dumps(rows, indent=1))
        return 0
    if not states:
        console.note(NOTHING_INDEXED)
    for state in states:
        printing.show_state(state)
    return 0


def _use(app: App, options: argparse.Namespace) -> int:
    before = app.store.current_name()
    built = app.store.use(options.name).manifest
    console.say(
        f"{options.name} is in use now, with {built.articles} articles of {built.created}"
        f"{f'; {before} before' if before and before != options.name else ''}. "
        "The next ingest starts from it."
    )
    return 0


def _verify(app: App, options: argparse.Namespace) -> int:
    from index.ingest.integrity import check

    current = app.store.current_name()
    if current is None:
        raise NothingIndexedError

    def content(name: str) -> str:
        built = check(app.store, name, app.vectors).manifest
        return f", {built.articles} articles in {built.passages} passages"

    return printing.show_whole(options.names or [current], content)


def _rebuild(app: App, options: argparse.Namespace) -> int:
    with console.Bars() as bars, _note_publication_on_interrupt(app):
        report = app.ingest(bars.step).run([], rebuild=True)
    printing.show_report(report, as_json=options.json)
    return 0


def _export(app: App, options: argparse.Namespace) -> int:
    from index.storage.article_store import ArticleStore
    from index.storage.chroma_export import COLLECTION, export

    generation, warning = app.store.open()
    if warning:
        console.note(warning)
    if generation is None:
        raise NothingIndexedError
    with (
        closing(ArticleStore(generation.library)) as library,
        app.vectors.reader(generation, library) as vectors,
    ):
        written = export(library, vectors, options.folder)
    console.say(f"{written} passages are in the collection {COLLECTION!r} of {options.folder}.")
    return 0


# ── articles ──────────────────────────────────────────────────────────────────────────────────


def _articles(app: App, options: argparse.Namespace) -> int:
    with _library(app) as library:
        printing.show_articles(library, as_json=options.json)
    return 0


def _show(app: App, options: argparse.Namespace) -> int:
    with _library(app) as library:
        printing.show_article(library, options.id)
    return 0


@contextmanager
def _library(app: App) -> Iterator[ArticleStore]:
    """The published articles.

    Raises:
        NothingIndexedError: there are none.
    """
    from index.storage.article_store import ArticleStore

    generation, warning = app.store.open()
    if warning:
        console.note(warning)
    if generation is None:
        raise NothingIndexedError
    with closing(ArticleStore(generation.library)) as library:
        yield library


def _remove(app: App, options: argparse.Namespace) -> int:
    work, before = app.ingest(lambda what, done, total: None), app.store.current_name()
    [removed] = work.remove(options.id)
    if work.given_up:
        console.note(f"The disk is full: {', '.join(work.given_up)} made room and are gone.")
    console.say(
        f"Removed {line(removed.title)} from the index. "
        f"Its file {line(removed.path)} is untouched and not taken again until it changes; "
        f"'assistant index use {before}' undoes it; so does ingesting the file itself."
    )
    return 0
