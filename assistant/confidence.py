"""How sure is an answer: one number from signs that each say a little.

No single sign tells a near-miss ("How old is he?", where the articles never say) from an answer:
the model is as fluent, every name stands in the evidence, the passage is about the right thing. So
they are weighed together, by a logistic regression fitted on questions with known answers; weights
and curve are in `eval/LOG.md`, `python -m eval calibrate` makes them anew.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import asdict

from assistant.answer import Claim, Evidence, Signs
from assistant.engine import Piece
from assistant.evidence import line
from assistant.grounding import unknown_names
from assistant.particulars import particulars, stems
from index.rerank import Reranker

# Fitted to 146 questions of wikinews_dev and 72 of the sample set (2026-11-22); `struck` was 0 in
# every answer that was kept.
WEIGHTS = {
    "told": 1.184,
    "evidence": -0.071,
    "proof": 0.081,
    "restated": 0.005,
    "fluent": 4.930,
    "doubt": 0.717,
    "covered": -1.215,
    "unknown": -0.786,
    "struck": 0.0,
    "kind": 1.378,
}
BIAS = 1.322
# An engine that tells no probabilities is taken for as sure as the median of right answers.
UNTOLD = {"told": 0.4, "fluent": -0.13, "doubt": -0.85}
THRESHOLD = 0.3  # where 71 % were answered right, 49 % of the unanswerable refused, 12 % falsely

_ASKS_NUMBER = re.compile(r"\bhow (?:many|much|old|long|far|tall|deep|high|often)\b", re.IGNORECASE)
_ASKS_TIME = re.compile(
    r"\b(?:when|what (?:year|date|day)|which (?:year|date|day)|in what year)\b", re.I
)
_ASKS_NAME = re.compile(r"\b(?:who|whom|whose|where|which|name)\b", re.IGNORECASE)


def signs(
    question: str,
    claims: Sequence[Claim],
    evidence: Sequence[Evidence],
    pieces: Sequence[Piece],
    told: float,
    reranker: Reranker,
) -> Signs:
    """The signs of an answer that was written as `pieces` and checked as `claims`.

    `told` is what `told_by` made of the look before the answer.
    """
    kept = [claim for claim in claims if claim.kept]
    text = " ".join(claim.text for claim in kept)
    cited = {(c.article.id, c.evidence.start): c.evidence for k in kept for c in k.citations}
    lines = [line(item) for item in cited.values()]
    logs = [piece.likely[0][1] for piece in pieces if piece.likely and piece.text.strip()]
    return Signs(
        told=told,
        evidence=max((item.relevance for item in evidence), default=-11.0),
        proof=max(reranker.score(question, lines), default=-11.0),
        restated=max(reranker.score(f"{question} {text}", lines), default=-11.0),
        fluent=sum(logs) / len(logs) if logs else UNTOLD["fluent"],
        doubt=min(logs, default=UNTOLD["doubt"]),
        covered=_covered(question, list(cited.values()), evidence),
        unknown=float(len(unknown_names(question, evidence))),
        struck=1 - len(kept) / len(claims) if claims else 1.0,
        kind=float(_is_of_kind(question, text)),
    )


def told_by(look: Piece | None) -> float:
    """Log odds of "yes" against "no" in the model's one-word look.

    >>> round(told_by(Piece("Yes", likely=(("Yes", -0.2), ("No", -1.7)))), 1)
    1.5
    """
    said = {"yes": -math.inf, "no": -math.inf}
    for token, log in look.likely if look else ():
        word = token.strip().lower()
        if word in said:
            said[word] = max(said[word], log)
    yes, no = said["yes"], said["no"]
    if yes == no == -math.inf:
        return UNTOLD["told"]
    least = min(log for _, log in look.likely) if look else 0.0  # at most as likely as the last
    return max(yes, least) - max(no, least)


def confidence(found: Signs) -> float:
    """The probability (0..1) that an answer with these signs is right."""
    return 1 / (1 + math.exp(-(BIAS + sum(WEIGHTS[k] * v for k, v in asdict(found).items()))))


def wanted(strict: float) -> float:
    """The confidence that an answer needs at a strictness of 0..1: the middle is the fitted one.

    >>> wanted(0.0), wanted(0.5) == THRESHOLD, wanted(1.0)
    (0.0, True, 1.0)
    """
    if strict <= 0.5:
        return THRESHOLD * strict / 0.5
    return THRESHOLD + (1 - THRESHOLD) * (strict - 0.5) / 0.5


def _covered(question: str, cited: Sequence[Evidence], evidence: Sequence[Evidence]) -> float:
    wanted = stems(question)
    if not wanted:
        return 1.0
    near: set[str] = set()
    for item in cited:
        near |= stems(item.article.title)
        for other in evidence:
            apart = max(other.start - item.end, item.start - other.end)
            if other.article.id == item.article.id and apart <= 200:
                near |= stems(line(other))
    begun = {word[:5] for word in near}
    return len({word for word in wanted if word in near or word[:5] in begun}) / len(wanted)


def _is_of_kind(question: str, text: str) -> bool:
    """Tell whether a text holds what a question asks for, the question's own words apart."""
    asked = {word for found in particulars(question) for word in found.words}
    new = [found for found in particulars(text) if not asked.issuperset(found.words)]
    number = any(word[0].isdigit() for found in new for word in found.words)
    if _ASKS_NUMBER.search(question) or _ASKS_TIME.search(question):
        return number
    if _ASKS_NAME.search(question):
        return bool(new)
    return bool(stems(text) - stems(question))
