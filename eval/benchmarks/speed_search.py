"""Search in a large index of synthetic passages and vectors: time, recall, opening, size."""

import random
import statistics
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import count, groupby, islice
from pathlib import Path

import numpy as np

from eval.benchmarks.measure import Figures, timed
from eval.benchmarks.synthetic_corpus import (
    SEED,
    invented_question,
    invented_sentence,
    near,
    themed_vectors,
)
from index.core.articles import Article, Passage
from index.embedding.embedders import Vectors
from index.ingest.pipeline import EXTRACTOR
from index.retrieval.hybrid_search import CANDIDATES, RERANKED
from index.retrieval.ranking import fuse
from index.storage.article_store import ArticleStore, FileRecord
from index.storage.article_writer import ArticleWriter
from index.storage.chroma_folder import ChromaFolderBackend
from index.storage.generations import GenerationStore
from index.storage.manifest import SCHEMA, Generation, Manifest
from index.text.chunking import PASSAGE_TOKENS, sentences

DIMENSION = 384
PASSAGES_PER_ARTICLE = 5
WORDS = 110  # of a passage, as the splitter makes them from news
QUESTIONS = 200


def measure_search(folder: Path, passages: int) -> Figures:
    """Build an index of `passages` in `folder` and search it `QUESTIONS` times."""
    store = GenerationStore(folder / "index")
    with store.writing():
        built, (generation, vectors) = timed(lambda: _build(store, passages))
    size = sum(p.stat().st_size for p in generation.folder.rglob("*") if p.is_file())
    figures = {
        "built in (s)": built,
        "generation on disk (GB)": size / 1e9,
        "verifying checksums (s)": timed(generation.verify)[0],
    }
    store.open()  # reads the files and remembers them
    figures["opening again, files unchanged (s)"] = timed(store.open)[0]
    with closing(ArticleStore(generation.library)) as library:
        return figures | _search_times(generation, library, vectors)


def _search_times(generation: Generation, library: ArticleStore, vectors: Vectors) -> Figures:
    chance, words = np.random.default_rng(SEED + 2), random.Random(SEED + 2)
    ids = np.array(library.passage_ids())
    times = []  # of vectors, words, both and the passages; a row a question
    hits = 0
    begin = time.perf_counter()
    with ChromaFolderBackend().reader(generation, library) as backend:
        backend.nearest(vectors[:1], 1)
        opened = time.perf_counter() - begin
        for _ in range(QUESTIONS):
            query = near(vectors[chance.integers(0, len(vectors), 1)], chance)
            exact = np.argpartition(-(vectors @ query[0]), 10)[:10]
            question = invented_question(words)
            start = time.perf_counter()
            dense = backend.nearest(query, CANDIDATES)
            searched = time.perf_counter()
            lexical = library.lexical(question, CANDIDATES)
            matched = time.perf_counter()
            library.passages([c.id for c in fuse([dense], [lexical])[:RERANKED]])
            times.append((searched - start, matched - searched, time.perf_counter() - start))
            hits += len(set(ids[exact]) & {one for one, _ in dense[:10]})
    p95 = 1e3 * np.quantile(times, 0.95, axis=0)
    return {
        "copying and opening for a reader (s)": opened,
        "vector search, p95 (ms)": float(p95[0]),
        "BM25, p95 (ms)": float(p95[1]),
        "search before reranking, median (ms)": 1e3 * statistics.median(row[2] for row in times),
        "search before reranking, p95 (ms)": float(p95[2]),
        "recall@10 against exact search": hits / (10 * QUESTIONS),
    }


def _build(store: GenerationStore, number: int) -> tuple[Generation, Vectors]:
    """A published generation of `number` synthetic passages, and their vectors in its order."""
    draft = store.draft(None)
    made = _passages(random.Random(SEED))
    kept: list[Vectors] = []
    with (
        closing(ArticleWriter(draft / "library.sqlite")) as library,
        closing(ChromaFolderBackend().writer(draft)) as vectors,
    ):
        for batch in themed_vectors(number, DIMENSION):
            passages = list(islice(made, len(batch)))
            for article, some in groupby(passages, lambda passage: passage.article):
                library.put_file(FileRecord(article.path, 0, 0, ""), [article], [])
                library.put_passages(list(some))
            vectors.upsert([passage.id for passage in passages], batch)
            kept.append(batch)
        library.mark_copies()
        library.commit()
    manifest = Manifest(
        schema=SCHEMA,
        created="",
        chromadb=ChromaFolderBackend().kind,
        embedder="synthetic",
        identity="synthetic-1",
        dimension=DIMENSION,
        passage_tokens=PASSAGE_TOKENS,
        extractor=EXTRACTOR,
        articles=number // PASSAGES_PER_ARTICLE,
        passages=number,
    )
    return store.publish(draft, manifest), np.concatenate(kept)


def _passages(chance: random.Random) -> Iterator[Passage]:
    """Endless passages of synthetic articles, one a paragraph: the splitter would cost the most."""
    for number in count():
        paragraphs = []
        for _ in range(PASSAGES_PER_ARTICLE):
            words: list[str] = []
            while len(words) < WORDS:
                words += invented_sentence(chance).split()
            paragraphs.append(" ".join(words))
        title = invented_sentence(chance)[:70]
        article = Article(f"/synthetic/{number:08d}.txt", title, "\n\n".join(paragraphs))
        start = 0
        for paragraph in paragraphs:
            yield Passage(article, tuple((start + a, start + b) for a, b in sentences(paragraph)))
            start += len(paragraph) + 2
