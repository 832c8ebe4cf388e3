"""The first word of a question whose prompt was read beforehand, beside the cold way.

Read while it is typed: a script types, a key every `KEY_S` seconds, a rest of `REST_S`, Enter.
Or read before anybody asked: the saved state of the article it is about.
"""

import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from itertools import islice

from assistant.answering.prefill import PrefillScheduler, TypingDebouncer
from assistant.container import App
from assistant.core.answer import Answer
from assistant.core.query import Query
from assistant.core.settings import Settings
from eval.benchmarks.measure import Figures, medians, sample_questions

# 52 words of five letters a minute, the mean of 168,000 people (Dhakal and others, Observations on
# Typing from 136 Million Keystrokes, CHI 2018).
KEY_S = 0.23
REST_S = 1.0  # between the last key and Enter
SETTLE_S = 2.0  # in which the engine ends the batch of a cancelled answer
CACHED_QUESTIONS = 3
WARM_UP = "Who is the US special representative?"


def measure_prefill(settings: Settings, questions: Sequence[str]) -> Figures:
    """Medians over the questions; each way has an `App`, so that none finds the other's cache."""
    rows = []
    with closing(App(settings)) as plain, closing(App(settings)) as ahead:
        # the first one loads every part and does not count
        for number, question in enumerate((WARM_UP, *questions)):
            without = _type_and_ask(plain, question, prefill=False)
            typed = _type_and_ask(ahead, question, prefill=True)
            if number and without and typed:
                ratio = typed["first word after Enter (s)"] / without["first word after Enter (s)"]
                typed = {f"{name}, prefill while typing": n for name, n in typed.items()}
                rows.append(
                    {**without, **typed, "first word, prefill while typing ÷ without": ratio}
                )
    return medians(rows)


def _type_and_ask(app: App, question: str, *, prefill: bool) -> Figures:
    """Type a question, ask it and cancel at the first word; empty if there was none."""
    assistant = app.assistant
    reading = PrefillScheduler(assistant.prefill)
    debouncer = TypingDebouncer()
    begin = time.monotonic()
    while (now := time.monotonic() - begin) < KEY_S * len(question) + REST_S:
        draft = debouncer.due(question[: int(now / KEY_S) + 1], now)
        if prefill and draft:
            reading.submit(Query(draft))
        time.sleep(KEY_S / 2)
    begin = time.monotonic()
    reading.interrupt()
    cancel = threading.Event()
    evidence = first = 0.0
    for answer in assistant.stream(question, cancel):
        if answer.evidence and not evidence:
            evidence = time.monotonic() - begin
        if answer.timings.first_token_s is not None and not first:
            first = time.monotonic() - begin
            cancel.set()
    reading.close()
    time.sleep(SETTLE_S)
    cost = answer.timings
    if not first:
        return {}
    return {
        "first word after Enter (s)": first,
        "evidence after Enter (s)": evidence,
        "share of the prompt cached": cost.cached_tokens / cost.prompt_tokens,
    }


def measure_prefix_cache(settings: Settings) -> Figures:
    """Seconds from the evidence to the first word, and how much of the prompts was cached.

    Every question is asked of a freshly loaded engine that has read nothing, as in a new process;
    the load is left out. `settings` name an index without saved states.
    """
    engine = replace(settings.engine, warm_mb=2_000)
    settings = replace(settings, engine=engine)
    questions = sample_questions()[-CACHED_QUESTIONS:]
    cold = [_ask_fresh_engine(settings, question) for question in questions]
    with closing(App(settings)) as app:
        articles = {answer.evidence[0].article.id for answer in cold}
        # articles that were just asked about are read first
        read = islice(app.prefix_cache.fill(threading.Event()), 2 * CACHED_QUESTIONS)
        while articles and (one := next(read, None)):
            articles.difference_update(one.articles)
        count, size = app.kv_states.total()
    rows = []
    for question, before in zip(questions, cold, strict=True):
        after = _ask_fresh_engine(settings, question)
        row = {
            "first word, nothing cached (s)": _waited(before),
            "first word on a cached article (s)": _waited(after),
            "first word on a cached article ÷ cold": _waited(after) / _waited(before),
        }
        read_tokens = after.timings.prompt_tokens - after.timings.cached_tokens
        rows.append({**row, "prompt tokens read on a cached article": read_tokens})
    return {**medians(rows), "articles read": count, "saved states (MB)": size / 1e6}


def _ask_fresh_engine(settings: Settings, question: str) -> Answer:
    with closing(App(settings)) as app:
        app.model()
        return app.cached_assistant.ask(question)


def _waited(answer: Answer) -> float:
    return (answer.timings.first_token_s or answer.timings.total_s) - answer.timings.evidence_s
