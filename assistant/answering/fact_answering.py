"""Answers a question for a single fact in ever more complete `Answer`s.

Retrieve and select (`_prepare`), prompt (`_prompt`), generate and attribute
(`answer_generation.generate`), judge (`_judged`).
"""

import threading
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, replace

from assistant.answering.answer_generation import generate
from assistant.answering.introductions import introductions
from assistant.answering.prefix_cache import PrefixCache
from assistant.answering.prompt_continuation import NEW_PROMPT, PromptPrefix, continue_prompt
from assistant.answering.quotation import quotation
from assistant.answering.sentence_selection import beyond, select_sentences
from assistant.answering.timing import Stopwatch
from assistant.core.answer import Answer, Claim, Evidence
from assistant.core.query import Query
from assistant.core.settings import AnswerSettings
from assistant.kinds.question_kind import Citer, Parts
from assistant.kinds.reason import asks_reason, unlinked
from assistant.llm.language_model import LanguageModel, Limits
from assistant.rewriting.follow_up_detection import refers_back
from assistant.rewriting.query_rewriting import RewrittenQuery
from assistant.verification import abstention
from assistant.verification.arithmetic import compute
from assistant.verification.article_languages import with_languages
from assistant.verification.attribution import Attributor
from assistant.verification.closed_questions import closed_question, is_closed
from assistant.verification.confidence import features
from assistant.verification.contradictions import contradictions, describe
from assistant.verification.decision import Judge
from assistant.verification.full_names import with_full_name
from assistant.verification.proof_check import ProofCheck
from assistant.verification.self_check import self_check
from index.text.question import AnalysedQuestion, analyse


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A question with its evidence: all that is known before the model is called.

    `rewritten` is what is searched for; `shown` is what the model will read after `prefix`: the
    evidence, or, where `cache` holds the state of whole articles, those in its place.
    """

    query: Query
    rewritten: RewrittenQuery
    answer: Answer
    prefix: PromptPrefix = NEW_PROMPT
    shown: tuple[Evidence, ...] = ()
    cache: PrefixCache | None = None

    @property
    def citable(self) -> tuple[Evidence, ...]:
        """All sentences that the model reads, the evidence first."""
        evidence = self.answer.evidence
        return (*evidence, *beyond((*self.prefix.evidence, *self.shown), evidence))


class FactAnswering:
    """Answers what one or two sentences of the articles say.

    `model` is called when there is something to read: what is refused or computed loads none, and
    evidence is shown before it is loaded.
    """

    def __init__(
        self,
        parts: Parts,
        model: Callable[[], LanguageModel],
        settings: AnswerSettings,
        cache: PrefixCache | None,
    ) -> None:
        self._searcher = parts.searcher
        self._reranker = parts.reranker
        self._parser = parts.parser
        self._selector = parts.selector
        self._model = model
        self._settings = settings
        self._cache = cache
        self._verifier = parts.verifier

    def begin(self, query: Query, rewritten: RewrittenQuery) -> Answer:
        """What is known of an answer before anything is searched."""
        return Answer(
            query.question,
            rewritten.standalone,
            filters=query.filters,
            generation=self._searcher.generation,
            kind="reason" if asks_reason(rewritten.standalone) else "fact",
        )

    def evidence(self, query: Query, rewritten: RewrittenQuery) -> Answer:
        """The answer before the model is called: with its evidence, or refused for want of it."""
        return _mentioned(self._prepare(query, rewritten).answer)

    def asked(self, query: Query, rewritten: RewrittenQuery) -> AnalysedQuestion:
        """The question that stands alone, with its periods."""
        text = rewritten.text
        return analyse(text, self._searcher.periods(text, query.filters))

    def answers(
        self,
        query: Query,
        rewritten: RewrittenQuery,
        timer: Stopwatch,
        cancel: threading.Event | None,
        articles: Set[str] = frozenset(),
    ) -> Iterator[Answer]:
        """The answers to a question for a single fact; of these articles, if any are given."""
        prepared = self._prepare(query, rewritten, articles)
        answer = _mentioned(prepared.answer)
        if answer.refused:
            yield timer.stop(timer.evidence(with_languages(answer)))
            return
        question = self.asked(query, prepared.rewritten)
        closed, reason = is_closed(rewritten.standalone), answer.kind == "reason"
        quoted = None if closed or reason else quotation(question, answer.evidence)
        yield (answer := timer.evidence(replace(answer, quoted=quoted)))

        computed = compute(question, answer.evidence, self._reranker)
        if computed:
            cite = Attributor(question, prepared.citable).cite
            citations = tuple(map(cite, computed.proofs))
            claim = Claim(computed.text, citations, computed=computed.value)
            yield timer.stop(with_languages(replace(answer, claims=(claim,))))
            return

        check = ProofCheck(question.text, self._parser, self._verifier, closed=closed)
        if closed and (decided := _decided(rewritten.standalone, check, answer.evidence)):
            yield timer.stop(with_languages(replace(answer, claims=(decided,))))
            return
        if quoted and self._settings.quote_first:
            claim = Claim(quoted.quote, (quoted,))
            yield timer.stop(with_languages(replace(answer, claims=(claim,))))
            return
        known = _subject_alone(question) if closed else question
        disagreement = _with_reason(question, check) if reason else check.disagreement
        attributor = Attributor(known, prepared.citable, disagreement)
        model, prompted = self._prompt(prepared, cancel)
        answer = replace(prompted, timings=answer.timings)
        limits = Limits(self._settings.max_tokens, self._settings.deadline_s)
        answer, pieces = yield from generate(
            answer, model, limits, attributor, timer, cancel, check.load
        )

        if answer.supported and not answer.finish_reason:
            yield answer
            proofs = [citation.evidence for citation in answer.citations]
            logit, usage = self_check(model, question.text, proofs, limits.deadline_s, cancel)
            measured = features(question, answer.text, pieces, logit)
            answer = timer.add(replace(answer, features=measured), usage)
        if prepared.cache:
            prepared.cache.count_asked(answer.evidence)
        yield timer.stop(self._judged(answer, prepared.query.strict, question, attributor))

    def prefill(self, query: Query, rewritten: RewrittenQuery, cancel: threading.Event) -> None:
        """Have reranker and model read what the answer probably needs, until `cancel` is set."""
        prepared = self._prepare(query, rewritten)
        if prepared.answer.refused:
            return
        model, prompted = self._prompt(prepared, cancel)
        limits = Limits(0, self._settings.deadline_s)
        for _ in model.stream(prompted.messages, limits, cancel):
            pass

    def _prepare(
        self, query: Query, rewritten: RewrittenQuery, articles: Set[str] = frozenset()
    ) -> _Prepared:
        """Retrieve, select, and choose what the prompt will show; of `articles` if any."""
        answer, filters = self.begin(query, rewritten), query.filters
        found = self._searcher.search(
            rewritten.text, self._settings.passages, filters=filters, also=rewritten.forms
        )
        found = [hit for hit in found if not articles or hit.passage.article.id in articles]
        if refusal := abstention.nothing_found(answer.generation, found):
            return _Prepared(query, rewritten, replace(answer, refusal=refusal))
        prefix = continue_prompt(query.history, found, self._searcher, filters)
        evidence = select_sentences(
            rewritten.text,
            found,
            self._reranker,
            # not counted by the model: it takes a second to load, and would be waited for here
            self._reranker.count,
            self._settings.evidence_tokens,
            prefix.evidence,
            self._selector,
        )
        answer = replace(answer, evidence=evidence)
        if self._cache is None or prefix.messages:
            return _Prepared(query, rewritten, answer, prefix, evidence)
        shown = self._cache.with_whole_articles(evidence, filters)
        return _Prepared(query, rewritten, answer, prefix, shown, self._cache)

    def _prompt(
        self, prepared: _Prepared, cancel: threading.Event | None
    ) -> tuple[LanguageModel, Answer]:
        """The model, loaded and with the cached state restored; the answer with its prompt."""
        model = self._model()
        if prepared.cache:
            prepared.cache.restore(prepared.shown, cancel)
        query, prefix, answer = prepared.query, prepared.prefix, prepared.answer
        messages = prefix.prompt(query.question, query.history, prepared.shown)
        shown = prefix.record(prepared.shown, answer.generation)
        return model, replace(answer, model=model.name, messages=tuple(messages), shown=shown)

    def _judged(
        self,
        answer: Answer,
        strict: float | None,
        question: AnalysedQuestion,
        attributor: Attributor,
    ) -> Answer:
        """Refuse what is not sure enough; add what other articles say differently."""
        strict = self._settings.strict if strict is None else strict
        answer = abstention.judge(answer, strict, question)
        if not answer.refused:
            answer = _with_full_names(answer, question, attributor)
        for claim in () if answer.refused else answer.supported:
            if others := contradictions(question, claim, answer.evidence):
                added = (
                    Claim(text, (attributor.cite(proof),))
                    for text, proof in describe(others, question)
                )
                answer = replace(answer, claims=(*answer.claims, *added))
                break
        return with_languages(answer)


def _mentioned(answer: Answer) -> Answer:
    """The answer, refused if the nearest articles mention no name of its question."""
    refusal = abstention.not_mentioned(analyse(answer.question), answer.evidence)
    return replace(answer, refusal=answer.refusal or refusal)


def _decided(question: str, check: ProofCheck, evidence: Sequence[Evidence]) -> Claim | None:
    """The answer to a closed question where a sentence proves one; None where it has to be read."""
    readers = check.readers()
    asked = closed_question(question, readers[0]) if readers else None
    if not readers or not asked or any(map(refers_back, asked.statements)):
        return None
    found = Judge(*readers, introductions(evidence)).decide(asked, evidence)
    return Citer().claim(found.text, *found.proofs) if found else None


def _with_reason(
    question: AnalysedQuestion, check: ProofCheck
) -> Callable[[str, Sequence[Evidence]], str]:
    """What proofs say otherwise than a claim, or that they give no reason."""

    def disagreement(claim: str, proofs: Sequence[Evidence]) -> str:
        return check.disagreement(claim, proofs) or unlinked(question.text, proofs)

    return disagreement


def _subject_alone(question: AnalysedQuestion) -> AnalysedQuestion:
    """A closed question with its first name for all of its words: the others have to be proved."""
    return analyse(question.names[0].text if question.names else "")


def _with_full_names(answer: Answer, question: AnalysedQuestion, attributor: Attributor) -> Answer:
    """The answer with surnames written out, or a caveat where the article has several."""
    claims, caveats = [], list(answer.caveats)
    for claim in answer.claims:
        named, several = with_full_name(claim, question, attributor.cite)
        claims.append(named)
        if several:
            caveats.append(f"The article names several: {', '.join(several)}.")
    return replace(answer, claims=tuple(claims), caveats=tuple(caveats))
