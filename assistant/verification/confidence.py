"""How sure is an answer: one number from signs that each say a little.

No single sign tells a near-miss ("How old is he?", where the articles never say) from an answer:
the model is as fluent, every name stands in the evidence, the passage is about the right thing. So
they are weighed together, by a logistic regression fitted on questions with known answers; weights
and curve are in `docs/experiments`, `python -m eval calibrate` makes them anew.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Sequence
from dataclasses import asdict

from assistant.answering.prompting import proof
from assistant.core.answer import Evidence, Features
from assistant.llm.language_model import LanguageModel, Limits, Piece, Usage
from assistant.verification.entities import entities, stems

# Fitted to 146 questions of wikinews_dev and 72 of the sample set (2026-11-22).
WEIGHTS = {"entailment_logit": 1.471, "mean_logprob": 6.918, "type_match": 1.804}
BIAS = -1.481
# An engine that tells no probabilities is taken for as sure as the median of right answers.
DEFAULTS = {"entailment_logit": 1.7, "mean_logprob": -0.13}
# On wikinews_dev 71 % are answered right there, 82 % of the unanswerable refused, and 19 % of the
# answerable: 3 of 107 would have been answered right.
THRESHOLD = 0.45

_ASKS_NUMBER = re.compile(r"\bhow (?:many|much|old|long|far|tall|deep|high|often)\b", re.IGNORECASE)
_ASKS_TIME = re.compile(
    r"\b(?:when|what (?:year|date|day)|which (?:year|date|day)|in what year)\b", re.I
)
_ASKS_NAME = re.compile(r"\b(?:who|whom|whose|where|which|name)\b", re.IGNORECASE)


def features(question: str, answer: str, pieces: Sequence[Piece], told: float) -> Features:
    """The signs of an `answer` that was written as `pieces`.

    `told` is what `told_by` made of the model's word on the proof.
    """
    logs = [piece.likely[0][1] for piece in pieces if piece.likely and piece.text.strip()]
    fluent = sum(logs) / len(logs) if logs else DEFAULTS["mean_logprob"]
    return Features(
        entailment_logit=told, mean_logprob=fluent, type_match=float(_is_of_kind(question, answer))
    )


def self_check(
    model: LanguageModel,
    question: str,
    proofs: Sequence[Evidence],
    deadline_s: float,
    cancel: threading.Event | None = None,
) -> tuple[float, Usage | None]:
    """What the model makes of the proof, asked for one word (see `told_by`), and what that cost."""
    said, usage = None, None
    for piece in model.stream(proof(question, proofs), Limits(1, deadline_s), cancel):
        said = said or (piece if piece.likely else None)
        usage = piece.usage or usage
    return told_by(said), usage


def told_by(answer: Piece | None) -> float:
    """Log odds of "yes" against "no" in the model's word on the proof.

    >>> round(told_by(Piece("Yes", likely=(("Yes", -0.2), ("No", -1.7)))), 1)
    1.5
    """
    likely = answer.likely if answer else ()
    said = {"yes": -math.inf, "no": -math.inf}
    for token, log in likely:
        word = token.strip().lower()
        if word in said:
            said[word] = max(said[word], log)
    yes, no = said["yes"], said["no"]
    if yes == no == -math.inf:
        return DEFAULTS["entailment_logit"]
    least = min(log for _, log in likely)  # what is not among them is at most as likely
    return max(yes, least) - max(no, least)


def confidence(found: Features) -> float:
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


def _is_of_kind(question: str, text: str) -> bool:
    """Tell whether a text holds what a question asks for, the question's own words apart."""
    asked = {word for found in entities(question) for word in found.words}
    new = [found for found in entities(text) if not asked.issuperset(found.words)]
    number = any(word[0].isdigit() for found in new for word in found.words)
    if _ASKS_NUMBER.search(question) or _ASKS_TIME.search(question):
        return number
    if _ASKS_NAME.search(question):
        return bool(new)
    return bool(stems(text) - stems(question))
