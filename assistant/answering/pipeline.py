"""Assistant: a question in, ever more complete answers out. The story of a question on one screen.

Knows neither Chroma nor llama.cpp: it is given something that searches, something that scores and
something that speaks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from assistant.answering import prompting as drafting
from assistant.answering import sentence_selection as choosing
from assistant.answering.prefix_cache import PrefixCache
from assistant.answering.prompt_continuation import PromptPrefix, continue_prompt
from assistant.answering.query_rewriting import rewrite
from assistant.answering.timing import Stopwatch
from assistant.core.answer import Answer, Claim, Evidence
from assistant.core.query import Query
from assistant.llm.language_model import LanguageModel, Limits, Piece
from assistant.verification import abstention as refusing
from assistant.verification.arithmetic import Difference, difference
from assistant.verification.attribution import Attributor
from assistant.verification.confidence import features
from assistant.verification.contradictions import contradictions, told
from assistant.verification.self_check import self_check
from index.core.cancellation import Cancelled, cancel_scope
from index.core.filters import Filters
from index.retrieval.hybrid_search import Searcher
from index.retrieval.ranking import ScoredPassage
from index.retrieval.reranker import Reranker


@dataclass(frozen=True, slots=True)
class Limit:
    """How much is searched, read and written for one question; see `assistant.core.settings`."""

    passages: int = 8
    evidence_tokens: int = 280
    answer_tokens: int = 120
    deadline_s: float = 120.0
    strict: float = 0.5


class Assistant:
    """Answers questions from indexed articles.

    `model` is called when there is something to read: what is refused or computed loads none, and
    evidence is shown before it is loaded.
    """

    def __init__(
        self,
        searcher: Searcher,
        reranker: Reranker,
        model: Callable[[], LanguageModel],
        limit: Limit | None = None,
        warmth: PrefixCache | None = None,
    ) -> None:
        self._searcher = searcher
        self._reranker = reranker
        self._model = model
        self._limit = limit or Limit()
        self._warmth = warmth

    def ask(self, query: Query | str) -> Answer:
        """The final answer; see `stream`."""
        *_, last = self.stream(query)
        return last

    def stream(self, query: Query | str, cancel: threading.Event | None = None) -> Iterator[Answer]:
        """Yield ever more complete answers; each is complete so far and the last is final.

        The first with `evidence` comes before the model has begun to read. Once `cancel` is set
        the answer ends with what is ready.

        Raises:
            UsageError: if the question is empty or too long.
            UserError: if index or model cannot be used.
        """
        clock = Stopwatch()
        query = (Query(query) if isinstance(query, str) else query).checked()
        question, history, filters = query.question, query.history, query.filters
        resolved = rewrite(question, history)
        searched = resolved.text
        strict = self._limit.strict if query.strict is None else query.strict
        answer = Answer(question, searched, filters=filters, generation=self._searcher.generation)

        found = self._searcher.search(
            searched, self._limit.passages, filters=filters, also=resolved.forms
        )
        if refusal := refusing.nothing_found(answer.generation, found):
            yield clock.stop(replace(answer, refusal=refusal))
            return

        before = continue_prompt(history, found, self._searcher, filters)
        evidence = self._read(searched, found, before)
        answer = replace(answer, evidence=evidence)
        if refusal := refusing.not_mentioned(question, answer.evidence):
            yield clock.stop(replace(answer, refusal=refusal))
            return
        yield (answer := clock.evidence(answer))
        warmth, shown = self._shown(evidence, before, filters)
        also_read = choosing.beyond((*before.evidence, *shown), evidence)
        grounder = Attributor(searched, (*evidence, *also_read))
        if reckoned := difference(searched, answer.evidence, self._reranker):
            yield clock.stop(replace(answer, claims=(_computed(reckoned, grounder),)))
            return

        model = self._model()  # loaded now, if it is not yet: the evidence has been shown
        messages = before.prompt(question, history, shown)
        read = before.read(shown, answer.generation)
        answer = replace(answer, model=model.name, messages=tuple(messages), shown=read)
        limits = Limits(self._limit.answer_tokens, self._limit.deadline_s)
        if warmth:
            warmth.recall(shown)
        pieces: list[Piece] = []
        draft = ""
        for piece in model.stream(messages, limits, cancel):
            pieces.append(piece)
            draft += piece.text
            looped = drafting.before_loop(draft)
            # what a limit cut off in mid-sentence may say the opposite of the sentence
            whole = bool(looped) or (piece.usage is not None and piece.usage.finish == "stop")
            finished, pending = drafting.split(looped or draft, done=whole)
            claims = drafting.checked_claims(grounder, answer.claims, finished)
            usage = piece.usage or (drafting.cost(model, messages, pieces) if looped else None)
            answer = clock.tick(replace(answer, claims=claims, pending=pending), usage, draft)
            if usage:
                break
            if piece.text:
                yield answer
        if answer.supported and not answer.finish_reason:
            yield answer  # all that was written, before it is judged
            proofs = [citation.evidence for citation in answer.citations]
            told, usage = self_check(model, searched, proofs, limits.deadline_s, cancel)
            answer = clock.also(answer, usage)
            answer = replace(answer, features=features(searched, answer.text, pieces, told))
        answer = refusing.judged(answer, strict, self._searcher.periods(searched, filters))
        if warmth:
            warmth.asked(evidence)
        yield clock.stop(_with_rivals(answer, grounder))

    def prefill(self, draft: Query, cancel: threading.Event) -> None:
        """Read what the answer to an unfinished question will probably need.

        Goes the way of `stream` up to the first word. Once `cancel` is set it ends, within the text
        that the reranker reads or the few tokens that the model reads.

        Raises:
            UsageError: as `stream` does.
            UserError: if index or model cannot be used.
        """
        draft = draft.checked()
        question, history, filters = draft.question, draft.history, draft.filters
        resolved = rewrite(question, history)
        searched = resolved.text
        with suppress(Cancelled), cancel_scope(cancel):
            found = self._searcher.search(
                searched, self._limit.passages, filters=filters, also=resolved.forms
            )
            if refusing.nothing_found(self._searcher.generation, found):
                return
            before = continue_prompt(history, found, self._searcher, filters)
            evidence = self._read(searched, found, before)
            warmth, shown = self._shown(evidence, before, filters)
            messages = before.prompt(question, history, shown)
            model = self._model()
            if warmth:
                warmth.recall(shown)
            for _ in model.stream(messages, Limits(0, self._limit.deadline_s), cancel):
                pass

    def _shown(
        self, evidence: tuple[Evidence, ...], before: PromptPrefix, filters: Filters
    ) -> tuple[PrefixCache | None, tuple[Evidence, ...]]:
        """What the model reads: the evidence, or its first article whole where that was read."""
        if self._warmth is None or before.messages:
            return None, evidence
        return self._warmth, self._warmth.whole(evidence, filters)

    def _read(
        self, question: str, found: Sequence[ScoredPassage], before: PromptPrefix
    ) -> tuple[Evidence, ...]:
        # not counted by the model: it takes a second to load, and would be waited for here
        count, budget = self._reranker.count, self._limit.evidence_tokens
        return choosing.select_sentences(
            question, found, self._reranker, count, budget, before.evidence
        )


def _computed(reckoned: Difference, grounder: Attributor) -> Claim:
    return Claim(reckoned.text, tuple(map(grounder.cite, reckoned.proofs)), computed=reckoned.value)


def _with_rivals(answer: Answer, grounder: Attributor) -> Answer:
    """Where articles give different numbers or names, one more sentence that tells them all."""
    for claim in () if answer.refused else answer.supported:
        if rivals := contradictions(answer.standalone_question, claim, answer.evidence):
            citations = tuple(grounder.cite(rival.evidence) for rival in rivals)
            said = Claim(told(rivals, answer.standalone_question), citations)
            return replace(answer, claims=(*answer.claims, said))
    return answer
