"""A folder in, a new published generation out: idempotent, resumable, reports what it did.

Only what changed is read and embedded. A run that is interrupted leaves the index as it was, and
the next one finds the vectors it had computed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from index.ahead import Ahead
from index.articles import Article, Note, Passage, Skip, fingerprint
from index.embedding import Embedder
from index.errors import UsageError
from index.extract import Extracted, Extractor, too_large
from index.files import contents, existing, is_under, name_of, walk
from index.generation import SCHEMA, Generation, Manifest, Store, disk_errors
from index.language import settled
from index.library import FileRecord, Library
from index.passages import PASSAGE_TOKENS, PassageSplitter
from index.readers import Fields, Limits
from index.report import Report as Report
from index.unfinished import Unfinished
from index.vectors import FolderVectors, VectorHome, VectorStore

SETTLED_NS = 2_000_000_000  # a file older than this shows by its time that it was written again
EXTRACTOR = 3  # raised when readers or cleaning change: then unchanged files are read again


class Extracts(Protocol):
    """Finds the articles of a file."""

    def extract(self, data: bytes, path: str) -> Extracted:
        """What one file holds."""


Progress = Callable[[str, int, int], None]  # what is done, how many of it, of how many


@dataclass(slots=True)
class _Plan:
    """What is to be done, found by looking at the files."""

    found: dict[str, tuple[FileRecord, Extracted]] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)

    def notes(self) -> Iterator[Note]:
        """What there is to say of the files that were read."""
        for _, extracted in self.found.values():
            yield from extracted.notes


class Ingest:
    """Brings files into the index.

    `question_embedder` is cheap to make and gives identity and tokens; `indexer` makes the one
    that embeds passages, and is called only when there is something to embed.
    """

    def __init__(
        self,
        store: Store,
        cache: Path,
        question_embedder: Embedder,
        indexer: Callable[[], Embedder],
        progress: Progress = lambda what, done, total: None,
        vectors: VectorHome | None = None,
        limits: Limits | None = None,
        fields: Fields | None = None,
        extractor: Callable[[], AbstractContextManager[Extracts]] | None = None,
    ) -> None:
        self._store = store
        self._cache = cache
        self._embedder = question_embedder
        self._indexer = indexer
        self._progress = progress
        self._vectors = vectors or FolderVectors()
        self._splitter = PassageSplitter(question_embedder.tokenize, PASSAGE_TOKENS)
        self._made: Embedder | None = None
        # passages of articles as they were cut for the thread, by article and digest
        self._spans: dict[tuple[str, str], list[tuple[tuple[int, int], ...]]] = {}
        self._embeds_ahead = extractor is None  # a cluster has embedded what it has extracted
        self._limits = limits or Limits()
        self._fields = fields or Fields()
        self._extractor = extractor or (lambda: Extractor(self._limits, self._fields))

    def run(self, paths: Sequence[Path], *, prune: bool = False, rebuild: bool = False) -> Report:
        """Bring the files at `paths` into the index and publish it if anything changed.

        `prune` removes articles whose files are gone from `paths`; `rebuild` makes passages and
        index files anew, from the articles already indexed as well.

        Raises:
            UsageError: for a path that does not exist.
            BusyError: if another ingest is running.
            NoSpaceError: if the disk is full; the index is as before.
        """
        roots = [existing(path) for path in paths]
        with (
            self._store.writing(),
            disk_errors(self._store.root),
            self._unfinished() as unfinished,
            self._ahead() as ahead,
        ):
            report = self._run(roots, unfinished, ahead, prune=prune, rebuild=rebuild)
            unfinished.finished()
            return report

    def _run(
        self,
        roots: Sequence[Path],
        unfinished: Unfinished,
        ahead: Ahead,
        *,
        prune: bool,
        rebuild: bool,
    ) -> Report:
        while True:
            base = self._store.salvage() if rebuild else self._base()
            plan = self._look(roots, base, unfinished, ahead)
            fresh = rebuild or base is None or not base.manifest.same_build(self._manifest(0, 0))
            drop = plan.gone if prune else []
            # an older generation stands in for a damaged one: it is published again
            astray = base is not None and base.name != self._store.current_name()
            if not (plan.found or drop or (fresh and (base or rebuild)) or astray):
                if base:
                    self._store.trim(base)
                self._vectors.settle(self._store)
                return _with_files(_summary(base), plan, prune=prune)
            # every byte is looked at before it is copied: damage must not get a checksum of its own
            if rebuild or base is None or self._store.proved(base):
                report = self._build(base, plan, drop, ahead, fresh=fresh)
                return _with_files(report, plan, prune=prune)

    def dry_run(self, paths: Sequence[Path], *, prune: bool = False) -> Report:
        """Tell what `run` would do: no lock is taken and nothing is written to the index.

        Raises:
            UsageError: for a path that does not exist.
        """
        roots = [existing(path) for path in paths]
        base = self._base()
        plan = self._look(roots, base)
        fresh = base is None or not base.manifest.same_build(self._manifest(0, 0))
        old = _carried_digests(base)
        with tempfile.TemporaryDirectory(prefix="assistant-dry-run-") as scratch:
            path = Path(scratch) / "library.sqlite"
            if base and not fresh:
                shutil.copyfile(base.library, path)
            with closing(Library(path, writable=True)) as library:
                drop = plan.gone if prune else []
                _settle(library, base, plan, drop, self._reading, fresh=fresh)
                library.settle_origins()
                report = Report(
                    *_changes(old, library.digests()),
                    **_kinship(library),
                    generation=base.name if base else "",
                    articles=library.counts()["articles"],
                    planned=tuple(_planned(base, library)),
                )
        return _with_files(report, plan, prune=prune)

    def remove(self, article_id: str) -> Article:
        """Take one article out of the index; its file is not touched.

        Raises:
            UsageError: if no article, or more than one, has an id that begins so.
        """
        with self._store.writing(), disk_errors(self._store.root):
            base = self._base()
            if base and not self._store.proved(base):
                base = self._base()
            article = _only(base, article_id) if base else None
            if base is None or article is None:
                raise UsageError(
                    f"No article, or more than one, has an id that begins with {article_id!r}. "
                    "'assistant articles list' shows the ids."
                )
            fresh = not base.manifest.same_build(self._manifest(0, 0))
            with self._ahead() as ahead:
                self._build(base, _Plan(), [], ahead, fresh=fresh, without=article.id)
            return article

    def changed(self, paths: Sequence[Path]) -> list[Path]:
        """The files at `paths` that look other than the index knows them.

        Raises:
            UsageError: for a path that does not exist.
        """
        base = self._base()
        known: dict[str, FileRecord] = {}
        if base and base.manifest.extractor == self._reading:
            with closing(Library(base.library)) as library:
                known = library.files()
        found = []
        for path in walk([existing(path) for path in paths], [], self._own_folders):
            with suppress(OSError):
                info, old = path.lstat(), known.get(name_of(path))
                if not old or (old.bytes, old.mtime_ns) != (info.st_size, info.st_mtime_ns):
                    found.append(path)
        return found

    # ── looking ───────────────────────────────────────────────────────────────────────────────

    @property
    def _reading(self) -> int:
        """Of the readers and the names they look for: another one, and files are read again."""
        if self._fields == Fields():
            return EXTRACTOR
        return int(fingerprint(str(EXTRACTOR), repr(self._fields))[:8], 16)

    def _base(self) -> Generation | None:
        return self._store.open()[0]

    @property
    def _own_folders(self) -> tuple[Path, ...]:
        """Folders of the tool, which are no articles even if they lie among them."""
        return self._store.root.resolve(), self._cache.parent.resolve()

    @contextmanager
    def _unfinished(self) -> Iterator[Unfinished]:
        path = self._cache.with_name("unfinished.sqlite")
        with closing(Unfinished(path, f"{self._reading} {self._limits}")) as unfinished:
            yield unfinished

    @contextmanager
    def _ahead(self) -> Iterator[Ahead]:
        self._spans.clear()
        identity = self._embedder.identity
        with closing(Ahead(self._cache, identity, self._passages_embedder)) as ahead:
            yield ahead

    def _look(
        self,
        roots: Sequence[Path],
        base: Generation | None,
        unfinished: Unfinished | None = None,
        ahead: Ahead | None = None,
    ) -> _Plan:
        plan = _Plan()
        known: dict[str, FileRecord] = {}
        library = Library(base.library) if base else None
        if library and base and base.manifest.extractor == self._reading:
            known = library.files()
        files = list(walk(roots, plan.skips, self._own_folders))
        with self._extractor() as extractor:
            for number, path in enumerate(files, 1):
                self._progress("reading files", number, len(files))
                before = known.get(name_of(path))
                named = path in roots
                found = self._look_at(
                    path, before, plan, library, extractor, unfinished, named=named
                )
                if found and ahead and self._embeds_ahead:
                    self._begin(found, ahead)
        if library:
            seen = {name_of(path) for path in files}
            plan.gone = [
                path
                for path in library.files()
                if path not in seen and any(is_under(path, name_of(root)) for root in roots)
            ]
            library.close()
        return plan

    def _look_at(
        self,
        path: Path,
        known: FileRecord | None,
        plan: _Plan,
        library: Library | None,
        extractor: Extracts,
        unfinished: Unfinished | None,
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

    # ── building ──────────────────────────────────────────────────────────────────────────────

    def _build(
        self,
        base: Generation | None,
        plan: _Plan,
        drop: Sequence[str],
        ahead: Ahead,
        *,
        fresh: bool,
        without: str = "",
    ) -> Report:
        """Build and publish a generation; `fresh` makes passages and vectors files anew."""
        draft = self._store.draft(None if fresh else base)
        with (
            closing(Library(draft / "library.sqlite", writable=True)) as library,
            closing(self._vectors.draft(draft)) as vectors,
        ):
            indexed, before = _settle(
                library, base, plan, drop, self._reading, fresh=fresh, without=without
            )
            library.settle_origins()
            after = library.digests()

            stale = {i for i in indexed if after.get(i) != before.get(i)}
            for article_id in stale:
                vectors.delete(library.drop_passages(article_id))
            todo = [i for i in after if i not in indexed or i in stale]
            embedded = self._index(todo, library, vectors, ahead)

            counts = library.counts()
            kinship = _kinship(library)
            vectors.compact()
            self._check(library, vectors)
            library.commit()
        manifest = self._manifest(counts["articles"], counts["passages"])
        old = _carried_digests(base)
        generation = self._store.publish(draft, manifest, base)
        self._vectors.settle(self._store)
        return Report(
            *_changes(old, after),
            **kinship,
            generation=generation.name,
            articles=counts["articles"],
            passages=counts["passages"],
            embedded=embedded,
            published=True,
        )

    def _index(
        self, todo: Sequence[str], library: Library, vectors: VectorStore, ahead: Ahead
    ) -> int:
        """Make passages of articles, embed them, and put both into the draft."""
        passages: list[Passage] = []
        for number, article_id in enumerate(todo, 1):
            self._progress("cutting into passages", number, len(todo))
            article = library.article(article_id)
            if article:
                pieces = self._cut(article)
                library.put_passages(pieces)
                passages.extend(pieces)
        held = vectors.held([passage.id for passage in passages])
        passages = [passage for passage in passages if passage.id not in held]
        texts = [embedded_text(passage) for passage in passages]
        done = 0
        for batch in ahead.vectors(texts, partial(self._progress, "embedding passages")):
            part = passages[done : done + len(batch)]
            vectors.upsert([passage.id for passage in part], batch)
            done += len(batch)
        return done

    def _cut(self, article: Article) -> list[Passage]:
        """The passages of an article, which may have been cut when its file was read."""
        key = (article.id, article.digest)
        spans = self._spans.pop(key, None)
        if spans is None:
            return self._splitter.split(article)
        return [Passage(article, one) for one in spans]

    def _begin(self, found: Extracted, ahead: Ahead) -> None:
        """Have the articles of a file embedded while the next ones are read."""
        for article in found.articles:
            pieces = self._splitter.split(article)
            self._spans[article.id, article.digest] = [piece.sentences for piece in pieces]
            ahead.add([embedded_text(piece) for piece in pieces])

    def _passages_embedder(self) -> Embedder:
        if self._made is None:
            self._made = self._indexer()
        return self._made

    def _check(self, library: Library, vectors: VectorStore) -> None:
        """The two stores must name the same passages before anybody may see them."""
        if not vectors.agrees(set(library.passage_ids())):
            raise RuntimeError("library and vectors disagree; the draft is not published")

    def _manifest(self, articles: int, passages: int) -> Manifest:
        return Manifest(
            schema=SCHEMA,
            created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            chromadb=self._vectors.kind,
            embedder=self._embedder.name,
            identity=self._embedder.identity,
            dimension=self._embedder.dimension,
            passage_tokens=self._splitter.tokens,
            extractor=self._reading,
            articles=articles,
            passages=passages,
        )


def embedded_text(passage: Passage) -> str:
    """What of a passage is embedded: the title gives a passage in mid-article its subject."""
    return f"{passage.article.title}\n{passage.text}"


def _settle(
    library: Library,
    base: Generation | None,
    plan: _Plan,
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


def _changes(old: dict[str, str], new: dict[str, str]) -> tuple[int, int, int]:
    """How many articles are new, changed and removed."""
    changed = sum(i in old and old[i] != digest for i, digest in new.items())
    return len(new.keys() - old.keys()), changed, len(old.keys() - new.keys())


def _planned(base: Generation | None, library: Library) -> Iterator[tuple[str, str]]:
    """What becomes of which article, by path; copies are no articles of their own."""
    before = Library(base.library) if base else None
    old = before.digests() if before else {}
    new = library.digests()
    found = []
    for article_id in old.keys() | new.keys():
        if old.get(article_id) != new.get(article_id):
            kind = "new" if article_id not in old else "changed"
            where = library if article_id in new else before
            article = where.article(article_id) if where else None
            if article:
                found.append((kind if article_id in new else "removed", article.path))
    if before:
        before.close()
    yield from sorted(found, key=lambda one: (one[1], one[0]))


def _with_files(report: Report, plan: _Plan, *, prune: bool) -> Report:
    return replace(
        report,
        unchanged_files=len(plan.unchanged),
        missing=() if prune else tuple(plan.gone),
        skips=tuple(plan.skips),
        notes=tuple(plan.notes()),
    )


def _kinship(library: Library) -> dict[str, Any]:
    """Of the whole index: copies, near copies and old versions."""
    return {
        "copies": tuple(library.copies()),
        "near_copies": tuple(library.near_copies()),
        "superseded": tuple(library.superseded()),
    }


def _carry_over(base: Generation, library: Library) -> None:
    """Bring files and articles, but neither passages nor vectors, into a fresh library."""
    old = Library(base.library)
    by_file: dict[str, list[Article]] = {}
    for file, article in old.articles():
        by_file.setdefault(file, []).append(article)
    for path, record in old.files().items():
        library.put_file(record, by_file.get(path, []), old.skips(path))
    old.close()


def _carried_digests(base: Generation | None) -> dict[str, str]:
    if base is None:
        return {}
    library = Library(base.library)
    try:
        return library.digests()
    finally:
        library.close()


def _only(base: Generation, article_id: str) -> Article | None:
    library = Library(base.library)
    try:
        return library.article(article_id)
    finally:
        library.close()


def _summary(base: Generation | None) -> Report:
    if base is None:
        return Report()
    library = Library(base.library)
    try:
        kinship = _kinship(library)
    finally:
        library.close()
    return Report(
        **kinship,
        generation=base.name,
        articles=base.manifest.articles,
        passages=base.manifest.passages,
    )
