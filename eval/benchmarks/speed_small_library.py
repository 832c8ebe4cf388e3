"""A library of two articles in a warm process, beside a plain pipeline that is as warm.

The plain pipeline shows the same chunks to every question, so that the engine has nearly all of its
prompt cached; ours has read both articles before it is asked (`assistant.answering.prefix_cache`).
"""

import json
import tempfile
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from assistant.container import App
from assistant.core.settings import Settings
from eval.benchmarks.measure import Figures, quantile
from eval.benchmarks.speed_answer import plain_pipeline
from eval.benchmarks.synthetic_corpus import SAMPLE
from eval.data.cases import Case

ARTICLES = ("karuizawa-envoys-2023", "tokyo-envoys-2022")
WARM_UP = "Who met in Japan?"  # not measured


def measure_small_library(settings: Settings) -> Figures:
    """Seconds to the whole answer of every standalone question that the two articles answer."""
    questions = _questions()
    engine = replace(settings.engine, warm_mb=2_000)
    with tempfile.TemporaryDirectory(prefix="assistant-speed-") as folder:
        settings = replace(settings, data=Path(folder), engine=engine)
        with closing(App(settings)) as app:
            files = [SAMPLE / "articles" / f"{name}.txt" for name in ARTICLES]
            app.ingest(lambda stage, done, total: None).run(files)
            for _ in app.prefix_cache.fill(threading.Event()):
                pass
            app.cached_assistant.ask(WARM_UP)  # loads every part
            ours = [app.cached_assistant.ask(question).timings for question in questions]
            peer = plain_pipeline(app)
            theirs = [
                peer.answer(Case(question, question, answerable=True)).seconds["total"]
                for question in (WARM_UP, *questions)
            ][1:]
    ratios = [their / our.total_s for our, their in zip(ours, theirs, strict=True)]
    read = [timings.prompt_tokens - timings.cached_tokens for timings in ours]
    return {
        "questions": len(questions),
        "two articles, whole answer, p50 (s)": quantile((one.total_s for one in ours), 0.5),
        "two articles, plain LlamaIndex, p50 (s)": quantile(theirs, 0.5),
        "two articles, plain LlamaIndex ÷ ours": quantile(ratios, 0.5),
        "  tokens read, self-check included": quantile(read, 0.5),
    }


def _questions() -> list[str]:
    lines = (SAMPLE / "questions.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [
        row["question"]
        for row in rows
        if row["answerable"]
        and not row.get("history")
        and {one["article"] for one in row["evidence"]} <= set(ARTICLES)
    ]
