"""The first word of a question about an article that was read before, beside the cold way."""

from __future__ import annotations

import statistics
import threading
from contextlib import closing
from dataclasses import replace
from itertools import islice

from assistant.container import App
from assistant.core.answer import Answer
from assistant.core.settings import Settings
from eval.benchmarks.speed_questions import asked

QUESTIONS = 3


def measure_warm(settings: Settings) -> dict[str, float]:
    """Seconds from the evidence to the first word, and how much of the prompts was known.

    Every question is asked of an engine that has just been loaded and has read nothing, as in a
    new process; loading it is left out. `settings` name an index where nothing is read beforehand.
    """
    engine = replace(settings.engine, warm_mb=2_000)
    kept = replace(settings, engine=engine)
    questions = asked()[-QUESTIONS:]
    cold = [_asked_anew(kept, question) for question in questions]  # so these are read first
    with closing(App(kept)) as app:
        articles = {answer.evidence[0].article.id for answer in cold}
        read = islice(app.warmth.read(threading.Event()), 2 * QUESTIONS)
        while articles and (one := next(read, None)):
            articles.discard(one.article)
        count, size = app.readings.total()
    warm = [_asked_anew(kept, question) for question in questions]
    return {
        "first word, nothing known (s)": statistics.median(map(_waited, cold)),
        "first word on a warmed article (s)": statistics.median(map(_waited, warm)),
        "first word on a warmed article ÷ cold": statistics.median(
            _waited(after) / _waited(before) for before, after in zip(cold, warm, strict=True)
        ),
        "prompt tokens read on a warmed article": statistics.median(
            a.timings.prompt_tokens - a.timings.cached_tokens for a in warm
        ),
        "articles read": count,
        "MB of them": size / 1e6,
    }


def _asked_anew(settings: Settings, question: str) -> Answer:
    with closing(App(settings)) as app:
        app.model()
        return app.warm_assistant.ask(question)


def _waited(answer: Answer) -> float:
    return (answer.timings.first_token_s or answer.timings.total_s) - answer.timings.evidence_s
