"""How fast, in one run: each figure beside its floor, because machines differ and are noisy.

Floors are measured here as well: the raw engine on the very prompts the pipeline sent, the bare
embedder on the very passages that were ingested. Ratios of one run are what counts.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.answer import Answer
from assistant.build import House
from assistant.engine import LanguageModel, Limits, Message, Piece, Usage
from assistant.pipeline import Assistant
from assistant.settings import Settings, load
from eval.archive import SAMPLE, SEED, write_archive
from index.embedding import usable_cores
from index.errors import UserError
from index.ingest import Ingest, embedded_text
from index.library import Library
from index.report import Report


def run(questions: int, articles: int, json_file: Path | None) -> int:
    """Measure everything, print a table, and write the figures if asked to.

    Raises:
        UserError: if a model is missing.
    """
    figures: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="assistant-speed-") as folder:
        settings = load({"data": folder})
        if settings.engine.url:
            raise UserError("The raw engine is measured in this process; unset engine.url.")
        house = House(settings)
        try:
            house.ingest(lambda what, done, total: None).run([SAMPLE / "articles"])
            _show("cold start (s)", _cold_start(settings), figures)
            _show("with a running server (s)", _served(settings), figures)
            _show(f"question (medians of {questions})", _questions(house, questions), figures)
        finally:
            house.close()
        _show(f"ingest of {articles} articles", measure_ingest(settings, articles), figures)
    if json_file:
        json_file.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    return 0


def _show(title: str, rows: dict[str, float], figures: dict[str, dict[str, float]]) -> None:
    figures[title] = rows
    print(f"\n{title}")
    for name, value in rows.items():
        print(f"  {name:52} {value:10.3f}", flush=True)


# ── cold start ────────────────────────────────────────────────────────────────────────────────


def _cold_start(settings: Settings) -> dict[str, float]:
    environ = os.environ | {
        "ASSISTANT_DATA": str(settings.data),
        "ASSISTANT_CACHE": str(settings.cache),
    }

    def process(*command: str) -> tuple[float, str]:
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, *command], env=environ, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise UserError(f"{' '.join(command)} failed: {done.stderr.strip()[-200:]}")
        return time.perf_counter() - start, done.stdout

    nothing = statistics.median(process("-c", "pass")[0] for _ in range(5))
    helping = statistics.median(process("-m", "assistant.cli", "--help")[0] for _ in range(5))
    parts: dict[str, float] = json.loads(process("-m", "eval.cold_start")[1])
    total, printed = process(
        "-m", "assistant.cli", "ask", "--json", "Who is the ROK special representative?"
    )
    answer = json.loads(printed)
    return {
        "python -c pass": nothing,
        "assistant --help": helping,
        "assistant --help ÷ python -c pass": helping / nothing,
        **parts,
        "import llama_index (ingest only)": process("-c", "import llama_index.core")[0] - nothing,
        "import sentence_transformers (ingest only)": process("-c", "import sentence_transformers")[
            0
        ]
        - nothing,
        "assistant ask, whole process": total,
        "assistant ask, to the evidence (model load included)": answer["timings"]["evidence_s"],
    }


# ── a server that runs ────────────────────────────────────────────────────────────────────────

NOWHERE = "Who is the mayor of Quelimane?"  # refused before the model is asked
LET_BE_S = 2.0  # in which the engine ends the batch of an answer that nobody waits for any more


def _served(settings: Settings) -> dict[str, float]:
    """What a question costs whose answer a running server makes, until its evidence is printed.

    Each question is asked once: the server knows the scores of what it has read before.
    """
    environ = os.environ | {
        "ASSISTANT_DATA": str(settings.data),
        "ASSISTANT_CACHE": str(settings.cache),
    }
    ask = [sys.executable, "-m", "assistant.cli", "ask", "--json"]

    def process(*command: str) -> tuple[float, str]:
        start = time.perf_counter()
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        return time.perf_counter() - start, done.stdout

    def evidence(question: str) -> float:
        """Seconds until a process has printed the evidence."""
        time.sleep(LET_BE_S)
        start = time.perf_counter()
        asking = subprocess.Popen(
            [*ask, "--stream", question],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        with asking:
            event = json.loads(asking.stdout.readline() if asking.stdout else "")
            took = time.perf_counter() - start
            asking.terminate()
        assert event["event"] == "evidence", question
        return took

    start = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "assistant.cli", "ui", "--port", "0"],
        env=environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    with server:
        try:
            if not (server.stdout and server.stdout.readline()):
                raise UserError("assistant ui did not start.")
            ready = time.perf_counter() - start
            nothing = statistics.median(process(sys.executable, "-c", "pass")[0] for _ in range(7))
            refused = [process(*ask, NOWHERE) for _ in range(7)]
            evident = sorted(map(evidence, _asked()[:15]))
        finally:
            server.terminate()
    beside = statistics.median(
        took - json.loads(printed)["timings"]["total_s"] for took, printed in refused
    )
    return {
        "assistant ui, until it answers": ready,
        "python -c pass": nothing,
        "assistant ask, beside the server's own time": beside,
        "  beyond python -c pass": beside - nothing,
        "assistant ask, until its evidence is printed": statistics.median(evident),
        "  beyond what its process costs": statistics.median(evident) - beside,
        "  of the slowest of fifteen questions": evident[-1],
    }


def _asked() -> list[str]:
    """The questions of the sample that stand alone and can be answered, shuffled."""
    lines = (SAMPLE / "questions.jsonl").read_text("utf-8").splitlines()
    rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    asked = [row["question"] for row in rows if row["answerable"] and not row.get("history")]
    random.Random(SEED).shuffle(asked)
    return asked


# ── question ──────────────────────────────────────────────────────────────────────────────────


class _Recorder:
    """Passes a model through and keeps what was sent to it and what it cost."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self.name = model.name
        self.context_tokens = model.context_tokens
        self.messages: Sequence[Message] = ()
        self.usage: Usage | None = None
        self.count = model.count
        self.count_prompt = model.count_prompt
        self.close = model.close

    def stream(
        self, messages: Sequence[Message], limits: Limits, cancel: threading.Event | None = None
    ) -> Iterator[Piece]:
        self.messages = messages
        for piece in self._model.stream(messages, limits, cancel):
            self.usage = piece.usage or self.usage
            yield piece


@dataclass(frozen=True, slots=True)
class _Asked:
    answer: Answer
    raw_prefill: float
    raw_decode: float

    @property
    def prefill(self) -> float:
        """Tokens read per second between evidence and first word, reused ones left out."""
        t = self.answer.timings
        return (t.prompt_tokens - t.cached_tokens) / ((t.first_token_s or 0) - t.evidence_s)

    @property
    def decode(self) -> float:
        """Tokens written per second after the first word, checking included."""
        t = self.answer.timings
        return (t.completion_tokens - 1) / (t.total_s - (t.first_token_s or 0))


def _questions(house: House, number: int) -> dict[str, float]:
    recorder = _Recorder(house.model())
    assistant = Assistant(house.search, house.reranker, lambda: recorder)
    raw = _RawEngine(house)
    done: list[_Asked] = []
    assistant.ask("Who is the US special representative?")  # the first one warms every part
    for question in _asked():
        answer = assistant.ask(question)
        if answer.timings.completion_tokens > 5 and recorder.messages:
            done.append(_Asked(answer, *raw.speeds(recorder.messages)))
        if len(done) == number:
            break

    def median(values: Iterator[float]) -> float:
        return statistics.median(values)

    return {
        "raw engine, prefill tokens/s": median(a.raw_prefill for a in done),
        "pipeline, prefill tokens/s": median(a.prefill for a in done),
        "  ÷ raw engine": median(a.prefill / a.raw_prefill for a in done),
        "raw engine, decode tokens/s": median(a.raw_decode for a in done),
        "pipeline, decode tokens/s": median(a.decode for a in done),
        "  ÷ raw engine (decode)": median(a.decode / a.raw_decode for a in done),
        "prompt tokens": median(a.answer.timings.prompt_tokens for a in done),
        "  of these cached": median(a.answer.timings.cached_tokens for a in done),
        "completion tokens": median(a.answer.timings.completion_tokens for a in done),
        "seconds to evidence": median(a.answer.timings.evidence_s for a in done),
        "seconds to first word": median(a.answer.timings.first_token_s or 0 for a in done),
        "seconds to the end": median(a.answer.timings.total_s for a in done),
    }


class _RawEngine:
    """llama.cpp by itself, with its own batch sizes and none of our code between."""

    def __init__(self, house: House) -> None:
        import xllamacpp

        engine = house.settings.engine
        params = xllamacpp.CommonParams()
        params.model.path = str(house.models.resolve(engine.model))
        params.n_ctx = engine.context_tokens
        params.n_parallel = 1
        threads = engine.threads or usable_cores()
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
        params.n_gpu_layers = engine.gpu_layers
        params.verbosity = -1
        self._server = xllamacpp.Server(params)

    def speeds(self, messages: Sequence[Message]) -> tuple[float, float]:
        """Tokens read and written per second for one prompt, nothing reused."""
        frames = [f"<|im_start|>{m.role}\n{m.content}<|im_end|>\n" for m in messages]
        found = self._server.handle_completions(
            {
                "prompt": "".join(frames) + "<|im_start|>assistant\n",
                "n_predict": 32,
                "temperature": 0,
                "cache_prompt": False,
                "ignore_eos": True,
            }
        )
        timings = found["timings"]
        return timings["prompt_per_second"], timings["predicted_per_second"]


# ── ingest ────────────────────────────────────────────────────────────────────────────────────


def measure_ingest(settings: Settings, number: int) -> dict[str, float]:
    """Passages a second of an ingest and of the bare embedder, and a second ingest's share."""
    with tempfile.TemporaryDirectory(prefix="assistant-speed-") as folder:
        root = Path(folder)
        write_archive(root / "articles", number)
        house = House(settings.model_copy(update={"data": root / "data"}))
        indexer = house.indexer()  # imported before: a cold start's cost stands above

        def once() -> tuple[float, Report]:
            begin = time.perf_counter()
            cache = root / "embeddings.sqlite"
            report = Ingest(house.store, cache, house.embedder, lambda: indexer).run(
                [root / "articles"]
            )
            return time.perf_counter() - begin, report

        first, report = once()
        again, _ = once()

        generation, _ = house.store.open()
        assert generation is not None
        library = Library(generation.library)
        texts = [embedded_text(p) for p in _all_passages(library)]
        library.close()
        begin = time.perf_counter()
        house.embedder.passages(texts)
        bare = time.perf_counter() - begin
        house.close()
    return {
        "ingest, articles/s": report.articles / first,
        "ingest, passages/s": report.passages / first,
        "bare embedder, passages/s": len(texts) / bare,
        "  ÷ bare embedder": bare / first,
        "ingest again, nothing changed (s)": again,
        "  ÷ first ingest": again / first,
    }


def _all_passages(library: Library) -> list[Any]:
    ids = library.passage_ids()
    found: list[Any] = []
    for start in range(0, len(ids), 500):
        found.extend(library.passages(ids[start : start + 500]).values())
    return found
