"""A folder in, a new published generation out: idempotent, resumable, reports what it did.

Only what changed is read and embedded. A run that is interrupted leaves the index as it was, and
the next one finds what was read and embedded.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from index.core.articles import Article, Passage, Skip, fingerprint
from index.core.disk import disk_errors
from index.core.errors import NOTHING_INDEXED, NoSpaceError, UsageError
from index.core.records import Fields, Limits, Unreadable
from index.embedding.background_embedder import BackgroundEmbedder
from index.embedding.embedders import Embedder
from index.ingest.analysis import Analyses
from index.ingest.background_imports import BackgroundImports
from index.ingest.checkpoint import Checkpoint
from index.ingest.files import existing, name_of, walk
from index.ingest.report import Report, opened, planned, report_of
from index.ingest.sandbox import Extractor
from index.ingest.scanner import Extracts, Plan, ProgressCallback, Scanner, apply
from index.storage.article_store import ArticleStore, FileRecord
from index.storage.article_writer import ArticleWriter
from index.storage.chroma_collection import import_chroma
from index.storage.chroma_folder import ChromaFolderBackend
from index.storage.generations import GenerationStore
from index.storage.manifest import SCHEMA, Generation, Manifest
from index.storage.vector_backend import VectorBackend, VectorStore
from index.text.chunking import PASSAGE_TOKENS

EXTRACTOR = 6  # raised when readers or cleaning change: then unchanged files are read again


class Ingest:
    """Brings files into the index.

    Args:
        store: The generations.
        cache: The file of computed vectors.
        embedder: Embeds passages, and says how many tokens a text has.
        progress: Called while files are read, and articles analysed and embedded.
        vectors: Where vectors are kept; a Chroma folder in the generation by default.
        limits: Of a file.
        fields: Names of an export's columns.
        extractor: Makes what reads files; by default the worker process that analyses articles as
            well, beside which passages are embedded in the background.
    """

    def __init__(
        self,
        store: GenerationStore,
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
        self._in_background = extractor is None
        self._limits = limits or Limits()
        self._fields = fields or Fields()
        self._imports = BackgroundImports(import_chroma)
        self._worker = Extractor(self._limits, self._fields, embedder.tokenize, self._imports.start)
        self._analyses = Analyses(self._worker.analyse)
        self._extractor = extractor or (lambda: self._worker)
        self.given_up: list[str] = []  # generations that a removal on a full disk had to remove

    def run(
        self,
        paths: Sequence[Path],
        *,
        prune: bool = False,
        force: bool = False,
        rebuild: bool = False,
    ) -> Report:
        """Bring the files at `paths` into the index and publish it if anything changed.

        `prune` removes articles whose files are gone from `paths`, with `force` even if that looks
        like a mistake; `rebuild` makes passages and index files anew, from the articles already
        indexed as well.

        Raises:
            UsageError: for a path that does not exist.
            BusyError: if another ingest is running.
            NoSpaceError: if the disk is full; the index is as before.
        """
        for path in paths:
            existing(path)
        checkpoint = Checkpoint(
            self._cache.with_name("unfinished.sqlite"), f"{self._reader} {self._limits}"
        )
        with closing(checkpoint), self._writing() as embedder:
            while True:
                base = self._store.rebuild_base() if rebuild else self._store.open()[0]
                plan = self._plan(paths, base, checkpoint, embedder, prune=prune, force=force)
                fresh = rebuild or self._other_build(base)
                # an older generation that stands in for a damaged one is published again
                fallback = base is not None and base.name != self._store.current_name()
                if not (plan.changed or plan.dropped or (fresh and (base or rebuild)) or fallback):
                    report = self._unchanged(base, plan)
                # damaged bytes must not be copied and get a checksum of their own
                elif rebuild or base is None or self._store.is_intact(base):
                    report = self._build(base, plan, embedder, fresh=fresh)
                else:
                    continue
                checkpoint.remove()
                return report

    def _unchanged(self, base: Generation | None, plan: Plan) -> Report:
        if base:
            self._store.trim(base)
        self._vectors.remove_unused(self._store)
        with opened(base) as library:
            return report_of(plan, base, library)

    def dry_run(self, paths: Sequence[Path], *, prune: bool = False, force: bool = False) -> Report:
        """Report what `run` would do: no lock is taken and nothing is written to the index.

        Raises:
            UsageError: for a path that does not exist.
        """
        base = self._store.open(read_only=True)[0]
        plan = self._plan(paths, base, prune=prune, force=force)
        fresh = self._other_build(base)
        with self._worker, tempfile.TemporaryDirectory(prefix="assistant-dry-run-") as scratch:
            path = Path(scratch) / "library.sqlite"
            if base and not fresh:
                shutil.copyfile(base.library, path)
            with closing(ArticleWriter(path)) as library:
                self._apply(library, base, plan, fresh=fresh)
                changes = planned(base, library)
                return replace(report_of(plan, base, library), passages=0, planned=changes)

    def remove(self, *article_ids: str) -> list[Article]:
        """Take articles out of the index, all in one generation; their files are not touched.

        On a full disk the older generations give way (`given_up`): the way back is lost, but what
        takes up the room can be removed.

        Raises:
            UsageError: if no article, or more than one, has an id that begins as one of these.
            NoSpaceError: if there is no room without them either; the index is as before.
        """
        try:
            return self._remove(article_ids)
        except NoSpaceError:
            base = self._store.open()[0]
            if base is None or not self._store.is_intact(base):
                raise
            self.given_up = self._store.drop_spares(base)
            if not self.given_up:
                raise
            return self._remove(article_ids, fresh=True)  # a copy has to be shrunk in more room

    def _remove(self, article_ids: Sequence[str], *, fresh: bool = False) -> list[Article]:
        with self._writing() as embedder:
            base = self._store.open()[0]
            if base and not self._store.is_intact(base):
                base = self._store.open()[0]
            if base is None:
                raise UsageError(NOTHING_INDEXED)
            with closing(ArticleStore(base.library)) as library:
                articles = [library.required(article_id) for article_id in article_ids]
            plan = Plan(removed_articles=tuple(article.id for article in articles))
            self._build(base, plan, embedder, fresh=fresh or self._other_build(base))
            return articles

    def changed(self, paths: Sequence[Path]) -> list[Path]:
        """The files at `paths` whose size or times differ from the index.

        Raises:
            UsageError: for a path that does not exist.
        """
        base = self._store.open()[0]
        known: dict[str, FileRecord] = {}
        if base and base.manifest.extractor == self._reader:
            with closing(ArticleStore(base.library)) as library:
                known = library.files()
        found = []
        for path in walk([existing(path) for path in paths], [], self._own_folders):
            with suppress(OSError):
                info, old = path.lstat(), known.get(name_of(path))
                if not old or not old.matches(info):
                    found.append(path)
        return found

    # ── scanning ──────────────────────────────────────────────────────────────────────────────

    @property
    def _reader(self) -> int:
        """Identity of the readers and the field names: with another one, files are read again."""
        if self._fields == Fields():
            return EXTRACTOR
        return int(fingerprint(str(EXTRACTOR), repr(self._fields))[:8], 16)

    @property
    def _own_folders(self) -> tuple[Path, ...]:
        """Folders of the tool, which are not read even if they lie among the articles."""
        return self._store.root.resolve(), self._cache.parent.resolve()

    def _other_build(self, base: Generation | None) -> bool:
        """True if passages and vectors of `base` cannot be used by this version."""
        return base is None or not base.manifest.same_build(self._manifest(0, 0))

    @contextmanager
    def _writing(self) -> Iterator[BackgroundEmbedder]:
        """Hold the lock of the index; gives the embedder of the run."""
        self._analyses.clear()
        with (
            self._store.writing(),
            disk_errors(self._store.root),
            self._imports,
            self._worker,
            closing(BackgroundEmbedder(self._cache, self._embedder)) as embedder,
        ):
            yield embedder

    def _plan(
        self,
        paths: Sequence[Path],
        base: Generation | None,
        checkpoint: Checkpoint | None = None,
        embedder: BackgroundEmbedder | None = None,
        *,
        prune: bool,
        force: bool,
    ) -> Plan:
        scanner = Scanner(
            self._extractor,
            self._limits,
            self._own_folders,
            self._progress,
            checkpoint,
            partial(self._analyses.analysed, then=partial(self._embed, embedder)),
        )
        with opened(base) as library:
            same_reader = bool(base and base.manifest.extractor == self._reader)
            plan = scanner.scan(paths, library, same_reader=same_reader)
        if prune and (force or not plan.doubt):
            plan.dropped, plan.gone = plan.gone, []
        if not prune or force:
            plan.doubt = ""
        return plan

    def _embed(self, embedder: BackgroundEmbedder | None, article: Article) -> None:
        """Begin to embed the passages of an article that will be indexed."""
        if embedder and self._in_background:
            passages = self._analyses.get(article).passages(article)
            embedder.add([embedded_text(one) for one in passages])

    # ── building ──────────────────────────────────────────────────────────────────────────────

    def _build(
        self, base: Generation | None, plan: Plan, embedder: BackgroundEmbedder, *, fresh: bool
    ) -> Report:
        """Build and publish a generation; `fresh` makes passages and vector files anew."""
        self._imports.wait(import_chroma)
        draft = self._store.draft(None if fresh else base)
        with (
            closing(ArticleWriter(draft / "library.sqlite")) as library,
            closing(self._vectors.writer(draft)) as vectors,
        ):
            indexed, before = self._apply(library, base, plan, fresh=fresh)
            after = library.digests()
            stale = {i for i in indexed if after.get(i) != before.get(i)}
            for article_id in stale:
                vectors.delete(library.drop_passages(article_id))
            todo = [i for i in after if i not in indexed or i in stale]
            embedded = self._index(todo, library, vectors, embedder, plan.skips)
            report = report_of(plan, base, library)
            vectors.finish()
            if not vectors.matches(set(library.passage_ids())):
                raise RuntimeError("library and vectors disagree; the draft is not published")
            library.commit()
        manifest = self._manifest(report.articles, report.passages)
        generation = self._store.publish(draft, manifest, base)
        self._vectors.remove_unused(self._store)
        return replace(report, generation=generation.name, embedded=embedded, published=True)

    def _apply(
        self, library: ArticleWriter, base: Generation | None, plan: Plan, *, fresh: bool
    ) -> tuple[set[str], dict[str, str]]:
        """Bring a draft to what is planned, except for passages; returns what `apply` does."""
        indexed, before = apply(library, base, plan, self._reader, fresh=fresh)
        unsigned = library.unsigned()
        for number, article_id in enumerate(unsigned, 1):
            self._progress("analysing articles", number, len(unsigned))
            if article := library.article(article_id):
                try:
                    analysis = self._analyses.get(article)
                    library.sign(article, analysis.signature, analysis.note)
                except Unreadable as problem:
                    plan.skips += library.refuse(article, problem.code, problem.reason)
        library.mark_copies()
        library.mark_near_copies()
        return indexed, before

    def _index(
        self,
        todo: Sequence[str],
        library: ArticleWriter,
        vectors: VectorStore,
        embedder: BackgroundEmbedder,
        skips: list[Skip],
    ) -> int:
        """Put passages and vectors of articles into the draft; returns how many were embedded."""
        passages: list[Passage] = []
        for number, article_id in enumerate(todo, 1):
            self._progress("cutting into passages", number, len(todo))
            if article := library.article(article_id):
                try:
                    split = self._analyses.take(article).passages(article)
                except Unreadable as problem:  # a copy that has to stand for itself now
                    skips += library.refuse(article, problem.code, problem.reason)
                    continue
                library.put_passages(split)
                passages.extend(split)
        held = vectors.existing([passage.id for passage in passages])
        passages = [passage for passage in passages if passage.id not in held]
        texts = [embedded_text(passage) for passage in passages]
        done = 0
        for batch in embedder.vectors(texts, partial(self._progress, "embedding passages")):
            vectors.upsert([one.id for one in passages[done : done + len(batch)]], batch)
            done += len(batch)
        return done

    def _manifest(self, articles: int, passages: int) -> Manifest:
        return Manifest(
            schema=SCHEMA,
            created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            chromadb=self._vectors.kind,
            embedder=self._embedder.name,
            identity=self._embedder.identity,
            dimension=self._embedder.dimension,
            passage_tokens=PASSAGE_TOKENS,
            extractor=self._reader,
            articles=articles,
            passages=passages,
        )


def embedded_text(passage: Passage) -> str:
    """The embedded text of a passage: the title tells what a passage in mid-article is about."""
    return f"{passage.article.title}\n{passage.text}"
