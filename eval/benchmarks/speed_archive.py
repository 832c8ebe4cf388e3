"""How fast articles are brought in, and how soon a server finds evidence among many."""

from __future__ import annotations

import math
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.container import App
from assistant.core.settings import Settings
from eval.benchmarks.speed_server import quantile, running
from eval.benchmarks.synthetic_corpus import questions, write_archive
from index.ingest.pipeline import Ingest, embedded_text
from index.ingest.report import Report
from index.storage.article_store import ArticleStore

PASSAGES_AN_ARTICLE = 2.7  # of a made-up one
ASKED = 40


def measure_ingest(settings: Settings, number: int) -> dict[str, float]:
    """Passages a second of an ingest and of the bare embedder, and a second ingest's share."""
    with tempfile.TemporaryDirectory(prefix="assistant-speed-") as folder:
        root = Path(folder)
        write_archive(root / "articles", number)
        app = App(replace(settings, data=root / "data"))
        assert app.embedder  # loaded before: a cold start's cost stands above

        def once() -> tuple[float, Report]:
            begin = time.perf_counter()
            cache = root / "embeddings.sqlite"
            report = Ingest(app.store, cache, app.embedder).run([root / "articles"])
            return time.perf_counter() - begin, report

        first, report = once()
        again, _ = once()

        generation, _ = app.store.open()
        assert generation is not None
        library = ArticleStore(generation.library)
        texts = [embedded_text(p) for p in _all_passages(library)]
        library.close()
        begin = time.perf_counter()
        app.embedder.passages(texts)
        bare = time.perf_counter() - begin
        app.close()
    return {
        "ingest, articles/s": report.articles / first,
        "ingest, passages/s": report.passages / first,
        "bare embedder, passages/s": len(texts) / bare,
        "ingest ÷ bare embedder": bare / first,
        "ingest again, nothing changed (s)": again,
        "  ÷ first ingest": again / first,
    }


def _all_passages(library: ArticleStore) -> list[Any]:
    ids = library.passage_ids()
    found: list[Any] = []
    for start in range(0, len(ids), 500):
        found.extend(library.passages(ids[start : start + 500]).values())
    return found


def measure_archive(settings: Settings, passages: int) -> dict[str, float]:
    """Seconds until a server has the evidence among so many passages, reranking included.

    The archive is embedded before, which takes minutes: 60 passages a second.
    """
    with tempfile.TemporaryDirectory(prefix="assistant-speed-") as folder:
        root = Path(folder)
        write_archive(root / "articles", math.ceil(passages / PASSAGES_AN_ARTICLE))
        app = App(replace(settings, data=root / "data"))
        begin = time.perf_counter()
        report = app.ingest(lambda what, done, total: None).run([root / "articles"])
        built = time.perf_counter() - begin
        app.close()
        with running(app.settings) as server:
            seconds = sorted(server.evidence(question) for question in questions(ASKED + 1)[1:])
    return {
        "passages": report.passages,
        "built in (s)": built,
        "evidence by the server, p50 (s)": quantile(seconds, 0.5),
        "evidence by the server, p95 (s)": quantile(seconds, 0.95),
    }
