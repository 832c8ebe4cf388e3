"""`assistant ui` as a process: its one line, its note, a taken port, and how it ends."""

import json
import os
import signal
import stat
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from assistant.backends.server_client import NOTE
from assistant.core.settings import load
from index.core.errors import UsageError, UserError
from tests.command_line import python
from tests.fakes import FakeApp
from tests.serving import GOOD, WHO
from ui.web.server import listen, require_password, server_note


def test_port_0_is_any_free_one_and_a_taken_one_is_told():
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(UserError, match=f"Port {port} is taken"):
            listen("127.0.0.1", port)


def test_an_address_that_is_not_of_this_machine_is_wrong_usage():
    with pytest.raises(UsageError, match=r"192\.0\.2\.7"):
        listen("192.0.2.7", 0)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_this_machine_alone_needs_no_password(host):
    require_password(host, "")
    require_password("0.0.0.0", "correct horse")


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
from assistant.cli.entry import main
from tests.serving import EndlessModel, HeldModel, light_app

class SlowIngest:
    def __init__(self, progress):
        self.progress = progress

    def run(self, paths, *, rebuild):
        for number in range(1200):
            self.progress("reading files", number, 1200)
            time.sleep(0.05)

model = EndlessModel() if sys.argv[1] == "endless" else HeldModel(held=False)
app = light_app(model)
if sys.argv[1] == "rebuilding":
    app.ingest = lambda self, progress: SlowIngest(progress)
sys.exit(main(sys.argv[2:], app))
"""


class Program:
    """`assistant ui` with fakes, in a process of its own."""

    def __init__(self, folder: Path, kind: str = "quick", port: int = 0) -> None:
        self.folder = folder
        arguments = ("ui", "--data", str(folder), "--port", str(port))
        self.process = python("-c", PROGRAM, kind, *arguments, cwd=folder)
        self.line = self.process.stdout.readline()  # when it listens, or when it has ended
        self.opened = self.line.removeprefix("The assistant is at ").partition(" ")[0]
        self.address, _, token = self.opened.partition("/?token=")
        self.key = {"Authorization": f"Bearer {token}"}

    def ask(self, question: str) -> tuple[int, str, str]:
        """Exit code, stdout and stderr of a question that is asked beside it."""
        arguments = ("ask", "--data", str(self.folder), question)
        return ended(python("-m", "assistant", *arguments, cwd=self.folder))

    def end(self, number: int) -> tuple[int, str, str]:
        self.process.send_signal(number)
        return ended(self.process)


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


@pytest.mark.drill
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_it_ends_in_the_middle_of_an_answer_and_of_an_open_page(number, code, tmp_path):
    program = Program(tmp_path, "endless")
    assert program.opened in program.line and program.line.count("\n") == 1
    told = []
    begun, opened = threading.Event(), threading.Event()

    def read():
        body = {"question": WHO, "stream": True}
        where = f"{program.address}/v1/answer"
        with httpx.stream("POST", where, json=body, headers=program.key, timeout=60) as reply:
            for line in reply.iter_lines():
                if line.startswith("data: "):
                    told.append(json.loads(line[6:]))
                if '"claim"' in line:
                    begun.set()

    def stay():
        with httpx.Client(base_url=program.address, follow_redirects=True, timeout=60) as page:
            page.get(program.opened)
            assert page.get("/").status_code == 200  # waits until the page is built
            beat = page.stream("GET", "/gradio_api/heartbeat/abc")
            with suppress(httpx.HTTPError), beat as stream:
                opened.set()
                stream.read()  # until it ends

    threads = [threading.Thread(target=read), threading.Thread(target=stay)]
    for thread in threads:
        thread.start()
    assert begun.wait(60) and opened.wait(60)
    assert program.end(number) == (code, "", "assistant: stopped.\n")
    for thread in threads:
        thread.join(10)
    assert (told[-1]["event"], told[-1]["cut"]) == ("answer", "cancelled")
    assert not (tmp_path / NOTE).exists()


@pytest.mark.drill
def test_ask_uses_it_a_second_one_may_run_and_a_killed_one_is_forgotten(tmp_path):
    first = Program(tmp_path)
    code, out, err = first.ask(WHO)
    assert (code, out.startswith(f"{GOOD} [1]")) == (0, True), err
    port = int(first.address.rpartition(":")[2])
    taken = Program(tmp_path, port=port)
    code, _, err = ended(taken.process)
    assert (taken.line, code) == ("", 1)
    assert err.startswith(f"assistant: Port {port} is taken.") and err.count("\n") == 1
    second = Program(tmp_path)
    assert second.address != first.address
    for program in (first, second):
        assert httpx.get(f"{program.address}/healthz").json() == {"alive": True}
    assert second.end(signal.SIGTERM)[0] == 143
    first.end(signal.SIGKILL)
    again = Program(tmp_path)
    again.end(signal.SIGKILL)
    assert (tmp_path / NOTE).exists()
    code, out, err = again.ask(WHO)
    # answered in its own process, which finds no index, or no model where none was pulled
    assert code in (1, 7)
    assert "Nothing is indexed yet" in out or "is not here" in err


@pytest.mark.drill
def test_python_m_ui_is_the_same(tmp_path):
    with listen("127.0.0.1", 0) as busy:
        port = str(busy.getsockname()[1])
        code, out, err = ended(python("-m", "ui", "--data", str(tmp_path), "--port", port))
    assert (code, out) == (1, "")
    assert "is taken" in err
