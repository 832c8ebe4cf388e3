"""A model behind a URL that speaks OpenAI's chat API: Ollama, vLLM, llama-server, LM Studio.

The server applies its own chat template, so control words in a message are left to
`assistant.core.sanitize`. The request runs on an event loop of its own, because only that can drop
a connection in the middle of a wait, which is what frees the server.
"""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Coroutine, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from assistant.llm.language_model import (
    Emit,
    Finish,
    Limits,
    Message,
    Piece,
    Stopped,
    Usage,
    relay,
    require_room,
)
from index.core.addresses import without_secrets
from index.core.errors import UserError
from index.core.openai_api import explain, http_options

if TYPE_CHECKING:
    import openai

CONNECT_S = 5.0
SEED = 0
MESSAGE_TOKENS = 8  # what the frame around a message costs at most, in the templates we know
ANSWER_TOKENS = 8
_WORD = re.compile("[A-Za-z]+")
_NUMBER = re.compile("[0-9]+")


class OpenAIServer:
    """One model of one server as a `LanguageModel`.

    Tokens are estimated from above, since the API cannot count; the usage of a finished answer is
    the server's. A server that is given a shorter context than `context_tokens` may cut prompts
    silently (Ollama's `num_ctx` does), so the two settings must agree.
    """

    def __init__(
        self, url: str, model: str, *, api_key: str = "", context_tokens: int = 4096
    ) -> None:
        """Checks the address (UsageError); nothing is sent yet.

        `url` is the API's base ("http://127.0.0.1:11434/v1"), `model` its name there,
        `context_tokens` the room for prompt and answer as the server is configured.
        """
        self.name = model
        self.context_tokens = context_tokens
        self._url = url
        self._api_key = api_key or "none"
        self._http_options = http_options(url, "engine")
        self._closed = threading.Event()

    def count(self, text: str) -> int:
        """Tokens of a text, estimated from above: see `estimate_tokens`."""
        return estimate_tokens(text)

    def count_prompt(self, messages: Sequence[Message]) -> int:
        """Tokens of the whole prompt, estimated from above."""
        return ANSWER_TOKENS + sum(estimate_tokens(m.content) + MESSAGE_TOKENS for m in messages)

    def stream(
        self, messages: Sequence[Message], limits: Limits, cancel: threading.Event | None = None
    ) -> Iterator[Piece]:
        """Generate the next message, see `LanguageModel.stream`.

        Raises:
            PromptTooLongError: prompt and answer exceed the context; raised by the call itself.
            UserError: the server failed; raised while iterating, names the URL and the way out.
        """
        estimate = self.count_prompt(messages)
        require_room(estimate, limits, self.context_tokens)
        if self._closed.is_set():
            raise RuntimeError(f"{self.name} is closed")
        return self._run(messages, _Progress(estimate), limits, cancel)

    def close(self) -> None:
        """End the answers being generated."""
        self._closed.set()

    def _run(
        self,
        messages: Sequence[Message],
        progress: _Progress,
        limits: Limits,
        cancel: threading.Event | None,
    ) -> Iterator[Piece]:
        def produce(emit: Emit, stopped: Stopped) -> None:
            request = self._request(messages, limits, progress, emit)
            asyncio.run(_until(lambda: stopped() or self._closed.is_set(), request))

        finish = (yield from relay(produce, limits, cancel)) or progress.finish
        if finish is None and not self._closed.is_set():
            raise UserError(self._broke_off() if progress.began else self._no_chat_api())
        yield Piece(usage=progress.usage(finish or "cancelled"))

    async def _request(
        self, messages: Sequence[Message], limits: Limits, progress: _Progress, emit: Emit
    ) -> None:
        import openai

        client = openai.AsyncOpenAI(
            base_url=self._url,
            api_key=self._api_key,
            max_retries=1,
            # how long an answer may take is the deadline's business
            timeout=openai.Timeout(None, connect=CONNECT_S),
            http_client=openai.DefaultAsyncHttpxClient(**self._http_options),
        )
        params: Any = [{"role": m.role, "content": m.content} for m in messages]
        async with client:
            try:
                chunks = await client.chat.completions.create(
                    model=self.name,
                    messages=params,
                    max_tokens=limits.max_tokens,
                    stop=list(limits.stop) or openai.omit,
                    temperature=0,
                    seed=SEED,
                    stream=True,
                    stream_options={"include_usage": True},
                )
                async for chunk in chunks:
                    progress.take(chunk, emit)
            except openai.NotFoundError as error:
                raise UserError(await self._no_such_model(client)) from error
            except openai.OpenAIError as error:
                if progress.began:
                    raise UserError(self._broke_off()) from error
                raise UserError(explain(error, self._url, "engine")) from error
            except (ValueError, TypeError, AttributeError) as error:
                # the client builds its objects from whatever JSON came, unchecked
                raise UserError(self._no_chat_api()) from error

    async def _no_such_model(self, client: openai.AsyncOpenAI) -> str:
        import openai

        try:
            names = sorted([model.id async for model in client.models.list()])
        except (openai.OpenAIError, ValueError, TypeError, AttributeError):
            return self._no_chat_api()
        return (
            f"{without_secrets(self._url)} has no model {self.name!r}."
            f" Set engine.model to one it has: {', '.join(names[:10]) or 'it lists none'}."
        )

    def _no_chat_api(self) -> str:
        return (
            f"{without_secrets(self._url)} does not answer like an OpenAI chat API."
            " Check engine.url; it usually ends in /v1."
        )

    def _broke_off(self) -> str:
        return f"{without_secrets(self._url)} broke off in the middle of an answer. Ask again."


async def _until(stopped: Stopped, work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(work)
    while not (task.done() or stopped()):
        await asyncio.wait({task}, timeout=0.05)
    if task.done():
        task.result()
    else:
        task.cancel()
        await asyncio.wait({task})


def estimate_tokens(text: str) -> int:
    """Tokens of a text from above, for any common vocabulary.

    One for each 4 letters of an English word, each digit, each number and each other ASCII sign;
    other characters cost a token less than they have bytes in UTF-8. Measured on English news:
    1.4 to 1.6 times the tokens of SmolLM2 and Qwen2.5. Only a bare list of foreign names has more.

    >>> estimate_tokens("Seoul said on 24 July: no.")
    11
    """
    words = sum(-(-len(word) // 4) for word in _WORD.findall(text))
    rest = _WORD.sub("", text).replace(" ", "")
    foreign = sum(len(c.encode("utf-8", "replace")) - 1 for c in rest if not c.isascii())
    return words + len(_NUMBER.findall(text)) + sum(c.isascii() for c in rest) + foreign


class _Progress:
    """Counts tokens while an answer is streamed; the server's own figures replace them."""

    def __init__(self, estimate: int) -> None:
        self.began = False
        self.finish: Finish | None = None
        self._prompt_tokens = estimate
        self._cached_tokens = 0
        self._completion_tokens = 0
        self._start = self._first = self._last = time.monotonic()

    def take(self, chunk: Any, emit: Emit) -> None:
        self.began = True
        for choice in chunk.choices:
            if choice.delta.content:
                self._last = time.monotonic()
                if not self._completion_tokens:
                    self._first = self._last
                self._completion_tokens += 1  # servers send a token a chunk; the usage corrects it
                emit(Piece(text=choice.delta.content))
            if choice.finish_reason:
                self.finish = "length" if choice.finish_reason == "length" else "stop"
        if chunk.usage:
            self._prompt_tokens = chunk.usage.prompt_tokens
            self._completion_tokens = chunk.usage.completion_tokens
            details = chunk.usage.prompt_tokens_details
            self._cached_tokens = (details.cached_tokens or 0) if details else 0

    def usage(self, finish: Finish) -> Usage:
        return Usage(
            prompt_tokens=self._prompt_tokens,
            cached_tokens=self._cached_tokens,
            completion_tokens=self._completion_tokens,
            prompt_s=self._first - self._start,
            decode_s=self._last - self._first,
            finish=finish,
        )
