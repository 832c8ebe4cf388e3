"""A folder in, a new published generation out: idempotent, resumable, reports what it did.

Only what changed is read and embedded. A run that is interrupted leaves the index as it was, and
the next one finds the vectors it had computed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from index.articles import Article, Passage, Skip
from index.cache import EmbeddingCache
from index.clean import clean
from index.embedding import Embedder
from index.errors import UsageError
from index.generation import SCHEMA, Generation, Manifest, Store, disk_errors
from index.library import FileRecord, Library
from index.passages import PASSAGE_TOKENS, PassageSplitter
from index.readers import MAX_BYTES, Raw, Unreadable, read
from index.vectors import ChromaVectors

SUFFIXES = (
    ".txt",
    ".text",
    ".md",
    ".markdown",
    ".html",
    ".htm",
    ".xhtml",
    ".json",
    ".jsonl",
    ".ndjson",
)
MAX_DEPTH = 40  # nested folders below the given one
EXTRACTOR = 1  # raised when readers or cleaning change: then unchanged files are read again

Progress = Callable[[str, int, int], None]  # what is done, how many of it, of how many


@dataclass(frozen=True, slots=True)
class Report:
    """What an ingest did. Counts are of articles, but `unchanged_files` and `missing`."""

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
    ) -> None:
        self._store = store
        self._cache = cache
        self._embedder = question_embedder
        self._indexer = indexer
        self._progress = progress
        self._splitter = PassageSplitter(question_embedder.tokenize, PASSAGE_TOKENS)

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
            if plan.found or drop or (fresh and (base or rebuild)):
                report = self._build(base, plan, drop, fresh=fresh)
            else:
                report = _summary(base)
            missing = () if prune else tuple(plan.gone)
            return replace(
                report,
                unchanged_files=len(plan.unchanged),
                missing=missing,
                skips=tuple(plan.skips),
            )

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
        for number, path in enumerate(files, 1):
            self._progress("reading files", number, len(files))
            self._look_at(path, known.get(_name(path)), plan, library)
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
        self, path: Path, known: FileRecord | None, plan: _Plan, library: Library | None
    ) -> None:
        name = _name(path)
        try:
            info = path.stat()
            if known and (known.bytes, known.mtime_ns) == (info.st_size, info.st_mtime_ns):
                data = None
            elif info.st_size > MAX_BYTES:
                limit = f"The file has {info.st_size:,} bytes; the limit is {MAX_BYTES:,}."
                plan.skips.append(Skip(name, "too_large", limit))
                return
            else:
                data = path.read_bytes()
        except OSError as problem:
            code = "denied" if isinstance(problem, PermissionError) else "changed"
            plan.skips.append(Skip(name, code, f"It cannot be read: {problem.strerror}."))
            return
        digest = hashlib.sha256(data).hexdigest() if data is not None else None
        if known and library and digest in (None, known.sha256):
            plan.unchanged.append(name)
            plan.skips.extend(library.skips(name))
        elif data is not None and digest is not None:
            record = FileRecord(name, info.st_size, info.st_mtime_ns, digest)
            articles, skips = _extract(data, name)
            plan.found[name] = (record, articles, skips)
            plan.skips.extend(skips)

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
            closing(ChromaVectors(draft / "chroma")) as vectors,
        ):
            if fresh and base:
                _carry_over(base, library)
            before = library.digests()
            indexed = library.indexed()
            for record, articles, skips in plan.found.values():
                library.put_file(record, articles, skips)
            for path in drop:
                library.remove_file(path)
            if without:
                library.remove_article(without)
            if base and base.manifest.extractor != EXTRACTOR:
                library.outdate(keep=plan.found)  # the manifest will say that all are up to date
            library.settle_copies()
            after = library.digests()

            stale = {i for i in indexed if after.get(i) != before.get(i)}
            for article_id in stale:
                vectors.delete(library.drop_passages(article_id))
            todo = [i for i in after if i not in indexed or i in stale]
            embedded = self._index(todo, library, vectors)

            counts = library.counts()
            copies = tuple(library.copies())
            self._check(library, vectors)
            library.commit()
        manifest = self._manifest(counts["articles"], counts["passages"])
        old = _carried_digests(base)
        generation = self._store.publish(draft, manifest, base)
        return Report(
            new=len(after.keys() - old.keys()),
            changed=sum(i in old and old[i] != digest for i, digest in after.items()),
            removed=len(old.keys() - after.keys()),
            copies=copies,
            generation=generation.name,
            articles=counts["articles"],
            passages=counts["passages"],
            embedded=embedded,
            published=True,
        )

    def _index(self, todo: Sequence[str], library: Library, vectors: ChromaVectors) -> int:
        """Make passages of articles, embed them, and put both into the draft."""
        passages: list[Passage] = []
        for number, article_id in enumerate(todo, 1):
            self._progress("cutting into passages", number, len(todo))
            article = library.article(article_id)
            if article:
                pieces = self._splitter.split(article)
                library.put_passages(pieces)
                passages.extend(pieces)
        cache = EmbeddingCache(self._cache)
        done = 0
        made: list[Embedder] = []

        def indexer() -> Embedder:
            if not made:
                made.append(self._indexer())
            return made[0]

        try:
            texts = [embedded_text(passage) for passage in passages]
            for batch in cache.embed(self._embedder.identity, texts, indexer):
                part = passages[done : done + len(batch)]
                vectors.upsert([passage.id for passage in part], batch)
                done += len(batch)
                self._progress("embedding passages", done, len(passages))
        finally:
            cache.close()
        return done

    def _check(self, library: Library, vectors: ChromaVectors) -> None:
        """The two stores must name the same passages before anybody may see them."""
        if set(library.passage_ids()) != vectors.ids():
            raise RuntimeError("library and vectors disagree; the draft is not published")

    def _manifest(self, articles: int, passages: int) -> Manifest:
        return Manifest(
            schema=SCHEMA,
            created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            chromadb=ChromaVectors.version(),
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


def _extract(data: bytes, path: str) -> tuple[list[Article], list[Skip]]:
    articles: dict[str, Article] = {}
    skips: list[Skip] = []
    try:
        for raw in read(data, path):
            if isinstance(raw, Skip):
                skips.append(raw)
                continue
            _take(raw, path, articles, skips)
    except Unreadable as problem:
        skips.append(Skip(path, problem.code, problem.reason))
    return list(articles.values()), skips


def _take(raw: Raw, path: str, articles: dict[str, Article], skips: list[Skip]) -> None:
    try:
        article = clean(raw, path)
    except Unreadable as problem:
        name = f"{path}#{raw.record}" if raw.record else path
        skips.append(Skip(name, problem.code, problem.reason))
        return
    # the last of several records with one id wins, as in a feed that repeats a corrected article
    articles[article.id] = article


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
        skips.append(
            Skip(_name(Path(problem.filename)), "denied", f"It cannot be read: {problem.strerror}.")
        )

    for folder, folders, names in os.walk(root, followlinks=False, onerror=denied):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
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


def _not_taken(path: Path) -> tuple[str, str] | None:
    try:
        mode = path.lstat().st_mode
    except OSError as problem:
        return "changed", f"It cannot be read: {problem.strerror}."
    if stat.S_ISLNK(mode):
        return "symlink", "Links are not followed; copy the file into the folder."
    if not stat.S_ISREG(mode):
        return "not_regular", "It is not an ordinary file."
    if path.suffix.lower() not in SUFFIXES:
        return "unsupported", f"Only {', '.join(SUFFIXES)} are read."
    return None


def _under(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip("/") + "/")


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
