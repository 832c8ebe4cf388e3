"""The worker: what hangs, crashes or eats memory costs one file, and nothing is left behind."""

import io
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from index.core.articles import Skip
from index.core.records import Limits
from index.ingest import sandbox
from index.ingest.extraction import Extracted, decode
from index.ingest.sandbox import Extractor
from tests.command_line import python

pytestmark = [pytest.mark.drill, pytest.mark.usefixtures("worker_process")]

TRAM = b"The tram stood still on Monday. Nobody knew why."
HANG = b"<html><body><p " + b" ".join(b"a%d=1" % n for n in range(200_000)) + b">No.</p>"
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")


@pytest.fixture
def extractor():
    with Extractor(Limits(seconds=30)) as extractor:
        yield extractor


def worker_of(extractor) -> subprocess.Popen:
    return extractor._worker._process


def code(extracted) -> str:
    assert extracted.articles == ()
    (skip,) = extracted.skips
    return skip.code


def fine(extractor) -> bool:
    return extractor.extract(TRAM, "/tram.txt").articles[0].text == TRAM.decode()


def test_a_hang_is_a_skip_and_the_next_file_is_read(monkeypatch):
    monkeypatch.setattr(sandbox, "START_S", 0.5)
    with Extractor(Limits(seconds=0.5)) as extractor:
        assert code(extractor.extract(HANG, "/hang.html")) == "timeout"
    monkeypatch.undo()
    with Extractor(Limits(seconds=30)) as extractor:
        assert fine(extractor)


def test_a_worker_killed_from_outside_costs_one_file(extractor):
    assert fine(extractor)
    # while it works, as the system does when memory is short
    killing = threading.Timer(0.3, worker_of(extractor).kill)
    killing.start()
    assert code(extractor.extract(HANG, "/hang.html")) == "memory"
    killing.join()
    assert fine(extractor)


def test_a_worker_that_died_between_two_files_costs_none(extractor):
    assert fine(extractor)
    worker_of(extractor).kill()
    worker_of(extractor).wait()
    assert fine(extractor)


@linux
def test_too_much_memory_is_a_skip_and_the_next_file_is_read():
    page = b"<html><body>" + b"<i>x</i>" * 2_000_000
    with Extractor(Limits(memory=50_000_000)) as extractor:
        assert code(extractor.extract(page, "/wide.html")) in ("memory", "no_text", "crash")
        assert fine(extractor)


@linux
@pytest.mark.parametrize(
    ("what", "least", "most"),
    [
        ("Max address space", 1_000_000_000, 2_000_000_000),
        ("Max cpu time", 1, 30 + sandbox.START_S + 5),  # for each file anew
    ],
)
def test_memory_and_processor_of_the_worker_are_limited(extractor, what, least, most):
    assert fine(extractor)
    limits = Path(f"/proc/{worker_of(extractor).pid}/limits").read_text()
    row = next(line for line in limits.splitlines() if line.startswith(what))
    assert least < int(row.split()[3]) <= most


def test_a_bug_in_a_reader_costs_one_file(monkeypatch):
    def broken(*_):
        raise KeyError("no such thing")

    monkeypatch.setattr(sandbox, "_limit_seconds", lambda seconds: None)
    request, reply = io.BytesIO(), io.BytesIO()
    sandbox._send(request, pickle.dumps(("extract", (TRAM, "/a.txt"), 20)))
    request.seek(0)
    sandbox._answer(request, reply, 10**9, {"extract": broken})
    reply.seek(0)
    found = decode(sandbox._receive(reply, 10_000), Skip)
    assert found.code == "crash"
    assert "KeyError in test_sandbox.py" in found.reason


@pytest.mark.parametrize(
    "reply",
    [pickle.dumps(print), pickle.dumps(os.system), pickle.dumps(1), b"", b"\xff" * 9, b"I1\n."],
)
def test_a_worker_that_was_taken_over_cannot_reach_the_parent(reply):
    with pytest.raises(pickle.UnpicklingError):
        decode(reply, Extracted)


def test_ctrl_c_ends_the_worker_and_its_answer_is_never_taken_for_another(extractor, monkeypatch):
    assert fine(extractor)
    process = worker_of(extractor)

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sandbox, "_receive", interrupted)
        with pytest.raises(KeyboardInterrupt):
            extractor.extract(b"Another story.", "/b.txt")
    assert process.poll() is not None
    assert fine(extractor)


def test_an_article_with_too_much_text_is_skipped_and_the_others_are_read():
    lines = [json.dumps({"text": text}) for text in ("Short one.", "long " * 100)]
    with Extractor(Limits(text=100)) as extractor:
        found = extractor.extract("\n".join(lines).encode(), "/a.jsonl")
    assert [article.text for article in found.articles] == ["Short one."]
    assert [(skip.path, skip.code) for skip in found.skips] == [("/a.jsonl#2", "too_large")]


PARENT = f"""
import time
from index.ingest.sandbox import Extractor
extractor = Extractor()
assert extractor.extract({TRAM!r}, "/a.txt").articles, "nothing was read"
print(extractor._worker._process.pid, flush=True)
"""


def runs(pid) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    return False


def ends(pid) -> bool:
    for _ in range(300):
        if not runs(pid):
            return True
        time.sleep(0.05)
    return False


def test_modules_in_the_working_folder_are_not_imported(tmp_path):
    for name in ("json", "pickle", "lxml", "struct"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported from the articles')")
    script = tmp_path / "elsewhere" / "main.py"
    script.parent.mkdir()
    script.write_text(PARENT)
    process = python(script, cwd=tmp_path)
    assert (process.communicate(timeout=60)[1], process.returncode) == ("", 0)


@linux
@pytest.mark.parametrize("how", ["it ends", "SIGKILL", "SIGTERM", "SIGKILL in a hang"])
def test_the_worker_ends_with_its_parent(tmp_path, how):
    code = PARENT
    if how == "SIGKILL in a hang":
        code += f"extractor.extract(bytes.fromhex({HANG.hex()!r}), '/hang.html')\n"
    elif how != "it ends":
        code += "time.sleep(60)\n"
    script = tmp_path / "main.py"
    script.write_text(code)
    with python(script) as parent:
        worker = int(parent.stdout.readline())
        if how == "SIGKILL in a hang":
            time.sleep(0.5)
        if how != "it ends":
            parent.send_signal(getattr(signal, how.split()[0]))
        parent.wait(60)
    assert ends(worker)


CLI = """
import sys
from assistant.cli.entry import main
from tests.fakes import app_that_says
sys.exit(main(sys.argv[1:], app_that_says()))
"""


def children(pid) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@linux
def test_ctrl_c_in_the_terminal_stops_an_ingest_in_a_hang_with_one_line(tmp_path):
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "hang.html").write_bytes(HANG)
    arguments = ("ingest", "--data", "data", "news")
    parent = python("-c", CLI, *arguments, cwd=tmp_path, start_new_session=True)
    with parent:
        for _ in range(600):
            if children(parent.pid):
                break
            time.sleep(0.05)
        (worker,) = children(parent.pid)
        time.sleep(0.3)
        os.killpg(parent.pid, signal.SIGINT)  # a terminal sends it to all of them
        _, err = parent.communicate(timeout=60)
    assert parent.returncode == 130
    assert err.splitlines()[-1] == "assistant: stopped."
    assert "Traceback" not in err
    assert ends(worker)
    assert not list((tmp_path / "data" / "index").glob("g0*"))
