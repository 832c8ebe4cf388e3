"""`eval speed ingest`: ingest and search with many articles, each figure beside its target.

Each part runs in a process of its own, because peak memory is of a whole process. Only the first
uses the real embedder; the others measure everything but the model, with synthetic vectors of the
same length.
"""

from __future__ import annotations

import importlib.util
import multiprocessing
import resource
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np

from assistant.container import App
from assistant.core.settings import Settings, load
from eval.benchmarks.measure import Figures, Table, Targets, timed
from eval.benchmarks.speed_search import DIMENSION, PASSAGES_PER_ARTICLE, measure_search
from eval.benchmarks.synthetic_corpus import SEED, near, write_archive, write_feed
from index.embedding.embedders import Embedder, Vectors
from index.ingest.pipeline import Ingest, embedded_text
from index.storage.article_store import ArticleStore
from index.storage.generations import GenerationStore

TARGETS: Targets = {
    "ingest ÷ bare embedder": (">=", 0.9),
    "ingest again, nothing changed ÷ first": ("<=", 0.03),
    "peak memory of the ingest (GB)": ("<=", 1.5),
    "search before reranking, p95 (ms)": ("<=", 250),
    "recall@10 against exact search": (">=", 0.99),
    "ids and top 10 that differ between backends": ("<=", 0),
}
THEMES = 1_000  # that synthetic passages are about
TOKENS_PER_WORD = 1.45  # about what the real tokenizer finds


def run(
    *, articles: int, memory: int, search: int, equality: int, json_file: Path | None = None
) -> int:
    """Measure every part whose size is not 0; returns 1 if a target is missed.

    Args:
        articles: Articles that are ingested with the real embedder, twice.
        memory: Passages of the ingest whose memory is measured.
        search: Passages of the index that is searched.
        equality: Articles that are brought into every vector backend.
        json_file: Where to write the figures as well.
    """
    table = Table(TARGETS)
    parts: list[tuple[str, Callable[[Path, int], Figures], int]] = [
        (f"ingest of {articles:,} articles, real embedder", _throughput, articles),
        (f"ingest of {memory:,} passages, synthetic vectors", _memory, memory),
        (f"search among {search:,} passages, synthetic vectors", _search, search),
        (f"{equality:,} articles by every vector backend", _equality, equality),
    ]
    for title, measure, size in parts:
        if size:
            with (
                tempfile.TemporaryDirectory(prefix="assistant-speed-") as folder,
                multiprocessing.get_context("spawn").Pool(1) as pool,
            ):
                table.add(title, pool.apply(measure, (Path(folder), size)))
    table.write(json_file)
    return 1 if table.missed else 0


def measure_ingest(settings: Settings, number: int) -> Figures:
    """Passages a second of an ingest and of the bare embedder, and a second ingest's share."""
    with tempfile.TemporaryDirectory(prefix="assistant-speed-") as folder:
        root = Path(folder)
        write_archive(root / "articles", number)
        with closing(App(replace(settings, data=root / "data"))) as app:
            # loads the embedder before: a cold start is measured elsewhere
            ingest = Ingest(app.store, root / "embeddings.sqlite", app.embedder)
            (first, report), (again, _) = (
                timed(lambda: ingest.run([root / "articles"])) for _ in "12"
            )
            generation, _ = app.store.open()
            assert generation is not None
            with closing(ArticleStore(generation.library)) as library:
                ids = library.passage_ids()
                batches = [ids[at : at + 500] for at in range(0, len(ids), 500)]
                found = [one for batch in batches for one in library.passages(batch).values()]
            texts = list(map(embedded_text, found))
            bare, _ = timed(lambda: app.embedder.passages(texts))
    return {
        "ingest, articles/s": report.articles / first,
        "ingest, passages/s": report.passages / first,
        "bare embedder, passages/s": len(texts) / bare,
        "ingest ÷ bare embedder": bare / first,
        "ingest again, nothing changed (s)": again,
        "ingest again, nothing changed ÷ first": again / first,
    }


def _throughput(root: Path, articles: int) -> Figures:
    found = measure_ingest(load({"data": str(root / "data")}), articles)
    return {**found, "peak memory, embedder included (GB)": _peak_gb()}


class SyntheticEmbedder:
    """Random vectors near to one another by theme; tokens in proportion to words."""

    name = "synthetic"
    identity = "synthetic-1"
    dimension = DIMENSION

    def __init__(self) -> None:
        self._random = np.random.default_rng(SEED)
        self._themes = self._random.normal(size=(THEMES, DIMENSION)).astype(np.float32)

    @staticmethod
    def tokenize(text: str) -> list[int]:
        """As many tokens as the real tokenizer finds, about."""
        return [0] * int(TOKENS_PER_WORD * len(text.split()))

    def question(self, text: str) -> Vectors:
        """One vector."""
        return self.passages([text])

    def passages(self, texts: Sequence[str]) -> Vectors:
        """A vector a text, (n, 384)."""
        return near(self._themes[self._random.integers(0, THEMES, len(texts))], self._random)


def _memory(root: Path, passages: int) -> Figures:
    # the splitter cuts an article of the feed into half as many passages
    write_feed(root / "articles", 2 * passages // PASSAGES_PER_ARTICLE)
    embedder = SyntheticEmbedder()
    ingest = Ingest(GenerationStore(root / "index"), root / "embeddings.sqlite", embedder)
    before = _peak_gb()
    (first, report), (again, _) = (timed(lambda: ingest.run([root / "articles"])) for _ in "12")
    return {
        "passages": report.passages,
        "ingest, passages/s": report.passages / first,
        "ingest again, nothing changed (s)": again,
        "memory before it began (GB)": before,
        "peak memory of the ingest (GB)": _peak_gb(),
        "peak memory of its workers (GB)": _peak_gb(resource.RUSAGE_CHILDREN),
    }


def _search(root: Path, passages: int) -> Figures:
    return {**measure_search(root, passages), "peak memory (GB)": _peak_gb()}


def _equality(root: Path, articles: int) -> Figures:
    from eval.benchmarks.backend_equivalence import compare_backends

    cluster = "local" if importlib.util.find_spec("ray") else ""
    return compare_backends(root, articles, real_embedder, cluster)


def real_embedder() -> Embedder:
    """The embedder of the settings; a function of a module, so that a cluster can pickle it."""
    return App(load()).embedder


def _peak_gb(who: int = resource.RUSAGE_SELF) -> float:
    unit = 1 if sys.platform == "darwin" else 1024  # bytes of ru_maxrss
    return resource.getrusage(who).ru_maxrss * unit / 1e9
