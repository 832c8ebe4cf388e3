"""Relevance of a text to a question, by a cross-encoder that reads both together."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Protocol

from index.embedding.onnx_model import OnnxModel

UNKNOWN = 2  # letters to a token of a "word" of more than a hundred of them
_NO_WORD = re.compile(r"[0-9]|[^\x00-\x7f]")
# Tokens of a character up to this one: as language models have them for the scripts that news is
# written in, and a quarter of what the costliest cost, so that none overflows a context.
_CHARACTER_TOKENS = (
    *((0x06FF, 0.5), (0x1FFF, 2), (0x206F, 1), (0x2FFF, 2)),
    *((0xFFFF, 1), (0x10FFFF, 4)),
)
KNOWN = 4_096  # pairs whose score is kept: about eighty questions, a few MB


class Reranker(Protocol):
    """Scores texts for a question."""

    name: str

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """One logit a text: higher is more relevant, above 0 mostly is."""

    def count(self, text: str) -> int:
        """Tokens of a text, about as many as a language model needs for it."""


class OnnxReranker:
    """A cross-encoder in ONNX with one logit out (MS MARCO: about -11 unrelated, 11 at best).

    The scores of the last `KNOWN` pairs are kept, so a repeated question costs nothing. It can be
    cancelled between two texts (`index.core.cancellation`). Thread-safe.
    """

    def __init__(self, model: OnnxModel, *, name: str) -> None:
        self.name = name
        self._model = model
        self._cached = lru_cache(KNOWN)(self._run)

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """One logit a text, in the order of `texts`."""
        scores = self._model.map(partial(self._cached, question), texts)
        return [scores[text] for text in texts]

    def count(self, text: str) -> int:
        """The number of word pieces, of digits, and `non_ascii_tokens`.

        So evidence is selected before a language model is loaded, and equally for all of them.
        Against the default model's own count it is off by 1.8 tokens a sentence (standard
        deviation; 2.9 with digits in word pieces), and by 1 % over all (wikinews_dev, 1,359 lines).
        """
        pieces = self._model.pieces(_NO_WORD.sub(" ", text))
        unknown = (-(-(end - start) // UNKNOWN) for start, end, known in pieces if not known)
        digits = sum(sign.isdigit() for sign in text if sign.isascii())
        return sum(known for *_, known in pieces) + sum(unknown) + digits + non_ascii_tokens(text)

    def _run(self, question: str, text: str) -> float:
        return float(self._model.run((question, text))[0])


def non_ascii_tokens(text: str) -> int:
    """About how many tokens the characters of a text cost that are not ASCII.

    >>> non_ascii_tokens("“Zoë” 東京")
    5
    """
    codes = [ord(character) for character in text if not character.isascii()]
    return math.ceil(
        sum(next(cost for last, cost in _CHARACTER_TOKENS if code <= last) for code in codes)
    )
