"""Files are hashed once, again when size or time change, by verify and before an ingest."""

import json
import os
from time import sleep

import pytest

from index.core import file_hashes
from index.core.errors import DamagedError
from index.core.file_hashes import FileHashes
from tests.conftest import NEW


@pytest.fixture
def hashed(monkeypatch):
    """The names of the files that are hashed when an index is opened."""
    names = []
    real = file_hashes.file_sha256

    def noted(path):
        names.append(path.name)
        return real(path)

    monkeypatch.setattr(file_hashes, "file_sha256", noted)
    return names


def opened(news, hashed):
    """Open the index; the files that were hashed for it."""
    hashed.clear()
    generation, warning = news.store.open()
    return generation.name, warning, set(hashed)


def damage(path, *, time):
    """Change one letter of an article's text, and the time only if it is said."""
    before = path.stat()
    data = path.read_bytes()
    assert b"Tuesday" in data
    sleep(0.02)  # file systems count the time of change in steps
    path.write_bytes(data.replace(b"Tuesday", b"Thunday"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + time))


def test_a_second_opening_hashes_nothing(tram, hashed):
    name, warning, files = opened(tram, hashed)
    assert (name, warning) == ("g000002", "")
    assert {"library.sqlite", "chroma.sqlite3", "manifest.json"} <= files
    assert opened(tram, hashed) == ("g000002", "", set())


def test_a_file_with_another_time_is_hashed_again(tram, hashed):
    opened(tram, hashed)
    os.utime(tram.store.root / "g000002" / "library.sqlite", ns=(1, 1))
    assert opened(tram, hashed) == ("g000002", "", {"library.sqlite"})


def test_a_change_is_found_at_opening_and_never_noted_as_intact(tram, hashed):
    opened(tram, hashed)
    damage(tram.store.root / "g000002" / "library.sqlite", time=1)
    for _ in range(3):
        name, warning, _ = opened(tram, hashed)
        assert name == "g000001"
        assert "g000002" in warning


def test_a_change_under_an_unchanged_time_is_found_at_opening(tram, hashed):
    opened(tram, hashed)
    damage(tram.store.root / "g000002" / "library.sqlite", time=0)
    assert opened(tram, hashed)[0] == "g000001"


def trusted_although_damaged(tram, name):
    """Damage a file below times that are noted as those of when it was hashed."""
    path, note = tram.store.root / name, tram.store.root / "seen.json"
    damage(path, time=0)
    known, now = json.loads(note.read_text()), path.stat()
    known["sha256"][name][1:] = [now.st_size, now.st_mtime_ns, now.st_ctime_ns]
    note.write_text(json.dumps(known))


def test_a_change_that_no_time_tells_is_found_when_text_is_shown_and_by_verify(tram, hashed):
    opened(tram, hashed)
    trusted_although_damaged(tram, "g000002/library.sqlite")
    assert opened(tram, hashed) == ("g000002", "", set())
    with pytest.raises(DamagedError, match="index rebuild"):
        tram.finds("tram")
    with pytest.raises(DamagedError, match="hash differs"):
        tram.store.verified("g000002")
    assert opened(tram, hashed)[0] == "g000001"  # from now on


def test_an_ingest_builds_on_no_file_that_is_only_trusted(tram, hashed):
    opened(tram, hashed)
    trusted_although_damaged(tram, "g000002/library.sqlite")
    report = tram.put(bread="Zoë Lind baked ninety loaves.")
    assert (report.generation, report.articles) == ("g000003", 2)
    assert tram.store.open()[1] == ""
    assert tram.finds("tram") == NEW


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"boot": 1}', b"\xff\xfe", b"null"])
def test_a_damaged_note_of_hashes_costs_time_only(tram, hashed, content):
    opened(tram, hashed)
    (tram.store.root / "seen.json").write_bytes(content)
    name, warning, files = opened(tram, hashed)
    assert (name, warning) == ("g000002", "")
    assert "library.sqlite" in files


def test_a_note_that_cannot_be_written_is_no_error(tmp_path):
    path = tmp_path / "file"
    path.write_text("x")
    (tmp_path / "seen.json").mkdir()
    hashes = FileHashes(tmp_path / "seen.json")
    assert len(hashes.digest(path)) == 64
    hashes.save()
    hashes.forget()
