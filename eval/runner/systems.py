"""The systems that answer a case: search alone, the assistant, or a plain LlamaIndex pipeline.

Scores of the reranker and drafts of the model are cached beside the indexes, so that a run in
which only later steps changed takes seconds.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import cast

from assistant.backends.serialization import to_json
from assistant.cli.maintenance.model_commands import OFF
from assistant.container import App
from assistant.core import console
from assistant.core.answer import Turn
from assistant.core.query import Query
from assistant.llm.language_model import Limits
from assistant.rewriting.query_rewriting import RewrittenQuery, rewrite
from eval.data.cases import Case
from eval.data.results import AnswerJson, Outcome, Sentence
from eval.runner.cached_models import cached_model, cached_search
from eval.runner.corpus_index import IndexedSet
from eval.runner.oracle import gold_passages, unchecked
from eval.runner.plan import Options
from eval.scoring.case_scores import DEPTH
from index.core.errors import UsageError, UserError
from index.core.filters import Filters
from index.retrieval.hybrid_search import FoundPassages, Searcher
from index.retrieval.ranking import ScoredPassage

PEER_DEADLINE_S = 3600.0  # LlamaIndex has none: a slow machine must not make it look worse
_TIMES = ("evidence_s", "first_token_s", "total_s")

System = Callable[[Case], Outcome]


def system(options: Options, indexed: IndexedSet, work: Path) -> Callable[[], System]:
    """Makes the system when the first answer is missing: loading a model takes seconds."""
    make = {"llamaindex": _peer, "retrieval": _retrieval}.get(options.mode, _assistant)
    return cache(lambda: make(options, indexed, work))


def attempt(ask: System, case: Case) -> Outcome:
    """The outcome of a case, also where asking failed."""
    try:
        return ask(case)
    except UserError as problem:
        return Outcome(error=str(problem))
    except Exception as problem:  # a bug costs one question and not the whole run
        return Outcome(error=f"{type(problem).__name__}: {problem}")


def _retrieval(options: Options, indexed: IndexedSet, work: Path) -> System:
    """Searches alone, and only where there is evidence to be found: else nothing is scored."""
    app = indexed.app
    reranker, search = cached_search(app, work, indexed.open, read=options.cached)

    def ask(case: Case) -> Outcome:
        query = rewrite(case.question, case.history, lambda: app.parser)
        if not case.answerable or not case.evidence:
            return Outcome(query.text)
        before, start = reranker.replayed, time.perf_counter()
        hits = _search_deep(search, case, query)
        seconds = {"search": round(time.perf_counter() - start, 3)}
        replayed = reranker.replayed > before
        found = retrieved(hits, indexed.names)
        return Outcome(query.text, found, seconds={} if replayed else seconds, replayed=replayed)

    return ask


def _assistant(options: Options, indexed: IndexedSet, work: Path) -> System:
    """Asks the assistant; a missing model fails here and not at every case.

    In mode "gold" it is given the case's gold evidence in place of what a search finds; in mode
    "warm" the model has read every article beforehand, as far as there is room.
    """
    app, names, warm = indexed.app, indexed.names, options.mode == "warm"
    reranker, search = cached_search(app, work, indexed.open, read=options.cached)
    model = cached_model(app, work, indexed.open, read=options.cached)
    if warm:
        _read_all_articles(app)
    assistant = app.assistant_with(search, reranker, lambda: model, use_cache=warm)

    def ask(case: Case) -> Outcome:
        filters = Filters(as_of=case.as_of)
        history: tuple[Turn, ...] = ()
        for turn in case.history:  # earlier questions without an answer are asked first
            if not turn.answer:
                turn = assistant.ask(Query(turn.question, history, filters)).turn
            history = (*history, turn)
        before = reranker.replayed + model.replayed
        asked = assistant
        if options.mode == "gold":
            oracle = FoundPassages(gold_passages(case, indexed), search)
            asked = app.assistant_with(oracle, reranker, lambda: model)
        answer = asked.ask(Query(case.question, history, filters))
        replayed = reranker.replayed + model.replayed > before
        output = cast(AnswerJson, to_json(answer))
        if options.mode == "gold":
            output = unchecked(output)
        times = {name.removesuffix("_s"): output["timings"].get(name) for name in _TIMES}
        # once more, deeper, and not timed
        hits = _search_deep(search, case, rewrite(case.question, history, lambda: app.parser))
        used = [c.article.id for c in answer.citations] + [e.article.id for e in answer.evidence]
        return Outcome(
            standalone_question=answer.standalone_question,
            retrieved=retrieved(hits, names),
            output=_without_times(output) if replayed else output,
            names={i: names[i] for i in dict.fromkeys(used)},
            seconds={} if replayed else {n: t for n, t in times.items() if t is not None},
            replayed=replayed,
        )

    return ask


def _read_all_articles(app: App) -> None:
    if app.kv_states.off:
        raise UsageError(OFF)
    with console.Bars() as bars:
        for number, _ in enumerate(app.prefix_cache.fill(threading.Event()), 1):
            bars.step("reading", number, 0)


def _peer(options: Options, indexed: IndexedSet, work: Path) -> System:
    """LlamaIndex with the same model."""
    from eval.runner.peers.llamaindex import LlamaIndexPeer

    app = indexed.app
    model = cached_model(app, work, indexed.open, read=options.cached)
    peer = LlamaIndexPeer(
        articles=[article for _, article in indexed.library.articles()],
        names=indexed.names,
        model=model,
        limits=Limits(app.settings.answer.max_tokens, PEER_DEADLINE_S),
        embedder=app.embedder,
        vectors=work / "embeddings.sqlite",
    )

    def ask(case: Case) -> Outcome:
        before = model.replayed
        outcome = peer.answer(case)
        if model.replayed == before:
            return outcome
        output = _without_times(outcome.output or {})
        return replace(outcome, output=output, seconds={}, replayed=True)

    return ask


def _without_times(output: AnswerJson) -> AnswerJson:
    """An output without the times that a replay did not take."""
    return {**output, "timings": output.get("timings", {}) | dict.fromkeys(_TIMES)}


def _search_deep(searcher: Searcher, case: Case, query: RewrittenQuery) -> list[ScoredPassage]:
    return searcher.search(query.text, DEPTH, filters=Filters(as_of=case.as_of), also=query.forms)


def retrieved(hits: Sequence[ScoredPassage], names: dict[str, str]) -> tuple[Sentence, ...]:
    """Retrieved passages, best first, as a run folder keeps them."""
    return tuple(
        {
            "article": names[hit.passage.article.id],
            "carried_by": [names[other.id] for other in hit.carried_by if other.id in names],
            "title": hit.passage.article.title,
            "text": hit.passage.text,
            "rank": rank,
            "relevance": round(hit.relevance, 3),
        }
        for rank, hit in enumerate(hits, 1)
    )
