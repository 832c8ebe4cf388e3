"""`eval speed`: all measurements of a question and of a small ingest, in one run."""

import tempfile
from contextlib import closing
from pathlib import Path

from assistant.container import App
from assistant.core.settings import load
from eval.benchmarks.measure import Table, Targets, sample_questions
from eval.benchmarks.speed_answer import (
    measure_answers,
    measure_follow_ups,
    measure_peer,
    measure_prompts,
)
from eval.benchmarks.speed_ingest import measure_ingest
from eval.benchmarks.speed_prefill import measure_prefill, measure_prefix_cache
from eval.benchmarks.speed_server import measure_large_index, measure_server
from eval.benchmarks.speed_small_library import measure_small_library
from eval.benchmarks.speed_start import measure_start
from eval.benchmarks.synthetic_corpus import SAMPLE
from index.core.errors import UserError

TARGETS: Targets = {
    "prompt tokens, p50": ("<=", 260),
    "prompt tokens, p95": ("<=", 400),
    "pipeline ÷ raw engine, prefill": (">=", 0.95),
    "pipeline ÷ raw engine, decode": (">=", 0.95),
    "to the first word (s)": ("<=", 3),
    "to the end (s)": ("<=", 5),
    "evidence by the server, p95 (s)": ("<=", 0.3),
    "first word of a follow-up ÷ of its question": ("<=", 0.15),
    "first word, prefill while typing ÷ without": ("<=", 0.25),
    "first word on a cached article ÷ cold": ("<=", 0.1),
    "two articles, whole answer, p50 (s)": ("<=", 1),
    "two articles, plain LlamaIndex ÷ ours": (">=", 1),
    "ask without a server, to the evidence (s)": ("<=", 1),
    "ask without a server, to the first word (s)": ("<=", 4),
    "assistant ui, until it answers (s)": ("<=", 4),
    "plain LlamaIndex ÷ ours, whole answer": (">=", 2.5),
    "ingest ÷ bare embedder": (">=", 0.9),
    "resident memory of the server ÷ model file": ("<=", 2.0),
    "four users ÷ one, tokens/s": (">=", 1.3),
    "longest wait of four for a first word ÷ of one": ("<=", 3),
}


def run(questions: int, articles: int, passages: int, json_file: Path | None) -> int:
    """Measure everything and print a table; returns the exit code.

    Args:
        questions: Questions that are answered; the peer answers three of them at most.
        articles: Synthetic articles that are ingested.
        passages: Approximate size of the index that is searched through the server; 0: none.
        json_file: Where to write the figures as well.

    Raises:
        UserError: if a model is missing, or the language model is not in this process.
    """
    table = Table(TARGETS)
    with tempfile.TemporaryDirectory(prefix="assistant-speed-") as folder:
        # no saved states of articles, except where they are measured
        settings = load({"data": folder, "engine.warm_mb": "0"})
        if settings.engine.url:
            raise UserError("The raw engine is measured in this process; unset engine.url.")
        with closing(App(settings)) as app:
            app.ingest(lambda stage, done, total: None).run([SAMPLE / "articles"])
            table.add("start", measure_start(settings))
            table.add("with a running server", measure_server(settings))
            table.add(f"question (medians of {questions})", measure_answers(app, questions))
            table.add("follow-ups", measure_follow_ups(app, questions))
            # after the others, because it caches reranker scores of all questions
            table.add("prompts of all the sample's questions", measure_prompts(app))
            typed = sample_questions()[-6:-3]  # none whose prompt an engine has cached
            table.add("prefill while typing", measure_prefill(settings, typed))
            table.add("articles read beforehand", measure_prefix_cache(settings))
            table.add("a plain pipeline", measure_peer(app, min(questions, 3)))
        table.add("two articles, warm", measure_small_library(settings))
        table.add(f"ingest of {articles} articles", measure_ingest(settings, articles))
        if passages:
            table.add(f"{passages} passages", measure_large_index(settings, passages))
    table.write(json_file)
    return 0
