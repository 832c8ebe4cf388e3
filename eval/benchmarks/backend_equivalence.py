"""The same articles through every home of vectors: are ids and the best ten the same?"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from eval.benchmarks.chroma_process import chroma_server
from eval.benchmarks.synthetic_corpus import questions, write_archive, write_kin
from index.embedding.embedders import Embedder
from index.ingest.pipeline import Ingest
from index.ingest.report import Report
from index.retrieval.hybrid_search import IndexSearch
from index.storage.article_store import ArticleStore
from index.storage.chroma_folder import ChromaFolderBackend, VectorBackend
from index.storage.chroma_server import ChromaServerBackend
from index.storage.generations import Store

QUESTIONS = 50
BEST = 10


@dataclass(frozen=True, slots=True)
class _Outcome:
    articles: frozenset[str]
    passages: frozenset[str]
    kin: frozenset[tuple[str, ...]]  # near copies, and old versions with the newer ones
    best: tuple[tuple[str, ...], ...]
    embedded: int  # by the process that publishes
    seconds: float


class AsFused:
    """Keeps the order of the fused ranks: a reranker would hide a difference among them."""

    name = "as fused"

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """Ever less."""
        return [-float(rank) for rank in range(len(texts))]

    def count(self, text: str) -> int:
        """Words."""
        return len(text.split())


def compared(
    root: Path, articles: int, embedder: Callable[[], Embedder], cluster: str = "local"
) -> dict[str, float]:
    """Ingest `articles` made-up ones into a folder, a Chroma server and by a cluster.

    Some of them are told again nearly in the same words, or corrected.

    Args:
        root: A folder of one's own.
        articles: How many.
        embedder: Makes the embedder, also on the cluster's machines, so it must be picklable.
        cluster: Address of a Ray cluster; "" leaves it out.
    """
    write_archive(root / "articles", articles)
    write_kin(root / "articles")
    made = embedder()
    with chroma_server(root / "chroma") as url:
        folder = _one_machine(root, "folder", made, ChromaFolderBackend())
        server = _one_machine(root, "server", made, _server(root / "server", url, made))
        found = {"folder": folder, "server": server}
        if cluster:
            found["cluster"] = _by_cluster(root, url, made, embedder, cluster)
    figures: dict[str, float] = {
        "articles": len(folder.articles),
        "passages": len(folder.passages),
        "near copies and old versions": len(folder.kin),
        "questions": len(folder.best),
    }
    for name, outcome in found.items():
        figures[f"ingest, {name} (s)"] = outcome.seconds
    if cluster:
        figures["passages embedded by the cluster's driver"] = found["cluster"].embedded
    figures["ids and top 10 that differ between the homes"] = sum(
        _differences(folder, outcome) for outcome in found.values()
    )
    return figures


def _differences(one: _Outcome, other: _Outcome) -> int:
    return (
        len(one.articles ^ other.articles)
        + len(one.passages ^ other.passages)
        + len(one.kin ^ other.kin)
        + sum(a != b for a, b in zip(one.best, other.best, strict=True))
    )


def _server(root: Path, url: str, embedder: Embedder) -> ChromaServerBackend:
    return ChromaServerBackend(url, root, embedder.identity, embedder.dimension)


def _one_machine(root: Path, name: str, embedder: Embedder, home: VectorBackend) -> _Outcome:
    store = Store(root / name)
    # one cache for both: what is compared is where the vectors are kept
    work = Ingest(store, root / "embeddings.sqlite", embedder, vectors=home)
    begin = time.perf_counter()
    report = work.run([root / "articles"])
    return _outcome(store, embedder, home, report, time.perf_counter() - begin)


def _by_cluster(
    root: Path, url: str, embedder: Embedder, make: Callable[[], Embedder], address: str
) -> _Outcome:
    from index.ingest.ray_cluster import Job, Prepared, ingest

    store = Store(root / "cluster")
    home = _server(store.root, url, embedder)

    def driver(extractor: Callable[[], Prepared]) -> Ingest:
        return Ingest(
            store,
            root / "cluster.sqlite",
            embedder,
            vectors=home,
            extractor=extractor,
        )

    begin = time.perf_counter()
    job = Job(make, home)
    report = ingest(address, job, driver, [root / "articles"], workers=2)
    took = time.perf_counter() - begin
    again = ingest(address, job, driver, [root / "articles"], workers=2)
    assert not again.published, "the same articles by the cluster again are no change"
    return _outcome(store, embedder, home, report, took)


def _outcome(
    store: Store, embedder: Embedder, home: VectorBackend, report: Report, seconds: float
) -> _Outcome:
    generation, _ = store.open()
    assert generation is not None
    with closing(ArticleStore(generation.library)) as library:
        articles = frozenset(library.digests())
        passages = frozenset(library.passage_ids())
        kin = frozenset([*library.near_copies(), *library.superseded()])
    search = IndexSearch(store, embedder, AsFused(), home)
    best = partial(_best, search)
    try:
        found = tuple(map(best, questions(QUESTIONS)))
    finally:
        search.close()
    return _Outcome(articles, passages, kin, found, report.embedded, seconds)


def _best(search: IndexSearch, question: str) -> tuple[str, ...]:
    return tuple(hit.passage.id for hit in search.search(question, BEST))
