"""A folder in, a new published generation out: idempotent, resumable, reports what it did.

Only what changed is read and embedded. A run that is interrupted leaves the index as it was, and
the next one finds the vectors it had computed.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from functools import partial
from pathlib import Path

from index.core.articles import Article, Passage, fingerprint
from index.core.disk import disk_errors
from index.core.errors import UsageError
from index.core.records import Fields, Limits
from index.embedding.background_embedder import BackgroundEmbedder
from index.embedding.embedders import Embedder
from index.ingest.background_imports import BackgroundImports
from index.ingest.checkpoint import Checkpoint
from index.ingest.diff import changes, digests_of, kinship, planned, summary, with_files
from index.ingest.files import existing, name_of, walk
from index.ingest.report import Report
from index.ingest.sandbox import Extracted, Extractor
from index.ingest.scanner import Extracts, Plan, ProgressCallback, Scanner, apply
from index.storage.article_store import ArticleStore, FileRecord
from index.storage.article_writer import ArticleWriter
from index.storage.chroma_folder import (
    ChromaFolderBackend,
    VectorBackend,
    VectorStore,
    import_chroma,
)
from index.storage.generations import Store
from index.storage.manifest import SCHEMA, Generation, Manifest
from index.text.chunking import PASSAGE_TOKENS, PassageSplitter
from index.text.language import language_model

EXTRACTOR = 3  # raised when readers or cleaning change: then unchanged files are read again


class Ingest:
    """Brings files into the index."""

    def __init__(
        self,
        store: Store,
        cache: Path,
        embedder: Embedder,
        progress: ProgressCallback = lambda what, done, total: None,
        vectors: VectorBackend | None = None,
        limits: Limits | None = None,
        fields: Fields | None = None,
        extractor: Callable[[], AbstractContextManager[Extracts]] | None = None,
    ) -> None:
        self._store = store
        self._cache = cache
        self._embedder = embedder
        self._progress = progress
        self._vectors = vectors or ChromaFolderBackend()
        self._splitter = PassageSplitter(embedder.tokenize, PASSAGE_TOKENS)
        # passages of articles as they were cut for the thread, by article and digest
        self._spans: dict[tuple[str, str], list[tuple[tuple[int, int], ...]]] = {}
        self._embeds_ahead = extractor is None  # a cluster has embedded what it has extracted
        self._limits = limits or Limits()
        self._fields = fields or Fields()
        self._imports = BackgroundImports(self._splitter.load, import_chroma, language_model)
        self._extractor = extractor or (
            lambda: Extractor(self._limits, self._fields, self._imports.start)
        )

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
            self._imports,
            self._unfinished() as unfinished,
            self._ahead() as ahead,
        ):
            report = self._run(roots, unfinished, ahead, prune=prune, rebuild=rebuild)
            unfinished.finished()
            return report

    def _run(
        self,
        roots: Sequence[Path],
        unfinished: Checkpoint,
        ahead: BackgroundEmbedder,
        *,
        prune: bool,
        rebuild: bool,
    ) -> Report:
        while True:
            base = self._store.salvage() if rebuild else self._base()
            plan = self._plan(roots, base, unfinished, ahead)
            fresh = rebuild or base is None or not base.manifest.same_build(self._manifest(0, 0))
            drop = plan.gone if prune else []
            # an older generation stands in for a damaged one: it is published again
            astray = base is not None and base.name != self._store.current_name()
            if not (plan.found or drop or (fresh and (base or rebuild)) or astray):
                if base:
                    self._store.trim(base)
                self._vectors.settle(self._store)
                return with_files(summary(base), plan, prune=prune)
            # every byte is looked at before it is copied: damage must not get a checksum of its own
            if rebuild or base is None or self._store.proved(base):
                report = self._build(base, plan, drop, ahead, fresh=fresh)
                return with_files(report, plan, prune=prune)

    def dry_run(self, paths: Sequence[Path], *, prune: bool = False) -> Report:
        """Tell what `run` would do: no lock is taken and nothing is written to the index.

        Raises:
            UsageError: for a path that does not exist.
        """
        roots = [existing(path) for path in paths]
        base = self._base()
        plan = self._plan(roots, base)
        fresh = base is None or not base.manifest.same_build(self._manifest(0, 0))
        old = digests_of(base)
        with tempfile.TemporaryDirectory(prefix="assistant-dry-run-") as scratch:
            path = Path(scratch) / "library.sqlite"
            if base and not fresh:
                shutil.copyfile(base.library, path)
            with closing(ArticleWriter(path)) as library:
                drop = plan.gone if prune else []
                apply(library, base, plan, drop, self._reading, fresh=fresh)
                library.settle_origins()
                report = Report(
                    *changes(old, library.digests()),
                    **kinship(library),
                    generation=base.name if base else "",
                    articles=library.counts()["articles"],
                    planned=tuple(planned(base, library)),
                )
        return with_files(report, plan, prune=prune)

    def remove(self, article_id: str) -> Article:
        """Take one article out of the index; its file is not touched.

        Raises:
            UsageError: if no article, or more than one, has an id that begins so.
        """
        with self._store.writing(), disk_errors(self._store.root):
            base = self._base()
            if base and not self._store.proved(base):
                base = self._base()
            article = None
            if base:
                with closing(ArticleStore(base.library)) as library:
                    article = library.article(article_id)
            if base is None or article is None:
                raise UsageError(
                    f"No article, or more than one, has an id that begins with {article_id!r}. "
                    "'assistant articles list' shows the ids."
                )
            fresh = not base.manifest.same_build(self._manifest(0, 0))
            with self._ahead() as ahead:
                self._build(base, Plan(), [], ahead, fresh=fresh, without=article.id)
            return article

    def changed(self, paths: Sequence[Path]) -> list[Path]:
        """The files at `paths` that look other than the index knows them.

        Raises:
            UsageError: for a path that does not exist.
        """
        base = self._base()
        known: dict[str, FileRecord] = {}
        if base and base.manifest.extractor == self._reading:
            with closing(ArticleStore(base.library)) as library:
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
    def _unfinished(self) -> Iterator[Checkpoint]:
        path = self._cache.with_name("unfinished.sqlite")
        with closing(Checkpoint(path, f"{self._reading} {self._limits}")) as unfinished:
            yield unfinished

    @contextmanager
    def _ahead(self) -> Iterator[BackgroundEmbedder]:
        self._spans.clear()
        with closing(BackgroundEmbedder(self._cache, self._embedder)) as ahead:
            yield ahead

    def _plan(
        self,
        roots: Sequence[Path],
        base: Generation | None,
        unfinished: Checkpoint | None = None,
        ahead: BackgroundEmbedder | None = None,
    ) -> Plan:
        look = Scanner(self._extractor, self._limits, self._own_folders, self._progress)
        begin = partial(self._begin, ahead) if ahead and self._embeds_ahead else _let_be
        with ExitStack() as stack:
            library = stack.enter_context(closing(ArticleStore(base.library))) if base else None
            alike = bool(base and base.manifest.extractor == self._reading)
            return look.plan(roots, library, alike=alike, unfinished=unfinished, taken=begin)

    # ── building ──────────────────────────────────────────────────────────────────────────────

    def _build(
        self,
        base: Generation | None,
        plan: Plan,
        drop: Sequence[str],
        ahead: BackgroundEmbedder,
        *,
        fresh: bool,
        without: str = "",
    ) -> Report:
        """Build and publish a generation; `fresh` makes passages and vectors files anew."""
        self._imports.wait(import_chroma)
        self._imports.wait(language_model)
        draft = self._store.draft(None if fresh else base)
        with (
            closing(ArticleWriter(draft / "library.sqlite")) as library,
            closing(self._vectors.draft(draft)) as vectors,
        ):
            indexed, before = apply(
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
            kin = kinship(library)
            vectors.compact()
            self._check(library, vectors)
            library.commit()
        manifest = self._manifest(counts["articles"], counts["passages"])
        old = digests_of(base)
        generation = self._store.publish(draft, manifest, base)
        self._vectors.settle(self._store)
        return Report(
            *changes(old, after),
            **kin,
            generation=generation.name,
            articles=counts["articles"],
            passages=counts["passages"],
            embedded=embedded,
            published=True,
        )

    def _index(
        self,
        todo: Sequence[str],
        library: ArticleWriter,
        vectors: VectorStore,
        ahead: BackgroundEmbedder,
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

    def _begin(self, ahead: BackgroundEmbedder, found: Extracted) -> None:
        """Have the articles of a file embedded while the next ones are read."""
        self._imports.wait(self._splitter.load)
        for article in found.articles:
            pieces = self._splitter.split(article)
            self._spans[article.id, article.digest] = [piece.sentences for piece in pieces]
            ahead.add([embedded_text(piece) for piece in pieces])

    def _check(self, library: ArticleStore, vectors: VectorStore) -> None:
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


def _let_be(found: Extracted) -> None:
    """Nothing: it is embedded when all files are read."""


def embedded_text(passage: Passage) -> str:
    """What of a passage is embedded: the title gives a passage in mid-article its subject."""
    return f"{passage.article.title}\n{passage.text}"
