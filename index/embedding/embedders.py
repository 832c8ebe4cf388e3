"""Text to unit vectors, by an ONNX model or by sentence-transformers.

The default model is an ONNX file that is run directly: importing sentence-transformers, with
torch, costs ten seconds and 0.8 GB. It is the interface for every other embedder.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from index.core.errors import UsageError
from index.embedding.onnx_model import OnnxModel

Vectors = npt.NDArray[np.float32]  # (n, dimension), rows of length 1
_ENCODING: dict[str, Any] = {
    "batch_size": 8,
    "normalize_embeddings": True,
    "convert_to_numpy": True,
    "show_progress_bar": False,
}


class Embedder(Protocol):
    """Gives texts their vectors. `identity` changes whenever the vectors would."""

    name: str

    @property
    def identity(self) -> str:
        """Hash of the weights and of everything else that determines a vector."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def tokenize(self, text: str) -> list[int]:
        """The model's token ids, without special tokens, so that passages fit its input.

        It is pickled: passages are cut in another process.
        """

    def question(self, text: str) -> Vectors:
        """The (1, dimension) vector of a question."""

    def passages(self, texts: Sequence[str]) -> Vectors:
        """The (n, dimension) unit vectors of passages."""


class OnnxEmbedder:
    """A BERT-like ONNX model with CLS pooling. Thread-safe."""

    def __init__(
        self,
        model: OnnxModel,
        *,
        name: str,
        identity: str,
        dimension: int,
        question_prefix: str = "",
    ) -> None:
        self.name = name
        self.identity = identity
        self.dimension = dimension
        self._prefix = question_prefix
        self._model = model
        self.tokenize = partial(_token_ids, model.tokenizer)

    def question(self, text: str) -> Vectors:
        """The (1, dimension) vector of a question."""
        return self._vector(self._prefix + text)[np.newaxis]

    def passages(self, texts: Sequence[str]) -> Vectors:
        """The (n, dimension) unit vectors of `texts`."""
        vectors = self._model.map(self._vector, texts)
        rows = [vectors[text] for text in texts]
        return np.stack(rows) if rows else np.empty((0, self.dimension), np.float32)

    def _vector(self, text: str) -> Vectors:
        first: Vectors = self._model.run(text)[0]  # CLS pooling
        return first / np.linalg.norm(first)


class SentenceTransformerEmbedder:
    """A sentence-transformers folder, none of its code run; UsageError if it cannot be loaded.

    A question and a passage get the prompts that the model was saved with, if any; a question
    gets `question_prefix` instead if that is given.
    """

    def __init__(
        self, folder: Path, *, name: str, identity: str, question_prefix: str = ""
    ) -> None:
        from sentence_transformers import SentenceTransformer

        self.name = name
        self.identity = identity
        self._prefix = question_prefix
        try:
            self._model = SentenceTransformer(
                str(folder),
                device="cpu",
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
        except Exception as problem:  # the library lets through whatever its parts raise
            raise UsageError(
                f"{folder} is no sentence-transformers model that can be used offline "
                f"({' '.join(str(problem).split())[:160]}). Give a folder with safetensors weights."
            ) from None
        tokenizer = deepcopy(getattr(self._model.tokenizer, "backend_tokenizer", None))
        if tokenizer is None:
            tokenizer = self._model.tokenizer
        else:  # without the library around it, which takes seconds to be imported elsewhere
            tokenizer.no_truncation()
            tokenizer.no_padding()
        self.tokenize = partial(_token_ids, tokenizer)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._model.get_embedding_dimension() or 0)

    def question(self, text: str) -> Vectors:
        """The (1, dimension) vector of a question."""
        prompt = "" if self._prefix else None  # None: the model's own
        found = self._model.encode_query([self._prefix + text], prompt=prompt, **_ENCODING)
        return np.asarray(found, np.float32)

    def passages(self, texts: Sequence[str]) -> Vectors:
        """The (n, dimension) unit vectors of `texts`."""
        return np.asarray(self._model.encode_document(list(texts), **_ENCODING), np.float32)


def _token_ids(tokenizer: Any, text: str) -> list[int]:
    encoded = tokenizer.encode(text, add_special_tokens=False)
    ids: list[int] = getattr(encoded, "ids", encoded)
    return ids
