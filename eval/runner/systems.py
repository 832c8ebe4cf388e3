"""The systems that answer a case: search alone, the assistant, or a plain LlamaIndex pipeline.

Scores of the reranker and drafts of the model are cached beside the indexes, so that a run in
which only later steps changed takes seconds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import cast

from assistant.answering.query_rewriting import RewrittenQuery, rewrite
from assistant.backends.serialization import to_json
from assistant.cli.warm import OFF
from assistant.container import App
from assistant.core import console
from assistant.core.answer import Turn
from assistant.core.query import Query
from assistant.llm.language_model import Limits
from eval.data.cases import Case
from eval.data.results import AnswerJson, Outcome, Sentence
from eval.runner.cached_models import cached_model, cached_reranker
from eval.runner.corpus_index import IndexedSet
from eval.runner.oracle import OracleSearcher, gold_passages, unchecked
from eval.runner.plan import Options
from eval.scoring.scores import DEPTH
from index.core.errors import UsageError, UserError
from index.core.filters import Filters
from index.retrieval.hybrid_search import Searcher
from index.retrieval.ranking import ScoredPassage

PEER_DEADLINE_S = 3600.0  # LlamaIndex has none: a slow machine must not make it look worse
_TIMES = ("evidence_s", "first_token_s", "total_s")

System = Callable[[Case], Outcome]


def system(options: Options, indexed: IndexedSet, work: Path) -> Callable[[], System]:
    """Makes the system when the first answer is missing: loading a model takes seconds."""

    @cache
    def made() -> System:
        if options.mode == "llamaindex":
            return _peer(indexed, work, read=options.cached)
        if options.mode == "retrieval":
            return _Retrieval(indexed, work, read=options.cached)
        return _Assistant(indexed, work, options)

    return made


def attempt(ask: System, case: Case) -> Outcome:
    """The outcome of a case, also where asking failed."""
    try:
        return ask(case)
    except UserError as problem:
        return Outcome(error=str(problem))
    except Exception as problem:  # a bug costs one question and not the whole run
        return Outcome(error=f"{type(problem).__name__}: {problem}")


class _Retrieval:
    """Searches alone, and only where there is evidence to be found: else nothing is scored.

    The time of a search is left out if a score was replayed.
    """

    def __init__(self, indexed: IndexedSet, work: Path, *, read: bool) -> None:
        self._names = indexed.names
        self._reranker = cached_reranker(indexed.app, work, read=read)
        indexed.open.callback(self._reranker.close)
        self._search = indexed.app.search_with(self._reranker)
        indexed.open.callback(self._search.close)

    def __call__(self, case: Case) -> Outcome:
        query = rewrite(case.question, case.history)
        if not case.answerable or not case.evidence:
            return Outcome(query.text)
        before, start = self._reranker.replayed, time.perf_counter()
        hits = _search_deep(self._search, case, query)
        seconds = {"search": round(time.perf_counter() - start, 3)}
        replayed = self._reranker.replayed > before
        return Outcome(
            query.text,
            retrieved(hits, self._names),
            seconds={} if replayed else seconds,
            replayed=replayed,
        )


class _Assistant:
    """Asks the assistant; a missing model fails here and not at every case.

    In mode "gold" it is given the case's gold evidence in place of what a search finds; in mode
    "warm" the model has read every article beforehand, as far as there is room.
    """

    def __init__(self, indexed: IndexedSet, work: Path, options: Options) -> None:
        app, read = indexed.app, options.cached
        self._indexed, self._gold = indexed, options.mode == "gold"
        self._reranker = cached_reranker(app, work, read=read)
        indexed.open.callback(self._reranker.close)
        self._model = cached_model(app, work, read=read)
        indexed.open.callback(self._model.close)
        self._search = app.search_with(self._reranker)
        indexed.open.callback(self._search.close)
        warm = options.mode == "warm"
        if warm:
            _read_all_articles(app)
        self._assistant = app.assistant_with(
            self._search, self._reranker, lambda: self._model, use_cache=warm
        )

    def __call__(self, case: Case) -> Outcome:
        filters, names = Filters(as_of=case.as_of), self._indexed.names
        history: tuple[Turn, ...] = ()
        for turn in case.history:  # earlier questions without an answer are asked first
            if not turn.answer:
                turn = self._assistant.ask(Query(turn.question, history, filters)).turn
            history = (*history, turn)
        before = self._replays
        assistant = self._assistant
        if self._gold:
            search = OracleSearcher(self._search, gold_passages(case, self._indexed))
            assistant = self._indexed.app.assistant_with(
                search, self._reranker, lambda: self._model
            )
        answer = assistant.ask(Query(case.question, history, filters))
        replayed = self._replays > before
        output = cast(AnswerJson, to_json(answer))
        if self._gold:
            output = unchecked(output)
        # once more, deeper, and not timed
        hits = _search_deep(self._search, case, rewrite(case.question, history))
        used = [c.article.id for c in answer.citations] + [e.article.id for e in answer.evidence]
        times = output["timings"]
        return Outcome(
            standalone_question=answer.standalone_question,
            retrieved=retrieved(hits, names),
            output=_without_times(output) if replayed else output,
            names={i: names[i] for i in dict.fromkeys(used)},
            seconds={}
            if replayed
            else {n.removesuffix("_s"): times[n] for n in _TIMES if times.get(n) is not None},
            replayed=replayed,
        )

    @property
    def _replays(self) -> int:
        return self._reranker.replayed + self._model.replayed


def _read_all_articles(app: App) -> None:
    if app.kv_states.off:
        raise UsageError(OFF)
    with console.Bars() as bars:
        for number, _ in enumerate(app.prefix_cache.fill(threading.Event()), 1):
            bars.step("reading", number, 0)


def _peer(indexed: IndexedSet, work: Path, *, read: bool) -> System:
    """LlamaIndex with the same model."""
    from eval.runner.peers.llamaindex import LlamaIndexPeer

    app = indexed.app
    model = cached_model(app, work, read=read)
    indexed.open.callback(model.close)
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
