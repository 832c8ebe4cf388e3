"""Answers beside the raw engine, follow-ups beside their question, and a plain pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.answering.prompting import prompt
from assistant.answering.sentence_selection import select_sentences
from assistant.container import App
from assistant.core.answer import Timings
from assistant.core.query import Query
from assistant.llm.language_model import Limits, Usage
from eval.benchmarks.measure import (
    Figures,
    medians,
    quantile,
    sample_follow_ups,
    sample_questions,
)
from eval.data.cases import Case
from eval.data.draft_recorder import DraftRecorder
from index.core.cpu_cores import usable_cores

if TYPE_CHECKING:
    from eval.runner.peers.llamaindex import LlamaIndexPeer

SHORTEST_DRAFT = 5  # tokens; a shorter one gives no speed


def measure_prompts(app: App) -> Figures:
    """Tokens of the prompts of the sample's standalone questions.

    The self-check is a second prompt, of some 110 tokens after the answer.
    """
    settings, model, sizes = app.settings.answer, app.model(), []
    for question in sample_questions():
        found = app.search.search(question, settings.passages)
        evidence = select_sentences(
            question,
            found,
            app.reranker,
            app.reranker.count,
            settings.evidence_tokens,
            selector=app.selector,
        )
        sizes.append(float(model.count_prompt(prompt(question, (), evidence))))
    return {f"prompt tokens, p{100 * share:.0f}": quantile(sizes, share) for share in (0.5, 0.95)}


def measure_answers(app: App, number: int) -> Figures:
    """Medians of `number` answers, beside the raw engine on the same prompts."""
    recorder = DraftRecorder(app.model())
    assistant = app.assistant_with(app.search, app.reranker, lambda: recorder)
    raw = _RawEngine(app)
    rows: list[Figures] = []
    assistant.ask("Who is the US special representative?")  # the first one loads every part
    for question in sample_questions():
        recorder.clear()
        timings = assistant.ask(question).timings
        if recorder.usage and recorder.usage.completion_tokens > SHORTEST_DRAFT:
            rows.append(_row(timings, recorder.usage, recorder.decode_s, raw.speeds(recorder)))
        if len(rows) == number:
            break
    return medians(rows)


def _row(timings: Timings, usage: Usage, decode_s: float, raw: tuple[float, float]) -> Figures:
    first_s = timings.first_token_s or 0
    # between evidence and first word; cached tokens are not read
    prefill = (usage.prompt_tokens - usage.cached_tokens) / (first_s - timings.evidence_s)
    decode = (usage.completion_tokens - 1) / decode_s
    return {
        "raw engine, prefill (tokens/s)": raw[0],
        "pipeline, prefill (tokens/s)": prefill,
        "pipeline ÷ raw engine, prefill": prefill / raw[0],
        "raw engine, decode (tokens/s)": raw[1],
        "pipeline, decode (tokens/s)": decode,
        "pipeline ÷ raw engine, decode": decode / raw[1],
        "prompt tokens, self-check included": timings.prompt_tokens,
        "  of these cached": timings.cached_tokens,
        "tokens written": timings.completion_tokens,
        "to the evidence (s)": timings.evidence_s,
        "to the first word (s)": first_s,
        "to the end (s)": timings.total_s,
    }


def measure_follow_ups(app: App, number: int) -> Figures:
    """The first word of a follow-up beside that of the question before it."""
    rows: list[Figures] = []
    for question, follow_up in sample_follow_ups():
        before = app.assistant.ask(question)
        after = app.assistant.ask(Query(follow_up, (before.turn,)))
        one, two = before.timings.first_token_s, after.timings.first_token_s
        if one and two:
            rows.append(
                {
                    "first word of a question (s)": one,
                    "first word of its follow-up (s)": two,
                    "first word of a follow-up ÷ of its question": two / one,
                }
            )
        if len(rows) == number:
            break
    return medians(rows)


def measure_peer(app: App, number: int) -> Figures:
    """Whole answers of a plain LlamaIndex pipeline with the same model, beside ours."""
    peer = plain_pipeline(app)
    rows = []
    for question in sample_questions()[-number:]:  # none whose prompt the engine has cached
        ours = app.assistant.ask(question).timings.total_s
        theirs = peer.answer(Case(question, question, answerable=True)).seconds["total"]
        rows.append(
            {
                "ours, whole answer (s)": ours,
                "plain LlamaIndex, whole answer (s)": theirs,
                "plain LlamaIndex ÷ ours, whole answer": theirs / ours,
            }
        )
    return medians(rows)


def plain_pipeline(app: App) -> LlamaIndexPeer:
    """The peer with the articles, the engine and the embedder of `app`."""
    from eval.runner.peers.llamaindex import LlamaIndexPeer

    library = app.search.library
    assert library is not None  # something has been ingested
    articles = [article for _, article in library.articles()]
    return LlamaIndexPeer(
        articles,
        {article.id: article.title for article in articles},
        app.model(),
        Limits(app.settings.answer.max_tokens, app.settings.answer.deadline_s),
        app.embedder,
        app.settings.data / "peer.sqlite",
    )


class _RawEngine:
    """llama.cpp by itself, with its own batch sizes and none of our code around it."""

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

    def speeds(self, draft: DraftRecorder) -> tuple[float, float]:
        """Tokens read and written per second for its prompt, the system text cached as ours is.

        The engine's own decoding rate counts the first token, which prefill made, but not its time.
        """
        turns = [f"<|im_start|>{m.role}\n{m.content}<|im_end|>\n" for m in draft.messages]
        body = {"temperature": 0, "ignore_eos": True, "cache_prompt": True}
        for text, tokens in (turns[0], 1), ("".join(turns) + "<|im_start|>assistant\n", 32):
            made = self._server.handle_completions({**body, "prompt": text, "n_predict": tokens})
        timings = made["timings"]
        written = timings["predicted_n"] - 1
        return timings["prompt_per_second"], written / timings["predicted_ms"] * 1000
