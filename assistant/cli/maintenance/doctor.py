"""`assistant doctor`: checks models, index, disk and versions, and shows every setting."""

from __future__ import annotations

import argparse
import math
import shutil
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from assistant.cli.maintenance.settings_commands import show
from assistant.cli.options import Commands, number
from assistant.core import console
from assistant.core.console import line
from assistant.core.sanitize import for_terminal
from assistant.models.catalogue import PARSER
from index.core.addresses import without_secrets
from index.core.disk import existing_part
from index.core.errors import UserError

if TYPE_CHECKING:
    from assistant.container import App

PACKAGES = (
    *("chromadb", "gradio", "llama-index-core", "onnxruntime", "sentence-transformers", "torch"),
    "xllamacpp",
)
SHARE_OF_MEMORY = 0.8  # that one model may take: the rest is for the others and for everybody else
ENOUGH_MB = 500  # free disk below which an ingest may fail


class Finding(NamedTuple):
    """The result of one check; `code` is 0 or the exit code of what is wrong."""

    code: int
    text: str


def add(commands: Commands) -> None:
    """Add the command and its options."""
    text = "Check models, index, disk and versions; show every setting."
    command = commands.add("doctor", text, doctor)
    command.add_argument(
        "--bench", action="store_true", help="also measure this machine (ten seconds), and advise"
    )
    command.add_argument(
        "--first-word",
        metavar="SECONDS",
        type=number("number of seconds", lambda value: 0 < value < math.inf),
        default=8.0,
        help="with --bench: how soon the first word is wanted (8)",
    )


def doctor(app: App, options: argparse.Namespace) -> int:
    """Print settings and checks; returns the exit code of the worst finding."""
    console.say("settings")
    show(app, options)
    worst = 0
    console.say("checks")
    for finding in findings(app):
        console.say(f"  {'BAD' if finding.code else 'ok '}  {line(finding.text)}")
        worst = max(worst, finding.code)
    if options.bench:
        from assistant.cli.maintenance.bench import report

        console.say("speed")
        for row in report(app, options.first_word):
            console.say(f"  {for_terminal(row)}")
    return worst


def findings(app: App) -> Iterator[Finding]:
    """Run one check after the other."""
    settings = app.settings
    for name, url in (
        (settings.engine.model, settings.engine.url),
        (settings.embedder.model, settings.embedder.url),
        (settings.reranker.model, ""),
    ):
        if url:
            yield Finding(0, f"model {name} is served by {without_secrets(url)} (not asked)")
        else:
            yield _model(app, name)
    parser = _model(app, PARSER)
    without = " Without it no answer is checked by grammar." if parser.code else ""
    yield parser._replace(text=parser.text + without)
    yield _index(app)
    for what, folder in (("index", settings.data), ("models", settings.cache)):
        existing = existing_part(folder)
        free = shutil.disk_usage(existing).free // 1_000_000
        text = f"disk of the {what}: {free} MB free at {existing}"
        yield Finding(6 if free < ENOUGH_MB else 0, text)
    yield _fitting()
    yield _versions()


def _fitting() -> Finding:
    """Which models of the catalogue the memory has room for."""
    from assistant.llm.cache_budget import memory_mib
    from assistant.models.catalogue import catalogue

    memory = memory_mib()
    if memory is None:
        return Finding(0, "memory: not known here, so not which models fit")
    told: dict[bool, list[str]] = {True: [], False: []}
    for model in catalogue().values():
        if model.answers and model.kind != "parser":
            needed = model.memory / 1e9
            fits = needed * 1e9 <= memory * 2**20 * SHARE_OF_MEMORY
            told[fits].append(f"{model.name} ({needed:.1f} GB)")
    too_large = f"; too large: {', '.join(told[False])}" if told[False] else ""
    return Finding(
        0, f"memory: {memory * 2**20 / 1e9:.1f} GB, fits {', '.join(told[True])}{too_large}"
    )


def _model(app: App, name: str) -> Finding:
    from assistant.models.catalogue import catalogue

    engine = app.settings.engine
    try:
        path = app.models.resolve(name, engine.sha256 or None, engine.trust)
    except UserError as problem:
        return Finding(problem.exit_code, str(problem))
    known = catalogue().get(name)
    return Finding(0, f"model {name}: {path} ({known.licence if known else 'your own'})")


def _index(app: App) -> Finding:
    from index.storage.article_store import ArticleStore

    try:
        generation, warning = app.store.open()
        if generation is None:
            return Finding(1, "index: empty. Run 'assistant ingest FOLDER'.")
        with closing(ArticleStore(generation.library)) as library:
            state = library.check()
    except UserError as problem:
        return Finding(problem.exit_code, f"index: {problem}")
    if warning or state != "ok":
        return Finding(5, f"index: {warning or state}")
    built = generation.manifest
    try:
        other = built.identity != app.embedder.identity
    except UserError:  # a missing model is a finding of its own
        other = False
    if other:
        return Finding(
            1,
            f"index: built with {built.embedder}; the settings name {app.embedder.name}. "
            "Run 'assistant index rebuild', or set embedder back.",
        )
    return Finding(
        0,
        f"index {generation.name}: {built.articles} articles, {built.passages} passages, "
        f"{built.embedder}, of {built.created}; every checksum right",
    )


def _versions() -> Finding:
    from importlib.metadata import PackageNotFoundError, version

    found, missing = [], []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        cure = "Run 'pip install --no-deps --require-hashes -r requirements/base.txt'."
        return Finding(1, f"not installed: {', '.join(missing)}. {cure}")
    return Finding(0, f"Python {sys.version.split()[0]}, {', '.join(found)}")
