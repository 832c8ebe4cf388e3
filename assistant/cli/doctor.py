"""What `assistant doctor` finds out: models, index, disk, versions."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from assistant.container import App
from assistant.models.store import catalogue
from index.core.errors import UserError
from index.storage.manifest import Manifest

PARTS = (
    "chromadb",
    "gradio",
    "llama-index-core",
    "onnxruntime",
    "sentence-transformers",
    "torch",
    "xllamacpp",
)
ENOUGH_MB = 500  # free disk below which an ingest may fail


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked; `code` is 0 or the exit code of what is wrong."""

    code: int
    text: str


def findings(app: App) -> Iterator[Finding]:
    """Check one thing after the other."""
    settings = app.settings
    for name in (settings.engine.model, settings.embedder.model, settings.reranker.model):
        served = {
            settings.engine.model: settings.engine.url,
            settings.embedder.model: settings.embedder.url,
        }.get(name)
        if served:
            yield Finding(0, f"model {name} is served by {served} (not asked)")
        else:
            yield _model(app, name)
    yield _index(app)
    yield _disk("index", settings.data)
    yield _disk("models", settings.cache)
    yield _versions()


def _model(app: App, name: str) -> Finding:
    try:
        path = app.models.resolve(
            name, app.settings.engine.sha256 or None, app.settings.engine.trust
        )
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
        library = ArticleStore(generation.library)
        state = library.check()
        library.close()
    except UserError as problem:
        return Finding(problem.exit_code, f"index: {problem}")
    if warning or state != "ok":
        return Finding(5, f"index: {warning or state}")
    built = generation.manifest
    if _of_another_embedder(app, built):
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


def _of_another_embedder(app: App, built: Manifest) -> bool:
    try:
        return built.identity != app.embedder.identity
    except UserError:  # a finding of its own
        return False


def _disk(what: str, folder: Path) -> Finding:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free // 1_000_000
    return Finding(6 if free < ENOUGH_MB else 0, f"disk of the {what}: {free} MB free at {there}")


def _versions() -> Finding:
    found = []
    missing = []
    for name in PARTS:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    python = ".".join(str(part) for part in sys.version_info[:3])
    if missing:
        cure = "Run 'pip install -c constraints.txt .'."
        return Finding(1, f"not installed: {', '.join(missing)}. {cure}")
    return Finding(0, f"Python {python}, {', '.join(found)}")
