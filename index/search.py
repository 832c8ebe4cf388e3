"""Hybrid search: dense and lexical ranks, fused, reranked, few passages an article.

Knows nothing of LlamaIndex: importing it takes two seconds that a question need not wait for.
`index.retriever` offers the same search as a LlamaIndex retriever.
"""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from index.articles import Passage
from index.embedding import Embedder
from index.errors import DamagedError, UserError
from index.generation import Generation, Store
from index.library import Library
from index.rerank import Reranker
from index.vectors import ChromaVectors

CANDIDATES = 30  # taken from each of dense and lexical search
RERANKED = 20  # fused candidates read by the cross-encoder, about 15 ms each on two cores
PER_ARTICLE = 2  # passages of one article, so that one article cannot fill the evidence
FUSION = 60  # the k of reciprocal rank fusion (Cormack, Clarke, Büttcher, SIGIR 2009)


@dataclass(frozen=True, slots=True)
class Found:
    """A passage and how it was found. Ranks are 1-based, None if not among the candidates.

    `similarity` is the cosine (-1..1), `bm25` the BM25 score (>= 0), `fused` the reciprocal rank
    fusion (0..2/61), `relevance` the reranker's logit (about -11..11).
    """

    passage: Passage
    dense_rank: int | None
    similarity: float | None
    lexical_rank: int | None
    bm25: float | None
    fused: float
    relevance: float


class Searcher(Protocol):
    """Anything that finds passages for a question."""

    def search(self, question: str, k: int) -> list[Found]:
        """The `k` best passages, best first."""

    @property
    def generation(self) -> str:
        """Name of the generation searched; "" if nothing is indexed."""


class IndexSearch:
    """Searches the published generation; follows CURRENT before each question."""

    def __init__(self, store: Store, embedder: Embedder, reranker: Reranker) -> None:
        self._store = store
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
    def library(self) -> Library | None:
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
            name = self._store.current_name()
            if name == self._seen:
                return
            generation, self.warning = self._store.open()
            fresh = self._opened(generation) if generation else None
            self._seen, old, self._open = name, self._open, fresh
            if old:
                old.close()

    def _opened(self, generation: Generation) -> _Open:
        built = generation.manifest
        if built.identity != self._embedder.identity:
            raise UserError(
                f"The index was built with {built.embedder}; the settings name "
                f"{self._embedder.name}. Run 'assistant ingest --rebuild', or set embedder back."
            )
        return _Open(self._store, generation)

    def search(self, question: str, k: int) -> list[Found]:
        """The `k` best passages, best first; at most two an article unless only one matches.

        Raises:
            DamagedError: if the vectors cannot be read.
        """
        with self._lock:
            self.refresh()
            if self._open is None:
                return []
            dense = self._open.vectors.nearest(self._embedder.question(question), CANDIDATES)
            lexical = self._open.library.lexical(question, CANDIDATES)
            candidates = _fuse(dense, lexical)[:RERANKED]
            passages = self._open.library.passages([c.id for c in candidates])
        if len(passages) != len(candidates):
            raise DamagedError("Vectors and passages disagree. Run 'assistant ingest --rebuild'.")
        texts = [_read_by_reranker(passages[c.id]) for c in candidates]
        scores = self._reranker.score(question, texts)
        found = [
            c.found(passages[c.id], score) for c, score in zip(candidates, scores, strict=True)
        ]
        found.sort(key=lambda f: (-f.relevance, -f.fused, f.passage.id))
        return _few_an_article(found, k)

    def close(self) -> None:
        """Let go of the generation that is open."""
        with self._lock:
            if self._open:
                self._open.close()
            self._open = self._seen = None


class _Open:
    """A generation that is open for search."""

    def __init__(self, store: Store, generation: Generation) -> None:
        self.generation = generation
        with ExitStack() as stack:
            self.library = Library(generation.library)
            stack.callback(self.library.close)
            self.vectors = ChromaVectors(Path(stack.enter_context(store.private_copy(generation))))
            stack.callback(self.vectors.close)
            self._stack = stack.pop_all()

    def close(self) -> None:
        self._stack.close()


@dataclass(frozen=True, slots=True)
class _Candidate:
    id: str
    dense: tuple[int, float] | None = None
    lexical: tuple[int, float] | None = None

    @property
    def fused(self) -> float:
        return sum(1 / (FUSION + hit[0]) for hit in (self.dense, self.lexical) if hit)

    def found(self, passage: Passage, relevance: float) -> Found:
        dense_rank, similarity = self.dense or (None, None)
        lexical_rank, bm25 = self.lexical or (None, None)
        return Found(
            passage=replace(passage, score=relevance),
            dense_rank=dense_rank,
            similarity=similarity,
            lexical_rank=lexical_rank,
            bm25=bm25,
            fused=self.fused,
            relevance=relevance,
        )


def _fuse(dense: list[tuple[str, float]], lexical: list[tuple[str, float]]) -> list[_Candidate]:
    by_id = {i: _Candidate(i, dense=(rank, s)) for rank, (i, s) in enumerate(dense, 1)}
    for rank, (i, score) in enumerate(lexical, 1):
        by_id[i] = replace(by_id.get(i, _Candidate(i)), lexical=(rank, score))
    return sorted(by_id.values(), key=lambda c: (-c.fused, c.id))


def _read_by_reranker(passage: Passage) -> str:
    return f"{passage.article.title}. {passage.text}"


def _few_an_article(found: list[Found], k: int) -> list[Found]:
    if len({f.passage.article.id for f in found}) <= 1:
        return found[:k]
    taken: list[Found] = []
    count: dict[str, int] = {}
    for hit in found:
        article = hit.passage.article.id
        count[article] = count.get(article, 0) + 1
        if count[article] <= PER_ARTICLE:
            taken.append(hit)
    return taken[:k]
