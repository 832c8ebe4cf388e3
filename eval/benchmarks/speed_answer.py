"""What a question costs beside the raw engine, a follow-up beside its question, and a peer."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.answering.pipeline import Assistant
from assistant.answering.prompting import prompt
from assistant.answering.sentence_selection import select_sentences
from assistant.container import App
from assistant.core.answer import Answer
from assistant.core.query import Query
from assistant.llm.language_model import Around, LanguageModel, Limits, Message, Piece, Usage
from eval.benchmarks.speed_questions import asked, pairs
from eval.benchmarks.speed_server import quantile
from eval.data.cases import Case
from index.core.cores import usable_cores


class _Recorder(Around):
    """Passes a model through and keeps what was sent to it and what it cost."""

    def __init__(self, model: LanguageModel) -> None:
        super().__init__(model)
        self.messages: Sequence[Message] = ()  # of the last draft
        self.drafted: Usage | None = None
        self.wrote_s = 0.0  # between its first word and its end, checking included

    def stream(
        self, messages: Sequence[Message], limits: Limits, cancel: threading.Event | None = None
    ) -> Iterator[Piece]:
        draft = limits.max_tokens > 1  # the look at the proof is one word
        self.messages = messages if draft else self.messages
        began = 0.0
        for piece in self._model.stream(messages, limits, cancel):
            if draft and piece.usage:
                self.drafted, self.wrote_s = piece.usage, time.perf_counter() - began
            elif piece.text:
                began = began or time.perf_counter()
            yield piece


@dataclass(frozen=True, slots=True)
class _Asked:
    answer: Answer
    drafted: Usage
    wrote_s: float
    raw_prefill: float
    raw_decode: float

    @property
    def prefill(self) -> float:
        """Tokens read per second between evidence and first word, reused ones left out."""
        t = self.answer.timings
        read = self.drafted.prompt_tokens - self.drafted.cached_tokens
        return read / ((t.first_token_s or 0) - t.evidence_s)

    @property
    def decode(self) -> float:
        """Tokens written per second after the first word, checking included."""
        return (self.drafted.completion_tokens - 1) / self.wrote_s


def measure_prompts(app: App) -> dict[str, float]:
    """Tokens of the prompt that each question of the sample that stands alone would be sent in.

    The look at the proof is a second prompt, of some 110 tokens after the answer.
    """
    model = app.model()
    sizes: list[float] = []
    for question in asked():
        found = app.search.search(question, app.settings.answer.passages)
        budget = app.settings.answer.evidence_tokens
        evidence = select_sentences(question, found, app.reranker, app.reranker.count, budget)
        sizes.append(model.count_prompt(prompt(question, (), evidence)))
    sizes.sort()
    return {"prompt tokens, p50": quantile(sizes, 0.5), "prompt tokens, p95": quantile(sizes, 0.95)}


def measure_questions(app: App, number: int) -> dict[str, float]:
    """Medians of `number` questions, beside the raw engine on the same prompts."""
    recorder = _Recorder(app.model())
    assistant = Assistant(app.search, app.reranker, lambda: recorder)
    raw = _RawEngine(app)
    done: list[_Asked] = []
    assistant.ask("Who is the US special representative?")  # the first one warms every part
    for question in asked():
        recorder.drafted = None
        answer = assistant.ask(question)
        if recorder.drafted and recorder.drafted.completion_tokens > 5:
            raw_speeds = raw.speeds(recorder.messages)
            done.append(_Asked(answer, recorder.drafted, recorder.wrote_s, *raw_speeds))
        if len(done) == number:
            break

    def median(values: Iterator[float]) -> float:
        return statistics.median(values)

    return {
        "raw engine, prefill (tokens/s)": median(a.raw_prefill for a in done),
        "pipeline, prefill (tokens/s)": median(a.prefill for a in done),
        "pipeline ÷ raw engine, prefill": median(a.prefill / a.raw_prefill for a in done),
        "raw engine, decode (tokens/s)": median(a.raw_decode for a in done),
        "pipeline, decode (tokens/s)": median(a.decode for a in done),
        "pipeline ÷ raw engine, decode": median(a.decode / a.raw_decode for a in done),
        "tokens read, proof included": median(a.answer.timings.prompt_tokens for a in done),
        "  of these cached": median(a.answer.timings.cached_tokens for a in done),
        "tokens written": median(a.answer.timings.completion_tokens for a in done),
        "to the evidence (s)": median(a.answer.timings.evidence_s for a in done),
        "to the first word (s)": median(a.answer.timings.first_token_s or 0 for a in done),
        "to the end (s)": median(a.answer.timings.total_s for a in done),
    }


def measure_followups(app: App, number: int) -> dict[str, float]:
    """The first word of a follow-up beside that of the question before it, which is read anew."""
    firsts = []
    for pair in pairs():
        before = app.assistant.ask(pair.first)
        after = app.assistant.ask(Query(pair.then, (before.turn,)))
        if before.timings.first_token_s and after.timings.first_token_s:
            firsts.append((before.timings.first_token_s, after.timings.first_token_s))
        if len(firsts) == number:
            break
    return {
        "first word of a question (s)": statistics.median(one for one, _ in firsts),
        "first word of its follow-up (s)": statistics.median(two for _, two in firsts),
        "first word of a follow-up ÷ of its question": statistics.median(
            two / one for one, two in firsts
        ),
    }


def measure_peer(app: App, number: int) -> dict[str, float]:
    """Whole answers of a plain LlamaIndex pipeline with the same model, and ours."""
    from eval.runner.peers.llamaindex import LlamaIndexPeer

    library = app.search.library
    assert library is not None  # the sample has been ingested
    articles = [article for _, article in library.articles()]
    limits = Limits(app.settings.answer.max_tokens, app.settings.answer.deadline_s)
    peer = LlamaIndexPeer(
        articles,
        {article.id: article.title for article in articles},
        app.model(),
        limits,
        app.embedder,
        app.settings.data / "peer.sqlite",
    )
    rows = []
    for question in asked()[-number:]:  # not those whose prompts the engine still knows
        ours = app.assistant.ask(question).timings.total_s
        theirs = peer.answer(Case(question, question, answerable=True)).seconds["total"]
        rows.append((ours, theirs))
    return {
        "ours, whole answer (s)": statistics.median(ours for ours, _ in rows),
        "plain LlamaIndex, whole answer (s)": statistics.median(theirs for _, theirs in rows),
        "plain LlamaIndex ÷ ours, whole answer": statistics.median(b / a for a, b in rows),
    }


class _RawEngine:
    """llama.cpp by itself, with its own batch sizes and none of our code between."""

    def __init__(self, app: App) -> None:
        import xllamacpp

        engine = app.settings.engine
        params = xllamacpp.CommonParams()
        params.model.path = str(app.models.resolve(engine.model))
        params.n_ctx = engine.context_tokens
        params.n_parallel = 1
        threads = engine.threads or usable_cores()
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
        params.n_gpu_layers = engine.gpu_layers
        params.verbosity = -1
        self._server = xllamacpp.Server(params)

    def speeds(self, messages: Sequence[Message]) -> tuple[float, float]:
        """Tokens read and written per second for one prompt, its system text known as ours is.

        The engine's own figure for writing counts the first token, which reading has made, but not
        its time.
        """
        frames = [f"<|im_start|>{m.role}\n{m.content}<|im_end|>\n" for m in messages]
        self._said(frames[0], 1)
        timings = self._said("".join(frames) + "<|im_start|>assistant\n", 32)
        written = timings["predicted_n"] - 1
        return timings["prompt_per_second"], written / timings["predicted_ms"] * 1000

    def _said(self, prompt: str, tokens: int) -> dict[str, float]:
        asked = {"prompt": prompt, "n_predict": tokens, "temperature": 0, "ignore_eos": True}
        found = self._server.handle_completions({**asked, "cache_prompt": True})
        timings: dict[str, float] = found["timings"]
        return timings
