"""Answers a question with several parts: as a whole first, then what that answer left out, apart.

The model mostly answers two short parts at once, in half the time of two calls. A part is asked
apart only where the answer seems to lack it; the earlier answers say who "they" are in it.
"""

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import replace

from assistant.answering.sentence_selection import beyond
from assistant.core.answer import Answer, Citation, Claim, Timings
from assistant.core.query import Query
from assistant.kinds.several_parts import SeveralParts

Ask = Callable[[Query, Set[str]], Iterator[Answer]]


def answer_parts(
    asked: SeveralParts,
    query: Query,
    whole: Iterator[Answer],
    ask: Ask,
    near: Callable[[], Sequence[str]],
) -> Iterator[Answer]:
    """Ever more complete answers: those of the whole question, then with those of its parts.

    `ask` answers a part by itself, from the given articles if there are any. `near` are the ids of
    the articles found for the question, the nearest first. Refused only if every part is.
    """
    answer = Answer(query.question)
    for found in whole:
        answer = replace(found, kind="several")
        if not answer.final:
            yield answer
    lacking = asked.lacking(answer.text)
    hopeless = answer.refusal and answer.refusal.code in ("empty_index", "nothing_relevant")
    if hopeless or answer.finish_reason or not lacking:
        yield answer
        return
    merged = answer
    unanswered: list[str] = []
    for part, articles in _apart(asked, lacking, answer, near):
        follows = asked.number == 1 and not merged.refused
        history = (*query.history, merged.turn) if follows else query.history
        apart = merged
        for apart in ask(replace(query, question=part, history=history), articles):
            if apart.supported and not apart.final:
                yield replace(_merged(merged, apart), final=False)
        merged = _merged(merged, apart)
        unanswered += [part] * apart.refused
        if asked.number > 1 and not asked.lacking(merged.text):
            break
    yield replace(merged, caveats=(*merged.caveats, *_left_out(asked, merged, unanswered)))


def _apart(
    asked: SeveralParts, lacking: Sequence[str], answer: Answer, near: Callable[[], Sequence[str]]
) -> list[tuple[str, frozenset[str]]]:
    """What to ask apart: the parts; or for several answers the same of articles not yet cited."""
    if asked.number == 1:
        return [(part, frozenset()) for part in lacking]
    cited = {citation.article.id for citation in answer.citations}
    others = dict.fromkeys(one for one in near() if one not in cited)
    return [(asked.parts[0], frozenset({one})) for one in list(others)[: asked.number]]


def _left_out(asked: SeveralParts, answer: Answer, unanswered: Sequence[str]) -> Iterator[str]:
    """What the answer lacks, in plain words; nothing where all is refused."""
    if answer.refused:
        return
    if asked.number > 1:
        if asked.lacking(answer.text):
            yield f"{asked.number} were asked for; the articles were not found to give that many."
    elif unanswered:
        yield f"Not found in these articles: {' '.join(unanswered)}"


def _merged(one: Answer, other: Answer) -> Answer:
    """One answer with the claims of another that it has not, its citations numbered on."""
    if other.refused or not other.supported:
        kept = one
    elif one.refused:
        kept = replace(
            one,
            refusal=None,
            claims=other.claims,
            evidence=other.evidence,
            caveats=other.caveats,
            confidence=other.confidence,
        )
    else:
        known = {claim.text for claim in one.claims}
        new = [claim for claim in other.claims if claim.text not in known]
        sure = [c for c in (one.confidence, other.confidence) if c is not None]
        kept = replace(
            one,
            claims=_renumbered([*one.claims, *new]),
            evidence=(*one.evidence, *beyond(other.evidence, one.evidence)),
            caveats=tuple(dict.fromkeys((*one.caveats, *other.caveats))),
            confidence=min(sure, default=None),
        )
    return replace(kept, timings=added(one.timings, other.timings), pending=other.pending)


def _renumbered(claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """The claims with their citations numbered in order of first use."""
    numbers: dict[tuple[str, int, int], int] = {}

    def number(citation: Citation) -> Citation:
        at = numbers.setdefault(citation.evidence.span, len(numbers) + 1)
        return replace(citation, number=at)

    return tuple(replace(c, citations=tuple(map(number, c.citations))) for c in claims)


def added(one: Timings, other: Timings) -> Timings:
    """The timings of two answers to one question; both were measured from its arrival."""
    return replace(
        one,
        first_token_s=one.first_token_s or other.first_token_s,
        total_s=max(one.total_s, other.total_s),
        prompt_tokens=one.prompt_tokens + other.prompt_tokens,
        cached_tokens=one.cached_tokens + other.cached_tokens,
        completion_tokens=one.completion_tokens + other.completion_tokens,
        model_calls=one.model_calls + other.model_calls,
    )
