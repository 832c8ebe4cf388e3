"""DraftChecker: the verdict on each sentence of a draft, one after the other.

A sentence costs one search. The sentences found are ranked by the words they share with it and by
the reranker, and the best are compared with it (`assistant.checking.comparison`). The language
model is never called.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from assistant.checking.article_context import spans_of
from assistant.checking.comparison import Comparison, ReadClaim, compare, content, share_of
from assistant.checking.draft import DraftSentence, draft_sentences
from assistant.checking.joint_proof import MAX_PROOFS, joined
from assistant.checking.no_claims import no_claim
from assistant.checking.quotations import (
    checked_quotation,
    other_speaker,
    quotations_in,
)
from assistant.checking.verdicts import (
    CheckedQuotation,
    CheckedSentence,
    DraftReport,
    MarkedSpan,
    Verdict,
)
from assistant.core.answer import Citation, Evidence
from assistant.core.evidence_text import format_sentence
from assistant.rewriting.antecedents import Antecedents
from assistant.rewriting.references import resolve
from assistant.verification.verifier import Verifier
from index.core.errors import NothingIndexedError
from index.core.filters import NO_FILTERS, Filters
from index.retrieval.hybrid_search import Searcher
from index.retrieval.ranking import ScoredPassage
from index.retrieval.reranker import Reranker
from index.text.grammar import Parser

PASSAGES = 5  # found for a sentence
RERANKED = 8  # sentences of them that the reranker reads
COMPARED = 3  # sentences that are compared before the verdict
ABOUT = 0.34  # share of a sentence's stems that one about the same has
SURELY_ABOUT = 0.6  # the same where the names are others
UNRELATED = -3.0  # logits of the reranker below which half of the stems are not enough
UNSAID_AT_ALL = 0.12  # mean probability of its words below which a sentence is of something else
BESIDE = 0.2  # share of a sentence's stems that one that proves it with others has
HELD = 0.7  # share of a quotation's stems that the sentence with it has
AS_GOOD = 0.15  # share of stems by which a sentence that proves all may be behind another one
LOGIT_WEIGHT = 0.03  # of the reranker's logit beside the share of stems


@dataclass(frozen=True, slots=True)
class _Found:
    """A sentence that may prove a claim, by its share of the claim's stems and its logit."""

    evidence: Evidence
    share: float

    @property
    def score(self) -> float:
        return self.share + LOGIT_WEIGHT * self.evidence.relevance


class DraftChecker:
    """Checks drafts against what `searcher` finds; parser and verifier are loaded beside it."""

    def __init__(
        self,
        searcher: Searcher,
        reranker: Reranker,
        parser: Callable[[], Parser | None],
        verifier: Callable[[], Verifier | None],
    ) -> None:
        self._searcher = searcher
        self._reranker = reranker
        beside = ThreadPoolExecutor(1, "loading")
        self._parser: Future[Parser | None] = beside.submit(parser)
        self._verifier: Future[Verifier | None] = beside.submit(verifier)
        beside.shutdown(wait=False)

    def stream(
        self, text: str, filters: Filters = NO_FILTERS, cancel: threading.Event | None = None
    ) -> Iterator[tuple[int, CheckedSentence]]:
        """The number of sentences with each checked one, in order; ends early once `cancel` is set.

        Raises:
            UsageError: if the draft is empty or too large.
            NothingIndexedError: if there is nothing to check it against.
        """
        each = draft_sentences(text)
        if not self._searcher.generation:
            raise NothingIndexedError
        numbers: dict[tuple[str, int, int], int] = {}
        before = ""
        for number, sentence in enumerate(each, 1):
            if cancel and cancel.is_set():
                return
            if why := no_claim(sentence):
                yield len(each), _without_claim(sentence, number, why)
                continue
            query = self._standing_alone(sentence, before)
            before = query
            found = self._checked(sentence, query, filters)
            yield len(each), _numbered(replace(found, number=number), numbers)

    def check(self, text: str, filters: Filters = NO_FILTERS) -> DraftReport:
        """The whole draft; see `stream`."""
        return self.report(text, [sentence for _, sentence in self.stream(text, filters)], filters)

    def report(
        self, text: str, sentences: Sequence[CheckedSentence], filters: Filters
    ) -> DraftReport:
        """What was checked of a draft so far."""
        return DraftReport(text, tuple(sentences), self._searcher.generation, filters)

    def _standing_alone(self, sentence: DraftSentence, before: str) -> str:
        """The sentence with its pronouns replaced by what the one before speaks of, if sure."""
        if not sentence.before or not before:
            return sentence.text
        known = Antecedents.of(before, "", self._parser.result())
        return resolve(sentence.text, known) or sentence.text

    def _checked(self, sentence: DraftSentence, query: str, filters: Filters) -> CheckedSentence:
        parser, verifier = self._parser.result(), self._verifier.result()
        claim = ReadClaim.of(sentence.text, parser)
        hits = self._searcher.search(query, PASSAGES, filters=filters)
        found = self._ranked(ReadClaim.of(query, None), hits)
        about = _with_quotation(sentence.text, found) or [o for o in found if _is_about(claim, o)]
        compared = [compare(claim, one.evidence, parser, verifier) for one in about[:COMPARED]]
        if not compared:
            return _absent(sentence)
        best = max(compared, key=lambda c: c.share + AS_GOOD * c.supported - 0.05 * len(c.marks))
        best = next((one for one in compared if one.refutes(best)), best)
        if best.said < UNSAID_AT_ALL:
            return _absent(sentence)
        if not best.supported:
            best = self._joined(claim, best, found)
        quotations = self._quotations(sentence, best, found, parser)
        origins, others = self._others(claim, best, found, parser, verifier)
        return _judged(sentence, claim, best, quotations, origins, others)

    def _ranked(self, claim: ReadClaim, hits: Sequence[ScoredPassage]) -> list[_Found]:
        """The best sentences and titles of what was found, best first."""
        found: dict[tuple[str, int, int], _Found] = {}
        for hit in hits:
            for start, end in hit.passage.sentences:
                item = Evidence(hit.passage, start, end, 0.0, hit.carried_by)
                text = f"{format_sentence(item)} {item.article.title}"
                found[item.span] = _Found(item, share_of(claim, text))
            title = Evidence(hit.passage, *hit.passage.sentences[0], 0.0, hit.carried_by).title
            found.setdefault(title.span, _Found(title, share_of(claim, title.text) - 0.1))
        nearest = sorted(found.values(), key=lambda one: -one.share)[:RERANKED]
        logits = self._reranker.score(claim.text, [format_sentence(o.evidence) for o in nearest])
        scored = [
            _Found(replace(one.evidence, relevance=logit), one.share)
            for one, logit in zip(nearest, logits, strict=True)
        ]
        return sorted(scored, key=lambda one: -one.score)

    def _joined(self, claim: ReadClaim, best: Comparison, found: Sequence[_Found]) -> Comparison:
        """The best comparison with what the sentences beside it in its article add."""
        parser, verifier, proof = self._parser.result(), self._verifier.result(), best.proofs[0]
        beside = [
            one.evidence
            for one in found
            if one.evidence.article.id == proof.article.id
            and one.evidence.span != proof.span
            and not one.evidence.is_title
            and one.share >= BESIDE
        ][: MAX_PROOFS - 1]
        if not beside:
            return best
        alone = [compare(claim, one, parser, verifier) for one in beside]
        found_jointly = joined(claim, compare(claim, proof, parser, verifier, beside), alone)
        if found_jointly.contradicted:
            return replace(best, marks=found_jointly.marks)
        return found_jointly

    def _others(
        self,
        claim: ReadClaim,
        best: Comparison,
        found: Sequence[_Found],
        parser: Parser | None,
        verifier: Verifier | None,
    ) -> tuple[int, list[Comparison]]:
        """How many independent articles say the same, and those that say otherwise."""
        seen, origins, differing = {best.proofs[0].article.id}, 1, []
        for one in found:
            article = one.evidence.article.id
            if article in seen or one.share < 0.8 * best.share or one.evidence.is_title:
                continue
            seen.add(article)
            other = compare(claim, one.evidence, parser, verifier)
            if other.supported:
                origins += 1
            elif other.contradicted:
                differing.append(other)
        return origins, differing

    def _quotations(
        self,
        sentence: DraftSentence,
        best: Comparison,
        found: Sequence[_Found],
        parser: Parser | None,
    ) -> tuple[CheckedQuotation, ...]:
        quoted = list(quotations_in(sentence.text))
        if not quoted:
            return ()
        proof = best.proofs[0]
        own = [replace(proof, start=a, end=b) for a, b in spans_of(proof.article)]
        near = [*own, *(one.evidence for one in found)]
        return tuple(
            _placed(checked_quotation(one[1], one.start(1), near, parser), sentence)
            for one in quoted
        )


def _placed(quotation: CheckedQuotation, sentence: DraftSentence) -> CheckedQuotation:
    """The same with offsets of the draft instead of those of the sentence."""
    altered = (
        MarkedSpan(one.text, *sentence.span(one.start, one.end), one.reason)
        for one in quotation.altered
    )
    start, end = sentence.span(quotation.start, quotation.end)
    return replace(quotation, start=start, end=end, altered=tuple(altered))


def _with_quotation(text: str, found: Sequence[_Found]) -> Sequence[_Found]:
    """Those that hold what the sentence quotes: they tell who said it."""
    quoted = [content(one[1]) for one in quotations_in(text)]
    return [
        one
        for one in found
        if any(len(q & content(one.evidence.text)) >= HELD * len(q) for q in quoted)
    ]


def _is_about(claim: ReadClaim, one: _Found) -> bool:
    """Whether a sentence is about what a claim is about."""
    if one.share < ABOUT:
        return False
    names = [part for part in claim.parts if part.kind not in ("number", "day")]
    known = content(f"{one.evidence.text} {one.evidence.article.title}")
    shared = any(content(name.text) & known for name in names)
    if names and not shared:
        return one.share >= SURELY_ABOUT
    return one.share >= SURELY_ABOUT or one.evidence.relevance >= UNRELATED


def _judged(
    sentence: DraftSentence,
    claim: ReadClaim,
    best: Comparison,
    quotations: tuple[CheckedQuotation, ...],
    origins: int,
    others: Sequence[Comparison],
) -> CheckedSentence:
    """The verdict on a sentence, from its comparison with the best proof."""
    spans = [
        MarkedSpan(
            sentence.text[mark.start : mark.end],
            *sentence.span(mark.start, mark.end),
            mark.reason,
        )
        for mark in best.marks
    ]
    for quotation in quotations:
        spans += quotation.altered
        if not quotation.said:
            why = "these words stand in no sentence that was found"
            spans.append(MarkedSpan(quotation.text, quotation.start, quotation.end, why))
    said_by_others = False
    for quotation in quotations:
        if speaker := other_speaker(quotation, claim.parsed):
            said_by_others = True
            where = sentence.span(speaker.start, speaker.end)
            why = f"{quotation.speaker} said it, not {speaker.text}"
            spans.append(MarkedSpan(speaker.text, *where, why))
    contradicted = best.contradicted or said_by_others
    verdict: Verdict = "contradicted" if contradicted else "partly" if spans else "supported"
    reason = "; ".join(dict.fromkeys(span.reason for span in spans))
    if verdict == "supported":
        reason = "the article says it" if origins == 1 else f"{origins} independent articles say it"
        if others:
            differing = next(mark.reason for mark in others[0].marks if mark.differs)
            reason += f"; but in another one {differing}"
    proofs = [*best.proofs, *(other.proofs[0] for other in others[:1] if verdict == "supported")]
    citations = tuple(Citation(0, proof, round(best.share, 3)) for proof in proofs)
    count = origins if verdict == "supported" else 1
    return CheckedSentence(
        *(0, sentence.text, sentence.start, sentence.end, verdict, reason),
        *(tuple(spans), citations, count, quotations),
    )


def _absent(sentence: DraftSentence) -> CheckedSentence:
    why = "no sentence of the articles is about this"
    return CheckedSentence(0, sentence.text, sentence.start, sentence.end, "not_in_archive", why)


def _without_claim(sentence: DraftSentence, number: int, why: str) -> CheckedSentence:
    return CheckedSentence(number, sentence.text, sentence.start, sentence.end, "no_claim", why)


def _numbered(
    sentence: CheckedSentence, numbers: dict[tuple[str, int, int], int]
) -> CheckedSentence:
    """The same with citations numbered in order of first use in the draft."""
    citations = tuple(
        replace(one, number=numbers.setdefault(one.evidence.span, len(numbers) + 1))
        for one in sentence.citations
    )
    return replace(sentence, citations=citations)
