"""Rank fusion, filters, temporal boost, duplicate collapse and per-article diversity."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from index.core.articles import Article, Passage
from index.core.filters import Filters
from index.retrieval.temporal_intent import DatedPassage, TemporalIntent
from index.storage.article_store import PassageMeta

PER_ARTICLE = 2  # passages of one article without a penalty
# Logits that each further passage of an article has to be better by: so no article fills the
# evidence, and none is cut off either (a cap at two lost 7 of 100 gold sentences of wikinews_dev).
CROWDING = 1.0
PER_CLUSTER = 3  # articles of one cluster of near copies among the candidates; one is shown
RRF_K = 60  # of reciprocal rank fusion (Cormack, Clarke, Büttcher, SIGIR 2009)


@dataclass(frozen=True, slots=True)
class ScoredPassage:
    """A passage and how it was found. Ranks are 1-based, None if not among the candidates.

    `similarity` is the cosine (-1..1), `bm25` the BM25 score (>= 0), both for the question itself;
    `fused` is the reciprocal rank fusion (0..2/61 for each form of the question), `relevance` the
    reranker's logit (about -11..11), `boost` what the time of the question adds to it
    (`index.retrieval.temporal_intent`). `carried_by` are the other articles with the same or nearly
    the same text, without their text; they do not count as further evidence.
    """

    passage: Passage
    dense_rank: int | None
    similarity: float | None
    lexical_rank: int | None
    bm25: float | None
    fused: float
    relevance: float
    carried_by: tuple[Article, ...] = ()
    boost: float = 0.0

    @property
    def score(self) -> float:
        """What it is ranked by, in logits."""
        return self.relevance + self.boost


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage with its rank and score in the lists of the question itself."""

    id: str
    fused: float = 0.0
    dense: tuple[int, float] | None = None
    lexical: tuple[int, float] | None = None

    def scored(self, passage: Passage, relevance: float) -> ScoredPassage:
        """The same with the reranker's logit."""
        dense_rank, similarity = self.dense or (None, None)
        lexical_rank, bm25 = self.lexical or (None, None)
        scored = replace(passage, score=relevance)
        return ScoredPassage(
            scored, dense_rank, similarity, lexical_rank, bm25, self.fused, relevance
        )


Hits = list[tuple[str, float]]
Ranked = Sequence[tuple[ScoredPassage, PassageMeta]]


def fuse(dense: Sequence[Hits], lexical: Sequence[Hits]) -> list[Candidate]:
    """All hits by reciprocal rank fusion, best first; the first list of each is the question's."""
    fused: defaultdict[str, float] = defaultdict(float)
    for hits in (*dense, *lexical):
        for rank, (passage_id, _) in enumerate(hits, 1):
            fused[passage_id] += 1 / (RRF_K + rank)
    own_dense, own_lexical = (
        {passage_id: (rank, score) for rank, (passage_id, score) in enumerate(hits, 1)}
        for hits in (dense[0], lexical[0])
    )
    candidates = [
        Candidate(passage_id, score, own_dense.get(passage_id), own_lexical.get(passage_id))
        for passage_id, score in fused.items()
    ]
    return sorted(candidates, key=lambda c: (-c.fused, c.id))


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """Which articles may be found; `superseded`: old versions as well, as those asked for by id."""

    filters: Filters
    superseded: bool

    def admits(self, meta: PassageMeta) -> bool:
        """True if this passage may be found."""
        filters = self.filters
        if not filters.admits(meta.article, meta.published, meta.source):
            return False
        return self.superseded or bool(filters.articles) or not meta.is_superseded(filters.as_of)


def filter_and_cap(
    candidates: Sequence[Candidate], metas: Mapping[str, PassageMeta], allowed: SearchFilter
) -> list[Candidate]:
    """Candidates that pass the filter, of at most `PER_CLUSTER` articles of one cluster."""
    articles: dict[str, set[str]] = {}
    kept = []
    for candidate in candidates:
        meta = metas[candidate.id]
        if not allowed.admits(meta):
            continue
        in_cluster = articles.setdefault(_cluster(meta), set())
        if meta.article in in_cluster or len(in_cluster) < PER_CLUSTER:
            in_cluster.add(meta.article)
            kept.append(candidate)
    return kept


def temporal_boost(
    found: Ranked, intent: TemporalIntent
) -> list[tuple[ScoredPassage, PassageMeta]]:
    """The same with their boosts."""
    dated = [
        DatedPassage(reranker_text(hit.passage), meta.published, hit.relevance)
        for hit, meta in found
    ]
    return [
        (replace(hit, boost=boost), meta)
        for (hit, meta), boost in zip(found, intent.boosts(dated), strict=True)
    ]


def collapse_duplicates(found: Ranked) -> list[ScoredPassage]:
    """Of each cluster the passages of one article: one that corrects another, or else the best."""
    chosen: dict[str, PassageMeta] = {}
    for _, meta in found:
        before = chosen.setdefault(_cluster(meta), meta)
        if meta.corrects and not before.corrects:
            chosen[_cluster(meta)] = meta
    return [hit for hit, meta in found if meta.article == chosen[_cluster(meta)].article]


def _cluster(meta: PassageMeta) -> str:
    """An old version, if it is searched at all, is shown beside the new one."""
    return meta.article if meta.superseded else meta.cluster_id


def reranker_text(passage: Passage) -> str:
    """What the reranker reads of a passage: the title names its subject."""
    return f"{passage.article.title}. {passage.text}"


def diversify(found: Sequence[ScoredPassage]) -> list[ScoredPassage]:
    """The same, ranked with a penalty of `CROWDING` for each further passage of an article."""
    count: Counter[str] = Counter()
    scores: dict[str, float] = {}
    for hit in found:
        article = hit.passage.article.id
        count[article] += 1
        scores[hit.passage.id] = hit.score - CROWDING * max(0, count[article] - PER_ARTICLE)
    return sorted(found, key=lambda hit: -scores[hit.passage.id])
