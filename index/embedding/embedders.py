"""Text to unit vectors.

The default model is an ONNX module. For indexing, sentence-transformers wraps it, as it wraps any
other model by name or path; a question calls the same module directly, because importing
sentence-transformers (with torch) costs ten seconds. A test proves both ways give equal vectors.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from index.core.errors import DamagedError, UsageError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = npt.NDArray[np.float32]  # (n, dimension), rows of length 1


class Embedder(Protocol):
    """Gives texts their vectors. `identity` changes whenever the vectors would."""

    name: str

    @property
    def identity(self) -> str:
        """Of the weights and all else that makes a vector what it is."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def tokenize(self, text: str) -> list[int]:
        """The model's own tokens, so that passages are cut to what it can read."""

    def question(self, text: str) -> Vectors:
        """The (1, dimension) vector of a question."""

    def passages(self, texts: Sequence[str]) -> Vectors:
        """The (n, dimension) vectors of passages."""


def usable_cores() -> int:
    """Processor cores of this process: containers give fewer than the machine has."""
    affinity = getattr(os, "sched_getaffinity", None)  # macOS cannot say
    return len(affinity(0)) if affinity else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class OnnxModel:
    """A BERT-like ONNX file and its tokenizer.

    One text is run at a time: the default models are quantised to int8 with scales taken from the
    whole batch, so a text's numbers would depend on its neighbours (cosine 0.996 instead of 1,
    measured), and one at a time costs only 18 % (88 against 107 passages/s, measured).
    """

    session: Any
    tokenizer: Any

    @classmethod
    def load(cls, folder: Path, max_tokens: int, threads: int = 0) -> OnnxModel:
        """Open `model.onnx` and `tokenizer.json` of `folder`; `threads` 0 leaves it to onnxruntime.

        Raises:
            DamagedError: if one of them cannot be read.
        """
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # a spinning pool would take the cores from the language model
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            session = onnxruntime.InferenceSession(
                str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
            )
        except Exception as problem:  # both libraries raise bare Exceptions of their own
            raise DamagedError(
                f"The model in {folder} cannot be read ({' '.join(str(problem).split())[:120]}). "
                "Run 'assistant models verify', then 'assistant models pull'."
            ) from None
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_tokens)
        return cls(session, tokenizer)

    def pieces(self, text: str) -> list[tuple[int, int, bool]]:
        """Where each token of a text of any length begins and ends, and if it is a known one."""
        unknown = self.tokenizer.token_to_id("[UNK]")
        whole = self.tokenizer.encode(text, add_special_tokens=False)
        return [
            (*span, token != unknown)
            for part in (whole, *whole.overflowing)  # what exceeds the model's length stands there
            for token, span in zip(part.ids, part.offsets, strict=True)
        ]

    def run(self, text: str | tuple[str, str]) -> npt.NDArray[np.float32]:
        """The first output for one text, or for one pair of texts: (tokens, width) or (1,)."""
        encoding = (
            self.tokenizer.encode(*text) if isinstance(text, tuple) else self.tokenizer.encode(text)
        )
        feed = {
            "input_ids": encoding.ids,
            "attention_mask": encoding.attention_mask,
            "token_type_ids": encoding.type_ids,
        }
        output = self.session.run(None, {k: np.array([v], dtype=np.int64) for k, v in feed.items()})
        first: npt.NDArray[np.float32] = output[0][0]
        return first


class OnnxEmbedder:
    """An ONNX sentence embedder with CLS pooling, called directly."""

    def __init__(
        self,
        folder: Path,
        *,
        name: str,
        identity: str,
        dimension: int,
        question_prefix: str = "",
        max_tokens: int = 512,
        threads: int = 0,
    ) -> None:
        self.name = name
        self.identity = identity
        self.dimension = dimension
        self._prefix = question_prefix
        self._model = OnnxModel.load(folder, max_tokens, threads)

    def tokenize(self, text: str) -> list[int]:
        """The model's tokens of `text`, without the frame of special ones."""
        ids: list[int] = self._model.tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def question(self, text: str) -> Vectors:
        """The (1, dimension) vector of a question."""
        return self.passages([self._prefix + text])

    def passages(self, texts: Sequence[str]) -> Vectors:
        """The (n, dimension) unit vectors of `texts`."""
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            vector = self._model.run(text)[0]  # CLS pooling
            vectors[row] = vector / np.linalg.norm(vector)
        return vectors


class SentenceTransformerEmbedder:
    """Any sentence-transformers model: the indexing side of ours, or another by folder.

    Importing it takes ten seconds, so it is only made where passages are to be embedded, or where
    the settings name such a model.
    """

    def __init__(
        self, model: SentenceTransformer, *, name: str, identity: str, question_prefix: str = ""
    ) -> None:
        self.name = name
        self.identity = identity
        self._model = model
        self._prefix = question_prefix

    @classmethod
    def around(cls, onnx: OnnxEmbedder) -> SentenceTransformerEmbedder:
        """Our ONNX embedder as a sentence-transformers model, with equal vectors."""
        import torch
        from sentence_transformers import SentenceTransformer

        class OnnxModule(torch.nn.Module):
            """What sentence-transformers asks of a module."""

            def preprocess(self, inputs: Sequence[str], **_: object) -> dict[str, Any]:
                return {"texts": list(inputs)}

            def forward(self, features: dict[str, Any], **_: object) -> dict[str, Any]:
                vectors = onnx.passages(features["texts"])
                return {"sentence_embedding": torch.from_numpy(vectors)}

            def get_embedding_dimension(self) -> int:
                return onnx.dimension

            tokenizer = onnx._model.tokenizer

        return cls(
            SentenceTransformer(modules=[OnnxModule()], device="cpu"),
            name=onnx.name,
            identity=onnx.identity,
            question_prefix=onnx._prefix,
        )

    @classmethod
    def load(
        cls, folder: Path, *, identity: str, question_prefix: str = ""
    ) -> SentenceTransformerEmbedder:
        """Load a model folder; nothing is fetched and no code of the folder is run.

        Raises:
            UsageError: if sentence-transformers cannot load it.
        """
        from sentence_transformers import SentenceTransformer

        try:
            model = SentenceTransformer(
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
        return cls(model, name=folder.name, identity=identity, question_prefix=question_prefix)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._model.get_embedding_dimension() or 0)

    def tokenize(self, text: str) -> list[int]:
        """The model's tokens of `text`, without the frame of special ones."""
        encoded = self._model.tokenizer.encode(text, add_special_tokens=False)
        ids: list[int] = getattr(encoded, "ids", encoded)
        return ids

    def question(self, text: str) -> Vectors:
        """The (1, dimension) vector of a question."""
        return self.passages([self._prefix + text])

    def passages(self, texts: Sequence[str]) -> Vectors:
        """The (n, dimension) unit vectors of `texts`."""
        vectors = self._model.encode(
            list(texts),
            batch_size=8,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.asarray(vectors, np.float32)
