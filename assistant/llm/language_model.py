"""The LanguageModel protocol, the values that cross it, and what all engines share.

`assistant.llm.llamacpp` runs a model in this process, `assistant.llm.openai_server` calls a server.
"""

import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Literal, Protocol

from index.core.errors import UsageError
from index.core.threads import in_thread

Role = Literal["system", "user", "assistant"]
Finish = Literal["stop", "length", "deadline", "cancelled"]


class PromptTooLongError(UsageError):
    """Prompt and answer together do not fit into the model's context; nothing was run."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat. `content` is text only: a control token spelled out in it stays text."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Limits:
    """When an answer ends at the latest.

    `max_tokens` generated (0: the prompt is only read, see `LanguageModel.stream`), `deadline_s`
    seconds since the first piece was asked for, or one of the `stop` strings, which is left out.
    """

    max_tokens: int
    deadline_s: float
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """Progress of the prefill: `done` of `total` prompt tokens, `cached` of them from before."""

    done: int
    total: int
    cached: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer cost. Tokens are the model's own, times are seconds.

    `cached_tokens` of the `prompt_tokens` were not read again. `prompt_s` ends and `decode_s`
    begins with the first generated token. `finish` is "stop" if the model ended by itself or at a
    stop string, "length" if it had generated `max_tokens`.
    """

    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    prompt_s: float
    decode_s: float
    finish: Finish

    @property
    def prompt_per_s(self) -> float:
        """Prompt tokens read per second; 0 if none were."""
        return _rate(self.prompt_tokens - self.cached_tokens, self.prompt_s)

    @property
    def decode_per_s(self) -> float:
        """Tokens generated per second; 0 below two, as the first one ends the prefill."""
        return _rate(self.completion_tokens - 1, self.decode_s)


@dataclass(frozen=True, slots=True)
class Piece:
    """An item of a model's output: progress while it reads, then text; the last has `usage`.

    `likely` are the candidates for this token with their natural log probability, most likely
    first; the first is what `text` begins with. Empty where an engine reports none.
    """

    text: str = ""
    reading: Reading | None = None
    usage: Usage | None = None
    likely: tuple[tuple[str, float], ...] = ()


class LanguageModel(Protocol):
    """Continues a chat. Safe to use from several threads."""

    @property
    def name(self) -> str:
        """The name that answers report."""

    @property
    def context_tokens(self) -> int:
        """The context size: prompt and answer together."""

    def count(self, text: str) -> int:
        """Tokens of a text by itself; within a message it may cost a token more or less."""

    def count_prompt(self, messages: Sequence[Message]) -> int:
        """Tokens of the whole prompt that `stream` would send."""

    def stream(
        self, messages: Sequence[Message], limits: Limits, cancel: threading.Event | None = None
    ) -> Iterator[Piece]:
        """Generate the next message, greedily and with a fixed seed; the last piece has `usage`.

        Setting `cancel` ends it with finish "cancelled", the deadline with "deadline", both with
        the text so far. Closing the iterator cancels too. The engine is free again within about a
        second, or, while the prompt is being read, after the current batch.

        With `max_tokens` 0 the prompt is only read, in small steps so that cancelling frees the
        engine sooner; a later prompt that begins like it is read from where they differ.

        Raises:
            PromptTooLongError: prompt and `max_tokens` exceed `context_tokens`.
            UserError: the engine failed; the message says what to do.
        """

    def close(self) -> None:
        """Free the model; running answers end as cancelled. May be called again."""


class ModelWrapper:
    """Base of wrappers: everything but `stream` is the wrapped model's."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self.name = model.name
        self.context_tokens = model.context_tokens
        self.count = model.count
        self.count_prompt = model.count_prompt
        self.close = model.close


def require_room(prompt_tokens: int, limits: Limits, context_tokens: int) -> None:
    """PromptTooLongError if there is no room for the answer: an engine would cut it silently."""
    if prompt_tokens + limits.max_tokens > context_tokens:
        raise PromptTooLongError(
            f"The prompt has {prompt_tokens} tokens and the answer may have {limits.max_tokens},"
            f" but the model's context holds {context_tokens}."
            " Show it less text, or raise engine.context_tokens."
        )


Emit = Callable[[Piece], None]
Stopped = Callable[[], bool]
_POLL_S = 0.05  # how late a cancel may be noticed; text is never delayed by it


def relay(
    produce: Callable[[Emit, Stopped], None], limits: Limits, cancel: threading.Event | None
) -> Generator[Piece, None, Finish | None]:
    """Run a blocking engine in a thread and yield the pieces it emits, until a limit is reached.

    `produce(emit, stopped)` must return soon after `stopped()` turns true. Its exception is raised
    here. Returns "cancelled" or "deadline", or None if the producer came to its own end.
    """
    end = time.monotonic() + limits.deadline_s

    def run(emit: Emit, left: threading.Event) -> None:
        produce(emit, lambda: left.is_set() or _exiting())

    with closing(in_thread(run, name="engine", beat_s=_POLL_S)) as pieces:
        for piece in pieces:
            if _exiting() or (cancel is not None and cancel.is_set()):
                return "cancelled"
            if time.monotonic() >= end:
                return "deadline"
            if piece is not None:
                yield piece
    return "cancelled" if _exiting() else None


def _exiting() -> bool:
    # The interpreter waits for our threads before it exits, and nobody waits for the answer.
    return not threading.main_thread().is_alive()


def _rate(tokens: int, seconds: float) -> float:
    return tokens / seconds if tokens > 0 and seconds > 0 else 0.0
