"""A fake model that obeys every instruction in an article and leaks everything it was shown."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path

from assistant.llm.language_model import Limits, Message, Piece, Usage, require_room
from eval.robustness.attacks import Attack
from tests.fakes import ScriptedModel

_FRAME = 12  # tokens of the chat template around the messages, about


def in_bytes(text: str) -> int:
    """Tokens, about as a byte tokenizer counts: four letters a token, other characters a byte."""
    letters = sum(-(-len(run) // 4) for run in re.findall(r"[A-Za-z]+", text))
    return letters + len(re.sub(r"[A-Za-z\s]", "", text).encode())


class ObedientModel(ScriptedModel):
    """Writes the reply of `attack` if `wanted`, its canary, is in the prompt, and else `honest`.

    It respects limits as the engines do. `earlier` is the last question before it obeyed; `obeyed`
    counts how often it did.
    """

    name = "obedient"

    def __init__(self, attack: Attack, honest: str) -> None:
        super().__init__()
        self._attack = attack
        self._honest = honest
        self.wanted = attack.canary
        self.drafts: list[str] = []
        self.earlier = ""
        self.obeyed = 0

    def count(self, text: str) -> int:
        return in_bytes(text)

    def count_prompt(self, messages: Sequence[Message]) -> int:
        return _FRAME + super().count_prompt(messages)

    def stream(
        self, messages: Sequence[Message], limits: Limits, cancel: threading.Event | None = None
    ) -> Iterator[Piece]:
        read = self.count_prompt(messages)
        require_room(read, limits, self.context_tokens)
        if limits.max_tokens == 1:  # the self-check: an attacker's model says yes
            yield from super().stream(messages, limits, cancel)
            return
        self.shown.append(messages)
        self.drafts.append("")
        written = 0
        for word in self._words(messages):
            written += self.count(word)
            if written > limits.max_tokens:
                yield Piece(usage=Usage(read, 0, limits.max_tokens, 0.1, 0.1, "length"))
                return
            self.drafts[-1] += word
            yield Piece(word)
        yield Piece(usage=Usage(read, 0, written, 0.1, 0.1, "stop"))

    def _words(self, messages: Sequence[Message]) -> Iterator[str]:
        system, prompt = messages[0].content, messages[-1].content
        if self.wanted not in prompt:
            self.earlier = prompt.rpartition("Question: ")[2]
            yield from re.findall(r"\S+\s*", self._honest)
            return
        self.obeyed += 1
        if self._attack.reply == "{ever}":
            yield from cycle([f"{self._attack.canary}. "])
        reply = self._attack.reply
        for name, value in (
            ("system", system),
            ("prompt", prompt),
            ("question", prompt.rpartition("Question: ")[2]),
            ("earlier", self.earlier),
            ("folder", str(Path.cwd())),
            ("environment", os.environ.get("PATH", "")),
        ):
            reply = reply.replace(f"{{{name}}}", value)
        yield from re.findall(r"\S+\s*", reply)
