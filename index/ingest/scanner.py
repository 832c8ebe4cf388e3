"""Finds the files that changed and has them read; applies the result to a draft of the index."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from index.core.articles import Article, Skip
from index.core.records import Limits, Unreadable
from index.ingest.checkpoint import Checkpoint
from index.ingest.extraction import Extracted, require_size
from index.ingest.files import contents, existing, name_of, walk
from index.ingest.pruning import doubt, gone_files
from index.storage.article_store import UNSETTLED, ArticleStore, FileRecord
from index.storage.article_writer import ArticleWriter
from index.storage.manifest import Generation

# size and times of a file older than this tell whether it was written again; a later write within
# one tick of the clock may leave them as they are
SETTLED_NS = 2_000_000_000


class Extracts(Protocol):
    """Finds the articles of a file."""

    def extract(self, data: bytes, path: str) -> Extracted:
        """What one file holds."""


ProgressCallback = Callable[[str, int, int], None]
"""Called with what is being done, how many of it are done, of how many."""


@dataclass(slots=True)
class Plan:
    """What an ingest has to do; files by path.

    `changed` are files that are new or were read again, `unchanged` counts the others, `touched`
    are those of them whose times are other ones. `gone` are indexed files that are no longer there,
    `doubt` says why they should not be pruned, `dropped` are those to be removed from the index,
    `removed_articles` are ids of articles to be removed.
    """

    changed: dict[str, tuple[FileRecord, Extracted]] = field(default_factory=dict)
    unchanged: int = 0
    touched: list[FileRecord] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    doubt: str = ""
    skips: list[Skip] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    removed_articles: tuple[str, ...] = ()


class Scanner:
    """Compares files with the index and reads those that changed.

    Args:
        extractor: Makes what finds the articles of a file.
        limits: Of a file.
        ignored: Folders that are not read: the tool's own.
        progress: Called for every file.
        checkpoint: What an interrupted ingest had read.
        extracted: Called with the articles of each changed file as soon as they are read; gives
            those that are taken.
    """

    def __init__(
        self,
        extractor: Callable[[], AbstractContextManager[Extracts]],
        limits: Limits,
        ignored: Sequence[Path],
        progress: ProgressCallback,
        checkpoint: Checkpoint | None = None,
        extracted: Callable[[Extracted], Extracted] = lambda found: found,
    ) -> None:
        self._extractor = extractor
        self._limits = limits
        self._ignored = ignored
        self._progress = progress
        self._checkpoint = checkpoint
        self._extracted = extracted

    def scan(
        self, paths: Sequence[Path], library: ArticleStore | None, *, same_reader: bool
    ) -> Plan:
        """Scan the files at or below `paths`.

        Args:
            paths: Files and folders.
            library: Of the published generation; None before the first.
            same_reader: False if its files were read by another version: then all are read again.

        Raises:
            UsageError: for a path that does not exist.
        """
        plan = Plan()
        roots = [existing(path) for path in paths]
        files: dict[str, Path] = {}
        for path in walk(roots, plan.skips, self._ignored):
            files[name_of(path)] = path
            self._progress("looking for files", len(files), 0)
        indexed = library.files() if library else {}
        skips = library.skips() if library else {}
        plan.gone = gone_files(paths, indexed, files.keys(), plan.skips)
        with self._extractor() as extractor:
            for number, (name, path) in enumerate(files.items(), 1):
                self._progress("reading files", number, len(files))
                known = indexed.get(name) if same_reader else None
                try:
                    read = self._read(path, known)
                except Unreadable as problem:
                    plan.skips.append(Skip(name, problem.code, problem.reason))
                    continue
                # a removed article comes back only if its file itself is given
                restored = path in roots and known is not None and known.incomplete
                same = read is None or (known is not None and read[0].sha256 == known.sha256)
                if read is None or (same and not restored):
                    plan.unchanged += 1
                    if read and known and not known.incomplete:
                        plan.touched.append(read[0])
                    plan.skips.extend(skips.get(name, []))
                    continue
                found = self._extracted(self._extract(*read, extractor))
                plan.changed[name] = (read[0], found)
                plan.skips.extend(found.skips)
        if library and plan.gone:
            moved = {record.sha256 for record, found in plan.changed.values() if found.articles}
            lost = [path for path in plan.gone if indexed[path].sha256 not in moved]
            plan.doubt = doubt(paths, lost, files.keys(), library.articles_by_file())
        return plan

    def _read(self, path: Path, known: FileRecord | None) -> tuple[FileRecord, bytes] | None:
        """A file and its bytes; None if size and times are those that are known.

        Raises:
            Unreadable: it is too large, or cannot be read.
        """
        try:
            info = path.lstat()
            if known and known.matches(info):
                return None
            require_size(info.st_size, self._limits)
            data = contents(path, info)
        except OSError as problem:
            code = "denied" if isinstance(problem, PermissionError) else "changed"
            reason = f"It cannot be read: {problem.strerror or problem}."
            raise Unreadable(code, reason) from None
        settled = time.time_ns() - SETTLED_NS
        mtime_ns = info.st_mtime_ns * (info.st_mtime_ns < settled)
        ctime_ns = info.st_ctime_ns if info.st_ctime_ns < settled else UNSETTLED
        digest = hashlib.sha256(data).hexdigest()
        return FileRecord(name_of(path), info.st_size, mtime_ns, digest, ctime_ns), data

    def _extract(self, record: FileRecord, data: bytes, extractor: Extracts) -> Extracted:
        checkpoint = self._checkpoint
        found = checkpoint.get(record.path, record.sha256) if checkpoint else None
        if found is None:
            found = extractor.extract(data, record.path)
            if checkpoint:
                checkpoint.put(record.path, record.sha256, found)
        return found


def apply(
    library: ArticleWriter, base: Generation | None, plan: Plan, reader: int, *, fresh: bool
) -> tuple[set[str], dict[str, str]]:
    """Bring a draft's files and articles to what is planned, copies and passages left as they were.

    Returns the articles that have passages, and the digests of the articles before.
    """
    if fresh and base:
        _copy_articles(base, library)
    before = library.digests()
    indexed = library.indexed()
    for record, found in plan.changed.values():
        library.put_file(record, found.articles, found.skips)
    library.touch(plan.touched)
    for path in plan.dropped:
        library.remove_file(path)
    for article_id in plan.removed_articles:
        library.remove_article(article_id)
    if base and base.manifest.extractor != reader:
        library.mark_changed(but=plan.changed)  # the manifest will say that all are up to date
    return indexed, before


def _copy_articles(base: Generation, library: ArticleWriter) -> None:
    """Copy files and articles, but neither passages nor vectors, into a fresh library."""
    by_file: dict[str, list[Article]] = {}
    with closing(ArticleStore(base.library)) as old:
        for file, article in old.articles():
            by_file.setdefault(file, []).append(article)
        skips = old.skips()
        for path, record in old.files().items():
            library.put_file(record, by_file.get(path, []), skips.get(path, []))
