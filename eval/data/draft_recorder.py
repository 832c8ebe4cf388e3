"""A language model that remembers its last draft: prompt, text, usage and decoding time."""

import threading
import time
from collections.abc import Iterator, Sequence

from assistant.llm.language_model import LanguageModel, Limits, Message, ModelWrapper, Piece, Usage


class DraftRecorder(ModelWrapper):
    """Passes a model through; the self-check, an answer of one token, is no draft."""

    def __init__(self, model: LanguageModel) -> None:
        super().__init__(model)
        self.clear()

    def clear(self) -> None:
        """Forget the last draft."""
        self.messages: Sequence[Message] = ()
        self.text = ""
        self.usage: Usage | None = None
        self.decode_s = 0.0  # between the first piece and the end, checking included

    def stream(
        self, messages: Sequence[Message], limits: Limits, cancel: threading.Event | None = None
    ) -> Iterator[Piece]:
        """The model's pieces."""
        pieces = self._model.stream(messages, limits, cancel)
        if limits.max_tokens == 1:
            yield from pieces
            return
        self.clear()
        self.messages = messages
        began = 0.0
        for piece in pieces:
            self.text += piece.text
            began = began or (time.perf_counter() if piece.text else 0.0)
            if piece.usage:
                self.usage, self.decode_s = piece.usage, time.perf_counter() - began
            yield piece
