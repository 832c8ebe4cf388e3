"""Many at once, with a model that only waits: nothing is lost, nothing grows, nobody is shut out.

Short forms of the load tests L1, L4 and L5 (L6 and L7 have one form, in tests/ui); LOAD=long, or
`make test-load`, runs them as long and as slowly as people would, and looks at the times as well.
"""

import os
import random
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx

from assistant.llm.language_model import Piece
from tests.command_line import python
from tests.drills.drill import ran
from tests.serving import GOOD, WHO, HeldModel, asgi_app_of, light_service, running, service_of


@dataclass(frozen=True)
class Extent:
    answer_s: float  # of the model that only waits
    minute_s: float  # of twelve users: one to get warm, and four that are measured
    ingest_s: float  # of four users alone, and again beside an ingest
    articles: int
    flood_s: float
    idle_s: float  # after which the server's pools have let go of idle threads


SHORT = Extent(0.2, 2, 2, 60, 3, 0)
LONG = Extent(3, 60, 60, 300, 20, 12)
FORM = LONG if os.environ.get("LOAD") == "long" else SHORT


class SlowModel(HeldModel):
    """Says one sentence after `seconds`."""

    def __init__(self, seconds: float = FORM.answer_s) -> None:
        super().__init__(held=False)
        self._seconds = seconds

    def _write(self, emit, stopped) -> None:
        over = time.monotonic() + self._seconds
        while (left := over - time.monotonic()) > 0:
            if stopped():
                return
            time.sleep(min(left, 0.02))
        emit(Piece(GOOD))


class Users:
    """People who ask again and again, each from an address of their own, some of them impatient.

    Who is turned away tries again after an answer's time. What they are told must hold `told`.
    """

    def __init__(
        self, address: str, count: int, seconds: float, *, leaves: float = 0.0, told: str = GOOD
    ) -> None:
        self.answered: list[float] = []  # seconds
        self.refused: list[float] = []
        self.left = 0
        self.wrong: list[str] = []
        self._lock = threading.Lock()
        self._address = address
        self._leaves = leaves
        self._told = told
        self.threads = [
            threading.Thread(target=self._ask, args=(number, time.monotonic() + seconds))
            for number in range(count)
        ]
        for thread in self.threads:
            thread.start()

    def join(self) -> None:
        for thread in self.threads:
            thread.join(600)
            assert not thread.is_alive()

    def _ask(self, number: int, end: float) -> None:
        rng = random.Random(number)
        while time.monotonic() < end:
            begin = time.perf_counter()
            leaves = rng.random() < self._leaves
            status, text = self._once(f"10.0.{number // 250}.{number % 250}", leaves)
            took = time.perf_counter() - begin
            with self._lock:
                if leaves and status == 200:
                    self.left += 1
                elif status == 429:
                    self.refused.append(took)
                elif status == 200 and self._told in text:
                    self.answered.append(took)
                else:
                    self.wrong.append(f"{status} {text[-200:]}")
            if status == 429:
                time.sleep(FORM.answer_s)

    def _once(self, name: str, leaves: bool) -> tuple[int, str]:
        body = {"question": WHO, "stream": True}
        asked = {"json": body, "headers": {"X-Forwarded-For": name}, "timeout": 60}
        with httpx.stream("POST", f"{self._address}/v1/answer", **asked) as reply:
            if leaves and reply.status_code == 200:
                next(reply.iter_raw())
                return 200, ""
            return reply.status_code, reply.read().decode()


SERVER = """
import sys, uvicorn
from pathlib import Path
from tests.serving import asgi_app_of, light_service
from tests.drills.test_server_load import SlowModel

class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        print(self.servers[0].sockets[0].getsockname()[1], flush=True)

app = asgi_app_of(light_service(Path(sys.argv[1]), SlowModel(), waiting=8))
Server(uvicorn.Config(app, port=0, log_level="warning", access_log=False, ws="none")).run()
"""


class Served:
    """A server in a process of its own, so that only its own memory is looked at."""

    def __init__(self, folder: Path) -> None:
        self.process = python("-c", SERVER, str(folder))
        self.address = f"http://127.0.0.1:{int(self.process.stdout.readline())}"
        self._proc = Path(f"/proc/{self.process.pid}")

    def size(self) -> tuple[float, int, int]:
        """Its memory in MB, open files and threads, once nobody asks any more."""
        time.sleep(FORM.idle_s)
        end = time.monotonic() + 30
        while self.counts()["assistant_answering"] or self.counts()["assistant_waiting"]:
            assert time.monotonic() < end
            time.sleep(0.05)
        pages = int((self._proc / "statm").read_text().split()[1])
        files, threads = (len(list((self._proc / name).iterdir())) for name in ("fd", "task"))
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6, files, threads

    def counts(self) -> dict[str, float]:
        lines = httpx.get(f"{self.address}/metrics", timeout=60).text.splitlines()
        rows = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        found = {name: float(value) for name, value in rows}
        return {name.removeprefix("assistant_questions_total"): v for name, v in found.items()}

    def end(self) -> str:
        self.process.terminate()
        return self.process.communicate(timeout=30)[1]


def test_l1_twelve_users_and_a_line_of_eight_lose_nothing_and_grow_nothing(tmp_path):
    server = Served(tmp_path)
    Users(server.address, 12, FORM.minute_s, leaves=0.2).join()  # warm
    before = server.size()
    users = Users(server.address, 12, 4 * FORM.minute_s, leaves=0.2)
    health = []
    while any(thread.is_alive() for thread in users.threads):
        reply = httpx.get(f"{server.address}/healthz", timeout=60)
        health.append(reply.elapsed.total_seconds())
        time.sleep(FORM.answer_s)
    users.join()
    after = server.size()
    counts = server.counts()
    assert server.end() == ""  # no traceback, nothing at all
    assert users.wrong == []
    assert users.answered and users.refused and users.left
    ended = [counts[f'{{outcome="{name}"}}'] for name in ("answered", "cancelled", "failed")]
    assert counts["assistant_questions_accepted_total"] == sum(ended)
    assert ended[2] == 0
    assert counts['{outcome="turned_away"}'] >= len(users.refused)
    refusal, alive = quantile(users.refused, 0.99), quantile(health, 0.95)
    print(
        f"answered {len(users.answered)}, refused {len(users.refused)}, left {users.left}; refusal"
        f" p99 {refusal:.3f} s, health p95 {alive:.3f} s, RSS {after[0] - before[0]:+.1f} MB,"
        f" files {after[1] - before[1]:+}, threads {after[2] - before[2]:+}"
    )
    assert after[0] - before[0] < 30
    assert abs(after[1] - before[1]) <= 10
    assert abs(after[2] - before[2]) <= (2 if FORM is LONG else 6)  # idle ones go after 10 s
    if FORM is LONG:
        assert refusal <= 0.5
        assert alive <= 0.3


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def test_l4_articles_of_another_process_are_found_while_questions_go_on(news):
    service = service_of(news, SlowModel())
    with closing(service), running(asgi_app_of(service)) as address:
        alone = Users(address, 4, FORM.ingest_s)
        alone.join()
        for number in range(FORM.articles):
            news.write(f"{number}.txt", f"Title: Rain {number}\n\nRain fell on Brask {number}.\n")
        users = Users(address, 4, 2 * FORM.ingest_s)
        code, _, problem = ran(news.folder.parent, "ingest", str(news.folder))
        begin = time.perf_counter()
        body = {"question": "Where did rain fall on Brask?"}
        found = httpx.post(f"{address}/v1/search", json=body, timeout=60).json()["found"]
        took = time.perf_counter() - begin
        users.join()
    assert code == 0, problem
    assert (users.wrong, users.refused, alone.wrong) == ([], [], [])
    assert found[0]["title"].startswith("Rain")
    assert took < 5
    idle, busy = (quantile(asking.answered, 0.95) for asking in (alone, users))
    print(
        f"found {took:.3f} s after it was published; {len(users.answered)} answers meanwhile,"
        f" p95 {busy:.2f} s, {busy / idle:.2f} times that without an ingest"
    )
    assert FORM is SHORT or busy <= 2.5 * idle


def test_l5_a_flood_of_one_shuts_nobody_out(tmp_path):
    service = light_service(tmp_path, SlowModel(0.05))
    with closing(service), running(asgi_app_of(service)) as address:
        over = threading.Event()
        statuses: list[int] = []

        def flood() -> None:
            headers = {"X-Forwarded-For": "10.9.9.9"}
            body = {"question": WHO}
            with httpx.Client(base_url=address, headers=headers, timeout=60) as client:
                while not over.is_set():
                    statuses.append(client.post("/v1/answer", json=body).status_code)

        floods = [threading.Thread(target=flood) for _ in range(20)]
        for thread in floods:
            thread.start()
        users = Users(address, 4, FORM.flood_s)
        users.join()
        over.set()
        for thread in floods:
            thread.join(60)
    assert (users.wrong, users.refused) == ([], [])
    assert len(users.answered) >= 4
    assert set(statuses) == {200, 429}
    counts = service.counts
    assert counts.accepted == counts.answered + counts.cancelled
    print(
        f"flood: {len(statuses) / FORM.flood_s:.0f} requests a second, {statuses.count(429)} of"
        f" {len(statuses)} turned away; users: {len(users.answered)} answers,"
        f" p95 {quantile(users.answered, 0.95):.2f} s"
    )
