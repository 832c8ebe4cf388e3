"""`assistant doctor --bench`: measures this machine and advises a model and an evidence budget.

One prompt is read and continued, one question embedded, and as many passages and sentences reranked
as a question takes. Other models of the catalogue are estimated from their size: prefill time is
proportional to the weights.
"""

import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from assistant.answering.prompting import prompt
from assistant.container import App
from assistant.llm.language_model import LanguageModel, Limits, Message
from assistant.models.catalogue import Model, catalogue
from index.core.errors import UserError
from index.embedding.embedders import Embedder
from index.retrieval.hybrid_search import RERANKED
from index.retrieval.reranker import Reranker

WRITTEN = 24  # tokens
TIMES = 5  # the median of so many embeddings of a question
SENTENCES = 40  # of the passages found, reranked one by one
# 79 % of the gold quotes of wikinews_dev are among sentences of 200 tokens, fewer were not measured
LEAST_EVIDENCE = 200
STEP = 10  # tokens that a budget is rounded down to
_SENTENCE = "The council of Ossel said on Friday that the old bridge will be closed until spring. "


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
    """Time every step that a question waits for; about ten seconds with the default models.

    Raises:
        UserError: if the model does not report its prefill speed.
    """

    def seconds(work: Callable[[], object]) -> float:
        start = clock()
        work()
        return clock() - start

    frame = prompt("Why will the old bridge be closed?", (), ())
    text = 12 * _SENTENCE
    messages = [*frame[:-1], Message("user", f"{text}\n\n{frame[-1].content}")]
    usage = [p.usage for p in model.stream(messages, Limits(WRITTEN, 120.0)) if p.usage][-1]
    if not usage.prompt_per_s:
        raise UserError("The engine does not report its prefill speed, so nothing can be advised.")
    passages = [f"{number}. {6 * _SENTENCE}" for number in range(RERANKED)]
    lines = [f"{number}. {_SENTENCE}" for number in range(SENTENCES)]
    return Speed(
        read=usage.prompt_per_s,
        written=usage.decode_per_s,
        embedding_s=statistics.median(
            seconds(partial(embedder.question, f"{n}. {_SENTENCE}")) for n in range(TIMES)
        ),
        reranking_s=seconds(lambda: reranker.score(_SENTENCE, [*passages, *lines])),
        frame=model.count_prompt(frame),
    )


def describe(
    speed: Speed, measured: Model | None, others: Iterable[Model], budget: int, first_word_s: float
) -> Iterator[str]:
    """The figures as lines, and last the settings to choose.

    Args:
        speed: What was measured, with the model of the settings.
        measured: That model, if it is catalogued; others are estimated only if it is.
        others: Catalogued models that are good enough to answer.
        budget: The settings' tokens of evidence.
        first_word_s: Target for the time to the first word.
    """
    yield f"reads {speed.read:.0f} tokens a second, writes {speed.written:.1f}"
    yield (
        f"a question is embedded in {1000 * speed.embedding_s:.0f} ms; its passages and sentences "
        f"are read by the reranker in {speed.reranking_s:.2f} s"
    )
    sizes = [("the model of the settings", 1.0)]
    if measured:
        models = sorted({measured, *others}, key=lambda m: -m.bytes)
        sizes = [(model.name, model.bytes / measured.bytes) for model in models]
    for name, size in sizes:
        how = "" if size == 1 else ", worked out from its size"
        yield (
            f"{name}: first word after {speed.first_word_s(budget, size):.1f} s "
            f"with {budget} tokens of evidence{how}"
        )
    within = f"the first word within {first_word_s:g} s"
    for enough in (budget, LEAST_EVIDENCE):  # first any model with all the evidence
        for name, size in sizes:
            fits = speed.budget(first_word_s, size)
            if fits >= enough:
                model = f"engine.model={name}, " if measured else ""
                yield f"{within}: set {model}answer.evidence_tokens={min(fits, budget)}"
                return
    name, size = sizes[-1]
    yield (
        f"no model gives {within} on this machine: {name} takes "
        f"{speed.first_word_s(LEAST_EVIDENCE, size):.1f} s "
        f"for {LEAST_EVIDENCE} tokens of evidence, and less finds too little"
    )


def report(app: App, first_word_s: float) -> Iterator[str]:
    """Measure with the parts of an app; the figures and the advice as lines."""
    yield "measuring: about ten seconds"
    speed = measure(app.model(), app.embedder, app.reranker)
    here = [name for name in catalogue() if app.models.status(name) == "ready"]
    models = (model for model in catalogue().values() if model.kind == "llm" and model.answers)
    capable = [model for model in models if model.measured or model.name in here]
    engine = app.settings.engine
    measured = next((m for m in capable if m.name == engine.model and not engine.url), None)
    yield from describe(speed, measured, capable, app.settings.answer.evidence_tokens, first_word_s)
