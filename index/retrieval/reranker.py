"""How well does a text answer a question: a cross-encoder that reads both together."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from index.core.cancellation import checkpoint
from index.embedding.embedders import OnnxModel, usable_cores

UNKNOWN = 2  # letters to a token of a "word" of more than a hundred of them
_NO_WORD = re.compile(r"[0-9]|[^\x00-\x7f]")
# Tokens for a sign up to this one: as language models have them for scripts that news is written
# in, and a quarter of what the signs that are dearest cost, so that none bursts a context.
_DEAR = ((0x06FF, 0.5), (0x1FFF, 2), (0x206F, 1), (0x2FFF, 2), (0xFFFF, 1), (0x10FFFF, 4))
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

    As many texts are read at once as there are threads (0: all that may be used), each by one. That
    gives the same bits as one text by all threads in 60 % of the time (two cores, 160 tokens:
    14.5 against 26 ms a text), because threads that share a text wait for each other at every
    layer. A question that is asked again, or answered anew, finds its scores known. It may be given
    up between two texts (`index.core.cancellation`). Safe to use from several threads.
    """

    def __init__(self, folder: Path, *, name: str, max_tokens: int = 512, threads: int = 0) -> None:
        self.name = name
        self._model = OnnxModel.load(folder, max_tokens, threads=1)
        self._readers = ThreadPoolExecutor(threads or usable_cores(), "reranker")
        self._known = lru_cache(KNOWN)(self._read)

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """One logit a text, in the order of `texts`."""
        # the longest first, so that no thread is left alone with it
        once = sorted(dict.fromkeys(texts), key=len, reverse=True)
        still_wanted = checkpoint()

        def known(text: str) -> float:
            still_wanted()
            return self._known(question, text)

        read = self._readers.map(known, once)
        scores = dict(zip(once, read, strict=True))
        return [scores[text] for text in texts]

    def count(self, text: str) -> int:
        """Its word pieces, each digit, and what signs beyond ASCII cost (`foreign`).

        So evidence is chosen before a language model is loaded, and alike for all of them. Against
        the default model's own count it is off by 1.8 tokens a sentence (standard deviation; 2.9
        with digits as word pieces have them), and by 1 % over all (wikinews_dev, 1,359 lines).
        """
        words = _NO_WORD.sub(" ", text)
        pieces = self._model.pieces(words)
        long = (-(-(end - start) // UNKNOWN) for start, end, known in pieces if not known)
        digits = sum(sign.isdigit() for sign in text if sign.isascii())
        return sum(known for *_, known in pieces) + sum(long) + digits + foreign(text)

    def _read(self, question: str, text: str) -> float:
        return float(self._model.run((question, text))[0])


def foreign(text: str) -> int:
    """About how many tokens the signs of a text cost that are not ASCII.

    >>> foreign("“Zoë” 東京")
    5
    """
    signs = [ord(sign) for sign in text if not sign.isascii()]
    return math.ceil(sum(next(cost for last, cost in _DEAR if sign <= last) for sign in signs))
