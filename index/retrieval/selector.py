"""Which sentences of a passage answer a question, by a cross-encoder with a logit a token.

The model reads the question and the whole passage below its title, and gives a logit to each token
(as Provence does, Chirkova et al. 2025); the logit of a sentence is the mean over its tokens. So
"He said so on Friday" is judged with the sentence that says who he is. Trained by `eval.train`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import NamedTuple, Protocol

from index.embedding.onnx_model import OnnxModel

KNOWN = 1_024  # passages whose token logits are kept, about 2 KB each
UNREAD = -11.0  # logit of a sentence beyond what the model can read


class TitledSentences(NamedTuple):
    """The sentences of a passage with the title of its article."""

    title: str
    sentences: tuple[str, ...]


class Selector(Protocol):
    """Scores the sentences of passages for a question."""

    def select(self, question: str, passages: Sequence[TitledSentences]) -> list[tuple[float, ...]]:
        """One logit a sentence: above 0 it is more probably part of the answer than not."""


class OnnxSelector:
    """A BERT in ONNX with one logit a token. Passages that were read are kept; thread-safe."""

    def __init__(self, model: OnnxModel) -> None:
        self._model = model
        self._cached = lru_cache(KNOWN)(self._read)

    def select(self, question: str, passages: Sequence[TitledSentences]) -> list[tuple[float, ...]]:
        """One logit a sentence, in the order of `passages`."""
        texts = [passage_text(*passage) for passage in passages]
        tokens = self._model.map(partial(self._cached, question), [text for text, _ in texts])
        return [
            tuple(_mean(tokens[text], start, end) for start, end in places)
            for text, places in texts
        ]

    def _read(self, question: str, text: str) -> list[tuple[int, float]]:
        return self._model.token_logits(question, text, side=1)


def passage_text(title: str, sentences: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """A passage as the model reads it, and where each sentence stands in it (start, end)."""
    text, places = f"{title}." if title else "", []
    for sentence in sentences:
        text = f"{text} " if text else text
        places.append((len(text), len(text) + len(sentence)))
        text += sentence
    return text, places


def _mean(tokens: Sequence[tuple[int, float]], start: int, end: int) -> float:
    inside = [logit for at, logit in tokens if start <= at < end]
    return sum(inside) / len(inside) if inside else UNREAD
