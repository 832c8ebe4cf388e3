"""Nobody fills the disk or the line of changes, and nothing keeps a server from ending."""

import os
import signal
import threading
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from index.core.errors import UsageError
from tests.fakes import ScriptedModel
from tests.serving import app_of
from tests.ui.test_server import Program
from ui.service import feedback, index_jobs
from ui.service.fair_queue import Closing, QueueFull
from ui.service.feedback import Feedback
from ui.service.index_jobs import MAX_JOBS, MAX_WAITING, IndexJobs
from ui.web import received_uploads
from ui.web.received_uploads import KEEP_S, UploadQuota, received_folder
from ui.web.refusal import Refused


def silent(what, done, total):
    """Report to nobody."""


@pytest.fixture
def jobs(monkeypatch):
    monkeypatch.setattr(index_jobs, "BEAT_S", 0.01)
    with closing(IndexJobs()) as jobs:
        yield jobs


class Work:
    """A job that lasts until it is let go; counts how often it was done."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go = threading.Event()
        self.done = 0

    def __call__(self, progress):
        self.begun.set()
        while not self.go.wait(0.005):
            progress("working", 1, 2)
        self.done += 1
        return self.done


class Asked(threading.Thread):
    """Somebody who wants a job, from a thread."""

    def __init__(self, jobs, key, work) -> None:
        super().__init__()
        self.result, self.seen = None, []
        self._wanted = jobs, key, work
        self.start()

    def run(self):
        jobs, key, work = self._wanted
        try:
            self.result = jobs.run(key, work, lambda *progress: self.seen.append(progress))
        except Exception as error:
            self.result = error


def test_the_same_change_is_made_once_for_all_who_asked(jobs):
    """Twenty-five rebuilds were made one after the other, each with nothing left to do."""
    work = Work()
    asked = [Asked(jobs, "rebuild", work) for _ in range(25)]
    assert work.begun.wait(10)
    while not all(("working", 1, 2) in one.seen for one in asked):
        time.sleep(0.005)
    work.go.set()
    for one in asked:
        one.join(10)
    assert [one.result for one in asked] == [1] * 25
    assert jobs.run("rebuild", work, silent) == 2


def test_who_joins_a_change_is_counted_too(jobs):
    """Each held a thread, of which the server has forty."""
    work = Work()
    asked = [Asked(jobs, "rebuild", work) for _ in range(MAX_WAITING)]
    while jobs._waiting < MAX_WAITING:
        time.sleep(0.005)
    with pytest.raises(QueueFull, match="Too many changes"):
        jobs.run("rebuild", work, silent)
    work.go.set()
    for one in asked:
        one.join(10)
    assert [one.result for one in asked] == [1] * MAX_WAITING


def test_changes_are_made_one_at_a_time_and_few_wait(jobs):
    """There was no end to those that waited, and each held a thread."""
    first, second = Work(), Work()
    asked = [Asked(jobs, "first", first)]
    assert first.begun.wait(10)
    asked += [Asked(jobs, number, second) for number in range(MAX_JOBS - 1)]
    while len(jobs._jobs) < MAX_JOBS:
        time.sleep(0.005)
    with pytest.raises(QueueFull, match="Too many changes"):
        jobs.run("one more", second, silent)
    assert not second.begun.is_set()
    first.go.set(), second.go.set()
    for one in asked:
        one.join(10)
    assert sorted(one.result for one in asked) == [1, 1, 2, 3, 4, 5]


def test_a_stop_ends_the_running_change_and_cancels_those_in_line(jobs):
    """They were all made before the server ended: 50 s after SIGTERM."""
    first, second = Work(), Work()
    asked = [Asked(jobs, "first", first)]
    assert first.begun.wait(10)
    asked += [Asked(jobs, number, second) for number in range(3)]
    while len(jobs._jobs) < 4:
        time.sleep(0.005)
    begin = time.perf_counter()
    jobs.close()
    for one in asked:
        one.join(10)
    assert time.perf_counter() - begin < 1
    assert all(isinstance(one.result, Closing) for one in asked)
    assert (first.done, second.begun.is_set()) == (0, False)
    with pytest.raises(Closing):
        jobs.run("late", second, silent)


def test_a_stopped_rebuild_leaves_the_index_as_it_was(news):
    for number in range(20):
        news.write(f"{number}.txt", f"Title: Rain {number}\n\nRain fell on Brask {number}.\n")
    news.ingest()
    app = app_of(news, ScriptedModel())
    from ui.service.article_service import ArticleService

    articles = ArticleService(app)
    before = [state.name for state in articles.generations()]
    seen = []

    def stop(what, done, total):
        seen.append(what)

    real = app.ingest

    def stopping(progress):
        def at_once(what, done, total):
            articles.stop()
            progress(what, done, total)

        return real(at_once)

    app.ingest = stopping
    with closing(app), pytest.raises(Closing):
        articles.rebuild(stop)
    assert [state.name for state in articles.generations()] == before
    assert not list(app.store.root.glob("tmp-*"))


def test_votes_end_at_a_limit_that_says_what_to_do(tmp_path, monkeypatch):
    """Votes of 90 kB each were kept without end."""
    monkeypatch.setattr(feedback, "MAX_FILE", 1_000)
    votes = Feedback(tmp_path / "feedback.jsonl")
    vote = {"key": "1", "vote": "up", "answer": {"question": "x" * 300}}
    for _ in range(2):
        votes.keep(vote)
    with pytest.raises(UsageError, match=r"feedback\.jsonl has 0 MB\. Save the cases"):
        votes.keep(vote)
    assert (tmp_path / "feedback.jsonl").stat().st_size <= 1_000
    assert len(votes.votes()) == 1


def test_uploads_that_nobody_takes_are_bounded_and_go(tmp_path, monkeypatch):
    """152 MB of them stayed as long as the server ran."""
    monkeypatch.setattr(received_uploads, "MAX_BYTES", 1_000)
    quota = UploadQuota(tmp_path)
    (tmp_path / "digest").mkdir()
    left = tmp_path / "digest" / "a.txt"
    left.write_bytes(b"x" * 600)
    with pytest.raises(Refused, match="Too many uploads") as refused, quota.arriving(500):
        """Not let in."""
    assert (refused.value.status, refused.value.retry_after_s) == (429, 600)
    with (
        quota.arriving(300),
        pytest.raises(Refused, match="Too many uploads"),
        quota.arriving(300),
    ):
        """Two at once count together."""
    old = time.time() - KEEP_S - 1
    os.utime(left, (old, old))
    with quota.arriving(900):
        assert not left.exists()


def test_many_small_uploads_are_bounded_too(tmp_path, monkeypatch):
    monkeypatch.setattr(received_uploads, "MAX_FILES", 3)
    for number in range(3):
        (tmp_path / f"{number}.txt").touch()
    with pytest.raises(Refused, match="Too many uploads"), UploadQuota(tmp_path).arriving(1):
        """Not let in."""


def test_the_folder_of_a_killed_server_is_swept_that_of_a_running_one_stays(tmp_path):
    """Each killed server left its uploads in the folder of temporary files."""
    killed = tmp_path / "received" / "tmpkilled"
    (killed / "digest").mkdir(parents=True)
    (killed / ".lock").touch()
    (killed / "digest" / "a.txt").write_text("left")
    with received_folder(tmp_path) as first:
        assert not killed.exists()
        (first / "a.txt").write_text("mine")
        with received_folder(tmp_path) as second:
            assert second != first
        assert not second.exists()
        assert (first / "a.txt").read_text() == "mine"
        assert first.stat().st_mode & 0o077 == 0
    assert not first.exists()


@pytest.mark.drill
def test_a_server_that_was_killed_leaves_nothing_for_the_next(tmp_path):
    first = Program(tmp_path)
    with httpx.Client(base_url=first.address, headers=first.key) as page:
        sent = page.post("/gradio_api/upload", files={"files": ("a.txt", b"x" * 1_000_000)})
    [path] = sent.json()
    assert Path(path).is_relative_to(tmp_path / "received")
    first.process.kill()
    first.process.communicate(timeout=30)
    assert Path(path).exists()
    second = Program(tmp_path)
    assert second.line
    assert not Path(path).exists()
    assert second.end(signal.SIGTERM)[0] == 143
    assert [path for path in (tmp_path / "received").iterdir() if path.is_dir()] == []


@pytest.mark.drill
def test_a_server_with_25_rebuilds_in_line_ends_at_once(tmp_path):
    """It made all of them first: 50 s after SIGTERM."""
    program = Program(tmp_path, "rebuilding")
    with httpx.Client(base_url=program.address, headers=program.key, timeout=30) as page:
        page.get("/")
        page.get("/library")
        calls = page.get("/config").json()["dependencies"]
        [anew] = [one for one in calls if "make_anew" in str(one["api_name"])]
        view = [None] * len(anew["inputs"])
        for number in range(25):
            body = {"data": view, "fn_index": anew["id"], "session_hash": f"s{number}"}
            assert page.post("/gradio_api/queue/join", json=body).status_code == 200
        with page.stream("GET", "/gradio_api/queue/data?session_hash=s0") as reply:
            assert any("Reading files" in line for line in reply.iter_lines())
    begin = time.perf_counter()
    code, _, errors = program.end(signal.SIGTERM)
    assert (code, time.perf_counter() - begin < 5) == (143, True), errors
