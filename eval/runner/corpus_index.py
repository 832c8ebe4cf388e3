"""The indexed articles of a set: each set has a data folder of its own, kept up to date."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.container import App
from assistant.core import console
from assistant.core.settings import Settings
from eval.data.cases import CaseSet, article_name
from index.core.articles import fingerprint
from index.core.errors import UserError
from index.storage.article_store import ArticleStore


@dataclass(frozen=True, slots=True)
class IndexedSet:
    """A set whose articles are indexed: the app that searches them, and their names by id."""

    set: CaseSet
    app: App
    library: ArticleStore
    key: str
    names: dict[str, str]
    open: ExitStack  # closes what was opened for it


@contextmanager
def indexed_set(
    chosen: CaseSet, work: Path, settings: Settings, app_of: Callable[[Settings], App]
) -> Iterator[IndexedSet]:
    """Bring the set's own data folder up to date; embeddings are shared by all sets."""
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
        names = {article.id: article_name(article.path) for article in articles}
        unknown = {a for case in chosen.cases for a in case.articles} - set(names.values())
        if unknown:
            some = console.line(", ".join(sorted(unknown)[:3]))
            console.note(
                f"{len(unknown)} articles of the evidence are not in the set, such as {some}."
            )
        yield IndexedSet(chosen, app, library, key, names, stack)


def _ingest(app: App, chosen: CaseSet, embeddings: Path) -> None:
    from index.ingest.pipeline import Ingest

    with console.Bars() as bars:
        ingest = Ingest(app.store, embeddings, app.embedder, bars.step, vectors=app.vectors)
        report = ingest.run([chosen.articles], prune=True)
    if report.skips:
        first = report.skips[0]
        about = console.line(f"{first.path}: {first.reason}")
        console.note(f"{len(report.skips)} skipped, such as {about}")
