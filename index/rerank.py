"""How well does a text answer a question: a cross-encoder that reads both together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from index.embedding import OnnxModel


class Reranker(Protocol):
    """Scores texts for a question."""

    name: str

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """One logit a text: higher is more relevant, above 0 mostly is."""


class OnnxReranker:
    """A cross-encoder in ONNX with one logit out (MS MARCO: about -11 unrelated, 11 at best)."""

    def __init__(self, folder: Path, *, name: str, max_tokens: int = 512, threads: int = 0) -> None:
        self.name = name
        self._model = OnnxModel.load(folder, max_tokens, threads)

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """One logit a text, in the order of `texts`."""
        return [float(self._model.run((question, text))[0]) for text in texts]
