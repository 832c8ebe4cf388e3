"""Readings on disk: whole or not there, and never more than the limit."""

import json
import os

import pytest

from assistant.llm.kv_state_store import SUFFIX, KVStateStore

A, B, C = "a" * 32, "b" * 32, "c" * 32


def writer(readings, content):
    return lambda name: (readings.folder / name).write_bytes(content)


def kept(readings):
    return sorted(path.name[0] for path in readings.folder.glob(f"*{SUFFIX}"))


@pytest.fixture
def readings(tmp_path):
    return KVStateStore(tmp_path / "readings", 100)


def test_what_is_put_is_found_by_its_key_alone(readings):
    assert readings.put(A, writer(readings, b"x" * 40)) == 40
    assert readings.has(A)
    assert not readings.has(B)
    name = readings.find(A)
    assert (readings.folder / name).read_bytes() == b"x" * 40
    assert readings.find(B) is None
    assert readings.total() == (1, 40)


def test_a_damaged_file_is_none_and_goes(readings):
    readings.put(A, writer(readings, b"x" * 40))
    path = readings.folder / readings.find(A)
    path.write_bytes(b"x" * 39 + b"y")
    assert readings.find(A) is None
    assert not path.exists()


def test_a_file_that_was_cut_off_is_none(readings):
    readings.put(A, writer(readings, b"x" * 40))
    os.truncate(readings.folder / readings.find(A), 10)
    assert readings.find(A) is None


def test_what_was_used_longest_ago_makes_room(readings):
    for key, age in ((A, 1), (B, 3), (C, 2)):
        readings.put(key, writer(readings, b"x" * 30))
        path = readings.folder / readings.find(key)
        os.utime(path, (1_000_000 - age, 1_000_000 - age))
    readings.find(B)  # used now
    assert readings.put("d" * 32, writer(readings, b"x" * 40)) == 40
    assert kept(readings) == ["a", "b", "d"]


def test_what_is_more_useful_is_spared_and_the_new_one_left_out(readings):
    readings.put(A, writer(readings, b"x" * 60))
    assert readings.put(B, writer(readings, b"x" * 60), spare={A}) == 0
    assert kept(readings) == ["a"]
    assert readings.room_for_another({A}) is False
    assert readings.room_for_another(()) is True


def test_one_larger_than_the_limit_drives_nothing_out(readings):
    readings.put(A, writer(readings, b"x" * 60))
    assert readings.put(B, writer(readings, b"x" * 101)) == 0
    assert kept(readings) == ["a"]


@pytest.mark.parametrize(("written", "said"), [(b"", 0), (b"half", 8), (None, 8)])
def test_what_is_not_written_whole_is_not_kept(readings, written, said):
    def write(name):
        if written is not None:
            (readings.folder / name).write_bytes(written)
        return said

    with pytest.raises(OSError, match="could not write it whole"):
        readings.put(A, write)
    assert list(readings.folder.iterdir()) == []


def test_only_what_the_same_maker_no_longer_wants_is_dropped(readings):
    for key in (A, B, C):
        readings.put(key, writer(readings, b"x"))
    readings.drop_others("a" * 12, ())
    readings.drop_others("b" * 12, {B})
    assert kept(readings) == ["b", "c"]


def test_a_write_that_fails_leaves_nothing_behind(readings):
    def full(name):
        (readings.folder / name).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        readings.put(A, full)
    assert list(readings.folder.iterdir()) == []


def test_a_file_that_was_never_finished_goes_after_an_hour(readings):
    readings.put(A, writer(readings, b"x"))
    old, new = (readings.folder / f"{n}.unfinished" for n in ("1-a", "2-b"))
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    readings.put(B, writer(readings, b"x"))
    assert not old.exists()
    assert new.exists()


def test_nobody_else_may_read_them(readings):
    readings.put(A, writer(readings, b"x"))
    assert readings.folder.stat().st_mode & 0o077 == 0
    assert (readings.folder / readings.find(A)).stat().st_mode & 0o077 == 0


def test_a_limit_of_0_keeps_and_finds_none(tmp_path):
    KVStateStore(tmp_path, 100).put(A, lambda name: (tmp_path / name).write_bytes(b"x"))
    off = KVStateStore(tmp_path, 0)
    assert off.off
    assert not off.has(A)
    assert off.find(A) is None
    off.count_asked(["one"])
    assert off.asked() == {}


def test_questions_are_counted_by_article(readings):
    readings.count_asked(["one", "two"])
    readings.count_asked(["two"])
    assert readings.asked() == {"one": 1, "two": 2}


@pytest.mark.parametrize("written", ["", "[1]", '{"one": "x"}', "\x00"])
def test_counts_that_cannot_be_read_begin_anew(readings, written):
    readings.folder.mkdir()
    (readings.folder / "asked.json").write_text(written)
    assert readings.asked() == {}
    readings.count_asked(["two"])
    assert json.loads((readings.folder / "asked.json").read_text()) == {"two": 1}
