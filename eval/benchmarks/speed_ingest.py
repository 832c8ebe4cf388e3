"""How ingest and search hold up with many articles, each figure beside its bar.

The figures of a part are measured in a process of its own, because memory is only ever the most
that a process has had. The model takes part in the first only: the others measure everything but
the model, whose vectors are replaced by made-up ones of the same length.
"""

from __future__ import annotations

import importlib.util
import json
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from assistant.core.settings import load
from eval.benchmarks.synthetic_corpus import (
    SEED,
    invented_sentence,
    near,
    themed_vectors,
    write_feed,
)
from eval.scoring.thresholds import Bars, line, met
from index.core.articles import Article, Passage
from index.embedding.embedders import Embedder, Vectors
from index.ingest.pipeline import EXTRACTOR, Ingest
from index.storage.article_store import ArticleStore, FileRecord
from index.storage.article_writer import ArticleWriter
from index.storage.chroma_folder import ChromaFolderBackend
from index.storage.generations import Store
from index.storage.manifest import SCHEMA, Generation, Manifest
from index.text.chunking import PASSAGE_TOKENS, sentences

DIMENSION = 384
QUESTIONS = 200
PASSAGES_AN_ARTICLE = 5  # of the made-up index; an article of the feed is cut into half as many
WORDS = 110  # of a passage, as the splitter makes them from news

Figures = dict[str, float]
BARS: Bars = {
    "ingest ÷ bare embedder, passages/s": (">=", 0.9),
    "ingest again, unchanged ÷ first": ("<=", 0.03),
    "peak memory of the ingest (GB)": ("<=", 1.5),
    "search before reranking, p95 (ms)": ("<=", 250),
    "recall@10 against exact search": (">=", 0.99),
    "ids and top 10 that differ between the homes": ("<=", 0),
}


def run(
    *, articles: int, memory: int, search: int, equality: int, json_file: Path | None = None
) -> int:
    """Measure every part whose size is not 0; returns 1 if a bar is missed.

    Args:
        articles: Articles that are ingested with the real embedder, twice.
        memory: Passages of the ingest whose memory is measured.
        search: Passages of the index that is searched.
        equality: Articles that are brought into every home of vectors.
        json_file: Where to write the figures as well.
    """
    figures: dict[str, Figures] = {}
    parts: list[tuple[str, Callable[[int], Figures], int]] = [
        (f"ingest of {articles:,} articles, real embedder", _throughput, articles),
        (f"ingest of {memory:,} passages, made-up vectors: all but the model", _memory, memory),
        (f"search among {search:,} passages, made-up vectors: all but the model", _search, search),
        (f"{equality:,} articles through every home of vectors", _equality, equality),
    ]
    missed = 0
    for title, measure, size in parts:
        if size:
            figures[title] = _in_own_process(measure, size)
            missed += _show(title, figures[title])
    if json_file:
        json_file.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    return 1 if missed else 0


def _show(title: str, rows: Figures) -> int:
    print(f"\n{title}")
    for name, value in rows.items():
        print(line(name, value, BARS), flush=True)
    return sum(not met(name, value, BARS) for name, value in rows.items())


def _in_own_process(measure: Callable[[int], Figures], size: int) -> Figures:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, (size,))


def _peak_gb(who: int = resource.RUSAGE_SELF) -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(who).ru_maxrss * unit / 1e9


def _seconds(work: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


# ── throughput ────────────────────────────────────────────────────────────────────────────────


def _throughput(articles: int) -> Figures:
    from eval.benchmarks.speed_archive import measure_ingest

    with tempfile.TemporaryDirectory(prefix="assistant-speed-") as folder:
        found = measure_ingest(load({"data": folder}), articles)
    return {
        "ingest, passages/s": found["ingest, passages/s"],
        "bare embedder, passages/s": found["bare embedder, passages/s"],
        "ingest ÷ bare embedder, passages/s": found["ingest ÷ bare embedder"],
        "ingest again, nothing changed (s)": found["ingest again, nothing changed (s)"],
        "ingest again, unchanged ÷ first": found["  ÷ first ingest"],
        "peak memory, both embedders included (GB)": _peak_gb(),
    }


# ── memory ────────────────────────────────────────────────────────────────────────────────────


class MadeUpEmbedder:
    """Vectors at random, themed; tokens counted as the real tokenizer would, about 1.3 a word."""

    name = "made-up"
    identity = "made-up-1"
    dimension = DIMENSION

    def __init__(self) -> None:
        self._chance = np.random.default_rng(SEED)
        self._themes = self._chance.normal(size=(1000, DIMENSION)).astype(np.float32)

    def tokenize(self, text: str) -> list[int]:
        """About as many tokens as the real tokenizer finds."""
        return [0] * int(1.45 * len(text.split()))

    def question(self, text: str) -> Vectors:
        """A vector near to some passages."""
        return self.passages([text])

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors near to one another."""
        return near(self._themes[self._chance.integers(0, 1000, len(texts))], self._chance)


def _memory(passages: int) -> Figures:
    with tempfile.TemporaryDirectory(prefix="assistant-speed-") as folder:
        root = Path(folder)
        write_feed(root / "articles", 2 * passages // PASSAGES_AN_ARTICLE)
        store = Store(root / "index")
        embedder = MadeUpEmbedder()
        ingest = Ingest(store, root / "embeddings.sqlite", embedder)
        before = _peak_gb()
        begin = time.perf_counter()
        report = ingest.run([root / "articles"])
        took = time.perf_counter() - begin
        again = _seconds(lambda: ingest.run([root / "articles"]))
    return {
        "passages": report.passages,
        "ingest, passages/s": report.passages / took,
        "ingest again, nothing changed (s)": again,
        "memory before it began (GB)": before,
        "peak memory of the ingest (GB)": _peak_gb(),
        "peak memory of its workers (GB)": _peak_gb(resource.RUSAGE_CHILDREN),
    }


# ── search ────────────────────────────────────────────────────────────────────────────────────


def _search(passages: int) -> Figures:
    with tempfile.TemporaryDirectory(prefix="assistant-speed-") as folder:
        store = Store(Path(folder) / "index")
        begin = time.perf_counter()
        with store.writing():
            generation, vectors = _built(store, passages)
        built = time.perf_counter() - begin
        found = _asked(store, generation, vectors)
        size = sum(p.stat().st_size for p in generation.folder.rglob("*") if p.is_file())
    return {"built in (s)": built, "generation on disk (GB)": size / 1e9, **found}


def _built(store: Store, number: int) -> tuple[Generation, Vectors]:
    """A published generation of made-up passages, and their vectors in its order."""
    import random

    draft = store.draft(None)
    chance = random.Random(SEED)
    kept: list[Vectors] = []
    with (
        closing(ArticleWriter(draft / "library.sqlite")) as library,
        closing(ChromaFolderBackend().draft(draft)) as vectors,
    ):
        done = 0
        for batch in themed_vectors(number, DIMENSION):
            ids: list[str] = []
            while len(ids) < len(batch):
                article = _article(done + len(ids), chance)
                pieces = _cut(article)[: len(batch) - len(ids)]
                library.put_file(FileRecord(article.path, 0, 0, ""), [article], [])
                library.put_passages(pieces)
                ids += [passage.id for passage in pieces]
            vectors.upsert(ids, batch)
            kept.append(batch)
            done += len(batch)
        library.settle_copies()
        library.commit()
    manifest = Manifest(
        schema=SCHEMA,
        created="",
        chromadb=ChromaFolderBackend().kind,
        embedder=MadeUpEmbedder.name,
        identity=MadeUpEmbedder.identity,
        dimension=DIMENSION,
        passage_tokens=PASSAGE_TOKENS,
        extractor=EXTRACTOR,
        articles=number // PASSAGES_AN_ARTICLE,
        passages=number,
    )
    return store.publish(draft, manifest), np.concatenate(kept)


def _article(number: int, chance: Any) -> Article:
    paragraphs = []
    for _ in range(PASSAGES_AN_ARTICLE):
        words: list[str] = []
        while len(words) < WORDS:
            words += invented_sentence(chance).split()
        paragraphs.append(" ".join(words))
    title = invented_sentence(chance)[:70]
    return Article(f"/made-up/{number:08d}.txt", title, "\n\n".join(paragraphs))


def _cut(article: Article) -> list[Passage]:
    """A passage a paragraph, with its sentences where full stops stand: the splitter costs more."""
    found = []
    start = 0
    for paragraph in article.text.split("\n\n"):
        spans = tuple((start + a, start + b) for a, b in sentences(paragraph))
        found.append(Passage(article, spans))
        start += len(paragraph) + 2
    return found


def _asked(store: Store, generation: Generation, vectors: Vectors) -> Figures:
    import random

    from index.retrieval.hybrid_search import CANDIDATES, RERANKED
    from index.retrieval.ranking import fuse

    chance = np.random.default_rng(SEED + 2)
    words = random.Random(SEED + 2)
    verified = _seconds(generation.verify)
    store.open()  # reads and remembers it
    trusted = _seconds(store.open)
    library = ArticleStore(generation.library)
    ids = np.array(library.passage_ids())
    begin = time.perf_counter()
    with ChromaFolderBackend().reading(store, generation, library) as home:
        home.nearest(vectors[:1], 1)
        opened = time.perf_counter() - begin
        hits = 0
        dense_s: list[float] = []
        lexical_s: list[float] = []
        total_s: list[float] = []
        for _ in range(QUESTIONS):
            asked = near(vectors[chance.integers(0, len(vectors), 1)], chance)
            exact = np.argpartition(-(vectors @ asked[0]), 10)[:10]
            question = f"What is known of {' '.join(invented_sentence(words).split()[2:10])}?"
            marks = [time.perf_counter()]
            dense = home.nearest(asked, CANDIDATES)
            marks.append(time.perf_counter())
            lexical = library.lexical(question, CANDIDATES)
            marks.append(time.perf_counter())
            library.passages([c.id for c in fuse([dense], [lexical])[:RERANKED]])
            marks.append(time.perf_counter())
            dense_s.append(marks[1] - marks[0])
            lexical_s.append(marks[2] - marks[1])
            total_s.append(marks[3] - marks[0])
            hits += len(set(ids[exact]) & {one for one, _ in dense[:10]})
    library.close()
    return {
        "looking at its checksums (s)": verified,
        "the same when it was seen before (s)": trusted,
        "what a reader copies, and opening (s)": opened,
        "  of vectors, p95 (ms)": _p95(dense_s),
        "  of words (BM25), p95 (ms)": _p95(lexical_s),
        "search before reranking, median (ms)": 1e3 * statistics.median(total_s),
        "search before reranking, p95 (ms)": _p95(total_s),
        "recall@10 against exact search": hits / (10 * QUESTIONS),
        "peak memory (GB)": _peak_gb(),
    }


def _p95(seconds: Sequence[float]) -> float:
    return 1e3 * float(np.quantile(seconds, 0.95))


# ── equality ──────────────────────────────────────────────────────────────────────────────────


def _equality(articles: int) -> Figures:
    from eval.benchmarks.backend_equivalence import compared

    with tempfile.TemporaryDirectory(prefix="assistant-speed-") as folder:
        return compared(Path(folder), articles, real_embedder, "local" if _has_ray() else "")


def real_embedder() -> Embedder:
    """What embeds questions, which gives passages the same vectors as what embeds them."""
    from assistant.container import App

    return App(load()).embedder


def _has_ray() -> bool:
    return importlib.util.find_spec("ray") is not None
