"""Relevance of a text to a question, by a cross-encoder that reads both together.

As with `index.embedding.embedders`, the default is an ONNX file that is run directly, and
sentence-transformers is the interface for every other one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Protocol

from index.core.cancellation import checkpoint
from index.core.errors import UsageError
from index.embedding.onnx_model import OnnxModel, pieces

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
        return _count(text, self._model.pieces(_without_digits(text)))

    def _run(self, question: str, text: str) -> float:
        return float(self._model.run((question, text))[0])


class CrossEncoderReranker:
    """A cross-encoder of sentence-transformers, none of its code run; scores are kept as above.

    It reads one text at a time, so that no score depends on its neighbours.

    Raises:
        UsageError: it cannot be loaded, or gives more than one number.
    """

    def __init__(self, folder: Path, *, name: str) -> None:
        from sentence_transformers import CrossEncoder

        self.name = name
        try:
            self._model = CrossEncoder(
                str(folder),
                device="cpu",
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
                activation_fn=_logit,
            )
        except Exception as problem:  # the library lets through whatever its parts raise
            raise UsageError(
                f"{folder} is no CrossEncoder that can be used offline "
                f"({' '.join(str(problem).split())[:160]}). Give a folder with safetensors weights."
            ) from None
        if (number := self._model.num_labels) != 1:
            raise UsageError(
                f"{folder} gives {number} numbers for a text; a reranker gives one. "
                "Name another model in reranker.model."
            )
        self._cached = lru_cache(KNOWN)(self._run)

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """One logit a text, in the order of `texts`; can be cancelled between two of them."""
        check = checkpoint()
        scores = []
        for text in texts:
            check()
            scores.append(self._cached(question, text))
        return scores

    def count(self, text: str) -> int:
        """As `OnnxReranker.count`, by the pieces of this model's tokenizer."""
        tokenizer = getattr(self._model.tokenizer, "backend_tokenizer", None)
        if tokenizer is None:
            return len(self._model.tokenizer.tokenize(text))
        return _count(text, pieces(tokenizer, _without_digits(text)))

    def _run(self, question: str, text: str) -> float:
        [logit] = self._model.predict([(question, text)], show_progress_bar=False)
        return float(logit)


def _logit(logits: object) -> object:
    """In place of the sigmoid that the library puts behind a single number."""
    return logits


def _without_digits(text: str) -> str:
    return _NO_WORD.sub(" ", text)


def _count(text: str, read: Iterable[tuple[int, int, bool]]) -> int:
    """The tokens of a text whose pieces, without digits, are `read` (see `OnnxReranker.count`)."""
    found = list(read)
    unknown = (-(-(end - start) // UNKNOWN) for start, end, known in found if not known)
    digits = sum(sign.isdigit() for sign in text if sign.isascii())
    return sum(known for *_, known in found) + sum(unknown) + digits + non_ascii_tokens(text)


def non_ascii_tokens(text: str) -> int:
    """About how many tokens the characters of a text cost that are not ASCII.

    >>> non_ascii_tokens("“Zoë” 東京")
    5
    """
    codes = [ord(character) for character in text if not character.isascii()]
    return math.ceil(
        sum(next(cost for last, cost in _CHARACTER_TOKENS if code <= last) for code in codes)
    )
