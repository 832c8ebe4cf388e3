"""What an ingest has to do: found by looking at the files, and done to those of a draft."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from index.core.articles import Article, Note, Skip
from index.core.records import Limits
from index.ingest.checkpoint import Checkpoint
from index.ingest.files import contents, is_under, name_of, walk
from index.ingest.sandbox import Extracted, too_large
from index.storage.article_store import ArticleStore, FileRecord
from index.storage.article_writer import ArticleWriter
from index.storage.manifest import Generation
from index.text.language import settled

SETTLED_NS = 2_000_000_000  # a file older than this shows by its time that it was written again


class Extracts(Protocol):
    """Finds the articles of a file."""

    def extract(self, data: bytes, path: str) -> Extracted:
        """What one file holds."""


ProgressCallback = Callable[[str, int, int], None]  # what is done, how many of it, of how many


@dataclass(slots=True)
class Plan:
    """What is to be done, found by looking at the files."""

    found: dict[str, tuple[FileRecord, Extracted]] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)

    def notes(self) -> Iterator[Note]:
        """What there is to say of the files that were read."""
        for _, extracted in self.found.values():
            yield from extracted.notes


class Scanner:
    """Looks at files and has those read that changed.

    Args:
        extractor: Makes what finds the articles of a file.
        limits: Of a file.
        own: Folders of the tool, which are no articles even if they lie among them.
        progress: Told of every file.
    """

    def __init__(
        self,
        extractor: Callable[[], AbstractContextManager[Extracts]],
        limits: Limits,
        own: Sequence[Path],
        progress: ProgressCallback,
    ) -> None:
        self._extractor = extractor
        self._limits = limits
        self._own = own
        self._progress = progress

    def plan(
        self,
        roots: Sequence[Path],
        library: ArticleStore | None,
        *,
        alike: bool,
        unfinished: Checkpoint | None = None,
        taken: Callable[[Extracted], None] = lambda extracted: None,
    ) -> Plan:
        """Look at the files under `roots`.

        Args:
            roots: Files and folders that exist.
            library: Of the published generation; None before the first.
            alike: Whether its files were read as they would be today; if not all are read again.
            unfinished: What an interrupted ingest had read.
            taken: Told at once what was found in a file that is to be taken.
        """
        plan = Plan()
        known = library.files() if library and alike else {}
        files = list(walk(roots, plan.skips, self._own))
        with self._extractor() as extractor:
            for number, path in enumerate(files, 1):
                self._progress("reading files", number, len(files))
                before = known.get(name_of(path))
                named = path in roots
                if found := self._at(
                    path, before, plan, library, extractor, unfinished, named=named
                ):
                    taken(found)
        if library:
            seen = {name_of(path) for path in files}
            plan.gone = [
                path
                for path in library.files()
                if path not in seen and any(is_under(path, name_of(root)) for root in roots)
            ]
        return plan

    def _at(
        self,
        path: Path,
        known: FileRecord | None,
        plan: Plan,
        library: ArticleStore | None,
        extractor: Extracts,
        unfinished: Checkpoint | None,
        *,
        named: bool,
    ) -> Extracted | None:
        """Look at one file; returns what it holds if it is to be taken.

        An article that was removed does not come back with its folder, but with a file that is
        `named` itself.
        """
        name = name_of(path)
        try:
            info = path.lstat()
            if known and (known.bytes, known.mtime_ns) == (info.st_size, info.st_mtime_ns):
                data = None
            elif info.st_size > self._limits.file_bytes:
                reason = too_large(info.st_size, self._limits.file_bytes)
                plan.skips.append(Skip(name, "too_large", reason))
                return None
            else:
                data = contents(path, info)
        except OSError as problem:
            code = "denied" if isinstance(problem, PermissionError) else "changed"
            why = problem.strerror or problem
            plan.skips.append(Skip(name, code, f"It cannot be read: {why}."))
            return None
        digest = hashlib.sha256(data).hexdigest() if data is not None else None
        again = named and known is not None and known.incomplete
        if known and library and digest in (None, known.sha256) and not again:
            plan.unchanged.append(name)
            plan.skips.extend(library.skips(name))
        elif data is not None and digest is not None:
            # a later write within one tick of the clock may leave size and time as they are:
            # a file that has just been written is read again next time, to be compared
            settled = info.st_mtime_ns < time.time_ns() - SETTLED_NS
            record = FileRecord(name, info.st_size, info.st_mtime_ns * settled, digest)
            found = unfinished.found(name, digest) if unfinished else None
            if found is None:
                found = extractor.extract(data, name)
                if unfinished:
                    unfinished.keep(name, digest, found)
            plan.found[name] = (record, found)
            plan.skips.extend(found.skips)
            return found
        return None


def apply(
    library: ArticleWriter,
    base: Generation | None,
    plan: Plan,
    drop: Sequence[str],
    reading: int,
    *,
    fresh: bool,
    without: str = "",
) -> tuple[set[str], dict[str, str]]:
    """Bring a draft's files and articles to what is planned; passages are left as they were.

    Returns the articles that had passages, and the digests of the articles before.
    """
    if fresh and base:
        _carry_over(base, library)
    before = library.digests()
    indexed = library.indexed()
    for record, found in plan.found.values():
        library.put_file(record, map(_with_language, found.articles), found.skips)
    for path in drop:
        library.remove_file(path)
    if without:
        library.remove_article(without)
    if base and base.manifest.extractor != reading:
        library.outdate(keep=plan.found)  # the manifest will say that all are up to date
    library.settle_copies()
    return indexed, before


def _with_language(article: Article) -> Article:
    return replace(article, language=settled(article.language, article.text))


def _carry_over(base: Generation, library: ArticleWriter) -> None:
    """Bring files and articles, but neither passages nor vectors, into a fresh library."""
    by_file: dict[str, list[Article]] = {}
    with closing(ArticleStore(base.library)) as old:
        for file, article in old.articles():
            by_file.setdefault(file, []).append(article)
        for path, record in old.files().items():
            library.put_file(record, by_file.get(path, []), old.skips(path))
