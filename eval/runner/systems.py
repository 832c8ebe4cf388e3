"""A case in, an outcome out: by searching alone, by the assistant, from the proof, or by a peer.

Scores of the reranker and drafts of the model are kept beside the indexes (`eval.data.caches`), so
that a run in which only later steps changed costs seconds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.answering.pipeline import Assistant
from assistant.answering.query_rewriting import RewrittenQuery, rewrite
from assistant.backends.serialization import to_json
from assistant.cli.warm import OFF
from assistant.container import App
from assistant.core import console as screen
from assistant.core.answer import Turn
from assistant.core.query import Query
from assistant.llm.language_model import LanguageModel, Limits
from eval.data.caches import drafts_of, scores_of
from eval.data.cases import Case
from eval.data.outcome import Outcome
from eval.runner.corpus_index import Indexed
from eval.runner.oracle import GoldSearch, as_written, proofs
from eval.runner.plan import Options
from eval.scoring.scores import DEPTH
from index.core.errors import UsageError, UserError
from index.core.filters import Filters
from index.retrieval.hybrid_search import Searcher
from index.retrieval.ranking import ScoredPassage

if TYPE_CHECKING:
    from eval.runner.peers.llamaindex import LlamaIndexPeer

PEER_DEADLINE_S = 3600.0  # LlamaIndex has none: a slow machine must not make it look worse
_CLOCKS = ("evidence_s", "first_token_s", "total_s")

Ask = Callable[[Case], Outcome]


def asker(options: Options, indexed: Indexed, work: Path) -> Callable[[], Ask]:
    """What makes the asker when the first answer is missing: loading a model takes seconds."""

    @cache
    def made() -> Ask:
        if options.peer:
            return _Peer(indexed, work, read=options.cached).answered
        if options.retrieval_only:
            return _Retrieval(indexed, work, read=options.cached).found
        return _Ours(indexed, work, options).answered

    return made


def tried(ask: Ask, case: Case) -> Outcome:
    """The outcome of a case, also where asking failed."""
    try:
        return ask(case)
    except UserError as problem:
        return Outcome(error=str(problem))
    except Exception as problem:  # a bug costs one question and not the night's run
        return Outcome(error=f"{type(problem).__name__}: {problem}")


class _Retrieval:
    """Searches alone, and only where there is evidence to be found: else nothing is scored.

    A question of which a score was known has no time worth telling.
    """

    def __init__(self, indexed: Indexed, work: Path, *, read: bool) -> None:
        self._names = indexed.names
        self._scores = scores_of(indexed.app, work, read=read)
        indexed.open.callback(self._scores.close)
        self._search = indexed.app.search_with(self._scores)
        indexed.open.callback(self._search.close)

    def found(self, case: Case) -> Outcome:
        """The passages for a case."""
        resolved = rewrite(case.question, case.history)
        searched = resolved.text
        if not case.answerable or not case.evidence:
            return Outcome(searched)
        before, start = self._scores.remembered, time.perf_counter()
        hits = _deep(self._search, case, resolved)
        seconds = {"search": round(time.perf_counter() - start, 3)}
        replayed = self._scores.remembered > before
        found = retrieved(hits, self._names)
        return Outcome(searched, found, seconds={} if replayed else seconds, replayed=replayed)


class _Ours:
    """Asks the assistant; a missing model fails here and not at every case.

    With `gold` it is given the case's proof, and nothing else, in place of what a search finds;
    with `warm` the model has read every article beforehand, as far as there is room.
    """

    def __init__(self, indexed: Indexed, work: Path, options: Options) -> None:
        app, self._names, read = indexed.app, indexed.names, options.cached
        self._indexed, self._gold = indexed, options.gold
        self._scores = scores_of(indexed.app, work, read=read)
        indexed.open.callback(self._scores.close)
        self._drafts = drafts_of(indexed.app, work, read=read)
        indexed.open.callback(self._drafts.close)
        self._search = app.search_with(self._scores)
        indexed.open.callback(self._search.close)
        if options.warm:
            _read_beforehand(app)
        self._assistant = app.assistant_with(
            self._search, self._scores, lambda: self._drafts, use_cache=options.warm
        )

    def answered(self, case: Case) -> Outcome:
        """What the assistant says to a case, and what it could have found."""
        history = self._played(case)
        before = self._remembered
        answer = self._assistant_for(case).ask(Query(case.question, history, filters=_scope(case)))
        replayed = self._remembered > before
        output = as_written(to_json(answer)) if self._gold else to_json(answer)
        # once more, deeper, and off the clock
        hits = _deep(self._search, case, rewrite(case.question, history))
        used = [c.article.id for c in answer.citations] + [e.article.id for e in answer.evidence]
        return Outcome(
            searched=answer.standalone_question,
            retrieved=retrieved(hits, self._names),
            output=_timeless(output) if replayed else output,
            names={i: self._names[i] for i in dict.fromkeys(used)},
            seconds={} if replayed else _seconds(output),
            replayed=replayed,
        )

    def _assistant_for(self, case: Case) -> Assistant:
        if not self._gold:
            return self._assistant
        search = GoldSearch(self._search, proofs(case, self._indexed))
        return self._indexed.app.assistant_with(search, self._scores, lambda: self._drafts)

    def _played(self, case: Case) -> tuple[Turn, ...]:
        """The conversation before a case: earlier questions without an answer are asked first."""
        turns: list[Turn] = []
        for turn in case.history:
            if not turn.answer:
                turn = self._assistant.ask(
                    Query(turn.question, tuple(turns), filters=_scope(case))
                ).turn
            turns.append(turn)
        return tuple(turns)

    @property
    def _remembered(self) -> int:
        return self._scores.remembered + self._drafts.remembered


def _read_beforehand(app: App) -> None:
    if app.kv_states.off:
        raise UsageError(OFF)
    with screen.Bars() as bars:
        for number, _ in enumerate(app.prefix_cache.fill(threading.Event()), 1):
            bars.step("reading", number, 0)


class _Peer:
    """Asks a peer with the same model."""

    def __init__(self, indexed: Indexed, work: Path, *, read: bool) -> None:
        self._drafts = drafts_of(indexed.app, work, read=read)
        indexed.open.callback(self._drafts.close)
        self._peer = _peer(indexed, work, self._drafts)

    def answered(self, case: Case) -> Outcome:
        """What the peer says to a case."""
        before = self._drafts.remembered
        outcome = self._peer.answer(case)
        if self._drafts.remembered == before:
            return outcome
        output = _timeless(outcome.output or {})
        return replace(outcome, output=output, seconds={}, replayed=True)


def _peer(indexed: Indexed, work: Path, model: LanguageModel) -> LlamaIndexPeer:
    from eval.runner.peers.llamaindex import LlamaIndexPeer

    app, library = indexed.app, indexed.app.search.library
    assert library is not None  # `indexed` has seen it
    return LlamaIndexPeer(
        articles=[article for _, article in library.articles()],
        names=indexed.names,
        model=model,
        limits=Limits(app.settings.answer.max_tokens, PEER_DEADLINE_S),
        embedder=app.embedder,
        vectors=work / "embeddings.sqlite",
    )


def _seconds(output: dict[str, Any]) -> dict[str, float]:
    times = output["timings"]
    return {name.removesuffix("_s"): times[name] for name in _CLOCKS if times.get(name) is not None}


def _timeless(output: dict[str, Any]) -> dict[str, Any]:
    """An output without the times that a replay did not take."""
    return output | {"timings": output.get("timings", {}) | dict.fromkeys(_CLOCKS)}


def _scope(case: Case) -> Filters:
    return Filters(as_of=case.as_of)


def _deep(searcher: Searcher, case: Case, asked: RewrittenQuery) -> list[ScoredPassage]:
    return searcher.search(asked.text, DEPTH, filters=_scope(case), also=asked.forms)


def retrieved(hits: Sequence[ScoredPassage], names: dict[str, str]) -> tuple[dict[str, Any], ...]:
    """Passages found, best first, as a run folder keeps them."""
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
