"""A claim proved by several sentences of one article, each of its clauses by the best of them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.checking.comparison import Comparison, ReadClaim, content
from assistant.checking.part_checks import Mark
from assistant.core.answer import Evidence

MAX_PROOFS = 3  # sentences that prove one claim together
CLAUSE = 0.6  # share of a clause's stems that a sentence has that proves it

_BREAK = re.compile(
    r"[,;:–—]\s+|\s(?=(?:and|but|while|whereas|after|before|because|when|where|which|who|although"
    r"|though|as|since|so|with)\b)"
)


@dataclass(frozen=True, slots=True)
class _Clause:
    start: int
    end: int
    stems: frozenset[str]


def joined(claim: ReadClaim, best: Comparison, others: Sequence[Comparison]) -> Comparison:
    """The best comparison with each clause judged by the sentence that leaves least of it open.

    `others` are at most `MAX_PROOFS` - 1 comparisons with further sentences of the same article;
    those that say no whole clause are not used.
    """
    clauses = list(_clauses(claim))
    if not best.marks or len(clauses) < 2:
        return best
    used: list[Comparison] = [best]
    marks: list[Mark] = []
    for clause in clauses:
        able = [one for one in others if _says(one, clause)]
        chosen = min([best, *able], key=lambda one: len(_within(one, clause)))
        marks += _within(chosen, clause)
        if chosen not in used:
            used.append(chosen)
    proofs: dict[tuple[str, int, int], Evidence] = {}
    for one in used:
        proofs |= {proof.span: proof for proof in one.proofs}
    said = content(" ".join(f"{proof.text} {proof.article.title}" for proof in proofs.values()))
    share = len(claim.stems & said) / max(1, len(claim.stems))
    return Comparison(tuple(proofs.values()), share, tuple(dict.fromkeys(marks)), best.said)


def _clauses(claim: ReadClaim) -> Iterator[_Clause]:
    """The stretches of a claim between commas and conjunctions, each with a verb of its own."""
    verbs = [relation.start for relation in claim.parsed.relations]
    text = claim.text
    breaks = [found.start() for found in _BREAK.finditer(text)]
    start = 0
    for end in (*breaks, len(text)):
        whole = end == len(text)
        open_verb = any(start <= verb < end for verb in verbs)
        if whole or (open_verb and any(end <= verb for verb in verbs)):
            yield _Clause(start, end, content(text[start:end]))
            start = end


def _within(one: Comparison, clause: _Clause) -> list[Mark]:
    return [mark for mark in one.marks if mark.start < clause.end and clause.start < mark.end]


def _says(one: Comparison, clause: _Clause) -> bool:
    said = content(" ".join(f"{proof.text} {proof.article.title}" for proof in one.proofs))
    return len(clause.stems & said) >= CLAUSE * len(clause.stems)
