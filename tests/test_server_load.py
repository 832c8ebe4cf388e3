"""Many at once, with a model that only waits: nothing is lost, nothing grows, nobody is shut out.

Short forms of the load tests L1, L3, L4 and L5 (L6 stands in test_api.py, L7 in test_desk.py);
LOAD=long makes them ten times as long.
"""

import json
import os
import random
import socket
import statistics
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import pytest

from tests.serving import GOOD, WHO, HeldModel, app_of, desk_of, light_desk, running

pytestmark = pytest.mark.drill

ROOT = Path(__file__).parents[1]
ROUNDS = 10 if os.environ.get("LOAD") == "long" else 1
ANSWER_S = 0.05


class BusyModel(HeldModel):
    """Every answer takes `ANSWER_S`; its pieces come one after the other."""

    def __init__(self) -> None:
        super().__init__(GOOD)
        threading.Thread(target=self._beat, daemon=True).start()

    def _beat(self) -> None:
        while True:
            time.sleep(ANSWER_S)
            self.go.set()
            time.sleep(0.001)
            self.go.clear()


class Users:
    """People who ask again and again, each from an address of their own, some of them impatient."""

    def __init__(self, address: str, count: int, questions: int, *, leaves: float = 0.0) -> None:
        self.answered: list[float] = []  # seconds
        self.refused: list[float] = []
        self.left = 0
        self.wrong: list[str] = []
        self._lock = threading.Lock()
        self._address = address
        self._leaves = leaves
        self.threads = [
            threading.Thread(target=self._ask, args=(number, questions)) for number in range(count)
        ]
        for thread in self.threads:
            thread.start()

    def join(self) -> None:
        for thread in self.threads:
            thread.join(300)
            assert not thread.is_alive()

    def _ask(self, number: int, questions: int) -> None:
        rng = random.Random(number)
        for _ in range(questions):
            begin = time.perf_counter()
            leaves = rng.random() < self._leaves
            status, text = self._once(f"10.0.{number // 250}.{number % 250}", leaves)
            took = time.perf_counter() - begin
            with self._lock:
                if leaves and status == 200:
                    self.left += 1
                elif status == 429:
                    self.refused.append(took)
                elif status == 200 and GOOD in text:
                    self.answered.append(took)
                else:
                    self.wrong.append(f"{status} {text[-200:]}")

    def _once(self, name: str, leaves: bool) -> tuple[int, str]:
        body = {"question": WHO, "stream": True}
        headers = {"X-Forwarded-For": name}
        with httpx.stream(
            "POST", f"{self._address}/v1/answer", json=body, headers=headers, timeout=60
        ) as reply:
            if leaves and reply.status_code == 200:
                next(reply.iter_raw())
                return 200, ""
            return reply.status_code, reply.read().decode()


def settled(desk) -> None:
    """Wait until nobody is asking any more."""
    end = time.monotonic() + 30
    while desk.asking or desk.waiting:
        assert time.monotonic() < end
        time.sleep(0.01)


SERVER = """
import sys, uvicorn
from pathlib import Path
from tests.serving import app_of, light_desk
from tests.test_server_load import BusyModel

class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        print(self.servers[0].sockets[0].getsockname()[1], flush=True)

app = app_of(light_desk(Path(sys.argv[1]), BusyModel(), waiting=8))
Server(uvicorn.Config(app, port=0, log_level="warning", access_log=False, ws="none")).run()
"""


class Served:
    """A server in a process of its own, so that only its own memory is looked at."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(folder)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.address = f"http://127.0.0.1:{int(self.process.stdout.readline())}"
        self._proc = Path(f"/proc/{self.process.pid}")

    def size(self) -> tuple[float, int, int]:
        """Its memory in MB, open files and threads, once nobody asks any more."""
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
    Users(server.address, 12, 20, leaves=0.2).join()  # warm
    before = server.size()
    users = Users(server.address, 12, 40 * ROUNDS, leaves=0.2)
    health = [
        httpx.get(f"{server.address}/healthz", timeout=60).elapsed.total_seconds()
        for _ in range(20 * ROUNDS)
    ]
    users.join()
    after = server.size()
    counts = server.counts()
    assert server.end() == ""  # no traceback, nothing at all
    assert users.wrong == []
    assert users.answered and users.refused and users.left
    ended = [counts[f'{{outcome="{name}"}}'] for name in ("answered", "cancelled", "failed")]
    assert counts['{outcome="accepted"}'] == sum(ended)
    assert ended[2] == 0
    assert counts['{outcome="turned_away"}'] >= len(users.refused)
    assert after[0] - before[0] < 30
    assert abs(after[1] - before[1]) <= 10
    assert abs(after[2] - before[2]) <= 6  # idle workers of the server's pools
    print(
        f"answered {len(users.answered)}, refused {len(users.refused)}, left {users.left}; refusal"
        f" p99 {quantile(users.refused, 0.99):.3f} s, health p95 {quantile(health, 0.95):.3f} s,"
        f" RSS +{after[0] - before[0]:.1f} MB"
    )


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def test_l3_whoever_leaves_while_it_reads_frees_the_engine_every_time(tmp_path):
    model = HeldModel()
    desk = light_desk(tmp_path, model)
    with closing(desk), running(app_of(desk)) as address:
        port = int(address.rpartition(":")[2])
        freed = []
        for _ in range(20 * ROUNDS):
            with socket.create_connection(("127.0.0.1", port)) as sock:
                data = json.dumps({"question": WHO, "stream": True}).encode()
                head = (
                    "POST /v1/answer HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
                    f"application/json\r\nContent-Length: {len(data)}\r\n\r\n"
                )
                sock.sendall(head.encode() + data)
                assert model.reading.acquire(timeout=30)
            begin = time.perf_counter()
            assert model.idle.wait(30)
            freed.append(time.perf_counter() - begin)
        settled(desk)
    counts = desk.counts
    assert (counts.accepted, counts.answered, counts.cancelled) == (20 * ROUNDS, 0, 20 * ROUNDS)
    assert statistics.median(freed) < 1
    print(f"engine free {statistics.median(freed):.3f} s after the disconnect (median)")


INGEST = """
import sys
import assistant.build
from assistant.cli import main
from tests.fakes import FakeHouse
assistant.build.House = FakeHouse
sys.exit(main(["ingest", "--data", sys.argv[1], sys.argv[2]]))
"""


def test_l4_articles_of_another_process_are_found_while_questions_go_on(news):
    desk = desk_of(news, BusyModel())
    with closing(desk), running(app_of(desk)) as address:
        for number in range(60 * ROUNDS):
            news.write(f"{number}.txt", f"Title: Rain {number}\n\nRain fell on Brask {number}.\n")
        users = Users(address, 4, 20 * ROUNDS)
        ingest = subprocess.run(
            [sys.executable, "-c", INGEST, str(news.data), str(news.folder)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        begin = time.perf_counter()
        body = {"question": "Where did rain fall on Brask?"}
        found = httpx.post(f"{address}/v1/search", json=body, timeout=60).json()["found"]
        took = time.perf_counter() - begin
        users.join()
    assert ingest.returncode == 0, ingest.stderr
    assert users.wrong == [] and users.refused == []
    assert found[0]["title"].startswith("Rain")
    assert took < 5
    print(f"found {took:.3f} s after it was published; {len(users.answered)} answers meanwhile")


def test_l5_a_flood_of_one_shuts_nobody_out(tmp_path):
    desk = light_desk(tmp_path, BusyModel())
    with ExitStack() as stack:
        stack.enter_context(closing(desk))
        address = stack.enter_context(running(app_of(desk)))
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
        users = Users(address, 4, 15 * ROUNDS)
        users.join()
        over.set()
        for thread in floods:
            thread.join(60)
    assert (users.wrong, users.refused) == ([], [])
    assert len(users.answered) == 4 * 15 * ROUNDS
    assert set(statuses) == {200, 429}
    counts = desk.counts
    assert counts.accepted == counts.answered + counts.cancelled
    print(
        f"flood: {len(statuses)} requests, {statuses.count(429)} turned away; users: "
        f"p95 {quantile(users.answered, 0.95):.2f} s"
    )
