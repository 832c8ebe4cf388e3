"""A folder in, a new published generation out: idempotent, resumable, reports what it did.

Only what changed is read and embedded. A run that is interrupted leaves the index as it was, and
the next one finds the vectors it had computed.
"""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from index.articles import Article, Passage, Skip
from index.cache import EmbeddingCache
from index.embedding import Embedder
from index.errors import UsageError
from index.extract import Extracted, Extractor, too_large
from index.generation import SCHEMA, Generation, Manifest, Store, disk_errors
from index.language import language_of
from index.library import FileRecord, Library
from index.passages import PASSAGE_TOKENS, PassageSplitter
from index.readers import SUFFIXES, Fields, Limits, suffix_of
from index.vectors import FolderVectors, VectorHome, VectorStore

MAX_DEPTH = 40  # nested folders below the given one
SETTLED_NS = 2_000_000_000  # a file older than this shows by its time that it was written again
EXTRACTOR = 2  # raised when readers or cleaning change: then unchanged files are read again


class Extracts(Protocol):
    """Finds the articles of a file."""

    def extract(self, data: bytes, path: str) -> Extracted:
        """What one file holds."""


Progress = Callable[[str, int, int], None]  # what is done, how many of it, of how many


@dataclass(frozen=True, slots=True)
class Report:
    """What an ingest did. Counts are of articles, but `unchanged_files` and `missing`.

    `planned` is filled by a dry run only: (new, changed or removed; the article's path).
    """

    new: int = 0
    changed: int = 0
    removed: int = 0
    unchanged_files: int = 0
    copies: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    skips: tuple[Skip, ...] = ()
    generation: str = ""
    articles: int = 0
    passages: int = 0
    embedded: int = 0
    published: bool = False
    planned: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class _Plan:
    """What is to be done, found by looking at the files."""

    found: dict[str, tuple[FileRecord, list[Article], list[Skip]]] = field(default_factory=dict)
    unchanged: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)


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
        roots = [_existing(path) for path in paths]
        with self._store.writing(), disk_errors(self._store.root):
            base = self._store.salvage() if rebuild else self._base()
            plan = self._look(roots, base)
            fresh = rebuild or base is None or not base.manifest.same_build(self._manifest(0, 0))
            drop = plan.gone if prune else []
            # an older generation stands in for a damaged one: it is published again
            astray = base is not None and base.name != self._store.current_name()
            if plan.found or drop or (fresh and (base or rebuild)) or astray:
                report = self._build(base, plan, drop, fresh=fresh)
            else:
                report = _summary(base)
                if base:
                    self._store.trim(base)
            return _with_files(report, plan, prune=prune)

    def dry_run(self, paths: Sequence[Path], *, prune: bool = False) -> Report:
        """Tell what `run` would do: no lock is taken and nothing is written to the index.

        Raises:
            UsageError: for a path that does not exist.
        """
        roots = [_existing(path) for path in paths]
        base = self._base()
        plan = self._look(roots, base)
        fresh = base is None or not base.manifest.same_build(self._manifest(0, 0))
        old = _carried_digests(base)
        with tempfile.TemporaryDirectory(prefix="assistant-dry-run-") as scratch:
            path = Path(scratch) / "library.sqlite"
            if base and not fresh:
                shutil.copyfile(base.library, path)
            with closing(Library(path, writable=True)) as library:
                _settle(library, base, plan, plan.gone if prune else [], fresh=fresh)
                report = Report(
                    *_changes(old, library.digests()),
                    copies=tuple(library.copies()),
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
            article = _only(base, article_id) if base else None
            if base is None or article is None:
                raise UsageError(
                    f"No article, or more than one, has an id that begins with {article_id!r}. "
                    "'assistant articles list' shows the ids."
                )
            fresh = not base.manifest.same_build(self._manifest(0, 0))
            self._build(base, _Plan(), [], fresh=fresh, without=article.id)
            return article

    def changed(self, paths: Sequence[Path]) -> list[Path]:
        """The files at `paths` that look other than the index knows them.

        Raises:
            UsageError: for a path that does not exist.
        """
        base = self._base()
        known: dict[str, FileRecord] = {}
        if base and base.manifest.extractor == EXTRACTOR:
            with closing(Library(base.library)) as library:
                known = library.files()
        found = []
        for path in _walk([_existing(path) for path in paths], []):
            with suppress(OSError):
                info, old = path.lstat(), known.get(_name(path))
                if not old or (old.bytes, old.mtime_ns) != (info.st_size, info.st_mtime_ns):
                    found.append(path)
        return found

    # ── looking ───────────────────────────────────────────────────────────────────────────────

    def _base(self) -> Generation | None:
        return self._store.open()[0]

    def _look(self, roots: Sequence[Path], base: Generation | None) -> _Plan:
        plan = _Plan()
        known: dict[str, FileRecord] = {}
        library = Library(base.library) if base else None
        if library and base and base.manifest.extractor == EXTRACTOR:
            known = library.files()
        files = list(_walk(roots, plan.skips))
        with self._extractor() as extractor:
            for number, path in enumerate(files, 1):
                self._progress("reading files", number, len(files))
                self._look_at(path, known.get(_name(path)), plan, library, extractor)
        if library:
            seen = {_name(path) for path in files}
            plan.gone = [
                path
                for path in library.files()
                if path not in seen and any(_under(path, _name(root)) for root in roots)
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
    ) -> None:
        name = _name(path)
        try:
            info = path.lstat()
            if known and (known.bytes, known.mtime_ns) == (info.st_size, info.st_mtime_ns):
                data = None
            elif info.st_size > self._limits.file_bytes:
                reason = too_large(info.st_size, self._limits.file_bytes)
                plan.skips.append(Skip(name, "too_large", reason))
                return
            else:
                data = _contents(path, info)
        except OSError as problem:
            code = "denied" if isinstance(problem, PermissionError) else "changed"
            why = problem.strerror or problem
            plan.skips.append(Skip(name, code, f"It cannot be read: {why}."))
            return
        digest = hashlib.sha256(data).hexdigest() if data is not None else None
        if known and library and digest in (None, known.sha256):
            plan.unchanged.append(name)
            plan.skips.extend(library.skips(name))
        elif data is not None and digest is not None:
            # a later write within one tick of the clock may leave size and time as they are:
            # a file that has just been written is read again next time, to be compared
            settled = info.st_mtime_ns < time.time_ns() - SETTLED_NS
            record = FileRecord(name, info.st_size, info.st_mtime_ns * settled, digest)
            found = extractor.extract(data, name)
            plan.found[name] = (record, list(found.articles), list(found.skips))
            plan.skips.extend(found.skips)

    # ── building ──────────────────────────────────────────────────────────────────────────────

    def _build(
        self,
        base: Generation | None,
        plan: _Plan,
        drop: Sequence[str],
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
            indexed, before = _settle(library, base, plan, drop, fresh=fresh, without=without)
            library.settle_origins()
            after = library.digests()

            stale = {i for i in indexed if after.get(i) != before.get(i)}
            for article_id in stale:
                vectors.delete(library.drop_passages(article_id))
            todo = [i for i in after if i not in indexed or i in stale]
            embedded = self._index(todo, library, vectors)

            counts = library.counts()
            copies = tuple(library.copies())
            vectors.compact()
            self._check(library, vectors)
            library.commit()
        manifest = self._manifest(counts["articles"], counts["passages"])
        old = _carried_digests(base)
        generation = self._store.publish(draft, manifest, base)
        self._vectors.settle(self._store)
        return Report(
            *_changes(old, after),
            copies=copies,
            generation=generation.name,
            articles=counts["articles"],
            passages=counts["passages"],
            embedded=embedded,
            published=True,
        )

    def _index(self, todo: Sequence[str], library: Library, vectors: VectorStore) -> int:
        """Make passages of articles, embed them, and put both into the draft."""
        passages: list[Passage] = []
        for number, article_id in enumerate(todo, 1):
            self._progress("cutting into passages", number, len(todo))
            article = library.article(article_id)
            if article:
                pieces = self._splitter.split(article)
                library.put_passages(pieces)
                passages.extend(pieces)
        held = vectors.held([passage.id for passage in passages])
        passages = [passage for passage in passages if passage.id not in held]
        cache = EmbeddingCache(self._cache)
        done = 0
        try:
            texts = [embedded_text(passage) for passage in passages]
            for batch in cache.embed(self._embedder.identity, texts, self._passages_embedder):
                part = passages[done : done + len(batch)]
                vectors.upsert([passage.id for passage in part], batch)
                done += len(batch)
                self._progress("embedding passages", done, len(passages))
        finally:
            cache.close()
        return done

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
            extractor=EXTRACTOR,
            articles=articles,
            passages=passages,
        )


def embedded_text(passage: Passage) -> str:
    """What of a passage is embedded: the title gives a passage in mid-article its subject."""
    return f"{passage.article.title}\n{passage.text}"


def _contents(path: Path, seen: os.stat_result) -> bytes:
    """The bytes of the very file that was looked at, neither grown nor replaced since.

    Raises:
        OSError: if it cannot be read, or is not as it was `seen`.
    """
    # a link or a pipe put there in the meantime is neither followed nor waited for
    flags = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
    with open(os.open(path, os.O_RDONLY | flags), "rb") as file:  # noqa: PTH123
        data = file.read(seen.st_size + 1)
        now = os.fstat(file.fileno())
    same = (now.st_dev, now.st_ino, now.st_mtime_ns) == (seen.st_dev, seen.st_ino, seen.st_mtime_ns)
    if not same or len(data) != seen.st_size:
        raise OSError(None, "it changes at this moment")
    return data


def _name(path: Path) -> str:
    r"""The path as text; bytes of a file name that are no UTF-8 are written as `\xff`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _existing(path: Path) -> Path:
    if "://" in str(path) or str(path).startswith(("http:", "https:")):
        raise UsageError(f"{path} is an address. Addresses are not fetched; give a file or folder.")
    if not path.exists():
        raise UsageError(f"There is no file or folder {path}.")
    return path.resolve()


def _walk(roots: Iterable[Path], skips: list[Skip]) -> Iterator[Path]:
    seen: set[Path] = set()
    for root in roots:
        for path in [root] if root.is_file() else _files_below(root, skips):
            if path not in seen:
                seen.add(path)
                yield path


def _files_below(root: Path, skips: list[Skip]) -> Iterator[Path]:
    def denied(problem: OSError) -> None:
        # below a certain length of path the system itself gives up
        code = "too_deep" if problem.errno == errno.ENAMETOOLONG else "denied"
        reason = f"It cannot be read: {problem.strerror}."
        skips.append(Skip(_name(Path(problem.filename)), code, reason))

    for folder, folders, names in os.walk(root, followlinks=False, onerror=denied):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        links = [here / name for name in folders if _is_link(here / name)]
        skips.extend(Skip(_name(link), "symlink", _NO_LINKS) for link in links)
        if len(here.relative_to(root).parts) >= MAX_DEPTH and folders:
            skips.append(
                Skip(_name(here), "too_deep", f"Only {MAX_DEPTH} nested folders are read.")
            )
            folders.clear()
        for name in sorted(names):
            path = here / name
            if name.startswith("."):
                continue
            reason = _not_taken(path)
            if reason:
                skips.append(Skip(_name(path), *reason))
            else:
                yield path


def _is_link(path: Path) -> bool:
    with suppress(OSError):  # a path that is too long is told when it is opened
        return path.is_symlink()
    return False


_NO_LINKS = "Links are not followed; copy what it points to into the folder."


def _not_taken(path: Path) -> tuple[str, str] | None:
    try:
        mode = path.lstat().st_mode
    except OSError as problem:
        return "changed", f"It cannot be read: {problem.strerror}."
    if stat.S_ISLNK(mode):
        return "symlink", _NO_LINKS
    if not stat.S_ISREG(mode):
        return "not_regular", "It is not an ordinary file."
    if suffix_of(path.name) not in ("", *SUFFIXES):
        return "unsupported", f"Only {', '.join(SUFFIXES)} are read."
    return None


def _under(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip("/") + "/")


def _settle(
    library: Library,
    base: Generation | None,
    plan: _Plan,
    drop: Sequence[str],
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
    for record, articles, skips in plan.found.values():
        library.put_file(record, map(_with_language, articles), skips)
    for path in drop:
        library.remove_file(path)
    if without:
        library.remove_article(without)
    if base and base.manifest.extractor != EXTRACTOR:
        library.outdate(keep=plan.found)  # the manifest will say that all are up to date
    library.settle_copies()
    return indexed, before


def _with_language(article: Article) -> Article:
    return article if article.language else replace(article, language=language_of(article.text))


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
    )


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
        copies = tuple(library.copies())
    finally:
        library.close()
    return Report(
        copies=copies,
        generation=base.name,
        articles=base.manifest.articles,
        passages=base.manifest.passages,
    )
