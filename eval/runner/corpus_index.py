"""The articles of a set, indexed: each set has a data folder of its own, brought up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.container import App
from assistant.core import console as screen
from assistant.core.settings import Settings
from eval.data.cases import CaseSet
from index.core.articles import fingerprint
from index.core.errors import UserError


@dataclass(frozen=True, slots=True)
class Indexed:
    """A set whose articles are indexed: the app that searches them, and their names by id."""

    set: CaseSet
    app: App
    key: str
    names: dict[str, str]
    open: ExitStack  # what is closed with it


@contextmanager
def indexed(
    chosen: CaseSet, work: Path, settings: Settings, app_of: Callable[[Settings], App]
) -> Iterator[Indexed]:
    """The set's own data folder, brought up to date; vectors are kept by text for all sets."""
    key = fingerprint(str(chosen.articles), chosen.digest())
    data = work / "sets" / f"{chosen.name}-{key[:12]}"
    with ExitStack() as stack:
        app = app_of(replace(settings, data=data))
        stack.callback(app.close)
        _ingest(app, chosen, work / "embeddings.sqlite")
        library = app.search.library
        if library is None:
            raise UserError(f"Nothing in {chosen.articles} could be indexed.")
        articles = [listed.article for listed in library.listed()]
        names = {article.id: chosen.name_of(article.path) for article in articles}
        _tell_unknown(chosen, set(names.values()))
        yield Indexed(chosen, app, key, names, stack)


def _ingest(app: App, chosen: CaseSet, vectors: Path) -> None:
    from index.ingest.pipeline import Ingest

    with screen.Bars() as bars:
        report = Ingest(app.store, vectors, app.embedder, bars.step, vectors=app.vectors).run(
            [chosen.articles], prune=True
        )
    if report.skips:
        first = report.skips[0]
        about = screen.line(f"{first.path}: {first.reason}")
        screen.note(f"{len(report.skips)} skipped, such as {about}")


def _tell_unknown(chosen: CaseSet, names: set[str]) -> None:
    unknown = sorted({a for case in chosen.cases for a in case.articles} - names)
    if unknown:
        some = screen.line(", ".join(unknown[:3]))
        screen.note(f"{len(unknown)} articles of the evidence are not in the set, such as {some}.")
