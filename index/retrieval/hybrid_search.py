"""Hybrid search: dense and lexical ranks, fused, reranked, few passages an article.

Knows nothing of LlamaIndex: importing it takes two seconds that a question need not wait for.
`index.llama_index` offers the same search as a LlamaIndex retriever.
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
from index.embedding.embedders import Embedder
from index.retrieval.ranking import (
    Candidate,
    ScoredPassage,
    SearchFilter,
    collapse_duplicates,
    diversify,
    filter_and_cap,
    fuse,
    read_by_reranker,
    temporal_boost,
)
from index.retrieval.reranker import Reranker
from index.retrieval.temporal_intent import TemporalIntent, temporal_intent
from index.storage.article_store import ArticleStore, Listed
from index.storage.chroma_folder import ChromaFolderBackend
from index.storage.generations import GenerationStore
from index.storage.manifest import Generation
from index.storage.vector_backend import VectorBackend
from index.text.query_dates import periods, time_words
from index.text.relative_dates import Period

CANDIDATES = 30  # taken from each of dense and lexical search
RERANKED = 20  # fused candidates read by the cross-encoder, about 15 ms each on two cores
CROWDED = 1_920  # looked through where those that may not be shown crowd out the others
OF_ITS_TIME = 10  # further candidates of each period that the question names


class Searcher(Protocol):
    """Anything that finds passages for a question."""

    def search(
        self, question: str, k: int, *, filters: Filters = NO_FILTERS, also: Sequence[str] = ()
    ) -> list[ScoredPassage]:
        """The `k` best passages of the articles in `filters`, best first.

        `also` are other forms of the question: what they find is read with the question as well.
        """

    def passages_of(self, articles: Sequence[str], filters: Filters) -> list[Passage]:
        """The passages of those of these articles (by id) that `search` may find in `filters`."""

    def periods(self, question: str, filters: Filters) -> list[Period]:
        """The times a question speaks of, counted from the day of the filters or the newest article.

        Articles of these are preferred, and so are the newest where a question asks for them.
        """

    @property
    def generation(self) -> str:
        """Name of the generation searched; "" if nothing is indexed."""


class IndexSearch:
    """Searches the published generation; follows CURRENT before each question."""

    def __init__(
        self,
        store: GenerationStore,
        embedder: Embedder,
        reranker: Reranker,
        vectors: VectorBackend | None = None,
    ) -> None:
        self._store = store
        self._home = vectors or ChromaFolderBackend()
        self._embedder = embedder
        self._reranker = reranker
        self._lock = threading.RLock()
        self._seen: str | None = None
        self._open: _Open | None = None
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
        """Open the published generation if it is another than the one that is open.

        Raises:
            DamagedError: if no generation is whole.
            UserError: if the index was made with another embedding model.
        """
        with self._lock:
            while (name := self._store.current_name()) != self._seen:
                try:
                    generation, self.warning = self._store.open()
                    fresh = self._opened(generation) if generation else None
                except DamagedError:
                    if self._store.current_name() != name:
                        continue  # it went while it was opened: two have been published since
                    raise
                self._seen, old, self._open = name, self._open, fresh
                if old:
                    old.close()

    def _opened(self, generation: Generation) -> _Open:
        built = generation.manifest
        if built.identity != self._embedder.identity:
            raise UserError(
                f"The index was built with {built.embedder}; the settings name "
                f"{self._embedder.name}. Run 'assistant index rebuild', or set embedder back."
            )
        if built.chromadb != self._home.kind and "server:" in built.chromadb + self._home.kind:
            raise UserError(
                "The index keeps its vectors elsewhere than vectors.url says. "
                "Run 'assistant index rebuild' (it needs no re-embedding), or set vectors.url back."
            )
        return _Open(self._store, generation, self._home)

    def periods(self, question: str, filters: Filters) -> list[Period]:
        """The times a question speaks of; without an index only those that count from no day."""
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
        """The `k` best passages, best first; the third of an article has to be clearly better.

        The forms of the question in `also` are searched for too; the lists are fused, and all that
        is found is read with `question`.

        Of articles that carry one text, near copies included, only the best is taken. Versions
        that were corrected are left out, unless `superseded`, or unless the correction came after
        the day of `filters.as_of`. Passages of the time that a question speaks of come before others
        that are as relevant; none is left out for its day.

        Raises:
            DamagedError: if the vectors cannot be read.
        """
        with self._lock:
            self.refresh()
            if self._open is None:
                return []
            wanted = SearchFilter(filters, superseded)
            timely = temporal_intent(question, self.periods(question, filters))
            candidates = self._candidates(self._open, (question, *also), wanted)
            candidates += self._of_its_time(self._open, question, candidates, wanted, timely)
            ids = [c.id for c in candidates]
            passages, places = (
                self._open.library.passages(ids),
                self._open.library.passage_meta(ids),
            )
        texts = [read_by_reranker(passages[c.id]) for c in candidates]
        scores = self._reranker.score(question, texts)
        found = [
            (c.found(passages[c.id], score), places[c.id])
            for c, score in zip(candidates, scores, strict=True)
        ]
        if timely:
            found = temporal_boost(found, timely)
        found.sort(key=lambda f: (-f[0].worth, -f[0].fused, f[0].passage.id))
        taken = diversify(collapse_duplicates(found))[:k]
        return self._with_carriers(taken)

    def listed(self) -> list[Listed]:
        """Every article of the generation searched, see `ArticleStore.listed`; none before the first."""
        with self._lock:
            self.refresh()
            return list(self._open.library.listed()) if self._open else []

    def passages_of(self, articles: Sequence[str], filters: Filters) -> list[Passage]:
        """The passages of these articles in reading order; those left out that none may find.

        Raises:
            DamagedError: if one is not the text that was indexed.
        """
        with self._lock:
            self.refresh()
            if self._open is None:
                return []
            library, wanted = self._open.library, SearchFilter(filters, superseded=False)
            ids = [one for article in articles for one in library.passage_ids(article)]
            places, passages = library.passage_meta(ids), library.passages(ids)
        return [passages[one] for one in ids if wanted.admits(places[one])]

    def _candidates(
        self, opened: _Open, forms: Sequence[str], wanted: SearchFilter
    ) -> list[Candidate]:
        """The passages to rerank: more are looked through while copies crowd out the others."""
        vectors = [self._embedder.question(form) for form in forms]
        for looked in (CANDIDATES, CROWDED):
            dense = [opened.vectors.nearest(vector, looked) for vector in vectors]
            lexical = [opened.library.lexical(form, looked, wanted.filters) for form in forms]
            fused = fuse(dense, lexical)
            places = opened.library.passage_meta([c.id for c in fused])
            if len(places) != len(fused):
                raise DamagedError("Vectors and passages disagree. Run 'assistant index rebuild'.")
            kept = filter_and_cap(fused, places, wanted)
            crowded = len(fused) - len(kept)
            all_seen = all(len(hits) < looked for hits in (*dense, *lexical))
            if len(kept) >= RERANKED or not crowded or all_seen:
                break
        return kept[:RERANKED]

    def _of_its_time(
        self,
        opened: _Open,
        question: str,
        known: Sequence[Candidate],
        wanted: SearchFilter,
        timely: TemporalIntent,
    ) -> list[Candidate]:
        """Further candidates of the time that the question speaks of."""
        if not timely:
            return []
        places = opened.library.passage_meta([c.id for c in known])
        more: dict[str, Candidate] = {}
        for filters in timely.scopes(wanted.filters, [p.published for p in places.values()]):
            inside = self._candidates(opened, (question,), replace(wanted, filters=filters))
            more |= {c.id: c for c in inside[:OF_ITS_TIME] if c.id not in places}
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
        """Let go of the generation that is open."""
        with self._lock:
            if self._open:
                self._open.close()
            self._open = self._seen = None


class _Open:
    """A generation that is open for search."""

    def __init__(self, store: GenerationStore, generation: Generation, home: VectorBackend) -> None:
        self.generation = generation
        with ExitStack() as stack:
            self.library = ArticleStore(generation.library)
            stack.callback(self.library.close)
            self.vectors = stack.enter_context(home.reader(store, generation, self.library))
            self._stack = stack.pop_all()

    @cached_property
    def newest(self) -> dt.date | None:
        """The day of the newest article; one that is dated ahead is not from then."""
        return self.library.newest(dt.datetime.now().astimezone().date())

    def close(self) -> None:
        self._stack.close()
