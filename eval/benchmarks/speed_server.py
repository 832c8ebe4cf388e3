"""What questions to a running server cost: its evidence, its memory, and several users at once."""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from assistant.backends.server_client import NOTE, ServerClient
from assistant.core.query import Query
from assistant.core.settings import Settings
from assistant.models.store import ModelStore
from eval.benchmarks.speed_questions import asked
from index.core.errors import UserError

NOWHERE = "Who is the mayor of Quelimane?"  # refused before the model is asked
USERS = 4
EVIDENT = 15  # questions whose evidence is waited for
REST_S = 3.0  # before each of them: the engine leaves a stopped answer within 2 s


@dataclass(frozen=True, slots=True)
class Waited:
    """What one user waited for, in seconds since the question, and how many tokens it took."""

    first_word: float
    end: float
    tokens: int


class Server:
    """A server in a process of its own."""

    def __init__(self, served: ServerClient, pid: int, ready: float) -> None:
        self.ready = ready
        self._served = served
        self._pid = pid

    def evidence(self, question: str) -> float:
        """Seconds until the evidence has come; then the answer is stopped, and its end awaited.

        It is asked `REST_S` after the one before, when the engine has left that.
        """
        time.sleep(REST_S)
        cancel = threading.Event()
        start = time.perf_counter()
        took = 0.0
        for event in self._served.events(Query(question), cancel):
            if event["event"] == "evidence":
                took = time.perf_counter() - start
                cancel.set()
        return took or time.perf_counter() - start  # refused, with all evidence there is

    def answer(self, question: str) -> Waited:
        """Wait for the whole answer."""
        start = time.perf_counter()
        *_, last = self._served.events(Query(question), threading.Event())
        end = time.perf_counter() - start
        timings = last["timings"]
        after = timings["total_s"] - (timings["first_token_s"] or timings["total_s"])
        read = timings["prompt_tokens"] - timings["cached_tokens"]
        return Waited(end - after, end, read + timings["completion_tokens"])

    def resident(self) -> float:
        """Bytes of memory it holds, the mapped model included; 0 where a system does not tell."""
        try:
            fields = Path(f"/proc/{self._pid}/statm").read_text("ascii").split()
        except OSError:
            return 0.0
        return int(fields[1]) * float(os.sysconf("SC_PAGE_SIZE"))


@contextmanager
def running(settings: Settings) -> Iterator[Server]:
    """A server over the index of these settings.

    Raises:
        UserError: if it does not start.
    """
    start = time.perf_counter()
    command = [sys.executable, "-m", "assistant.cli", "ui", "--port", "0"]
    environ = environment(settings)
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            if not (process.stdout and process.stdout.readline()):
                raise UserError("assistant ui did not start.")
            ready = time.perf_counter() - start
            note = json.loads((settings.data / NOTE).read_text("utf-8"))
            served = ServerClient(note["host"], note["port"], note["token"])
            yield Server(served, process.pid, ready)
        finally:
            process.terminate()


def environment(settings: Settings) -> dict[str, str]:
    """What a process needs to know to work with the index and models of these settings."""
    return os.environ | {
        "ASSISTANT_DATA": str(settings.data),
        "ASSISTANT_CACHE": str(settings.cache),
        "ASSISTANT_ENGINE_WARM_MB": str(settings.engine.warm_mb),
    }


def quantile(ordered: Sequence[float], share: float) -> float:
    """The least value that `share` (0..1) of the values do not exceed.

    >>> quantile([1.0, 2.0, 3.0, 4.0], 0.5)
    2.0
    """
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def measure_server(settings: Settings) -> dict[str, float]:
    """A question's evidence, the cost of its process, memory, and `USERS` users beside one.

    Each question is asked once: the server knows the scores of what it has read before.
    """
    environ = environment(settings)

    def process(*command: str) -> tuple[float, str]:
        start = time.perf_counter()
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        return time.perf_counter() - start, done.stdout

    questions = asked()
    with running(settings) as server:
        nothing = statistics.median(process(sys.executable, "-c", "pass")[0] for _ in range(7))
        ask = (sys.executable, "-m", "assistant.cli", "ask", "--json", NOWHERE)
        refused = [process(*ask) for _ in range(7)]
        evident = sorted(server.evidence(question) for question in questions[:EVIDENT])
        alone = [server.answer(question) for question in questions[EVIDENT : EVIDENT + 3]]
        begin = time.perf_counter()
        with ThreadPoolExecutor(USERS) as users:
            together = list(users.map(server.answer, questions[EVIDENT + 3 :][:USERS]))
        lasted = time.perf_counter() - begin
        resident = server.resident()
        ready = server.ready
    beside = statistics.median(
        took - json.loads(printed)["timings"]["total_s"] for took, printed in refused
    )
    one = sum(w.tokens for w in alone) / sum(w.end for w in alone)
    first = statistics.median(w.first_word for w in alone)
    model = ModelStore(settings.cache, settings.models.folder).resolve(settings.engine.model)
    return {
        "assistant ui, until it answers (s)": ready,
        "python -c pass (s)": nothing,
        "assistant ask, beside the server's own time (s)": beside,
        "evidence by the server, p50 (s)": quantile(evident, 0.5),
        "evidence by the server, slowest of fifteen (s)": evident[-1],
        "resident memory of the server (MB)": resident / 1e6,
        "resident memory of the server ÷ model file": resident / model.stat().st_size,
        "one user, tokens/s read and written": one,
        "four users, tokens/s read and written": sum(w.tokens for w in together) / lasted,
        "four users ÷ one, tokens/s": sum(w.tokens for w in together) / lasted / one,
        "one user, first word (s)": first,
        "longest wait of four for a first word ÷ of one": max(w.first_word for w in together)
        / first,
    }
