"""Large files are read once and then trusted, until anything at all has been done to them."""

import os
import time

import pytest

from index.core.errors import DamagedError
from index.storage import checksums
from index.storage.checksums import Seen

OLD, NEW = "The tram stood still on Monday.", "The tram ran again on Tuesday."


@pytest.fixture
def read(monkeypatch):
    """The names of the files whose bytes are read; every file counts as large and as settled."""
    names = []
    real = checksums.sha256

    def noted(path):
        names.append(path.name)
        return real(path)

    monkeypatch.setattr(checksums, "sha256", noted)
    monkeypatch.setattr(checksums, "SMALL", 0)
    monkeypatch.setattr(checksums, "SETTLED_NS", 0)
    return names


@pytest.fixture
def tram(news):
    """Two generations; the older one holds OLD, the published one NEW."""
    for text in (OLD, NEW):
        news.write("tram.txt", text)
        news.ingest()
    return news


def opened(news, read):
    """Open the index; the files that were read for it, but empty ones."""
    read.clear()
    generation, warning = news.store.open()
    return generation.name, warning, {name for name in read if name != "link_lists.bin"}


def test_a_second_opening_reads_no_large_file(tram, read):
    name, warning, files = opened(tram, read)
    assert (name, warning) == ("g000002", "")
    assert {"library.sqlite", "chroma.sqlite3", "data_level0.bin"} <= files
    assert opened(tram, read) == ("g000002", "", set())


def test_small_files_are_read_each_time(tram, read, monkeypatch):
    monkeypatch.setattr(checksums, "SMALL", 10_000)
    opened(tram, read)
    _, _, files = opened(tram, read)
    assert {"manifest.json", "header.bin"} <= files
    assert "library.sqlite" not in files


def damaged(path, how):
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    if how == "another file in its place":
        path.rename(path.with_suffix(".away"))
        path.write_bytes(data)
        path.with_suffix(".away").unlink()
    else:
        with path.open("r+b") as file:
            file.write(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # as if it had not been touched
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


@pytest.mark.parametrize("how", ["one bit in place", "another file in its place"])
@pytest.mark.parametrize("name", ["library.sqlite", "chroma/chroma.sqlite3"])
def test_a_changed_bit_under_an_unchanged_time_is_found(tram, read, name, how):
    opened(tram, read)
    damaged(tram.store.root / "g000002" / name, how)
    name, warning, _ = opened(tram, read)
    assert name == "g000001"
    assert "g000002" in warning


def test_nothing_is_trusted_after_a_day_or_a_restart(tram, read, monkeypatch):
    opened(tram, read)
    later = time.time_ns() + checksums.TRUSTED_NS
    with monkeypatch.context() as patch:
        patch.setattr(time, "time_ns", lambda: later)
        assert "library.sqlite" in opened(tram, read)[2]
    boot = tram.folder / "boot_id"
    boot.write_text("another\n")
    monkeypatch.setattr(checksums, "_BOOT", boot)
    assert "library.sqlite" in opened(tram, read)[2]
    assert "library.sqlite" not in opened(tram, read)[2]


def test_without_a_mark_of_the_last_start_nothing_is_trusted(tram, read, monkeypatch):
    monkeypatch.setattr(checksums, "_BOOT", tram.folder / "nothing")
    opened(tram, read)
    assert "library.sqlite" in opened(tram, read)[2]


def test_a_file_that_was_just_written_is_not_trusted(tram, read, monkeypatch):
    monkeypatch.setattr(checksums, "SETTLED_NS", 3600 * 10**9)
    opened(tram, read)
    assert "library.sqlite" in opened(tram, read)[2]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"boot": 1}', b"\xff\xfe", b"null"])
def test_a_damaged_note_costs_time_only(tram, read, content):
    opened(tram, read)
    note = tram.store.root / "seen.json"
    assert note.exists()
    note.write_bytes(content)
    name, warning, files = opened(tram, read)
    assert (name, warning) == ("g000002", "")
    assert "library.sqlite" in files


def test_what_is_damaged_is_never_noted_as_whole(tram, read):
    damaged(tram.store.root / "g000002" / "library.sqlite", "one bit in place")
    for _ in range(3):
        assert opened(tram, read)[0] == "g000001"


def test_an_ingest_builds_on_no_file_that_is_only_trusted(tram, read, monkeypatch):
    """What a disk does by itself to a trusted file must not get a checksum of its own."""
    path = tram.store.root / "g000002" / "library.sqlite"
    looks = checksums._looks(path)
    opened(tram, read)
    damaged(path, "one bit in place")
    real = checksums._looks
    monkeypatch.setattr(checksums, "_looks", lambda one: looks if one == path else real(one))
    assert opened(tram, read)[0] == "g000002"  # trusted: nothing has been done to it
    tram.write("bread.txt", "Zoë Lind baked ninety loaves.")
    report = tram.ingest()
    assert (report.generation, report.articles) == ("g000003", 2)
    generation, warning = tram.store.open()
    assert (generation.name, warning) == ("g000003", "")
    assert tram.finds("tram") == NEW


def test_the_text_of_a_trusted_file_is_compared_when_it_is_shown(tram, read, monkeypatch):
    path = tram.store.root / "g000002" / "library.sqlite"
    looks = checksums._looks(path)
    opened(tram, read)
    data = path.read_bytes()
    assert b"Tuesday" in data
    path.write_bytes(data.replace(b"Tuesday", b"Thunday"))
    real = checksums._looks
    monkeypatch.setattr(checksums, "_looks", lambda one: looks if one == path else real(one))
    with pytest.raises(DamagedError, match="index rebuild"):
        tram.finds("tram")


def test_a_note_that_cannot_be_written_is_not_missed(tram, read, monkeypatch):
    from pathlib import Path

    def refuse(self, *args, **options):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "write_text", refuse)
    assert opened(tram, read)[0] == "g000002"
    assert "library.sqlite" in opened(tram, read)[2]
    Seen(tram.store.root / "seen.json").forget()
