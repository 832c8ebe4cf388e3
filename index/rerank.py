"""How well does a text answer a question: a cross-encoder that reads both together."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from index.embedding import OnnxModel, usable_cores
from index.patience import step

KNOWN = 4_096  # pairs whose score is kept: about eighty questions, a few MB


class Reranker(Protocol):
    """Scores texts for a question."""

    name: str

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """One logit a text: higher is more relevant, above 0 mostly is."""


class OnnxReranker:
    """A cross-encoder in ONNX with one logit out (MS MARCO: about -11 unrelated, 11 at best).

    As many texts are read at once as there are threads (0: all that may be used), each by one. That
    gives the same bits as one text by all threads in 60 % of the time (two cores, 160 tokens:
    14.5 against 26 ms a text), because threads that share a text wait for each other at every
    layer. A question that is asked again, or answered anew, finds its scores known. It may be given
    up between two texts (`index.patience`). Safe to use from several threads.
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
        still_wanted = step()

        def known(text: str) -> float:
            still_wanted()
            return self._known(question, text)

        read = self._readers.map(known, once)
        scores = dict(zip(once, read, strict=True))
        return [scores[text] for text in texts]

    def _read(self, question: str, text: str) -> float:
        return float(self._model.run((question, text))[0])
