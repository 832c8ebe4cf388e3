"""Fakes that are ordinary classes: an embedder, a reranker and a model without weights."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence

import numpy as np

from assistant.engine import Limits, Message, Piece, Usage
from assistant.particulars import stems
from index.embedding import Vectors


class WordEmbedding:
    """A vector that counts words hashed to buckets: texts that share words are near."""

    name = "word-embedding"
    identity = "words-1"
    dimension = 256

    def __init__(self) -> None:
        self.embedded = 0  # passages

    def tokenize(self, text: str) -> list[int]:
        return [len(word) for word in text.split()]

    def question(self, text: str) -> Vectors:
        return self._vectors([text])

    def passages(self, texts: Sequence[str]) -> Vectors:
        self.embedded += len(texts)
        return self._vectors(texts)

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            vectors[row, 0] = 0.01  # no text is the zero vector
            for word in stems(text):
                bucket = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=2).digest())
                vectors[row, bucket % self.dimension] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class WordReranker:
    """The share of the question's words that stand in the text, on the real one's scale -11..11."""

    name = "word-reranker"

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        asked = stems(question)
        return [22 * len(asked & stems(text)) / max(1, len(asked)) - 11 for text in texts]


class ScriptedModel:
    """Says what it was given to say, in pieces of a few characters; keeps what it was shown.

    It raises when it is asked more often than it has answers.
    """

    name = "scripted"
    context_tokens = 4096

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)
        self.shown: list[Sequence[Message]] = []
        self.closed = False

    def count(self, text: str) -> int:
        return len(text.split())

    def count_prompt(self, messages: Sequence[Message]) -> int:
        return sum(self.count(message.content) for message in messages)

    def stream(
        self, messages: Sequence[Message], limits: Limits, cancel: threading.Event | None = None
    ) -> Iterator[Piece]:
        self.shown.append(messages)
        if not self._answers:
            raise AssertionError(f"no answer is left for: {messages[-1].content}")
        text = self._answers.pop(0)
        for start in range(0, len(text), 7):
            if cancel is not None and cancel.is_set():
                yield Piece(usage=Usage(self.count_prompt(messages), 0, start, 0.1, 0.1, "cancelled"))
                return
            yield Piece(text[start : start + 7])
        yield Piece(usage=Usage(self.count_prompt(messages), 0, len(text), 0.1, 0.1, "stop"))

    def close(self) -> None:
        self.closed = True
