"""Hybrid search over the published generation.

Does not import LlamaIndex, which takes two seconds; `index.llama_index` adapts it.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from typing import Protocol

from index.core.articles import Passage
from index.core.errors import DamagedError, UserError
from index.core.filters import NO_FILTERS, Filters
from index.embedding.embedders import Embedder, Vectors
from index.retrieval.ranking import (
    Candidate,
    ScoredPassage,
    SearchFilter,
    collapse_duplicates,
    diversify,
    filter_and_cap,
    fuse,
    reranker_text,
    temporal_boost,
)
from index.retrieval.reranker import Reranker
from index.retrieval.temporal_intent import TemporalIntent, temporal_intent
from index.storage.article_store import ArticleStore, Listed
from index.storage.chroma_folder import ChromaFolderBackend
from index.storage.flat_index import FlatIndex
from index.storage.generations import GenerationStore
from index.storage.manifest import Generation
from index.storage.vector_backend import VectorBackend
from index.text.query_dates import periods, time_words
from index.text.relative_dates import Period

CANDIDATES = 30  # taken from each of dense and lexical search
RERANKED = 20  # fused candidates read by the cross-encoder, about 15 ms each on two cores
FIRST, CERTAIN = 10, 3.0  # of these, that alone are read if the best of them has such a logit
CROWDED = 1_920  # taken instead where filtered passages and copies crowd out the others
AT_ONCE = 5_000  # passages read in one query of SQLite, which takes up to 32,766 values
OF_PERIOD = 10  # further candidates of each period that the question names


class Searcher(Protocol):
    """Anything that finds passages for a question."""

    def search(
        self, question: str, k: int, *, filters: Filters = NO_FILTERS, also: Sequence[str] = ()
    ) -> list[ScoredPassage]:
        """The `k` best passages of the articles in `filters`, best first.

        `also` are other forms of the question: what they find is reranked for `question` as well.
        """

    def passages_of(self, articles: Sequence[str], filters: Filters) -> list[Passage]:
        """The passages of those of these articles (by id) that `search` may find in `filters`."""

    def passages_with(self, phrases: Sequence[str], filters: Filters) -> list[Passage]:
        """All passages in `filters` with all of these runs of words in title or text, by stems."""

    def articles_in(self, filters: Filters) -> list[Listed]:
        """The articles in `filters` that are indexed themselves and not outdated, newest first."""

    def periods(self, question: str, filters: Filters) -> list[Period]:
        """The times a question names, relative to the day of the filters or the newest article."""

    def versions_before(self, article_id: str) -> list[Passage]:
        """The passages of the versions of an article that it corrects, however old, in order."""

    @property
    def generation(self) -> str:
        """Name of the generation searched; "" if nothing is indexed."""


class FoundPassages:
    """A `Searcher` that finds these passages for any question; the rest is that of `searcher`."""

    def __init__(self, found: Sequence[ScoredPassage], searcher: Searcher) -> None:
        self._found = list(found)
        self._searcher = searcher
        self.generation = searcher.generation
        self.passages_of = searcher.passages_of
        self.passages_with = searcher.passages_with
        self.articles_in = searcher.articles_in
        self.versions_before = searcher.versions_before

    def search(
        self, question: str, k: int, *, filters: Filters = NO_FILTERS, also: Sequence[str] = ()
    ) -> list[ScoredPassage]:
        """These passages."""
        return self._found

    def periods(self, question: str, filters: Filters) -> list[Period]:
        """As the searcher has it."""
        return self._searcher.periods(question, filters)


class IndexSearch:
    """Searches the published generation; follows CURRENT before each question. Thread-safe."""

    def __init__(
        self,
        store: GenerationStore,
        embedder: Embedder,
        reranker: Reranker,
        vectors: VectorBackend | None = None,
    ) -> None:
        self._store = store
        self._backend = vectors or ChromaFolderBackend()
        self._embedder = embedder
        self._reranker = reranker
        self._lock = threading.RLock()
        self._current: str | None = None
        self._open: _OpenGeneration | None = None
        self.warning = ""

    @property
    def generation(self) -> str:
        """Name of the generation searched; "" before the first ingest."""
        self.refresh()
        return self._open.generation.name if self._open else ""

    @property
    def library(self) -> ArticleStore | None:
        """Articles and passages of the generation searched."""
        self.refresh()
        return self._open.library if self._open else None

    def refresh(self) -> None:
        """Open the published generation unless it is open.

        Raises:
            DamagedError: if no generation is intact.
            UserError: if the index was made with another embedding model.
        """
        with self._lock:
            while (name := self._store.current_name()) != self._current:
                try:
                    generation, self.warning = self._store.open()
                    fresh = self._opened(generation) if generation else None
                except DamagedError:
                    if self._store.current_name() != name:
                        continue  # removed while it was opened: two were published since
                    raise
                self._current, old, self._open = name, self._open, fresh
                if old:
                    old.close()

    def _opened(self, generation: Generation) -> _OpenGeneration:
        built = generation.manifest
        if built.identity != self._embedder.identity:
            raise UserError(
                f"The index was built with {built.embedder}; the settings name "
                f"{self._embedder.name}. Run 'assistant index rebuild', or set embedder back."
            )
        kind = self._backend.kind
        if built.chromadb != kind and "server:" in built.chromadb + kind:
            raise UserError(
                "The index keeps its vectors elsewhere than vectors.url says. "
                "Run 'assistant index rebuild' (it needs no re-embedding), or set vectors.url back."
            )
        return _OpenGeneration(generation, self._backend)

    def periods(self, question: str, filters: Filters) -> list[Period]:
        """The times a question names; without an index only those that need no day."""
        if not time_words(question):
            return []  # the newest day need not be looked up
        with self._lock:
            self.refresh()
            return periods(question, filters.as_of or (self._open.newest if self._open else None))

    def search(
        self,
        question: str,
        k: int,
        *,
        filters: Filters = NO_FILTERS,
        superseded: bool = False,
        also: Sequence[str] = (),
    ) -> list[ScoredPassage]:
        """The `k` best passages, best first; the fused order's first alone if one is certain.

        Of near copies only the best article is taken. Versions corrected by `filters.as_of` are
        left out, unless `superseded`.

        Raises:
            DamagedError: if the vectors cannot be read.
        """
        with self._lock:
            self.refresh()
            if self._open is None:
                return []
            library, allowed = self._open.library, SearchFilter(filters, superseded)
            intent = temporal_intent(question, self.periods(question, filters))
            candidates = self._candidates(self._open, (question, *also), allowed)
            candidates += self._of_periods(self._open, question, candidates, allowed, intent)
            ids = [c.id for c in candidates]
            passages, metas = library.passages(ids), library.passage_meta(ids)
        texts = [reranker_text(passages[c.id]) for c in candidates]
        first = len(texts) if intent or k > FIRST else FIRST
        logits: list[float] = []
        for part in (texts[:first], texts[first:]):
            logits += self._reranker.score(question, part)
            read = zip(candidates[: len(logits)], logits, strict=True)
            found = [(c.scored(passages[c.id], logit), metas[c.id]) for c, logit in read]
            if max(logits, default=0.0) >= CERTAIN and len(collapse_duplicates(found)) >= k:
                break
        if intent:
            found = temporal_boost(found, intent)
        found.sort(key=lambda f: (-f[0].score, -f[0].fused, f[0].passage.id))
        return self._with_carriers(diversify(collapse_duplicates(found))[:k])

    def listed(self) -> tuple[Listed, ...]:
        """Every article of the generation searched, see `ArticleStore.listed`."""
        with self._lock:
            self.refresh()
            return self._open.listed if self._open else ()

    def passages_of(self, articles: Sequence[str], filters: Filters) -> list[Passage]:
        """Passages of these articles that may be found, in order; or DamagedError."""
        with self._lock:
            self.refresh()
            if self._open is None:
                return []
            library = self._open.library
            ids = [one for article in articles for one in library.passage_ids(article)]
            return self._admitted(ids, filters)

    def passages_with(self, phrases: Sequence[str], filters: Filters) -> list[Passage]:
        """All passages in `filters` with all of these runs of words in title or text, by stems."""
        with self._lock:
            self.refresh()
            ids = self._open.library.passages_with(phrases) if self._open else []
            return self._admitted(ids, filters)

    def articles_in(self, filters: Filters) -> list[Listed]:
        """The articles in `filters` that are indexed themselves and not outdated, newest first."""
        return [
            row
            for row in self.listed()
            if row.copy_of is None
            and filters.admits(row.article.id, row.article.published, row.article.source)
            and (filters.articles or not row.is_superseded(filters.as_of))
        ]

    def versions_before(self, article_id: str) -> list[Passage]:
        """The passages of the versions of an article that it corrects, in order."""
        with self._lock:
            self.refresh()
            if self._open is None:
                return []
            library = self._open.library
            older = library.duplicate_info(article_id).corrects
            ids = [one for article in older for one in library.passage_ids(article.id)]
            found = library.passages(ids)
            return [found[one] for one in ids]

    def _admitted(self, ids: Sequence[str], filters: Filters) -> list[Passage]:
        """Those of these passages that may be found, in the same order."""
        if self._open is None:
            return []
        library, allowed = self._open.library, SearchFilter(filters, superseded=False)
        found: list[Passage] = []
        for start in range(0, len(ids), AT_ONCE):
            some = ids[start : start + AT_ONCE]
            metas = library.passage_meta(some)
            passages = library.passages([one for one in some if allowed.admits(metas[one])])
            found += (passages[one] for one in some if one in passages)
        return found

    def _candidates(
        self, opened: _OpenGeneration, forms: Sequence[str], allowed: SearchFilter
    ) -> list[Candidate]:
        """The passages to rerank; more are retrieved while copies crowd out the others."""
        vectors = [self._embedder.question(form) for form in forms]
        for number in (CANDIDATES, CROWDED):
            dense = [opened.nearest(vector, number, allowed.filters) for vector in vectors]
            lexical = [opened.library.lexical(form, number, allowed.filters) for form in forms]
            fused = fuse(dense, lexical)
            metas = opened.library.passage_meta([c.id for c in fused])
            if len(metas) != len(fused):
                raise DamagedError("Vectors and passages disagree. Run 'assistant index rebuild'.")
            kept = filter_and_cap(fused, metas, allowed)
            exhausted = all(len(hits) < number for hits in (*dense, *lexical))
            if len(kept) >= RERANKED or len(kept) == len(fused) or exhausted:
                break
        return kept[:RERANKED]

    def _of_periods(
        self,
        opened: _OpenGeneration,
        question: str,
        known: Sequence[Candidate],
        allowed: SearchFilter,
        intent: TemporalIntent,
    ) -> list[Candidate]:
        """Further candidates of the time that the question asks about."""
        if not intent:
            return []
        metas = opened.library.passage_meta([c.id for c in known])
        more: dict[str, Candidate] = {}
        for filters in intent.narrowed(allowed.filters, [m.published for m in metas.values()]):
            inside = self._candidates(opened, (question,), replace(allowed, filters=filters))
            more |= {c.id: c for c in inside[:OF_PERIOD] if c.id not in metas}
        return list(more.values())

    def _with_carriers(self, found: Sequence[ScoredPassage]) -> list[ScoredPassage]:
        with self._lock:
            if self._open is None:
                return list(found)
            library = self._open.library
            ids = {f.passage.article.id for f in found}
            carried = {article_id: tuple(library.carried_by(article_id)) for article_id in ids}
        return [replace(f, carried_by=carried[f.passage.article.id]) for f in found]

    def close(self) -> None:
        """Close the generation that is open."""
        with self._lock:
            if self._open:
                self._open.close()
            self._open = self._current = None


class _OpenGeneration:
    """A generation that is open for search."""

    def __init__(self, generation: Generation, backend: VectorBackend) -> None:
        self.generation = generation
        with ExitStack() as stack:
            self.library = ArticleStore(generation.library)
            stack.callback(self.library.close)
            self.vectors = stack.enter_context(backend.reader(generation, self.library))
            self._stack = stack.pop_all()

    @cached_property
    def newest(self) -> dt.date | None:
        """The day of the newest article that is not dated in the future."""
        return self.library.newest(dt.datetime.now().astimezone().date())

    @cached_property
    def listed(self) -> tuple[Listed, ...]:
        """Every article, newest first."""
        return tuple(self.library.listed())

    def nearest(self, vector: Vectors, k: int, filters: Filters) -> list[tuple[str, float]]:
        """The `k` nearest passages: of all, or of the articles that are asked for by id."""
        if not filters.articles:
            return self.vectors.nearest(vector, k)
        ids = [one for article in filters.articles for one in self.library.passage_ids(article)]
        found = self.vectors.get(ids) if ids else {}
        return FlatIndex.of(found).nearest(vector, k) if found else []

    def close(self) -> None:
        self._stack.close()
