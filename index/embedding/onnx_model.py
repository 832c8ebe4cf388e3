"""An ONNX model and its tokenizer: the only file that knows onnxruntime."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from index.core.cancellation import checkpoint
from index.core.cpu_cores import usable_cores
from index.core.errors import DamagedError

Result = TypeVar("Result")


class OnnxModel:
    """A BERT-like ONNX file and its tokenizer. Thread-safe.

    One text is one batch: the default models are quantised to int8 with scales taken from the
    whole batch, so the output for a text would depend on its neighbours (cosine 0.996 instead of
    1). `map` runs as many texts at once as there are threads, one thread a text: the same bits as
    one text on all threads in 60 % of the time (two cores, 160 tokens: 14.5 against 26 ms a text),
    because threads that share a text wait for each other at every layer.
    """

    def __init__(self, session: Any, tokenizer: Any, threads: int) -> None:
        self._session = session
        self.tokenizer = tokenizer
        self._pool = ThreadPoolExecutor(threads, "onnx")

    @classmethod
    def load(cls, folder: Path, max_tokens: int = 512, threads: int = 0) -> OnnxModel:
        """Open `model.onnx` and `tokenizer.json` in `folder`; `threads` 0: one a usable core.

        Raises:
            DamagedError: if one of them cannot be read.
        """
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
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
        return cls(session, tokenizer, threads or usable_cores())

    def run(self, text: str | tuple[str, str]) -> npt.NDArray[np.float32]:
        """The first output for one text or one pair of texts: (tokens, width) or (1,)."""
        encoding = (
            self.tokenizer.encode(*text) if isinstance(text, tuple) else self.tokenizer.encode(text)
        )
        return self._output(encoding)

    def token_logits(self, first: str, second: str, side: int) -> list[tuple[int, float]]:
        """For each token of one text of a pair (`side` 0, 1): where it begins, and its logit."""
        encoding = self.tokenizer.encode(first, second)
        output = self._output(encoding)[:, 0].tolist()
        read = zip(encoding.sequence_ids, encoding.offsets, output, strict=True)
        return [(offset[0], logit) for sequence, offset, logit in read if sequence == side]

    def _output(self, encoding: Any) -> npt.NDArray[np.float32]:
        feed = {
            "input_ids": encoding.ids,
            "attention_mask": encoding.attention_mask,
            "token_type_ids": encoding.type_ids,
        }
        taken = {one.name for one in self._session.get_inputs()}  # RoBERTa has no token types
        values = {name: np.array([ids], np.int64) for name, ids in feed.items() if name in taken}
        output = self._session.run(None, values)
        first: npt.NDArray[np.float32] = output[0][0]
        return first

    def map(self, function: Callable[[str], Result], texts: Iterable[str]) -> dict[str, Result]:
        """`function` of each distinct text, computed on all threads.

        Can be cancelled between two texts (`index.core.cancellation`).
        """
        check = checkpoint()

        def checked(text: str) -> Result:
            check()
            return function(text)

        # the longest first, so that no thread is left alone with it at the end
        distinct = sorted(dict.fromkeys(texts), key=len, reverse=True)
        return dict(zip(distinct, self._pool.map(checked, distinct), strict=True))

    def pieces(self, text: str) -> list[tuple[int, int, bool]]:
        """The `pieces` of a text by this model's tokenizer."""
        return pieces(self.tokenizer, text)


def pieces(tokenizer: Any, text: str) -> list[tuple[int, int, bool]]:
    """(start, end, in the vocabulary) of each token of a text of any length."""
    unknown = tokenizer.token_to_id("[UNK]")
    encoding = tokenizer.encode(text, add_special_tokens=False)
    return [
        (*span, token != unknown)
        for part in (encoding, *encoding.overflowing)  # what exceeds the model's length
        for token, span in zip(part.ids, part.offsets, strict=True)
    ]
