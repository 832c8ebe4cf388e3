"""Hybrid search: dense and lexical ranks, fused, reranked, few passages an article.

Knows nothing of LlamaIndex: importing it takes two seconds that a question need not wait for.
`index.retriever` offers the same search as a LlamaIndex retriever.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from index.articles import Article, Passage
from index.embedding import Embedder
from index.errors import DamagedError, UserError
from index.generation import Generation, Store
from index.library import Library, Place
from index.period import Period, periods
from index.rerank import Reranker
from index.scope import EVERYTHING, Scope
from index.timely import Read, Sought, sought
from index.vectors import FolderVectors, VectorHome

CANDIDATES = 30  # taken from each of dense and lexical search
RERANKED = 20  # fused candidates read by the cross-encoder, about 15 ms each on two cores
PER_ARTICLE = 2  # passages of one article that count in full
# Logits that each further passage of an article has to be better by: so no article fills the
# evidence, and none is cut off either (a cap at two lost 7 of 100 gold sentences of wikinews_dev).
CROWDING = 1.0
PER_ORIGIN = 3  # near copies of one text among the candidates; one of them is shown
MAX_CANDIDATES = 1_920  # looked through where copies or old versions crowd out the others
OF_ITS_TIME = 10  # further candidates of each period that the question names
_SOME_DAY = dt.date(2000, 1, 1)
FUSION = 60  # the k of reciprocal rank fusion (Cormack, Clarke, Büttcher, SIGIR 2009)


@dataclass(frozen=True, slots=True)
class Found:
    """A passage and how it was found. Ranks are 1-based, None if not among the candidates.

    `similarity` is the cosine (-1..1), `bm25` the BM25 score (>= 0), both for the question itself;
    `fused` is the reciprocal rank fusion (0..2/61 for each form of the question), `relevance` the
    reranker's logit (about -11..11), `lift` what is added to it in the order for its day, if the
    question speaks of a time (`index.timely`). `carried_by` are the other articles that carry the
    same text or nearly so, without their text: no second witnesses.
    """

    passage: Passage
    dense_rank: int | None
    similarity: float | None
    lexical_rank: int | None
    bm25: float | None
    fused: float
    relevance: float
    carried_by: tuple[Article, ...] = ()
    lift: float = 0.0

    @property
    def worth(self) -> float:
        """What it is ordered by, in logits."""
        return self.relevance + self.lift


class Searcher(Protocol):
    """Anything that finds passages for a question."""

    def search(
        self, question: str, k: int, *, scope: Scope = EVERYTHING, also: Sequence[str] = ()
    ) -> list[Found]:
        """The `k` best passages of the articles in `scope`, best first.

        `also` are other forms of the question: what they find is read with the question as well.
        """

    def periods(self, question: str, scope: Scope) -> list[Period]:
        """The times a question speaks of, counted from the day of the scope or the newest article.

        Articles of these are preferred, and so are the newest where a question asks for them.
        """

    @property
    def generation(self) -> str:
        """Name of the generation searched; "" if nothing is indexed."""


class IndexSearch:
    """Searches the published generation; follows CURRENT before each question."""

    def __init__(
        self,
        store: Store,
        embedder: Embedder,
        reranker: Reranker,
        vectors: VectorHome | None = None,
    ) -> None:
        self._store = store
        self._home = vectors or FolderVectors()
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

    def periods(self, question: str, scope: Scope) -> list[Period]:
        """The times a question speaks of; without an index only those that count from no day."""
        if not periods(question, _SOME_DAY):
            return []  # the newest day need not be looked up
        with self._lock:
            self.refresh()
            return periods(question, scope.as_of or (self._open.newest if self._open else None))

    def search(
        self,
        question: str,
        k: int,
        *,
        scope: Scope = EVERYTHING,
        superseded: bool = False,
        also: Sequence[str] = (),
    ) -> list[Found]:
        """The `k` best passages, best first; the third of an article has to be clearly better.

        The forms of the question in `also` are searched for too; the lists are fused, and all that
        is found is read with `question`.

        Of articles that carry one text, near copies included, only the best is taken. Versions
        that were corrected are left out, unless `superseded`, or unless the correction came after
        the day of `scope.as_of`. Passages of the time that a question speaks of come before others
        that are as relevant; none is left out for its day.

        Raises:
            DamagedError: if the vectors cannot be read.
        """
        with self._lock:
            self.refresh()
            if self._open is None:
                return []
            wanted = _Wanted(scope, superseded)
            timely = sought(question, self.periods(question, scope))
            candidates = self._candidates(self._open, (question, *also), wanted)
            candidates += self._of_its_time(self._open, question, candidates, wanted, timely)
            ids = [c.id for c in candidates]
            passages, places = self._open.library.passages(ids), self._open.library.places(ids)
        texts = [_read_by_reranker(passages[c.id]) for c in candidates]
        scores = self._reranker.score(question, texts)
        found = [
            (c.found(passages[c.id], score), places[c.id])
            for c, score in zip(candidates, scores, strict=True)
        ]
        if timely:
            found = _lifted(found, timely)
        found.sort(key=lambda f: (-f[0].worth, -f[0].fused, f[0].passage.id))
        taken = _spread(_one_an_origin(found))[:k]
        return self._with_carriers(taken)

    def _candidates(self, opened: _Open, forms: Sequence[str], wanted: _Wanted) -> list[_Candidate]:
        """The passages to rerank: more are looked through while copies crowd out the others."""
        vectors = [self._embedder.question(form) for form in forms]
        looked = CANDIDATES
        while True:
            dense = [opened.vectors.nearest(vector, looked) for vector in vectors]
            lexical = [opened.library.lexical(form, looked, wanted.scope) for form in forms]
            fused = _fuse(dense, lexical)
            places = opened.library.places([c.id for c in fused])
            if len(places) != len(fused):
                raise DamagedError("Vectors and passages disagree. Run 'assistant index rebuild'.")
            kept = _uncrowded(fused, places, wanted)
            crowded = len(fused) - len(kept)
            all_seen = all(len(hits) < looked for hits in (*dense, *lexical))
            if len(kept) >= RERANKED or not crowded or all_seen or looked >= MAX_CANDIDATES:
                return kept[:RERANKED]
            looked *= 4

    def _of_its_time(
        self,
        opened: _Open,
        question: str,
        known: Sequence[_Candidate],
        wanted: _Wanted,
        timely: Sought,
    ) -> list[_Candidate]:
        """Further candidates of the time that the question speaks of."""
        if not timely:
            return []
        places = opened.library.places([c.id for c in known])
        more: dict[str, _Candidate] = {}
        for scope in timely.scopes(wanted.scope, [p.published for p in places.values()]):
            inside = self._candidates(opened, (question,), replace(wanted, scope=scope))
            more |= {c.id: c for c in inside[:OF_ITS_TIME] if c.id not in places}
        return list(more.values())

    def _with_carriers(self, found: Sequence[Found]) -> list[Found]:
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

    def __init__(self, store: Store, generation: Generation, home: VectorHome) -> None:
        self.generation = generation
        with ExitStack() as stack:
            self.library = Library(generation.library)
            stack.callback(self.library.close)
            self.vectors = stack.enter_context(home.reading(store, generation, self.library))
            self._stack = stack.pop_all()

    @cached_property
    def newest(self) -> dt.date | None:
        """The day of the newest article; one that is dated ahead is not from then."""
        return self.library.newest(dt.datetime.now().astimezone().date())

    def close(self) -> None:
        self._stack.close()


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A passage with its rank and score in the lists of the question itself."""

    id: str
    fused: float = 0.0
    dense: tuple[int, float] | None = None
    lexical: tuple[int, float] | None = None

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


_Hits = list[tuple[str, float]]


def _fuse(dense: Sequence[_Hits], lexical: Sequence[_Hits]) -> list[_Candidate]:
    """All that was found, best first; the first list of each kind is the question's own."""
    fused: dict[str, float] = {}
    for hits in (*dense, *lexical):
        for rank, (i, _) in enumerate(hits, 1):
            fused[i] = fused.get(i, 0.0) + 1 / (FUSION + rank)
    by_meaning, by_words = _ranked(dense[0]), _ranked(lexical[0])
    found = [_Candidate(i, sum_, by_meaning.get(i), by_words.get(i)) for i, sum_ in fused.items()]
    return sorted(found, key=lambda c: (-c.fused, c.id))


def _ranked(hits: _Hits) -> dict[str, tuple[int, float]]:
    return {i: (rank, score) for rank, (i, score) in enumerate(hits, 1)}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which articles may be found; `superseded`: old versions as well."""

    scope: Scope
    superseded: bool

    def admits(self, place: Place) -> bool:
        old = place.superseded_by_then(self.scope.as_of)
        return self.scope.admits(place.published, place.source) and (self.superseded or not old)


def _uncrowded(
    candidates: Sequence[_Candidate], places: Mapping[str, Place], wanted: _Wanted
) -> list[_Candidate]:
    """Candidates that are wanted, of at most `PER_ORIGIN` articles of one origin."""
    articles: dict[str, set[str]] = {}
    kept = []
    for candidate in candidates:
        place = places[candidate.id]
        if not wanted.admits(place):
            continue
        some = articles.setdefault(_origin(place), set())
        if place.article in some or len(some) < PER_ORIGIN:
            some.add(place.article)
            kept.append(candidate)
    return kept


def _lifted(found: Sequence[tuple[Found, Place]], timely: Sought) -> list[tuple[Found, Place]]:
    """The same, with what each is lifted by for its day."""
    read = [
        Read(_read_by_reranker(hit.passage), place.published, hit.relevance) for hit, place in found
    ]
    return [
        (replace(hit, lift=lift), place)
        for (hit, place), lift in zip(found, timely.lifts(read), strict=True)
    ]


def _one_an_origin(found: Sequence[tuple[Found, Place]]) -> list[Found]:
    """Of each origin the passages of one article: one that corrects another, or else the best."""
    chosen: dict[str, Place] = {}
    for _, place in found:
        before = chosen.setdefault(_origin(place), place)
        if place.corrects and not before.corrects:
            chosen[_origin(place)] = place
    return [hit for hit, place in found if place.article == chosen[_origin(place)].article]


def _origin(place: Place) -> str:
    """An old version that was asked for is shown beside the new one."""
    return place.article if place.superseded else place.origin


def _read_by_reranker(passage: Passage) -> str:
    return f"{passage.article.title}. {passage.text}"


def _spread(found: Sequence[Found]) -> list[Found]:
    """The same passages, further ones of an article moved down by `CROWDING` each."""
    count: dict[str, int] = {}
    worth: dict[str, float] = {}
    for hit in found:
        article = hit.passage.article.id
        count[article] = count.get(article, 0) + 1
        further = max(0, count[article] - PER_ARTICLE)
        worth[hit.passage.id] = hit.worth - CROWDING * further
    return sorted(found, key=lambda hit: -worth[hit.passage.id])
