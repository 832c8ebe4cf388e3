"""Reading ahead, measured: the first word after a question was typed, with it and without.

The typing is that of a script: a key every `KEY_S` seconds, a rest, Enter.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.answering.prefill import SpeculativePrefill, TypingDebouncer
from assistant.container import App
from assistant.core.query import Query
from assistant.core.settings import Settings
from eval.benchmarks.speed_questions import asked
from eval.benchmarks.synthetic_corpus import SAMPLE

# 52 words of five letters a minute, the mean of 168,000 people (Dhakal and others, Observations on
# Typing from 136 Million Keystrokes, CHI 2018).
KEY_S = 0.23
RESTS_S = (0.5, 1.0, 3.0)  # between the last key and Enter
QUESTIONS = 5
LET_BE_S = 2.0  # in which the engine ends the batch of an answer that nobody waits for any more


@dataclass(frozen=True, slots=True)
class Typed:
    """What came of a question that was typed.

    `first_word_s` counts from Enter, `known` is the share of the prompt's tokens that the model had
    read before.
    """

    first_word_s: float
    evidence_s: float
    known: float


def measure_ahead(
    settings: Settings,
    questions: Sequence[str] = (),
    rests_s: Sequence[float] = RESTS_S,
    key_s: float = KEY_S,
) -> dict[str, float]:
    """Medians in seconds for each rest, with reading ahead and without, and their ratio.

    Each way has a app of its own, so that neither finds what the other has read. `questions` are
    put to the index of `settings`; without any, those of the sample to its articles.

    Raises:
        UserError: if a model is missing.
    """
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="assistant-ahead-") as folder:
        if not questions:
            settings = replace(settings, data=Path(folder))
            with closing(App(settings)) as app:
                app.ingest(lambda what, done, total: None).run([SAMPLE / "articles"])
        typed = questions or asked()[:QUESTIONS]
        for rest_s in rests_s:
            with closing(App(settings)) as plain, closing(App(settings)) as ahead:
                pairs = [
                    (
                        _typed(plain, one, key_s, rest_s, ahead=False),
                        _typed(ahead, one, key_s, rest_s, ahead=True),
                    )
                    for one in ("Who is the US special representative?", *typed)
                ][1:]  # the first one warms every part
            told = [(a, b) for a, b in pairs if a is not None and b is not None]
            figures |= _figures(f"{rest_s:g} s", told)
    return figures


def _figures(rest: str, pairs: Sequence[tuple[Typed, Typed]]) -> dict[str, float]:
    without, ahead = [a for a, _ in pairs], [b for _, b in pairs]

    def median(values: Iterable[float]) -> float:
        return statistics.median(values)

    return {
        f"first word after Enter, a rest of {rest} before": median(a.first_word_s for a in without),
        f"  reading ahead, {rest}": median(b.first_word_s for b in ahead),
        f"  ÷ without, {rest}": median(b.first_word_s / a.first_word_s for a, b in pairs),
        f"evidence after Enter, {rest}": median(a.evidence_s for a in without),
        f"  reading ahead (evidence), {rest}": median(b.evidence_s for b in ahead),
        f"share of the prompt known, {rest}": median(a.known for a in without),
        f"  reading ahead (known), {rest}": median(b.known for b in ahead),
    }


def _typed(app: App, question: str, key_s: float, rest_s: float, *, ahead: bool) -> Typed | None:
    """Type a question, ask it and leave at the first word; None if there was none."""
    assistant = app.assistant
    reading = SpeculativePrefill(assistant.prefill)
    pace = TypingDebouncer()
    begun = time.monotonic()
    typing_s = key_s * len(question)
    while (now := time.monotonic() - begun) < typing_s + rest_s:
        guess = pace.due(question[: int(now / key_s) + 1], now)
        if ahead and guess:
            reading.guess(Query(guess))
        time.sleep(key_s / 2)
    begun = time.monotonic()
    reading.stop()
    cancel = threading.Event()
    shown_s = first_s = 0.0
    for answer in assistant.stream(question, cancel):
        if answer.evidence and not shown_s:
            shown_s = time.monotonic() - begun
        if answer.timings.first_token_s is not None and not first_s:
            first_s = time.monotonic() - begun
            cancel.set()
    reading.close()
    time.sleep(LET_BE_S)
    cost = answer.timings
    return Typed(first_s, shown_s, cost.cached_tokens / cost.prompt_tokens) if first_s else None
