"""Assistant: answers a question in ever more complete `Answer`s.

It is rewritten to stand alone, and goes the way of its kind: by code (`assistant.kinds`), part by
part (`several_answers`), or as a single fact (`fact_answering`). Depends on the Searcher, Reranker
and LanguageModel protocols only.
"""

import threading
from collections.abc import Callable, Iterator, Set
from contextlib import suppress
from dataclasses import replace

from assistant.answering.fact_answering import FactAnswering
from assistant.answering.list_drafting import drafted_list
from assistant.answering.prefix_cache import PrefixCache
from assistant.answering.several_answers import added, answer_parts
from assistant.answering.timing import Stopwatch
from assistant.core.answer import Answer, Kind
from assistant.core.query import Query
from assistant.core.settings import AnswerSettings
from assistant.kinds.clarification import asked_back, with_choice
from assistant.kinds.inventory.entity_list import EntityList
from assistant.kinds.question_kind import Parts, QuestionKind, Request
from assistant.kinds.routing import kind_of
from assistant.kinds.several_parts import SeveralParts
from assistant.llm.language_model import LanguageModel
from assistant.rewriting.query_rewriting import RewrittenQuery, no_parser, rewrite
from assistant.verification import abstention
from assistant.verification.article_languages import with_languages
from assistant.verification.verifier import Verifier
from index.core.cancellation import Cancelled, cancel_scope
from index.retrieval.hybrid_search import Searcher
from index.retrieval.reranker import Reranker
from index.retrieval.selector import Selector
from index.text.grammar import Parser

READ_OTHERWISE: frozenset[Kind] = frozenset({"count", "comparison"})
"""Kinds whose question the model reads as one for a fact, where code cannot answer it."""


class Assistant:
    """Answers questions from indexed articles.

    `model` is called when there is something to read: what is refused or computed loads none, and
    evidence is shown before it is loaded. `parser` is called for a follow-up, and
    while the model reads.
    """

    def __init__(
        self,
        searcher: Searcher,
        reranker: Reranker,
        model: Callable[[], LanguageModel],
        settings: AnswerSettings | None = None,
        cache: PrefixCache | None = None,
        parser: Callable[[], Parser | None] = no_parser,
        selector: Selector | None = None,
        verifier: Callable[[], Verifier | None] = lambda: None,
    ) -> None:
        self._searcher = searcher
        self._settings = settings or AnswerSettings()
        self._parser = parser
        self._parts = Parts(searcher, reranker, parser, selector, verifier)
        self._model = model
        self._facts = FactAnswering(self._parts, model, self._settings, cache)

    def ask(self, query: Query | str) -> Answer:
        """The final answer; see `stream`."""
        *_, last = self.stream(query)
        return last

    def stream(self, query: Query | str, cancel: threading.Event | None = None) -> Iterator[Answer]:
        """Yield ever more complete answers; each is complete so far and the last is final.

        The first with `evidence` comes before the model is called. Once `cancel` is set the answer
        ends with what is ready.

        Raises:
            UsageError: if the question is empty or too long.
            UserError: if index or model cannot be used.
        """
        timer = Stopwatch()
        query = with_choice((Query(query) if isinstance(query, str) else query).checked())
        rewritten = rewrite(query.question, query.history, self._parser)
        request = Request(rewritten, tuple(query.history), query.filters, self._parts)
        begun, kind = self._facts.begin(query, rewritten), kind_of(rewritten.standalone)
        may_mean_several = kind is None or kind.kind == "quotes"
        if may_mean_several and (asking := asked_back(request, begun)):
            yield timer.stop(asking)
        elif kind:
            answers = self._of_kind(kind, request, begun, timer)
            if isinstance(kind, EntityList):
                drafted = self._drafted(query, rewritten, timer, cancel)
                answers = _either(answers, drafted, model_first=kind.sought is not None)
            elif kind.kind in READ_OTHERWISE:
                answers = _either(answers, self._read(query, rewritten, timer, cancel))
            yield from answers
        else:
            yield from self._read(query, rewritten, timer, cancel)

    def _read(
        self,
        query: Query,
        rewritten: RewrittenQuery,
        timer: Stopwatch,
        cancel: threading.Event | None,
    ) -> Iterator[Answer]:
        """What the model reads, part by part where there are several."""
        if asked := SeveralParts.recognise(rewritten.standalone):
            yield from self._several(asked, query, rewritten, timer, cancel)
        else:
            yield from self._facts.answers(query, rewritten, timer, cancel)

    def _drafted(
        self,
        query: Query,
        rewritten: RewrittenQuery,
        timer: Stopwatch,
        cancel: threading.Event | None,
    ) -> Iterator[Answer]:
        """The list that the model drafts, as far as it is proved."""
        answer = timer.evidence(replace(self._facts.evidence(query, rewritten), kind="list"))
        if answer.refused:
            yield timer.stop(answer)
            return
        yield answer
        strict = self._settings.strict if query.strict is None else query.strict
        asked = self._facts.asked(query, rewritten)
        yield from drafted_list(answer, asked, self._model, self._settings, strict, timer, cancel)

    def _several(
        self,
        asked: SeveralParts,
        query: Query,
        rewritten: RewrittenQuery,
        timer: Stopwatch,
        cancel: threading.Event | None,
    ) -> Iterator[Answer]:
        """The answers to a question with several parts."""

        def ask(part: Query, articles: Set[str]) -> Iterator[Answer]:
            known = rewrite(part.question, part.history, self._parser)
            return self._facts.answers(part, known, timer, cancel, articles)

        def near() -> list[str]:
            passages, filters = self._settings.passages, query.filters
            found = self._searcher.search(rewritten.text, passages, filters=filters)
            return [hit.passage.article.id for hit in found]

        whole = self._facts.answers(query, rewritten, timer, cancel)
        yield from answer_parts(asked, query, whole, ask, near)

    def prefill(self, draft: Query, cancel: threading.Event) -> None:
        """Have reranker and model read what the answer to an unfinished question probably needs.

        Once `cancel` is set it ends, within the text that the reranker reads or the few tokens that
        the model reads. Raises the same errors as `stream`.
        """
        with suppress(Cancelled), cancel_scope(cancel):
            draft = with_choice(draft.checked())
            rewritten = rewrite(draft.question, draft.history, self._parser)
            if kind_of(rewritten.standalone):
                return
            self._facts.prefill(draft, rewritten, cancel)

    def _of_kind(
        self, kind: QuestionKind, request: Request, answer: Answer, timer: Stopwatch
    ) -> Iterator[Answer]:
        """The answers to what is no question for a single fact."""
        answer = replace(answer, kind=kind.kind)
        if kind.kind != "greeting" and not answer.generation:
            yield timer.stop(replace(answer, refusal=abstention.nothing_found("", ())))
            return
        evidence_s = 0.0
        for found in kind.answers(request, answer):
            evidence_s = evidence_s or (timer.evidence(found).timings.evidence_s)
            answer = replace(found, timings=replace(found.timings, evidence_s=evidence_s))
            yield answer
        yield timer.stop(with_languages(answer))


def _either(
    code: Iterator[Answer], model: Iterator[Answer], *, model_first: bool = False
) -> Iterator[Answer]:
    """What one of two ways answers, of both the first that does; if none does the code's refusal.

    What code finds no article about is not read.
    """
    refused: Answer | None = None
    first, second = (model, code) if model_first else (code, model)
    for answer in first:
        goes_on = model_first or (answer.refusal and answer.refusal.code == "unsupported")
        if answer.refused and goes_on and answer.finish_reason != "cancelled":
            refused = answer
        else:
            yield answer
    if refused is None:
        return
    if refused.claims:  # those of a draft are not the first of the other's
        yield replace(refused, refusal=None, finish_reason="", claims=(), final=False)
    for answer in second:
        told, other = (answer, refused) if model_first else (refused, answer)
        if not (answer.final and answer.refused and not answer.finish_reason):
            told = answer
        yield replace(
            told,
            kind=refused.kind,
            evidence=told.evidence or other.evidence,
            timings=replace(
                added(answer.timings, refused.timings),
                evidence_s=refused.timings.evidence_s or answer.timings.evidence_s,
            ),
        )
