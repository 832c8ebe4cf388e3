"""`ingest --watch`: every change is told once it is over, whatever comes and goes."""

import json
import signal
import threading
from pathlib import Path

import pytest

from assistant.cli.maintenance import index_commands
from index.core.errors import BusyError, NoSpaceError
from index.ingest import watch
from index.ingest.pipeline import Ingest
from index.ingest.sandbox import Extractor
from index.ingest.watch import changes
from tests.command_line import CommandLine
from tests.conftest import News
from tests.drills.drill import Child, command
from tests.fakes import analyse_here, extract_here

pytestmark = pytest.mark.drill

OLD, NEW = "The tram stood still on Monday.", "The tram ran again on Tuesday."


class Watcher:
    """Watches in a thread; `told` waits for a yield."""

    def __init__(self, *paths: Path, ignored: Path) -> None:
        self._told = threading.Semaphore(0)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(paths, ignored), daemon=True)
        self._thread.start()

    def _run(self, paths, ignored) -> None:
        for _ in changes(paths, ignored, self._stop):
            self._told.release()

    def told(self) -> bool:
        return self._told.acquire(timeout=30)

    def silent(self) -> bool:
        """True if nothing is told for several looks."""
        return not self._told.acquire(timeout=5 * watch.LOOK_MS / 1000)

    def told_all(self) -> bool:
        """True if something is told; what else belongs to it is waited for."""
        told = self.told()
        while not self.silent():
            pass
        return told

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive()


@pytest.fixture
def watcher(tmp_path, monkeypatch):
    monkeypatch.setattr(watch, "LOOK_MS", 100)
    monkeypatch.setattr(watch, "QUIET_MS", 50)
    started = []

    def start(*paths: Path) -> Watcher:
        started.append(Watcher(*paths, ignored=tmp_path / "articles" / "data"))
        return started[-1]

    yield start
    for one in started:
        one.stop()


def test_files_that_come_change_and_go_are_told(watcher, tmp_path):
    folder = tmp_path / "articles"
    folder.mkdir()
    one = watcher(folder)
    assert one.told()  # it has begun
    for action in (
        lambda: (folder / "a.txt").write_text("one"),
        lambda: (folder / "a.txt").write_text("two"),
        lambda: (folder / "new" / "deep").mkdir(parents=True),
        lambda: (folder / "new" / "deep" / "b.txt").write_text("three"),
        lambda: (folder / "a.txt").rename(folder / "c.txt"),
        lambda: (folder / "c.txt").unlink(),
    ):
        action()
        assert one.told_all()  # one write may be two events


def test_the_index_and_hidden_files_do_not_count(watcher, tmp_path):
    folder = tmp_path / "articles"
    (folder / "data").mkdir(parents=True)
    one = watcher(folder)
    assert one.told()
    (folder / "data" / "CURRENT").write_text("g000001")
    (folder / ".draft.txt").write_text("not yet")
    assert one.silent()
    (folder / "a.txt").write_text("one")
    assert one.told()


def test_a_folder_that_goes_and_comes_back_is_followed(watcher, tmp_path):
    folder, other = tmp_path / "articles", tmp_path / "other"
    folder.mkdir()
    one = watcher(folder, other)  # the other is not there yet
    assert one.told()
    (folder / "a.txt").write_text("one")
    assert one.told()
    folder.rename(tmp_path / "away")
    assert one.told_all()
    folder.mkdir()
    assert one.told_all()
    (folder / "b.txt").write_text("two")  # a watcher of the old folder would not see it
    assert one.told_all()
    other.mkdir()
    assert one.told_all()
    (other / "c.txt").write_text("three")
    assert one.told()


def test_a_file_that_is_replaced_is_followed(watcher, tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("one")
    one = watcher(path)
    assert one.told()
    for text in ("two", "three"):  # as editors save
        (tmp_path / "a.new").write_text(text)
        (tmp_path / "a.new").replace(path)
        assert one.told_all()


def test_the_command_follows_a_folder_and_ends_with_a_whole_index(tmp_path):
    place = News(tmp_path)
    place.write("tram.txt", OLD)
    child = Child(followed, tmp_path, str(place.folder))
    assert child.hear()["new"] == 1
    assert child.hear() == "watching"
    place.write("tram.txt", NEW)
    report = child.hear()
    assert (report["changed"], report["generation"]) == (1, "g000002")
    place.write("ward/bread.txt", "Zoë Lind baked ninety loaves.")
    assert child.hear()["articles"] == 2
    (place.folder / "tram.txt").unlink()
    assert child.hear()["removed"] == 1
    (place.folder).rename(tmp_path / "away")  # a disk that is not there takes no article with it
    (tmp_path / "away" / "flood.txt").write_text("The dike broke at Lower Brask.")
    (tmp_path / "away").rename(place.folder)
    assert child.hear()["articles"] == 2
    child.signal(signal.SIGINT)
    assert child.end() == 130
    generation, warning = place.store.open()
    assert (warning, generation.manifest.articles) == ("", 2)
    assert not list(place.store.root.glob("tmp-*"))


def followed(root, tell, *paths: str) -> None:
    """`ingest --watch --prune --force --json`, each report told when it is printed."""
    from assistant.cli import printing
    from assistant.core import console as screen

    def say(text: str = "", **_: object) -> None:
        tell.send(json.loads(text))

    watch.LOOK_MS, watch.QUIET_MS = 200, 100
    screen.say = printing.say = say
    screen.note = lambda text: tell.send("watching") if text.startswith("Watching") else None
    command(root, tell, "ingest", *paths, "--watch", "--prune", "--force", "--json")


def test_it_waits_for_another_ingest_and_prints_skips_once(news, monkeypatch, capsys):
    monkeypatch.setattr(Extractor, "extract", extract_here)
    monkeypatch.setattr(Extractor, "analyse", analyse_here)
    news.write("tram.txt", OLD)
    news.write("empty.txt", "")

    def steps(paths, ignored):
        yield  # nothing has changed
        news.write("tram.txt", NEW)
        monkeypatch.setattr(index_commands.time, "sleep", lambda _: None)
        yield from failing(BusyError("Another ingest is running (pid 1, since 9)."), 2)
        news.write("bread.txt", "Zoë Lind baked ninety loaves.")
        yield from failing(NoSpaceError("No space left."), 1)
        yield
        raise KeyboardInterrupt

    def failing(problem, times):
        run = Ingest.run

        def fails(self, *args, **options):
            nonlocal times
            times -= 1
            if times >= 0:
                raise problem
            return run(self, *args, **options)

        with monkeypatch.context() as patch:
            patch.setattr(Ingest, "run", fails)
            yield

    monkeypatch.setattr(watch, "changes", steps)
    command = CommandLine(news.root, monkeypatch, capsys)
    out, err = command("ingest", str(news.folder), "--watch", code=130)
    first, skip, note, *rest = out.splitlines()
    assert first.startswith("Indexed 1 articles") and skip.startswith("SKIP empty")
    assert note.startswith("NOTE undated")
    assert [line.split("  ", 1)[1] for line in rest] == [
        "0 new, 1 changed, 0 removed; 1 articles. Skipped 1, gone 0.",
        "1 new, 0 changed, 0 removed; 2 articles. Skipped 1, gone 0.",
    ]
    assert err.count("Another ingest is running") == 1
    assert err.count("No space left.") == 1


def test_a_path_that_is_not_there_at_the_start_is_wrong_usage(tmp_path):
    child = Child(command, tmp_path, "ingest", str(tmp_path / "nowhere"), "--watch")
    assert child.hear()[0] == 2
    assert child.end() == 2
