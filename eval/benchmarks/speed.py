"""How fast, in one run: each figure beside its floor, because machines differ and are noisy.

Floors are measured here as well: the raw engine on the very prompts the pipeline sent, the bare
embedder on the very passages that were ingested, a bare script that finds what a question finds.
Ratios of one run are what counts. Each subject has a file of its own.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from assistant.container import App
from assistant.core.settings import load
from eval.benchmarks.speed_answer import (
    measure_followups,
    measure_peer,
    measure_prompts,
    measure_questions,
)
from eval.benchmarks.speed_archive import measure_archive, measure_ingest
from eval.benchmarks.speed_prefill import measure_ahead
from eval.benchmarks.speed_prefix_cache import measure_warm
from eval.benchmarks.speed_questions import asked
from eval.benchmarks.speed_server import measure_server
from eval.benchmarks.speed_start import measure_start
from eval.benchmarks.synthetic_corpus import SAMPLE
from eval.scoring.thresholds import Bars, line
from index.core.errors import UserError

Figures = dict[str, float]
REST_S = 1.0  # between the last key of a question and Enter
BARS: Bars = {
    "prompt tokens, p50": ("<=", 350),
    "prompt tokens, p95": ("<=", 550),
    "pipeline ÷ raw engine, prefill": (">=", 0.95),
    "pipeline ÷ raw engine, decode": (">=", 0.95),
    "evidence by the server, p95 (s)": ("<=", 0.6),
    "first word of a follow-up ÷ of its question": ("<=", 0.15),
    "  ÷ without, 1 s": ("<=", 0.25),  # the first word after typing, reading ahead
    "first word on a warmed article ÷ cold": ("<=", 0.1),
    "ask without a server, to the evidence ÷ bare": ("<=", 1.5),
    "plain LlamaIndex ÷ ours, whole answer": (">=", 3),
    "ingest ÷ bare embedder": (">=", 0.9),
    "resident memory of the server ÷ model file": ("<=", 2.0),
    "four users ÷ one, tokens/s": (">=", 1.5),
    "longest wait of four for a first word ÷ of one": ("<=", 3),
}


def run(questions: int, articles: int, passages: int, json_file: Path | None) -> int:
    """Measure everything, print a table with its bars, and write the figures if asked to.

    Args:
        questions: Questions that are answered; the peer answers three of them at most.
        articles: Made-up articles that are ingested.
        passages: About how many the archive has that is searched through the server; 0: none.
        json_file: Where to write the figures as well.

    Raises:
        UserError: if a model is missing.
    """
    figures: dict[str, Figures] = {}

    def show(title: str, rows: Figures) -> None:
        figures[title] = rows
        print(f"\n{title}")
        for name, value in rows.items():
            print(line(name, value, BARS), flush=True)

    with tempfile.TemporaryDirectory(prefix="assistant-speed-") as folder:
        settings = load({"data": folder, "engine.warm_mb": "0"})  # but where it is measured
        if settings.engine.url:
            raise UserError("The raw engine is measured in this process; unset engine.url.")
        app = App(settings)
        try:
            app.ingest(lambda what, done, total: None).run([SAMPLE / "articles"])
            show("start", measure_start(settings))
            show("with a running server", measure_server(settings))
            show(f"question (medians of {questions})", measure_questions(app, questions))
            show("follow-ups", measure_followups(app, questions))
            # after the others: their evidence is to be chosen by reading and not from memory
            show("prompts of all the sample's questions", measure_prompts(app))
            typed = asked()[-6:-3]  # not those whose prompts an engine still knows
            show("reading ahead", measure_ahead(settings, typed, (REST_S,)))
            show("articles read beforehand", measure_warm(settings))
            show("a plain pipeline", measure_peer(app, min(questions, 3)))
        finally:
            app.close()
        show(f"ingest of {articles} articles", measure_ingest(settings, articles))
        if passages:
            show(f"{passages} passages", measure_archive(settings, passages))
    if json_file:
        json_file.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    return 0
