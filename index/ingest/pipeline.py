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

from index.core.articles import Article, Passage, fingerprint
from index.core.disk import disk_errors
from index.core.errors import NOTHING_INDEXED, UsageError
from index.core.records import Fields, Limits
from index.embedding.background_embedder import BackgroundEmbedder
from index.embedding.embedders import Embedder
from index.ingest.background_imports import BackgroundImports
from index.ingest.checkpoint import Checkpoint
from index.ingest.extraction import Extracted
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
from index.text.chunking import PASSAGE_TOKENS, PassageSplitter
from index.text.language import language_model

EXTRACTOR = 4  # raised when readers or cleaning change: then unchanged files are read again


class Ingest:
    """Brings files into the index.

    Args:
        store: The generations.
        cache: The file of computed vectors.
        embedder: Embeds passages, and says how many tokens a text has.
        progress: Called while files are read, split and embedded.
        vectors: Where vectors are kept; a Chroma folder in the generation by default.
        limits: Of a file.
        fields: Names of an export's columns.
        extractor: Makes what reads files; by default a worker process, beside which passages are
            embedded in the background.
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
        self._splitter = PassageSplitter(embedder.tokenize, PASSAGE_TOKENS)
        # spans of the passages that were split for the background embedder, by article and digest
        self._spans: dict[tuple[str, str], list[tuple[tuple[int, int], ...]]] = {}
        self._in_background = extractor is None
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
        checkpoint = Checkpoint(
            self._cache.with_name("unfinished.sqlite"), f"{self._reader} {self._limits}"
        )
        with closing(checkpoint), self._writing() as embedder:
            while True:
                base = self._store.rebuild_base() if rebuild else self._store.open()[0]
                plan = self._plan(roots, base, checkpoint, embedder, prune=prune)
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

    def dry_run(self, paths: Sequence[Path], *, prune: bool = False) -> Report:
        """Report what `run` would do: no lock is taken and nothing is written to the index.

        Raises:
            UsageError: for a path that does not exist.
        """
        roots = [existing(path) for path in paths]
        base = self._store.open(read_only=True)[0]
        plan = self._plan(roots, base, prune=prune)
        fresh = self._other_build(base)
        with tempfile.TemporaryDirectory(prefix="assistant-dry-run-") as scratch:
            path = Path(scratch) / "library.sqlite"
            if base and not fresh:
                shutil.copyfile(base.library, path)
            with closing(ArticleWriter(path)) as library:
                apply(library, base, plan, self._reader, fresh=fresh)
                changes = planned(base, library)
                return replace(report_of(plan, base, library), passages=0, planned=changes)

    def remove(self, article_id: str) -> Article:
        """Take one article out of the index; its file is not touched.

        Raises:
            UsageError: if no article, or more than one, has an id that begins so.
        """
        with self._writing() as embedder:
            base = self._store.open()[0]
            if base and not self._store.is_intact(base):
                base = self._store.open()[0]
            if base is None:
                raise UsageError(NOTHING_INDEXED)
            with closing(ArticleStore(base.library)) as library:
                article = library.required(article_id)
            plan = Plan(removed_article=article.id)
            self._build(base, plan, embedder, fresh=self._other_build(base))
            return article

    def changed(self, paths: Sequence[Path]) -> list[Path]:
        """The files at `paths` whose size or time differ from the index.

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
                if not old or (old.bytes, old.mtime_ns) != (info.st_size, info.st_mtime_ns):
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
        self._spans.clear()
        with (
            self._store.writing(),
            disk_errors(self._store.root),
            self._imports,
            closing(BackgroundEmbedder(self._cache, self._embedder)) as embedder,
        ):
            yield embedder

    def _plan(
        self,
        roots: Sequence[Path],
        base: Generation | None,
        checkpoint: Checkpoint | None = None,
        embedder: BackgroundEmbedder | None = None,
        *,
        prune: bool,
    ) -> Plan:
        def embed(found: Extracted) -> None:
            if embedder and self._in_background:
                self._embed_in_background(embedder, found)

        scanner = Scanner(
            self._extractor, self._limits, self._own_folders, self._progress, checkpoint, embed
        )
        with opened(base) as library:
            same_reader = bool(base and base.manifest.extractor == self._reader)
            plan = scanner.scan(roots, library, same_reader=same_reader)
        if prune:
            plan.dropped, plan.gone = plan.gone, []
        return plan

    def _embed_in_background(self, embedder: BackgroundEmbedder, found: Extracted) -> None:
        self._imports.wait(self._splitter.load)
        for article in found.articles:
            passages = self._splitter.split(article)
            self._spans[article.id, article.digest] = [one.sentences for one in passages]
            embedder.add([embedded_text(one) for one in passages])

    # ── building ──────────────────────────────────────────────────────────────────────────────

    def _build(
        self, base: Generation | None, plan: Plan, embedder: BackgroundEmbedder, *, fresh: bool
    ) -> Report:
        """Build and publish a generation; `fresh` makes passages and vector files anew."""
        self._imports.wait(import_chroma)
        self._imports.wait(language_model)
        draft = self._store.draft(None if fresh else base)
        with (
            closing(ArticleWriter(draft / "library.sqlite")) as library,
            closing(self._vectors.writer(draft)) as vectors,
        ):
            indexed, before = apply(library, base, plan, self._reader, fresh=fresh)
            after = library.digests()
            stale = {i for i in indexed if after.get(i) != before.get(i)}
            for article_id in stale:
                vectors.delete(library.drop_passages(article_id))
            todo = [i for i in after if i not in indexed or i in stale]
            embedded = self._index(todo, library, vectors, embedder)
            report = report_of(plan, base, library)
            vectors.finish()
            if not vectors.matches(set(library.passage_ids())):
                raise RuntimeError("library and vectors disagree; the draft is not published")
            library.commit()
        manifest = self._manifest(report.articles, report.passages)
        generation = self._store.publish(draft, manifest, base)
        self._vectors.remove_unused(self._store)
        return replace(report, generation=generation.name, embedded=embedded, published=True)

    def _index(
        self,
        todo: Sequence[str],
        library: ArticleWriter,
        vectors: VectorStore,
        embedder: BackgroundEmbedder,
    ) -> int:
        """Split articles, embed their passages and put both into the draft; how many vectors."""
        passages: list[Passage] = []
        for number, article_id in enumerate(todo, 1):
            self._progress("cutting into passages", number, len(todo))
            if article := library.article(article_id):
                spans = self._spans.pop((article.id, article.digest), None)
                if spans is None:
                    split = self._splitter.split(article)
                else:
                    split = [Passage(article, sentences) for sentences in spans]
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
            passage_tokens=self._splitter.tokens,
            extractor=self._reader,
            articles=articles,
            passages=passages,
        )


def embedded_text(passage: Passage) -> str:
    """The embedded text of a passage: the title tells what a passage in mid-article is about."""
    return f"{passage.article.title}\n{passage.text}"
