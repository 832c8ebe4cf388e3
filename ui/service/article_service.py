"""The articles of the index as people see and change them: listed, read, uploaded, removed.

Changes are made one after the other; one during an ingest in another process raises `BusyError`.
"""

from __future__ import annotations

import math
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assistant.container import App
from index.core.articles import Article
from index.core.errors import DamagedError, NothingIndexedError, UsageError
from index.ingest.report import Report
from index.ingest.scanner import ProgressCallback
from index.storage.article_store import ArticleStore, DuplicateInfo, Listed
from index.storage.manifest import Generation, State
from ui.service.upload_limits import MAX_FILE_BYTES, MAX_FILES

Sort = Literal["published", "title", "source", "passages"]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list of articles; `number` is 1-based, `total` counts the matching ones."""

    rows: tuple[Listed, ...]
    total: int
    number: int
    pages: int


class ArticleService:
    """The articles of an app's index. Safe to use from several threads."""

    def __init__(self, app: App, *, upload: bool = True) -> None:
        self._app = app
        self.upload_allowed = upload
        self._writer = threading.Lock()
        self._list: tuple[str, tuple[Listed, ...]] = ("", ())

    def page(
        self,
        number: int = 1,
        *,
        size: int = 50,
        sort: Sort = "published",
        descending: bool = True,
        text: str = "",
    ) -> Page:
        """One page of the articles whose title or source holds `text`; the text is left out.

        Unknown dates come last either way. A page beyond the last is the last.
        """
        searched = text.casefold()
        rows = [
            row
            for row in self._listed()
            if searched in f"{row.article.title}\n{row.article.source}".casefold()
        ]
        rows.sort(key=_KEYS[sort], reverse=descending)
        if sort == "published":
            rows.sort(key=lambda row: row.article.published is None)
        pages = max(1, math.ceil(len(rows) / size))
        number = min(max(1, number), pages)
        shown = rows[(number - 1) * size : number * size]
        return Page(tuple(shown), len(rows), number, pages)

    def get(self, article_id: str) -> Article | None:
        """One article with its text, by its id or an unambiguous beginning of it."""
        with closing(self._open()) as articles:
            return articles.article(article_id)

    def duplicates(self, article_id: str) -> DuplicateInfo:
        """The copies and versions of an article; `article_id` is a whole id."""
        with closing(self._open()) as articles:
            return articles.duplicate_info(article_id)

    def ingest(self, paths: Sequence[Path], progress: ProgressCallback) -> Report:
        """Bring files and folders into the index.

        Raises:
            UserError: as `index.ingest.pipeline.Ingest.run`.
        """
        with self._writer:
            return self._app.ingest(progress).run(paths)

    def upload(self, files: Mapping[str, Path], progress: ProgressCallback) -> Report:
        """Keep uploaded files, by the names they had, in the data folder, and ingest them.

        Raises:
            UsageError: if uploads are off, or for too many files or one that is too large.
            UserError: as `ingest`.
        """
        if not self.upload_allowed:
            raise UsageError("Uploading is off (ui.upload).")
        if len(files) > MAX_FILES:
            raise UsageError(f"{len(files)} files are too many at once; the limit is {MAX_FILES}.")
        for name, path in files.items():
            if path.stat().st_size > MAX_FILE_BYTES:
                raise UsageError(f"{name} is larger than {MAX_FILE_BYTES // 1_000_000} MB.")
        self.uploads.mkdir(parents=True, exist_ok=True)
        kept = []
        for name, path in files.items():
            kept.append(self.uploads / file_name(name))
            shutil.copyfile(path, kept[-1])
        return self.ingest(kept, progress)

    @property
    def uploads(self) -> Path:
        """The folder that keeps uploaded files."""
        return self._app.settings.data / "uploads"

    def remove(self, article_id: str) -> Article:
        """Take one article out of the index, and delete its file if it was uploaded.

        Raises:
            UserError: if there is none or more than one of that id; busy; disk full.
        """
        with self._writer:
            gone = self._app.ingest(lambda what, done, total: None).remove(article_id)
        file = Path(gone.path)
        if file.is_relative_to(self.uploads.resolve()):
            file.unlink(missing_ok=True)
        return gone

    def rebuild(self, progress: ProgressCallback) -> Report:
        """Make the index anew from its articles, re-using known vectors.

        Raises:
            UserError: busy, disk full.
        """
        with self._writer:
            return self._app.ingest(progress).run([], rebuild=True)

    def generations(self) -> list[State]:
        """Every generation, oldest first, and whether it is whole; reads every byte of them."""
        return self._app.store.states()

    def use(self, name: str) -> Generation:
        """Publish another generation.

        Raises:
            UserError: if there is none of that name, it is damaged, or an ingest is running.
        """
        with self._writer:
            return self._app.store.use(name)

    def _listed(self) -> tuple[Listed, ...]:
        name = self._app.store.current_name() or ""
        if not name:
            return ()
        if self._list[0] != name:
            with closing(self._open()) as articles:
                self._list = (name, tuple(articles.listed()))
        return self._list[1]

    def _open(self) -> ArticleStore:
        """The articles of the published generation; the caller closes it.

        Raises:
            NothingIndexedError: before the first ingest.
            DamagedError: it is damaged.
        """
        while True:
            name = self._app.store.current_name()
            if not name:
                raise NothingIndexedError
            try:
                return ArticleStore(self._app.store.root / name / "library.sqlite")
            except DamagedError:
                if self._app.store.current_name() == name:  # else it was replaced meanwhile
                    raise


def file_name(name: str) -> str:
    """A name that stays in its folder and that any disk can hold."""
    bare = "".join(c if c.isalnum() or c in "-_. " else "_" for c in Path(name).name)
    stem, dot, suffix = bare.lstrip(". ").rpartition(".")
    return f"{(stem or 'article')[:80]}{dot}{suffix[:10]}" if dot else (suffix or "article")[:80]


_KEYS: dict[Sort, Callable[[Listed], tuple[object, ...]]] = {
    "published": lambda row: (str(row.article.published or ""), row.article.title.casefold()),
    "title": lambda row: (row.article.title.casefold(),),
    "source": lambda row: (row.article.source.casefold(), row.article.title.casefold()),
    "passages": lambda row: (row.passages,),
}
