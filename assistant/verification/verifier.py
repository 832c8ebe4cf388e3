"""Which words of a claim its proof says: a token-level cross-encoder of our own.

It reads the claim (after its question) and the cited sentences, and gives each word of the claim a
probability, so that it also shows what is not said. (LettuceDetect, Kovács and Recski 2025, finds
hallucinated spans in this way.) Trained by `eval.train` on questions with their answers, true
rewrites and planted swaps: "Lenz" in "Lenz won" is not said by "Korvin beat Lenz".
"""

import math
import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Protocol

from assistant.core.answer import Evidence
from assistant.core.evidence_text import format_sentence
from assistant.core.sanitize import for_prompt
from index.embedding.onnx_model import OnnxModel
from index.text.relative_dates import format_day
from index.text.words import COMMON, fold, stems

WORD = re.compile(r"\w+(?:['’.,-]\w+)*")


@dataclass(frozen=True, slots=True)
class WordSupport:
    """A word of a claim with the probability (0..1) that its proof says it."""

    text: str
    said: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """How well a proof supports each word of a claim, in order."""

    words: tuple[WordSupport, ...]

    def least(self, known: Set[str] = frozenset()) -> float:
        """The probability of the least supported word, 0..1.

        Common words and those with a stem of `known` (the question's) count only if all are such.
        """
        new = [
            w.said for w in self.words if fold(w.text) not in COMMON and not stems(w.text) <= known
        ]
        return min(new or [word.said for word in self.words], default=0.0)

    @property
    def mean(self) -> float:
        """The mean probability of its words, 0..1; high for the same in other words."""
        return sum(word.said for word in self.words) / len(self.words) if self.words else 0.0

    @property
    def unsaid(self) -> str:
        """The words that are more probably not said, in order."""
        return " ".join(word.text for word in self.words if word.said < 0.5)


class Verifier(Protocol):
    """Compares a claim with the sentences that are cited for it."""

    def verify(self, claim: str, proofs: Sequence[Evidence]) -> Verdict:
        """How well the proofs support each word of a claim."""


class OnnxVerifier:
    """A BERT in ONNX with one logit a token."""

    def __init__(self, model: OnnxModel) -> None:
        self._model = model

    def verify(self, claim: str, proofs: Sequence[Evidence]) -> Verdict:
        """How well the proofs support each word of a claim."""
        return self.compare("", claim, proof_of(proofs))

    def compare(self, question: str, claim: str, proof: str) -> Verdict:
        """The same after a question, with the proof as text (see `proof_text`)."""
        text, start = claim_text(question, claim)
        tokens = self._model.token_logits(text, proof, side=0)
        found = []
        for word in WORD.finditer(claim):
            inside = [z for at, z in tokens if word.start() <= at - start < word.end()]
            if inside:
                mean = sum(inside) / len(inside)
                found.append(WordSupport(word[0], 1 / (1 + math.exp(-mean))))
        return Verdict(tuple(found))


def claim_text(question: str, claim: str) -> tuple[str, int]:
    """A claim as the verifier reads it, after its question, and where it begins there."""
    return (f"{question} {claim}", len(question) + 1) if question else (claim, 0)


def proof_of(proofs: Sequence[Evidence]) -> str:
    """Cited sentences as the verifier reads them; article and day are those of the first."""
    first = proofs[0]
    article = first.article
    day = format_day(article.stated_day) if article.stated_day else ""
    sentences = " ".join(format_sentence(item) for item in proofs if not item.is_title)
    return proof_text(for_prompt(article.title), day, _before(first), sentences)


def proof_text(title: str, day: str, before: str, sentence: str) -> str:
    """A proof as the verifier reads it: title and day, the sentence before, the sentence itself.

    >>> proof_text("Bridge opens", "6 May 2024", "The mayor spoke.", "She cut the ribbon.")
    'Bridge opens (6 May 2024) | The mayor spoke. | She cut the ribbon.'
    """
    return f"{title} ({day}) | {before} | {sentence}" if day else f"{title} | {before} | {sentence}"


def _before(item: Evidence) -> str:
    """The sentence before, if it stands in the same passage."""
    earlier = [(a, b) for a, b in item.passage.sentences if b <= item.start]
    return for_prompt(item.article.text[slice(*earlier[-1])]) if earlier else ""
