"""OpenAI's chat completions: its messages in, its completions and chunks out.

The text of an answer has numbered marks and ends with a list of sources. The extra field
`assistant` is the answer's JSON object in a completion, and one of its events in a chunk.
"""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

from pydantic import BaseModel, Field

from assistant.backends.serialization import EventWriter, to_json
from assistant.core.answer import Answer, Claim, Turn
from assistant.core.console import about
from index.core.errors import UsageError, UserError
from ui.service.answer_stream import Step
from ui.service.public_errors import public_message

REMEMBERED = 4_000  # characters of a past message that are used
_MARKS = re.compile(r" ?\[\d+\]")
_SOURCES = re.compile(r"\n\n\[1\] .*", re.S)


class Part(BaseModel):
    """A part of a message; only text is used."""

    type: str = Field(description="text; anything else is refused")
    text: str = ""


class ChatMessage(BaseModel):
    """One message of a conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = Field(None, description="a text, or parts of one")

    @property
    def text(self) -> str:
        """Its whole text."""
        if isinstance(self.content, list):
            if any(part.type not in ("text", "input_text", "output_text") for part in self.content):
                raise UsageError("Only text can be asked: a message holds something else.")
            return "".join(part.text for part in self.content)
        return self.content or ""


class StreamOptions(BaseModel):
    """What a stream brings besides."""

    include_usage: bool = False


def conversation(messages: Sequence[ChatMessage]) -> tuple[str, list[Turn]]:
    """The question and the exchanges before it; UsageError if the last one is not the user's."""
    exchanged = [m for m in messages if m.role in ("user", "assistant")]
    if not exchanged or exchanged[-1].role != "user":
        raise UsageError("The last message has to be the user's question.")
    history = [
        Turn(question.text[:REMEMBERED], _without_marks(reply.text[:REMEMBERED]))
        for question, reply in pairwise(exchanged)
        if (question.role, reply.role) == ("user", "assistant")
    ]
    return exchanged[-1].text, history


def completion(answer: Answer, answer_id: str, model: str) -> dict[str, Any]:
    """A whole answer."""
    message = {"role": "assistant", "content": _text(answer), "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(answer)}
    return {
        **_frame("chat.completion", model, answer_id),
        "choices": [choice],
        "usage": _usage(answer),
        "assistant": to_json(answer),
    }


class Chunks:
    """An answer that is being written, in chunks."""

    def __init__(self, model: str, answer_id: str, *, usage: bool) -> None:
        self._frame = _frame("chat.completion.chunk", model, answer_id)
        self._with_usage = usage
        self._writer = EventWriter()
        self._begun = False

    def step(self, step: Step) -> Iterator[dict[str, Any]]:
        """The chunks that a step brings; the text comes with the last event.

        What is not judged yet may still be refused, and a client cannot take words back.
        """
        answer = step.answer
        if not self._begun:
            self._begun = True
            yield self._chunk({"role": "assistant", "content": ""})
        for event in self._writer.new(answer):
            last = event["event"] == "answer"
            delta = {"content": _text(answer)} if last else {}
            yield {**self._chunk(delta, _finish(answer) if last else None), "assistant": event}
        if answer.final and self._with_usage:
            yield {**self._frame, "choices": [], "usage": _usage(answer)}

    def error(self, error: UserError) -> dict[str, Any]:
        """What went wrong after the first chunk."""
        return {"error": {"message": public_message(error), "type": "server_error", "code": None}}

    def _chunk(self, delta: Mapping[str, Any], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {**self._frame, "choices": [choice]}


def models(names: Sequence[str]) -> dict[str, Any]:
    """The list of models."""
    data = [{"id": n, "object": "model", "created": 0, "owned_by": "local"} for n in names if n]
    return {"object": "list", "data": data}


def _frame(kind: str, model: str, answer_id: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{answer_id}",
        "object": kind,
        "created": int(time.time()),
        "model": model,
        "system_fingerprint": None,
    }


def _text(answer: Answer) -> str:
    """The supported sentences with their marks and the sources, or why there is no answer."""
    if answer.refusal:
        return answer.refusal.reason
    if not answer.supported:
        return "\n".join((answer.text, *(f"- {option}" for option in answer.options)))
    sources = "\n".join(f"[{c.number}] {about(to_json(c.article))}" for c in answer.citations)
    between = "\n" if answer.in_rows else " "
    text = between.join(map(_marked, answer.supported))
    return text + (f"\n\n{sources}" if sources else "")


def _marked(claim: Claim) -> str:
    return f"{claim.line} {''.join(f'[{c.number}]' for c in claim.citations)}"


def _without_marks(text: str) -> str:
    r"""A past answer as it was before marks and sources were added.

    >>> _without_marks("Kim Gunn is. [1] He met them. [1][2]\n\n[1] Talks — Courier\n[2] More")
    'Kim Gunn is. He met them.'
    """
    return _MARKS.sub("", _SOURCES.sub("", text))


def _finish(answer: Answer) -> str:
    return "length" if answer.finish_reason in ("length", "deadline") else "stop"


def _usage(answer: Answer) -> dict[str, Any]:
    cost = answer.timings
    return {
        "prompt_tokens": cost.prompt_tokens,
        "completion_tokens": cost.completion_tokens,
        "total_tokens": cost.prompt_tokens + cost.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": cost.cached_tokens},
    }
