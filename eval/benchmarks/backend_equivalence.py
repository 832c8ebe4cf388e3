"""Do a folder, a Chroma server and a Ray cluster give the same ids and the same search results?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from eval.benchmarks.chroma_process import chroma_server
from eval.benchmarks.measure import Figures, timed
from eval.benchmarks.synthetic_corpus import questions, write_archive, write_near_copies
from index.embedding.embedders import Embedder
from index.ingest.pipeline import Ingest
from index.ingest.report import Report
from index.retrieval.hybrid_search import IndexSearch
from index.storage.article_store import ArticleStore
from index.storage.chroma_folder import ChromaFolderBackend
from index.storage.chroma_server import ChromaServerBackend
from index.storage.generations import GenerationStore
from index.storage.vector_backend import VectorBackend

QUESTIONS = 50
BEST = 10


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What an index holds and finds; sets of ids, and the ids of the best passages by question."""

    articles: frozenset[str]
    passages: frozenset[str]
    related: frozenset[tuple[str, ...]]  # near copies, and old versions with the newer ones
    best: tuple[tuple[str, ...], ...]
    embedded: int  # by the process that publishes
    seconds: float

    def differences(self, other: _Outcome) -> int:
        """How many ids and result lists differ."""
        return (
            len(self.articles ^ other.articles)
            + len(self.passages ^ other.passages)
            + len(self.related ^ other.related)
            + sum(a != b for a, b in zip(self.best, other.best, strict=True))
        )


class FusedOrderReranker:
    """Keeps the order of the fused ranks, which a real reranker would hide."""

    name = "fused order"

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """Descending."""
        return [-float(rank) for rank in range(len(texts))]

    def count(self, text: str) -> int:
        """Words."""
        return len(text.split())


def compare_backends(
    root: Path, articles: int, make_embedder: Callable[[], Embedder], cluster: str = "local"
) -> Figures:
    """Ingest a synthetic archive with near copies and corrections by every backend.

    Args:
        root: An empty folder.
        articles: How many, near copies apart.
        make_embedder: Also called on the cluster's machines, so it must be picklable.
        cluster: Address of a Ray cluster; "" leaves it out.
    """
    write_archive(root / "articles", articles)
    write_near_copies(root / "articles")
    embedder = make_embedder()
    with chroma_server(root / "chroma") as url:
        server = ChromaServerBackend(url, root / "server", embedder.identity, embedder.dimension)
        found = {
            "folder": _one_machine(root, "folder", embedder, ChromaFolderBackend()),
            "server": _one_machine(root, "server", embedder, server),
        }
        if cluster:
            found["cluster"] = by_cluster(root, url, make_embedder, cluster)
    folder = found["folder"]
    figures: Figures = {
        "articles": len(folder.articles),
        "passages": len(folder.passages),
        "near copies and old versions": len(folder.related),
        "questions": len(folder.best),
    }
    figures |= {f"ingest, {name} (s)": outcome.seconds for name, outcome in found.items()}
    if cluster:
        figures["passages embedded by the cluster's driver"] = found["cluster"].embedded
    figures["ids and top 10 that differ between backends"] = sum(
        folder.differences(outcome) for outcome in found.values()
    )
    return figures


def _one_machine(root: Path, name: str, embedder: Embedder, backend: VectorBackend) -> _Outcome:
    store = GenerationStore(root / name)
    # one cache of vectors for both, because only their storage is compared
    ingest = Ingest(store, root / "embeddings.sqlite", embedder, vectors=backend)
    return _outcome(store, embedder, backend, lambda: ingest.run([root / "articles"]))


def by_cluster(
    root: Path, url: str, make_embedder: Callable[[], Embedder], address: str
) -> _Outcome:
    """Ingest `root`/articles by a Ray cluster into the Chroma server at `url`, twice."""
    from index.ingest.ray_cluster import Job, Prepared, ingest

    embedder, store = make_embedder(), GenerationStore(root / "cluster")
    backend = ChromaServerBackend(url, store.root, embedder.identity, embedder.dimension)

    def driver(extractor: Callable[[], Prepared]) -> Ingest:
        cache = root / "cluster.sqlite"
        return Ingest(store, cache, embedder, vectors=backend, extractor=extractor)

    def work() -> Report:
        job = Job(make_embedder, backend)
        return ingest(address, job, driver, [root / "articles"], workers=2)

    outcome = _outcome(store, embedder, backend, work)
    assert not work().published, "a second ingest of the same articles must change nothing"
    return outcome


def _outcome(
    store: GenerationStore, embedder: Embedder, backend: VectorBackend, ingest: Callable[[], Report]
) -> _Outcome:
    took, report = timed(ingest)
    generation, _ = store.open()
    assert generation is not None
    with (
        closing(ArticleStore(generation.library)) as library,
        closing(IndexSearch(store, embedder, FusedOrderReranker(), backend)) as search,
    ):
        return _Outcome(
            frozenset(library.digests()),
            frozenset(library.passage_ids()),
            frozenset([*library.near_copies(), *library.superseded()]),
            tuple(
                tuple(hit.passage.id for hit in search.search(question, BEST))
                for question in questions(QUESTIONS)
            ),
            report.embedded,
            took,
        )
