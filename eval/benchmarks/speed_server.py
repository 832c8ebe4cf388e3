"""Questions to a running server: evidence, memory, several users, and a large index."""

import http.client
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assistant.backends.server_client import NOTE, ServerClient
from assistant.container import App
from assistant.core.query import Query
from assistant.core.settings import Settings
from assistant.models.store import ModelStore
from eval.benchmarks.measure import Figures, environment, python, quantile, sample_questions, timed
from eval.benchmarks.synthetic_corpus import questions, write_archive
from index.core.errors import UserError

UNRELATED = "Who is the mayor of Quelimane?"  # refused before the model is asked
USERS = 4
EVIDENCE_QUESTIONS = 15
ALONE = 3  # questions of one user by itself
PAUSE_S = 3.0  # before a question: the engine leaves a cancelled answer within 2 s
REPEATS = 7
PASSAGES_PER_ARTICLE = 2.7  # of a synthetic archive
LARGE_QUESTIONS = 40


@dataclass(frozen=True, slots=True)
class Server:
    """A server in its own process; seconds until it was `ready`, and until it had its `page`."""

    client: ServerClient
    pid: int
    ready: float
    page: float

    def evidence(self, question: str) -> float:
        """Seconds until the evidence comes, `PAUSE_S` after the last question; then cancels it."""
        time.sleep(PAUSE_S)
        cancel = threading.Event()
        begin = time.perf_counter()
        took = 0.0
        for event in self.client.events(Query(question), cancel):
            if event["event"] == "evidence":
                took = time.perf_counter() - begin
                cancel.set()
        return took or time.perf_counter() - begin  # refused, with all evidence there is

    def answer(self, question: str) -> Figures:
        """Seconds to evidence, first word and end of an answer, and tokens read and written."""
        begin, evidence = time.perf_counter(), 0.0
        for event in self.client.events(Query(question), threading.Event()):
            if event["event"] == "evidence":
                evidence = time.perf_counter() - begin
        end, spent = time.perf_counter() - begin, event["timings"]
        after_first = spent["total_s"] - (spent["first_token_s"] or spent["total_s"])
        read = spent["prompt_tokens"] - spent["cached_tokens"]
        tokens = read + spent["completion_tokens"]
        first = end - after_first
        return {"evidence": evidence or end, "first": first, "end": end, "tokens": tokens}

    def resident(self) -> float:
        """Bytes of resident memory, the mapped model included; 0 without /proc."""
        try:
            fields = Path(f"/proc/{self.pid}/statm").read_text("ascii").split()
        except OSError:
            return 0.0
        return int(fields[1]) * float(os.sysconf("SC_PAGE_SIZE"))


@contextmanager
def running(settings: Settings) -> Iterator[Server]:
    """A server over the index of these settings; UserError if it does not start."""
    begin = time.perf_counter()
    command = [sys.executable, "-m", "assistant", "ui", "--port", "0"]
    with subprocess.Popen(
        command, env=environment(settings), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            if not (process.stdout and process.stdout.readline()):
                raise UserError("assistant ui did not start.")
            ready = time.perf_counter() - begin
            note = json.loads((settings.data / NOTE).read_text("utf-8"))
            client = ServerClient(note["host"], note["port"], note["token"])
            yield Server(client, process.pid, ready, _page_read(note) - begin)
        finally:
            process.terminate()


def _page_read(note: Mapping[str, Any]) -> float:
    """The moment at which a server's page is read, which it builds after it answers programs."""
    with closing(http.client.HTTPConnection(note["host"], note["port"])) as connection:
        connection.request("GET", "/", headers={"Authorization": f"Bearer {note['token']}"})
        reply = connection.getresponse()
        if reply.status != http.client.OK:
            raise UserError(f"assistant ui has no page: it replied {reply.status}.")
        reply.read()
    return time.perf_counter()


def measure_server(settings: Settings) -> Figures:
    """Evidence, the cost of a client process, memory, and `USERS` users beside one.

    Each question is asked once, because the server caches reranker scores.
    """
    environ = environment(settings)
    asked = iter(sample_questions())

    def overhead() -> float:
        """Seconds of an `ask` process beyond the server's own time."""
        took, printed = python(environ, "-m", "assistant", "ask", "--json", UNRELATED)
        return took - float(json.loads(printed)["timings"]["total_s"])

    with running(settings) as server:
        nothing = statistics.median(python(environ, "-c", "pass")[0] for _ in range(REPEATS))
        beside = statistics.median(overhead() for _ in range(REPEATS))
        evidence = [server.evidence(next(asked)) for _ in range(EVIDENCE_QUESTIONS)]
        alone = [server.answer(next(asked)) for _ in range(ALONE)]
        theirs = [next(asked) for _ in range(USERS)]
        with ThreadPoolExecutor(USERS) as users:
            lasted, together = timed(lambda: list(users.map(server.answer, theirs)))
        resident = server.resident()
    one = sum(a["tokens"] for a in alone) / sum(a["end"] for a in alone)
    four = sum(a["tokens"] for a in together) / lasted
    first = statistics.median(a["first"] for a in alone)
    longest = max(a["first"] for a in together)
    model = ModelStore(settings.cache, settings.models.folder).resolve(settings.engine.model)
    return {
        "assistant ui, until it answers (s)": server.ready,
        "assistant ui, until the page is there (s)": server.page,
        "python -c pass (s)": nothing,
        "assistant ask, beside the server's own time (s)": beside,
        "evidence by the server, p50 (s)": quantile(evidence, 0.5),
        "evidence by the server, slowest of fifteen (s)": max(evidence),
        "resident memory of the server (MB)": resident / 1e6,
        "resident memory of the server ÷ model file": resident / model.stat().st_size,
        "one user, tokens/s read and written": one,
        "four users, tokens/s read and written": four,
        "four users ÷ one, tokens/s": four / one,
        "one user, first word (s)": first,
        "longest wait of four for a first word ÷ of one": longest / first,
        "longest wait of four for the evidence (s)": max(a["evidence"] for a in together),
    }


def measure_large_index(settings: Settings, passages: int) -> Figures:
    """Seconds until a server has the evidence among so many passages, reranking included.

    The synthetic archive is embedded before, at about 60 passages a second.
    """
    with tempfile.TemporaryDirectory(prefix="assistant-speed-") as folder:
        articles = Path(folder) / "articles"
        write_archive(articles, math.ceil(passages / PASSAGES_PER_ARTICLE))
        with closing(App(replace(settings, data=Path(folder) / "data"))) as app:
            ingest = app.ingest(lambda stage, done, total: None)
            built, report = timed(lambda: ingest.run([articles]))
        with running(app.settings) as server:
            waited = [server.evidence(one) for one in questions(LARGE_QUESTIONS + 1)[1:]]
    return {
        "passages": report.passages,
        "built in (s)": built,
        "evidence by the server, p50 (s)": quantile(waited, 0.5),
        "evidence by the server, p95 (s)": quantile(waited, 0.95),
    }
