"""OpenAI's chat completions: its messages in, its completions and chunks out.

Knows neither HTTP nor the desk. The text of an answer carries numbered marks and ends with a list
of sources; the extra field `assistant` of a completion is the object of `assistant.backends.serialization.as_json`,
and of a chunk an event of `assistant.backends.serialization.events` (`evidence`, `claim`, `answer`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.backends.serialization import EventWriter, to_json
from assistant.core.answer import Answer, Claim, Turn
from assistant.core.console import about
from index.core.errors import UsageError, UserError
from ui.service.answer_service import Step
from ui.service.public_errors import public_message

REMEMBERED = 4_000  # characters of a past message that are read
_MARKS = re.compile(r" ?\[\d+\]")
_SOURCES = re.compile(r"\n\n\[1\] .*", re.S)


class Part(BaseModel):
    """A part of a message; only text is read."""

    model_config = ConfigDict(extra="ignore")

    type: str = Field(description="text; anything else is refused")
    text: str = ""


class ChatMessage(BaseModel):
    """One message of a conversation."""

    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = Field(None, description="a text, or parts of one")

    @property
    def text(self) -> str:
        """What it says."""
        if isinstance(self.content, list):
            if any(part.type not in ("text", "input_text", "output_text") for part in self.content):
                raise UsageError("Only text can be asked: a message holds something else.")
            return "".join(part.text for part in self.content)
        return self.content or ""


class StreamOptions(BaseModel):
    """What a stream brings besides."""

    model_config = ConfigDict(extra="ignore")

    include_usage: bool = False


def conversation(messages: Sequence[ChatMessage]) -> tuple[str, list[Turn]]:
    """The question and the exchanges before it.

    Raises:
        UsageError: if the last message, system messages left out, is not the user's.
    """
    said = [m for m in messages if m.role in ("user", "assistant")]
    if not said or said[-1].role != "user":
        raise UsageError("The last message has to be the user's question.")
    history = [
        Turn(asked.text[:REMEMBERED], _bare(replied.text[:REMEMBERED]))
        for asked, replied in pairwise(said)
        if (asked.role, replied.role) == ("user", "assistant")
    ]
    return said[-1].text, history


def completion(answer: Answer, model: str, answer_id: str) -> dict[str, Any]:
    """A whole answer."""
    message = {"role": "assistant", "content": text_of(answer), "refusal": None}
    return {
        **_frame("chat.completion", model, answer_id),
        "choices": [
            {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(answer)}
        ],
        "usage": _usage(answer),
        "assistant": to_json(answer),
    }


def text_of(answer: Answer) -> str:
    """The proved sentences with their marks and the sources, or why there is no answer."""
    if answer.refusal:
        return answer.refusal.reason
    return " ".join(map(_marked, answer.supported)) + _sources(answer)


class Chunks:
    """An answer that is being written, in chunks."""

    def __init__(self, model: str, answer_id: str, *, usage: bool) -> None:
        self._frame = _frame("chat.completion.chunk", model, answer_id)
        self._with_usage = usage
        self._telling = EventWriter()
        self._begun = False
        self._shown = 0

    def step(self, step: Step) -> Iterator[dict[str, Any]]:
        """The chunks that a step brings."""
        answer = step.answer
        if not self._begun:
            self._begun = True
            yield self._chunk({"role": "assistant", "content": ""})
        # what is not judged yet may still be refused, and a client cannot take words back
        fresh = self._fresh(answer) if answer.final and not answer.refused else ""
        if answer.final:
            fresh += self._ending(answer)
        events = list(self._telling.new(answer))
        yield from self._told(fresh, events, _finish(answer) if answer.final else None)
        if answer.final and self._with_usage:
            yield {**self._frame, "choices": [], "usage": _usage(answer)}

    def error(self, error: UserError) -> dict[str, Any]:
        """What went wrong after the first word."""
        return {"error": {"message": public_message(error), "type": "server_error", "code": None}}

    def _told(
        self, fresh: str, events: Sequence[Mapping[str, Any]], finish: str | None
    ) -> Iterator[dict[str, Any]]:
        for number, event in enumerate(events, 1):
            last = number == len(events)
            delta = {"content": fresh} if last and fresh else {}
            yield {**self._chunk(delta, finish if last else None), "assistant": event}

    def _fresh(self, answer: Answer) -> str:
        claims = answer.supported[self._shown :]
        text = "".join(
            f"{' ' if self._shown + n else ''}{_marked(c)}" for n, c in enumerate(claims)
        )
        self._shown = len(answer.supported)
        return text

    def _ending(self, answer: Answer) -> str:
        if answer.refusal:
            return answer.refusal.reason
        return _sources(answer)

    def _chunk(self, delta: Mapping[str, Any], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {**self._frame, "choices": [choice]}


def models(names: Sequence[str]) -> dict[str, Any]:
    """The list of models."""
    known = dict.fromkeys(name for name in names if name)
    data = [{"id": n, "object": "model", "created": 0, "owned_by": "local"} for n in known]
    return {"object": "list", "data": data}


def _frame(kind: str, model: str, answer_id: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{answer_id}",
        "object": kind,
        "created": int(time.time()),
        "model": model,
        "system_fingerprint": None,
    }


def _marked(claim: Claim) -> str:
    return f"{claim.text} {''.join(f'[{c.number}]' for c in claim.citations)}"


def _sources(answer: Answer) -> str:
    lines = [f"[{c.number}] {about(c.article)}" for c in answer.citations]
    return "\n\n" + "\n".join(lines) if lines else ""


def _bare(text: str) -> str:
    r"""A past answer as it was before marks and sources were added.

    >>> _bare("Kim Gunn is. [1] He met them. [1][2]\n\n[1] Talks — Courier\n[2] More")
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
