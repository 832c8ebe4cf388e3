"""How fast is this machine, and which model and evidence does that leave time for?

`assistant doctor --bench`: a prompt is read and continued, a question embedded, passages and
sentences reranked, as many as one question takes. What a catalogued model that was not tried would
do is worked out from its size: reading is multiplying by all weights, once a token.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from assistant.answering.prompting import prompt
from assistant.container import App
from assistant.llm.language_model import LanguageModel, Limits, Message
from assistant.models.store import Model
from index.core.errors import UserError
from index.embedding.embedders import Embedder
from index.retrieval.hybrid_search import RERANKED
from index.retrieval.reranker import Reranker

WRITTEN = 24  # tokens
TIMES = 5  # a question is embedded, the median counts
SENTENCES = 40  # of the passages found, scored one by one
# 79 % of the gold quotes of wikinews_dev are among sentences of 200 tokens, fewer were not measured
LEAST_EVIDENCE = 200
STEP = 10  # tokens that a budget is rounded down to
_SAID = "The council of Ossel said on Friday that the old bridge will be closed until the spring. "


@dataclass(frozen=True, slots=True)
class Speed:
    """What was measured: tokens read and written per second, and seconds of one question."""

    read: float
    written: float
    embedding_s: float
    reranking_s: float
    frame: int  # tokens of a prompt without evidence

    @property
    def evidence_s(self) -> float:
        """Seconds from a question to its evidence, but for the search itself: milliseconds."""
        return self.embedding_s + self.reranking_s

    def first_word_s(self, evidence: int, size: float = 1.0) -> float:
        """Seconds to the first word after so many tokens, of a model `size` times as large."""
        return self.evidence_s + (self.frame + evidence) * size / self.read

    def budget(self, first_word_s: float, size: float = 1.0) -> int:
        """Tokens of evidence that leave the first word within so many seconds; 0 if none do."""
        tokens = (first_word_s - self.evidence_s) * self.read / size - self.frame
        return max(0, int(tokens // STEP * STEP))


def measure(
    model: LanguageModel,
    embedder: Embedder,
    reranker: Reranker,
    clock: Callable[[], float] = time.perf_counter,
) -> Speed:
    """Try every part that a question waits for; about ten seconds with the default models.

    Raises:
        UserError: if the model does not tell what it has read.
    """

    def seconds(work: Callable[[], object]) -> float:
        start = clock()
        work()
        return clock() - start

    frame = prompt("Why will the old bridge be closed?", (), ())
    text = 12 * _SAID
    tried = [*frame[:-1], Message("user", f"{text}\n\n{frame[-1].content}")]
    usage = [p.usage for p in model.stream(tried, Limits(WRITTEN, 120.0)) if p.usage][-1]
    if not usage.prompt_per_s:
        raise UserError("The engine does not tell how fast it reads, so nothing can be advised.")
    passages = [f"{number}. {6 * _SAID}" for number in range(RERANKED)]
    lines = [f"{number}. {_SAID}" for number in range(SENTENCES)]
    return Speed(
        read=usage.prompt_per_s,
        written=usage.decode_per_s,
        embedding_s=statistics.median(
            seconds(partial(embedder.question, f"{n}. {_SAID}")) for n in range(TIMES)
        ),
        reranking_s=seconds(lambda: reranker.score(_SAID, [*passages, *lines])),
        frame=model.count_prompt(frame),
    )


def told(
    speed: Speed, measured: Model | None, others: Iterable[Model], budget: int, first_word_s: float
) -> Iterator[str]:
    """The figures as lines, and last what to set.

    Args:
        speed: What was measured, with the model of the settings.
        measured: That model, if it is catalogued; nothing is worked out for others if it is not.
        others: Catalogued models that answers may come from.
        budget: The settings' tokens of evidence.
        first_word_s: How soon the first word is wanted.
    """
    yield f"reads {speed.read:.0f} tokens a second, writes {speed.written:.1f}"
    yield (
        f"a question is embedded in {1000 * speed.embedding_s:.0f} ms; its passages and sentences "
        f"are read by the reranker in {speed.reranking_s:.2f} s"
    )
    tried = [("the model of the settings", 1.0)]
    if measured:
        models = sorted({measured, *others}, key=lambda m: -m.bytes)
        tried = [(model.name, model.bytes / measured.bytes) for model in models]
    for name, size in tried:
        how = "" if size == 1 else ", worked out from its size"
        yield (
            f"{name}: first word after {speed.first_word_s(budget, size):.1f} s "
            f"with {budget} tokens of evidence{how}"
        )
    yield _advice(speed, tried, budget, first_word_s, named=measured is not None)


def _advice(
    speed: Speed,
    tried: Sequence[tuple[str, float]],
    budget: int,
    first_word_s: float,
    *,
    named: bool,
) -> str:
    within = f"the first word within {first_word_s:g} s"
    for enough in (budget, LEAST_EVIDENCE):  # a better model with less to read goes last
        for name, size in tried:
            fits = speed.budget(first_word_s, size)
            if fits >= enough:
                model = f"engine.model={name}, " if named else ""
                return f"{within}: set {model}answer.evidence_tokens={min(fits, budget)}"
    name, size = tried[-1]
    quickest = speed.first_word_s(LEAST_EVIDENCE, size)
    return (
        f"no model gives {within} on this machine: {name} takes {quickest:.1f} s "
        f"for {LEAST_EVIDENCE} tokens of evidence, and less finds too little"
    )


def lines(app: App, models: Iterable[Model], first_word_s: float) -> Iterator[str]:
    """Measure with the parts of a app, and tell."""
    yield "measuring: about ten seconds"
    speed = measure(app.model(), app.embedder, app.reranker)
    fit = [model for model in models if model.kind == "llm" and model.answers]
    engine = app.settings.engine
    measured = next((m for m in fit if m.name == engine.model and not engine.url), None)
    budget = app.settings.answer.evidence_tokens
    yield from told(speed, measured, fit, budget, first_word_s)
