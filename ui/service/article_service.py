"""The articles of the index as people see and change them: listed, read, uploaded, removed.

Changes are made one after the other (`ui.service.index_jobs`); one during an ingest in another
process raises `BusyError`.
"""

from __future__ import annotations

import hashlib
import math
import shutil
from collections.abc import Callable, Hashable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from assistant.container import App
from index.core.articles import Article, Skip
from index.core.disk import disk_errors, write_atomic
from index.core.errors import DamagedError, NothingIndexedError, UsageError
from index.ingest.files import name_of
from index.ingest.report import Report
from index.ingest.scanner import ProgressCallback
from index.storage.article_store import ArticleStore, DuplicateInfo, Listed
from index.storage.manifest import Generation, State
from ui.service.index_jobs import IndexJobs
from ui.service.upload_limits import MAX_FILE_BYTES, MAX_FILES

T = TypeVar("T")
Sort = Literal["published", "title", "source", "passages"]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list of articles; `number` is 1-based, `total` counts the matching ones."""

    rows: tuple[Listed, ...]
    total: int
    number: int
    pages: int


@dataclass(frozen=True, slots=True)
class TakenFile:
    """An uploaded file by the name it had: the articles found in it, and what was left out."""

    name: str
    articles: tuple[Listed, ...]
    skips: tuple[Skip, ...]


@dataclass(frozen=True, slots=True)
class Upload:
    """What became of an upload: of the index, and of each file."""

    report: Report
    files: tuple[TakenFile, ...]


class ArticleService:
    """The articles of an app's index. Safe to use from several threads.

    `changed` is called after each change of the index.
    """

    def __init__(
        self, app: App, *, upload: bool = True, changed: Callable[[], None] = lambda: None
    ) -> None:
        self._app = app
        self._changed = changed
        self.upload_allowed = upload
        self._jobs = IndexJobs()
        self._list: tuple[str, tuple[Listed, ...]] = ("", ())
        self._removal: tuple[str, str, tuple[Path, ...]] = ("", "", ())  # see `_remove`

    def page(
        self,
        number: int = 1,
        *,
        size: int = 50,
        sort: Sort = "published",
        descending: bool = True,
        text: str = "",
    ) -> Page:
        """One page of the articles whose title, source or text holds `text`, without their texts.

        Unknown dates come last either way. A page beyond the last is the last.
        """
        rows = self._matching(text.strip().casefold())
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
            QueueFull: if too many changes are waiting.
            Closing: if the server ends before it is done.
            UserError: as `index.ingest.pipeline.Ingest.run`.
        """
        return self._change(
            ("ingest", *paths), lambda report: self._app.ingest(report).run(paths), progress
        )

    def upload(self, files: Sequence[tuple[str, Path]], progress: ProgressCallback) -> Upload:
        """Keep files, each with the name it had, in the data folder, and ingest them.

        A file that holds no article is not kept.

        Raises:
            UsageError: if uploads are off, or for too many files or one that is too large.
            UserError: as `ingest`; nothing is kept then.
        """
        if not self.upload_allowed:
            raise UsageError("Uploading is off (ui.upload).")
        if len(files) > MAX_FILES:
            raise UsageError(f"{len(files)} files are too many at once; the limit is {MAX_FILES}.")
        for name, path in files:
            if path.stat().st_size > MAX_FILE_BYTES:
                raise UsageError(f"{name} is larger than {MAX_FILE_BYTES // 1_000_000} MB.")
        kept = [self._kept_path(name, path) for name, path in files]
        unwanted = {path for path in kept if not path.exists()}  # unless it is indexed
        try:
            with disk_errors(self.uploads):
                for path, (_, sent) in zip(kept, files, strict=True):
                    write_atomic(path, sent.read_bytes())
            report = self.ingest(list(dict.fromkeys(kept)), progress)
            names = [name for name, _ in files]
            taken = [self._taken(*one, report) for one in zip(names, kept, strict=True)]
            unwanted = {path for path, one in zip(kept, taken, strict=True) if not one.articles}
        finally:
            for path in unwanted:
                _remove_kept(path, self.uploads)
        return Upload(report, tuple(taken))

    @property
    def uploads(self) -> Path:
        """The folder that keeps uploaded files, each in a folder of its content's digest."""
        return self._app.settings.data / "uploads"

    def remove(self, *article_ids: str) -> list[Article]:
        """Take articles out of the index, and their files out of the uploads if they are there.

        Raises:
            UserError: if there is none or more than one of an id; busy; disk full.
        """
        return self._change(
            ("remove", *article_ids), lambda report: self._remove(article_ids, report), _nobody
        )

    def _remove(self, article_ids: Sequence[str], progress: ProgressCallback) -> list[Article]:
        before = self._app.store.current_name() or ""
        gone = self._app.ingest(progress).remove(*article_ids)
        uploads = self.uploads.resolve()
        files = [Path(article.path) for article in gone]
        files = [file for file in files if file.is_relative_to(uploads) and file.is_file()]
        # generation before, generation after, the uploaded files
        self._removal = (before, self._app.store.current_name() or "", tuple(files))
        shutil.rmtree(self._removed, ignore_errors=True)  # of the removal before
        for file in files:
            kept = self._removed / file.relative_to(uploads)
            kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.rename(kept)
            _remove_kept(file, uploads)
        return gone

    @property
    def last_removal(self) -> str:
        """The generation that the last removal published; "" if there was none."""
        return self._removal[1]

    def undo(self, removal: str) -> None:
        """Take back the last removal, by the generation it published, with its uploaded files.

        Raises:
            UserError: the index has changed since; busy.
        """
        self._change(("undo", removal), lambda report: self._undo(removal), _nobody)

    def _undo(self, removal: str) -> None:
        before, after, files = self._removal
        if removal != after or not after:
            raise UsageError("The index has changed since; nothing was undone.")
        self._app.store.use(before, instead_of=after)
        for file in files:
            kept = self._removed / file.relative_to(self.uploads.resolve())
            if kept.is_file() and not file.exists():
                file.parent.mkdir(parents=True, exist_ok=True)
                kept.rename(file)

    @property
    def _removed(self) -> Path:
        """The folder of the uploaded files that were removed last, as they lay in `uploads`."""
        return self._app.settings.data / "removed"

    def rebuild(self, progress: ProgressCallback) -> Report:
        """Make the index anew from its articles, re-using known vectors.

        Raises:
            UserError: busy, disk full; QueueFull and Closing as `ingest`.
        """
        return self._change(
            "rebuild", lambda report: self._app.ingest(report).run([], rebuild=True), progress
        )

    def generations(self) -> list[State]:
        """Every generation, oldest first, and whether it is whole; reads every byte of them."""
        return self._app.store.states()

    def use(self, name: str) -> Generation:
        """Publish another generation.

        Raises:
            UserError: if there is none of that name, it is damaged, or an ingest is running.
        """
        return self._change(("use", name), lambda report: self._app.store.use(name), _nobody)

    def stop(self) -> None:
        """Make no more changes; the running one ends at its next step. Returns at once."""
        self._jobs.stop()

    def close(self) -> None:
        """Stop, and wait for the running change to end."""
        self._jobs.close()

    def _change(
        self, key: Hashable, work: Callable[[ProgressCallback], T], progress: ProgressCallback
    ) -> T:
        result = self._jobs.run(key, work, progress)
        self._changed()
        return result

    def _kept_path(self, name: str, sent: Path) -> Path:
        """Where an uploaded file is kept: what differs in content or name never meets."""
        with sent.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return self.uploads / digest[:32] / file_name(name)

    def _taken(self, name: str, kept: Path, report: Report) -> TakenFile:
        path = name_of(kept.resolve())
        found = tuple(row for row in self._listed() if row.article.path.partition("#")[0] == path)
        skips = tuple(skip for skip in report.skips if skip.path.partition("#")[0] == path)
        return TakenFile(name, found, skips)

    def _matching(self, searched: str) -> list[Listed]:
        """The articles whose title, source or text holds what is `searched`, casefolded."""
        rows = self._listed()
        if not searched or not rows:
            return list(rows)
        with closing(self._open()) as articles:
            in_text = articles.ids_with(searched)
        return [
            row
            for row in rows
            if row.article.id in in_text
            or searched in f"{row.article.title}\n{row.article.source}".casefold()
        ]

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
    short = (stem or "article") if dot else (suffix or "article")
    short = short[:80].encode()[:200].decode("utf-8", "ignore")
    return f"{short}{dot}{suffix[:10]}" if dot else short


def _remove_kept(path: Path, uploads: Path) -> None:
    """Delete an uploaded file, and its folder if nothing else is in it."""
    path.unlink(missing_ok=True)
    if path.parent != uploads:
        with suppress(OSError):
            path.parent.rmdir()


def _nobody(what: str, done: int, total: int) -> None:
    """Progress that is shown to nobody."""


_KEYS: dict[Sort, Callable[[Listed], tuple[object, ...]]] = {
    "published": lambda row: (str(row.article.published or ""), row.article.title.casefold()),
    "title": lambda row: (row.article.title.casefold(),),
    "source": lambda row: (row.article.source.casefold(), row.article.title.casefold()),
    "passages": lambda row: (row.passages,),
}
