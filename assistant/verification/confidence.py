"""How sure is an answer: one number from signs that each say a little.

No single sign tells a near-miss ("How old is he?", where the articles never say) from an answer:
the model is as fluent, every name stands in the evidence, the passage is about the right thing. So
they are weighed together, by a logistic regression fitted on questions with known answers; weights
and curve are in `docs/experiments`, `python -m eval calibrate` makes them anew.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import asdict

from assistant.core.answer import Features
from assistant.llm.language_model import Piece
from index.text.entities import entities
from index.text.words import stems

# Fitted to 146 questions of wikinews_dev and 72 of the sample set (2026-11-22).
WEIGHTS = {"entailment_logit": 1.471, "mean_logprob": 6.918, "type_match": 1.804}
BIAS = -1.481
NO_PROBABILITIES = -0.13  # mean_logprob of an engine that reports none: median of right answers
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

    `told` is the log odds of `assistant.verification.self_check`.
    """
    logs = [piece.likely[0][1] for piece in pieces if piece.likely and piece.text.strip()]
    fluent = sum(logs) / len(logs) if logs else NO_PROBABILITIES
    return Features(
        entailment_logit=told, mean_logprob=fluent, type_match=float(_is_of_kind(question, answer))
    )


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
