"""An ingest that is broken off has not read its files in vain."""

import datetime as dt
import os
import signal
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from index.core.articles import Article, Note, Skip
from index.core.records import Fields
from index.ingest.checkpoint import Checkpoint
from index.ingest.extraction import Extracted
from index.ingest.pipeline import Ingest
from tests.conftest import News
from tests.drills.drill import Child
from tests.stories import TALKS

ODD = replace(TALKS, title="Envoys \ud800", modified=dt.date(2023, 7, 21), language="en")
FOUND = Extracted((ODD,), (Skip("a#1", "empty", "There is nothing."),), (Note("x", "y", "z"),))


class Reader:
    """Reads a file as its text, and is broken off after so many."""

    def __init__(self, after: int = 10**6) -> None:
        self.read: list[str] = []
        self._left = after

    @contextmanager
    def __call__(self):
        yield self

    def extract(self, data: bytes, path: str) -> Extracted:
        if not self._left:
            raise KeyboardInterrupt
        self._left -= 1
        self.read.append(Path(path).name)
        return Extracted((Article(path, Path(path).stem, data.decode()),))


def ingest(news, reader, **options):
    work = Ingest(news.store, news.cache, news.embedder, extractor=reader, **options)
    return work.run([news.folder])


@pytest.fixture
def ten(news):
    for number in range(10):
        news.write(f"{number}.txt", f"Report number {number} of the council says little.")
    return news


@pytest.fixture
def broken_off(ten):
    """Seven of ten files have been read."""
    with pytest.raises(KeyboardInterrupt):
        ingest(ten, Reader(after=7))
    return ten


def test_what_was_read_is_not_read_again(broken_off):
    reader = Reader()
    assert ingest(broken_off, reader).new == 10
    assert reader.read == ["7.txt", "8.txt", "9.txt"]
    assert not list(broken_off.data.glob("unfinished.sqlite*"))
    assert {a.text for a in broken_off.articles().values()} == {
        f"Report number {number} of the council says little." for number in range(10)
    }


def test_a_file_that_changed_since_is_read_again(broken_off):
    broken_off.write("3.txt", "Report number 3 says more.")
    reader = Reader()
    ingest(broken_off, reader)
    assert reader.read == ["3.txt", "7.txt", "8.txt", "9.txt"]
    assert broken_off.articles()["3.txt"].text == "Report number 3 says more."


def test_with_other_names_of_fields_everything_is_read_again(broken_off):
    reader = Reader()
    ingest(broken_off, reader, fields=replace(Fields(), title=("Headline",)))
    assert len(reader.read) == 10


def test_everything_that_was_found_in_a_file_comes_back(tmp_path):
    with closing(Checkpoint(tmp_path / "unfinished.sqlite", "readers 1")) as unfinished:
        unfinished.put("/a", "00", FOUND)
    with closing(Checkpoint(tmp_path / "unfinished.sqlite", "readers 1")) as unfinished:
        assert unfinished.get("/a", "00") == FOUND
        assert unfinished.get("/a", "01") is None
        assert unfinished.get("/b", "00") is None
    with closing(Checkpoint(tmp_path / "unfinished.sqlite", "readers 2")) as unfinished:
        assert unfinished.get("/a", "00") is None


@pytest.mark.parametrize("code", ["timeout", "memory", "crash"])
def test_what_may_go_well_another_time_is_tried_again(tmp_path, code):
    with closing(Checkpoint(tmp_path / "unfinished.sqlite", "")) as unfinished:
        unfinished.put("/a", "00", Extracted(skips=(Skip("/a", code, "It was."),)))
        assert unfinished.get("/a", "00") is None


@pytest.mark.parametrize("content", [b"", b"This is no database.\n" * 100])
def test_a_damaged_file_is_begun_anew(tmp_path, content):
    path = tmp_path / "unfinished.sqlite"
    path.write_bytes(content)
    with closing(Checkpoint(path, "")) as unfinished:
        assert unfinished.get("/a", "00") is None
        unfinished.put("/a", "00", FOUND)
        assert unfinished.get("/a", "00") == FOUND


class Dying(Reader):
    """Is killed when it has read seven files."""

    def extract(self, data: bytes, path: str) -> Extracted:
        if len(self.read) == 7:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().extract(data, path)


def killed(root, tell):
    ingest(News(Path(root)), Dying())


@pytest.mark.drill
def test_a_kill_while_files_are_read_costs_no_more_than_what_was_not_yet_written(ten):
    assert Child(killed, ten.root).end() == -signal.SIGKILL
    reader = Reader()
    assert ingest(ten, reader).new == 10
    assert len(reader.read) <= 4
