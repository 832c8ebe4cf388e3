"""How sure an answer is: a logistic regression over three features.

No single one tells a near miss ("How old is he?", where the articles never say) from an answer: the
model is as fluent, every name is in the evidence, the passage is about the right subject. The
weights were fitted on questions with known answers; `python -m eval calibrate` fits them again.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import asdict

from assistant.core.answer import Features
from assistant.llm.language_model import Piece
from index.text.entities import entities
from index.text.question import AnalysedQuestion
from index.text.words import stems

# Fitted to 146 questions of wikinews_dev, 72 of the sample set and 40 of envoys (2026-11-29).
WEIGHTS = {"entailment_logit": 1.326, "mean_logprob": 3.055, "type_match": 1.127}
BIAS = -1.13
NO_PROBABILITIES = -0.13  # mean_logprob of an engine that reports none: median of right answers
# On wikinews_dev 70 % are answered right at it, 82 % of the unanswerable refused, and 18 % of the
# answerable.
THRESHOLD = 0.45

_ASKS_NUMBER_OR_TIME = re.compile(
    r"(?i)\bhow (?:many|much|old|long|far|tall|deep|high|often)\b"
    r"|\b(?:when|what (?:year|date|day)|which (?:year|date|day)|in what year)\b"
)
_ASKS_NAME = re.compile(r"\b(?:who|whom|whose|where|which|name)\b", re.IGNORECASE)


def features(
    question: AnalysedQuestion, answer: str, pieces: Sequence[Piece], entailment_logit: float
) -> Features:
    """The features of an `answer` that was generated as `pieces`.

    `entailment_logit` is that of `assistant.verification.self_check`.
    """
    logs = [piece.likely[0][1] for piece in pieces if piece.likely and piece.text.strip()]
    return Features(
        entailment_logit=entailment_logit,
        mean_logprob=sum(logs) / len(logs) if logs else NO_PROBABILITIES,
        type_match=float(matches_type(question, answer)),
    )


def confidence(found: Features) -> float:
    """The probability (0..1) that an answer with these features is right."""
    logit = BIAS + sum(WEIGHTS[name] * value for name, value in asdict(found).items())
    return 1 / (1 + math.exp(-logit))


def required_confidence(strict: float) -> float:
    """The confidence that an answer needs at a strictness of 0..1; 0.5 is the fitted threshold.

    >>> required_confidence(0.0), required_confidence(0.5) == THRESHOLD, required_confidence(1.0)
    (0.0, True, 1.0)
    """
    if strict <= 0.5:
        return THRESHOLD * strict / 0.5
    return THRESHOLD + (1 - THRESHOLD) * (strict - 0.5) / 0.5


def matches_type(question: AnalysedQuestion, text: str) -> bool:
    """Whether a text has the type of thing a question asks for, apart from the question's own."""
    asked = {word for entity in question.entities for word in entity.words}
    new = [entity for entity in entities(text) if not asked.issuperset(entity.words)]
    if _ASKS_NUMBER_OR_TIME.search(question.text):
        return any(word[0].isdigit() for entity in new for word in entity.words)
    if _ASKS_NAME.search(question.text):
        return bool(new)
    return bool(stems(text) - question.stems)
