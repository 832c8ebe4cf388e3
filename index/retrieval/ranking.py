"""What was found, in the order it is worth: fused, uncrowded, lifted for its day, spread out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from index.core.articles import Article, Passage
from index.core.filters import Filters
from index.retrieval.temporal_intent import Read, TemporalIntent
from index.storage.article_store import PassageMeta

PER_ARTICLE = 2  # passages of one article that count in full
# Logits that each further passage of an article has to be better by: so no article fills the
# evidence, and none is cut off either (a cap at two lost 7 of 100 gold sentences of wikinews_dev).
CROWDING = 1.0
PER_ORIGIN = 3  # near copies of one text among the candidates; one of them is shown
FUSION = 60  # the k of reciprocal rank fusion (Cormack, Clarke, Büttcher, SIGIR 2009)


@dataclass(frozen=True, slots=True)
class ScoredPassage:
    """A passage and how it was found. Ranks are 1-based, None if not among the candidates.

    `similarity` is the cosine (-1..1), `bm25` the BM25 score (>= 0), both for the question itself;
    `fused` is the reciprocal rank fusion (0..2/61 for each form of the question), `relevance` the
    reranker's logit (about -11..11), `lift` what is added to it in the order for its day, if the
    question speaks of a time (`index.retrieval.temporal_intent`). `carried_by` are the other articles that carry the
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


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage with its rank and score in the lists of the question itself."""

    id: str
    fused: float = 0.0
    dense: tuple[int, float] | None = None
    lexical: tuple[int, float] | None = None

    def found(self, passage: Passage, relevance: float) -> ScoredPassage:
        """The same, read by the reranker."""
        dense_rank, similarity = self.dense or (None, None)
        lexical_rank, bm25 = self.lexical or (None, None)
        return ScoredPassage(
            passage=replace(passage, score=relevance),
            dense_rank=dense_rank,
            similarity=similarity,
            lexical_rank=lexical_rank,
            bm25=bm25,
            fused=self.fused,
            relevance=relevance,
        )


Hits = list[tuple[str, float]]


def fuse(dense: Sequence[Hits], lexical: Sequence[Hits]) -> list[Candidate]:
    """All that was found, best first; the first list of each kind is the question's own."""
    fused: dict[str, float] = {}
    for hits in (*dense, *lexical):
        for rank, (i, _) in enumerate(hits, 1):
            fused[i] = fused.get(i, 0.0) + 1 / (FUSION + rank)
    by_meaning, by_words = _ranked(dense[0]), _ranked(lexical[0])
    found = [Candidate(i, sum_, by_meaning.get(i), by_words.get(i)) for i, sum_ in fused.items()]
    return sorted(found, key=lambda c: (-c.fused, c.id))


def _ranked(hits: Hits) -> dict[str, tuple[int, float]]:
    return {i: (rank, score) for rank, (i, score) in enumerate(hits, 1)}


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """Which articles may be found; `superseded`: old versions as well."""

    filters: Filters
    superseded: bool

    def admits(self, place: PassageMeta) -> bool:
        """Tell whether passages of that place may be found."""
        old = place.is_superseded(self.filters.as_of)
        return self.filters.admits(place.published, place.source) and (self.superseded or not old)


def filter_and_cap(
    candidates: Sequence[Candidate], places: Mapping[str, PassageMeta], wanted: SearchFilter
) -> list[Candidate]:
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


def temporal_boost(
    found: Sequence[tuple[ScoredPassage, PassageMeta]], timely: TemporalIntent
) -> list[tuple[ScoredPassage, PassageMeta]]:
    """The same, with what each is lifted by for its day."""
    read = [
        Read(read_by_reranker(hit.passage), place.published, hit.relevance) for hit, place in found
    ]
    return [
        (replace(hit, lift=lift), place)
        for (hit, place), lift in zip(found, timely.lifts(read), strict=True)
    ]


def collapse_duplicates(found: Sequence[tuple[ScoredPassage, PassageMeta]]) -> list[ScoredPassage]:
    """Of each origin the passages of one article: one that corrects another, or else the best."""
    chosen: dict[str, PassageMeta] = {}
    for _, place in found:
        before = chosen.setdefault(_origin(place), place)
        if place.corrects and not before.corrects:
            chosen[_origin(place)] = place
    return [hit for hit, place in found if place.article == chosen[_origin(place)].article]


def _origin(place: PassageMeta) -> str:
    """An old version that was asked for is shown beside the new one."""
    return place.article if place.superseded else place.cluster_id


def read_by_reranker(passage: Passage) -> str:
    """What the reranker reads of a passage: the title gives it its subject."""
    return f"{passage.article.title}. {passage.text}"


def diversify(found: Sequence[ScoredPassage]) -> list[ScoredPassage]:
    """The same passages, further ones of an article moved down by `CROWDING` each."""
    count: dict[str, int] = {}
    worth: dict[str, float] = {}
    for hit in found:
        article = hit.passage.article.id
        count[article] = count.get(article, 0) + 1
        further = max(0, count[article] - PER_ARTICLE)
        worth[hit.passage.id] = hit.worth - CROWDING * further
    return sorted(found, key=lambda hit: -worth[hit.passage.id])
