"""A model in this process: llama.cpp through xllamacpp.

Prompts are sent as token ids (see `assistant.llm.chat_template`). xllamacpp offers tokenising only
through the HTTP listener that it always opens, on the loopback address, here behind a random key.
"""

import atexit
import functools
import http.client
import json
import os
import secrets
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from assistant.llm.chat_template import choose_template, prompt_tokens
from assistant.llm.language_model import (
    Emit,
    Finish,
    Limits,
    Message,
    Piece,
    Reading,
    Stopped,
    Usage,
    relay,
    require_room,
)
from index.core.cpu_cores import usable_cores
from index.core.errors import DamagedError, UsageError, UserError

# A cancelled question stops after up to two more batches: 2 s for 1.5B on two cores, where batches
# of 64 read 62 tokens a second, and of 128 or 512 65.
BATCH_TOKENS = 64
# A prefill without an answer is stopped after the current step: 0.3 s for 1.5B. Steps of 16 read 53
# tokens a second, of 32 58 and of 64 63.
STEP_TOKENS = 16
MAX_PROMPTS = 64  # last prompts whose cached beginnings are remembered
ALTERNATIVES = 10  # candidates reported for each token
SEED = 0


class LlamaCpp:
    """A GGUF file as a `LanguageModel`.

    A prompt that begins like an earlier one is read from where they differ: `cache_ram_mib` MiB of
    earlier prompts are kept. One answer is generated at a time, further ones wait.
    """

    def __init__(
        self,
        path: Path,
        *,
        name: str = "",
        template: str = "",
        context_tokens: int = 4096,
        threads: int = 0,
        gpu_layers: int = 0,
        cache_ram_mib: int = 1024,
        mapped: bool = True,
        state_folder: Path | None = None,
    ) -> None:
        """Load the model of the GGUF file `path`; takes seconds.

        `name` is what answers report (empty: the file's name), `template` one of `TEMPLATES`
        (empty: by the vocabulary), `threads` 0 all that may be used, `state_folder` what `save`
        writes to. `mapped`: map the file into memory: ready 0.4 s sooner, but 0.6 GB of the file's
        pages stay in this process beside the weights in use (1.5B: 1.35 GB in all).

        Raises:
            UsageError: the file, the template or the context does not fit.
            DamagedError: the file is not a whole GGUF model.
        """
        self.name = name or path.stem
        self.context_tokens = context_tokens
        self._closed = threading.Event()
        self._prompts: deque[list[int]] = deque(maxlen=MAX_PROMPTS)
        self._key = secrets.token_hex(16)
        params = self._params(path, threads, gpu_layers, cache_ram_mib)
        if state_folder:
            params.slot_save_path = f"{state_folder}{os.sep}"
        self._server = _load(path, params, mapped=mapped)
        self._address = self._server.listening_address.removeprefix("http://")
        # A prompt is counted and then read, and a follow-up begins with the messages before it.
        self._tokenise = functools.lru_cache(maxsize=512)(self._ask_tokens)
        atexit.register(self.close)  # a C++ thread that outlives the interpreter may crash it
        try:
            self._require_trained_for(context_tokens)
            self._template = choose_template(template, self.name, self._tokenise)
        except UsageError:
            self.close()
            raise

    def count(self, text: str) -> int:
        """Tokens of a text by itself."""
        return len(self._tokenise(text, False))

    def count_prompt(self, messages: Sequence[Message]) -> int:
        """Tokens of the whole prompt."""
        return len(self._prompt(messages))

    def stream(
        self, messages: Sequence[Message], limits: Limits, cancel: threading.Event | None = None
    ) -> Iterator[Piece]:
        """Generate the next message, see `LanguageModel.stream`.

        Raises:
            PromptTooLongError: prompt and answer exceed the context; raised by the call itself.
            UserError: llama.cpp gave up; raised while iterating.
        """
        prompt = self._prompt(messages)
        require_room(len(prompt), limits, self.context_tokens)
        return self._run(prompt, limits, cancel)

    def save(self, name: str) -> int:
        """Save the state after the last prompt; see `prefix_cache.StatefulModel`."""
        reply = self._ask("POST", "/slots/0?action=save", {"filename": name})
        return int(reply.get("n_written", 0))

    def restore(self, name: str) -> None:
        """Restore what `save` wrote into this file, if possible."""
        self._ask("POST", "/slots/0?action=restore", {"filename": name})

    def close(self) -> None:
        """Free the model, as soon as the running answers have stopped."""
        self._closed.set()
        self._server = None
        self._tokenise.cache_clear()
        atexit.unregister(self.close)

    def _run(
        self, prompt: list[int], limits: Limits, cancel: threading.Event | None
    ) -> Iterator[Piece]:
        if self._closed.is_set():
            raise RuntimeError(f"{self.name} is closed")
        progress = _Progress(len(prompt))
        request = {
            "n_predict": limits.max_tokens,
            "stop": limits.stop,
            "temperature": 0,
            "seed": SEED,
            "cache_prompt": True,
            "stream": True,
            # reports between the batches of the prompt: the only moments to cancel in
            "return_progress": True,
            "logprobs": ALTERNATIVES,
            "timings_per_token": True,
        }

        def produce(emit: Emit, stopped: Stopped) -> None:
            ends = [len(prompt)] if limits.max_tokens else list(self._steps(prompt))
            cached: list[int] = []
            self._prompts.append(cached)

            def take(chunk: dict[str, Any]) -> bool:
                piece = progress.take(chunk)
                # one token is always generated
                if piece and (piece.reading or limits.max_tokens):
                    emit(piece)
                cached.extend(prompt[len(cached) : progress.read])
                return stopped() or self._closed.is_set()

            for end in ends:
                # held by this thread only, so that close() or this thread's end destroys it: a
                # server destroyed while the interpreter exits may crash it
                server = self._server
                if server is None or stopped():
                    break
                progress.begin_step()
                server.handle_completions({**request, "prompt": prompt[:end]}, take)
                if progress.finish is None:  # stopped or failed
                    break

        finish = (yield from relay(produce, limits, cancel)) or progress.finish
        if finish is None and not self._closed.is_set():
            raise UserError(f"The model {self.name} stopped: {progress.error}. Ask again.")
        yield Piece(usage=progress.usage(finish or "cancelled"))

    def _steps(self, prompt: list[int]) -> Iterator[int]:
        """The ends of the steps in which a prompt is read.

        The first step includes all that is cached: a shorter one would make llama.cpp drop it.
        """
        cached = max((_common_prefix(prompt, one) for one in self._prompts.copy()), default=0)
        yield from range(cached + STEP_TOKENS, len(prompt), STEP_TOKENS)
        yield len(prompt)

    def _prompt(self, messages: Sequence[Message]) -> list[int]:
        return prompt_tokens(self._template, messages, self._tokenise)

    def _ask_tokens(self, text: str, special: bool) -> tuple[int, ...]:
        # a lone surrogate, which only a broken file name or decoder can bring, is no JSON
        text = text.encode("utf-8", "replace").decode("utf-8")
        body = {"content": text, "add_special": False, "parse_special": special}
        return tuple(self._ask("POST", "/tokenize", body)["tokens"])

    def _require_trained_for(self, context_tokens: int) -> None:
        trained = self._ask("GET", "/v1/models")["data"][0]["meta"]["n_ctx_train"]
        if context_tokens > trained:
            raise UsageError(
                f"{self.name} was trained for {trained} tokens of context, not {context_tokens}."
                f" Set engine.context_tokens to at most {trained}."
            )

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        if self._closed.is_set():
            raise RuntimeError(f"{self.name} is closed")
        headers = {"Authorization": f"Bearer {self._key}"}
        with closing(http.client.HTTPConnection(self._address, timeout=60)) as connection:
            connection.request(method, path, json.dumps(body), headers)
            return cast("dict[str, Any]", json.loads(connection.getresponse().read()))

    def _params(self, path: Path, threads: int, gpu_layers: int, cache_ram_mib: int) -> Any:
        # llama.cpp's threads spin while they wait for each other: with another busy process on the
        # same two cores, 20 tokens a second became 0.2. Spinning shorter costs nothing otherwise.
        # OpenMP reads this when xllamacpp is first imported.
        os.environ.setdefault("GOMP_SPINCOUNT", "5000")
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_ctx = self.context_tokens
        params.n_parallel = 1
        params.n_batch = params.n_ubatch = BATCH_TOKENS
        params.n_gpu_layers = gpu_layers
        params.cache_ram_mib = cache_ram_mib
        threads = threads or usable_cores()
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
        params.n_threads_http = 2
        params.api_keys = [self._key]
        params.offline = True
        params.warmup = False  # a trial run of the whole model takes a second
        params.ui = params.endpoint_slots = False
        params.fit_params = False  # it would lower n_ctx silently
        # the file's own template is a program of its author's and must not run
        params.use_jinja = False
        params.chat_template = "chatml"
        params.verbosity = -1
        return params


def _load(path: Path, params: Any, *, mapped: bool) -> Any:
    import xllamacpp

    mode = xllamacpp.llama_load_mode
    params.load_mode = mode.LLAMA_LOAD_MODE_MMAP if mapped else mode.LLAMA_LOAD_MODE_NONE
    if not path.is_file():
        raise UsageError(f"There is no model file {path}. Pull it or set engine.model.")
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise DamagedError(f"{path} is not a GGUF model file. Pull the model again.")
    try:
        return xllamacpp.Server(params)
    except RuntimeError as error:
        raise DamagedError(
            f"{path} cannot be loaded: cut off, damaged, or too large for the memory."
            " Pull the model again, or choose a smaller one."
        ) from error


def _common_prefix(one: list[int], other: list[int]) -> int:
    """How many tokens both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _likely(choice: dict[str, Any]) -> tuple[tuple[str, float], ...]:
    content = (choice.get("logprobs") or {}).get("content") or [{}]
    candidates = content[0].get("top_logprobs", ())
    return tuple((one["token"], one["logprob"]) for one in candidates)


@dataclass(slots=True)
class _Progress:
    """The cost of one answer so far, as reported with each chunk.

    `read` tokens of the prompt are in the engine's cache now, `cached` were before the first step;
    `before_ms` is the time of the steps before this one.
    """

    prompt_tokens: int
    read: int = 0
    cached: int | None = None
    before_ms: float = 0.0
    finish: Finish | None = None
    error: str = "no reason given"
    timings: dict[str, float] = field(default_factory=dict)

    def begin_step(self) -> None:
        self.before_ms += self.timings.get("prompt_ms", 0.0)
        self.timings, self.finish = {}, None

    def take(self, chunk: dict[str, Any]) -> Piece | None:
        """Take in a chunk; the piece that it brings, if any."""
        piece = None
        if "error" in chunk:
            self.error = chunk["error"]["message"]
            return piece
        if timings := chunk.get("timings"):
            self.timings = timings
            self.cached = int(timings["cache_n"]) if self.cached is None else self.cached
        choice = chunk["choices"][0]
        if choice["text"]:
            piece = Piece(text=choice["text"], likely=_likely(choice))
        elif "prompt_progress" in chunk:
            progress = chunk["prompt_progress"]
            self.read = progress["processed"]
            piece = Piece(reading=Reading(self.read, self.prompt_tokens, progress["cache"]))
        if choice["finish_reason"]:
            self.finish = "length" if choice["finish_reason"] == "length" else "stop"
        return piece

    def usage(self, finish: Finish) -> Usage:
        return Usage(
            prompt_tokens=self.prompt_tokens,
            cached_tokens=self.cached or 0,
            completion_tokens=int(self.timings.get("predicted_n", 0)),
            prompt_s=(self.before_ms + self.timings.get("prompt_ms", 0.0)) / 1000,
            decode_s=self.timings.get("predicted_ms", 0.0) / 1000,
            finish=finish,
        )
