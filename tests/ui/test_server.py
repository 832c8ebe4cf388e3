"""`assistant ui` as a process: its one line, its note, a taken port, and how it ends."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from assistant.backends.server_client import NOTE
from assistant.cli.entry import main
from assistant.core.settings import load
from index.core.errors import UsageError, UserError
from tests.fakes import FakeApp, app_that_says
from tests.serving import GOOD, WHO
from ui.web.server import listen, require_password, server_note

ROOT = Path(__file__).parents[2]


def test_port_0_is_any_free_one_and_a_taken_one_is_told_in_one_line():
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(UserError) as taken:
            listen("127.0.0.1", port)
    assert str(taken.value) == (
        f"Port {port} is taken. Choose another (--port), or 0 for any free one."
    )


def test_an_address_that_is_not_of_this_machine_is_told(monkeypatch):
    monkeypatch.undo()
    with pytest.raises(UsageError, match=r"This machine has no address 192\.0\.2\.7\."):
        listen("192.0.2.7", 0)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_this_machine_alone_needs_no_password(host):
    require_password(host, "")
    require_password("0.0.0.0", "correct horse")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--port", "70000"], "The setting ui.port (flag) cannot be '70000'"),
        (["--port", "http"], "The setting ui.port (flag) cannot be 'http'"),
    ],
)
def test_a_port_that_is_none_is_wrong_usage(options, message, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("assistant.container.App", app_that_says())
    assert main(["ui", "--data", str(tmp_path), *options]) == 2
    assert message in capsys.readouterr().err


def app(folder, **flags):
    return FakeApp(load({"data": str(folder), "cache": str(folder), **flags}, environ={}))


def test_the_note_is_ours_alone_and_goes_at_the_end(tmp_path):
    path = tmp_path / "new" / NOTE
    with server_note(
        app(tmp_path / "new", **{"ui.host": "0.0.0.0", "ui.password": "hush"}), 5, "tok"
    ):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        note = json.loads(path.read_text())
        assert (note["host"], note["port"], note["pid"]) == ("127.0.0.1", 5, os.getpid())
        assert "hush" not in path.read_text()
    assert list((tmp_path / "new").iterdir()) == []


def test_the_note_of_a_later_server_stays(tmp_path):
    with server_note(app(tmp_path), 5, "first"):
        with server_note(app(tmp_path), 6, "second"):
            assert json.loads((tmp_path / NOTE).read_text())["port"] == 6
        assert not (tmp_path / NOTE).exists()
    with server_note(app(tmp_path), 5, "first"):
        (tmp_path / NOTE).write_text('{"token": "another"}')
    assert (tmp_path / NOTE).exists()


# ── in a process of its own ───────────────────────────────────────────────────────────────────

PROGRAM = """
import sys, time
import assistant.container
from assistant.cli.entry import main
from assistant.llm.language_model import Piece, Reading, Usage, relay
from tests.serving import GOOD, HeldModel, light_app

class Endless(HeldModel):
    def stream(self, messages, limits, cancel=None):
        if limits.max_tokens == 1:  # the word on the proof
            yield from super().stream(messages, limits, cancel)
            return
        def produce(emit, stopped):
            emit(Piece(GOOD + " Sung Kim"))
            while not stopped():
                time.sleep(0.01)
        finish = (yield from relay(produce, limits, cancel)) or "stop"
        yield Piece(usage=Usage(1, 0, 1, 0.1, 0.1, finish))

model = Endless() if sys.argv[1] == "endless" else HeldModel(held=False)
assistant.container.App = light_app(model)
sys.exit(main(sys.argv[2:]))
"""


class Program:
    """`assistant ui` with fakes, in a process of its own."""

    def __init__(self, folder: Path, kind: str = "quick", port: int = 0) -> None:
        environ = {k: v for k, v in os.environ.items() if not k.startswith("ASSISTANT_")}
        self.environ = {**environ, "PYTHONPATH": str(ROOT), "ASSISTANT_DATA": str(folder)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, kind, "ui", "--port", str(port)],
            env=self.environ,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.line = self.process.stdout.readline()  # when it listens, or when it has ended
        self.opened = self.line.removeprefix("The assistant is at ").partition(" ")[0]
        self.address, _, token = self.opened.partition("/?token=")
        self.key = {"Authorization": f"Bearer {token}"}

    def ask(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "assistant.cli", "ask", *arguments],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def end(self, number: int) -> tuple[int, str, str]:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err


@pytest.mark.drill
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_it_ends_in_the_middle_of_an_answer_and_of_an_open_page(number, code, tmp_path):
    program = Program(tmp_path, "endless")
    assert program.line == f"The assistant is at {program.opened} (Ctrl-C ends it).\n"
    got = []
    begun = threading.Event()

    def read():
        body = {"question": WHO, "stream": True}
        where = f"{program.address}/v1/answer"
        with httpx.stream("POST", where, json=body, headers=program.key, timeout=60) as reply:
            for line in reply.iter_lines():
                got.append(line)
                if '"claim"' in line:
                    begun.set()

    def stay():
        with httpx.Client(base_url=program.address, follow_redirects=True, timeout=60) as page:
            page.get(program.opened)
            assert page.get("/").status_code == 200
            with page.stream("GET", "/gradio_api/heartbeat/abc") as reply:
                try:
                    for _ in reply.iter_lines():
                        """Stay on the page."""
                except httpx.HTTPError:
                    """It has ended."""

    threads = [threading.Thread(target=read), threading.Thread(target=stay)]
    for thread in threads:
        thread.start()
    assert begun.wait(60)
    assert program.end(number) == (code, "", "assistant: stopped.\n")
    for thread in threads:
        thread.join(10)
    last = next(line for line in reversed(got) if line.startswith("data: "))
    told = json.loads(last[6:])
    assert (told["event"], told["cut"]) == ("answer", "cancelled")
    assert not (tmp_path / NOTE).exists()


@pytest.mark.drill
def test_ask_uses_it_a_second_one_may_run_and_a_killed_one_is_forgotten(tmp_path):
    first = Program(tmp_path)
    told = first.ask(WHO)
    assert (told.returncode, told.stdout.startswith(f"{GOOD} [1]")) == (0, True), told.stderr
    port = int(first.address.rpartition(":")[2])
    taken = Program(tmp_path, port=port)
    assert (taken.line, taken.process.wait(30)) == ("", 1)
    assert taken.process.stderr.read() == (
        f"assistant: Port {port} is taken. Choose another (--port), or 0 for any free one.\n"
    )
    second = Program(tmp_path)
    assert second.address != first.address
    for program in (first, second):
        assert httpx.get(f"{program.address}/healthz").json() == {"alive": True}
    assert second.end(signal.SIGTERM)[0] == 143
    first.process.kill()
    first.process.communicate(timeout=30)
    again = Program(tmp_path)
    again.process.kill()
    again.process.communicate(timeout=30)
    assert (tmp_path / NOTE).exists()
    left = again.ask(WHO)
    # answered in its own process, which finds no index, or no model where none was pulled
    assert left.returncode in (1, 7)
    assert "Nothing is indexed yet" in left.stdout or "is not here" in left.stderr


@pytest.mark.drill
def test_python_m_ui_is_the_same(tmp_path):
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "ASSISTANT_DATA": str(tmp_path)}
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = str(busy.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "ui", "--port", port],
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stdout) == (1, "")
    assert "is taken" in done.stderr
