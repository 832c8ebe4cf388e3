"""Readings on disk: whole or not there, and never more than the limit."""

import json
import os

import pytest

from assistant.llm.kv_state_store import SUFFIX, KVStateStore

A, B, C = "a" * 32, "b" * 32, "c" * 32


def writer(store, content):
    return lambda name: (store.folder / name).write_bytes(content)


def stored(store):
    return sorted(path.name[0] for path in store.folder.glob(f"*{SUFFIX}"))


@pytest.fixture
def store(tmp_path):
    return KVStateStore(tmp_path / "states", 100)


def test_what_is_put_is_found_by_its_key_alone(store):
    assert store.put(A, writer(store, b"x" * 40)) == 40
    assert store.has(A)
    assert not store.has(B)
    name = store.find(A)
    assert (store.folder / name).read_bytes() == b"x" * 40
    assert store.find(B) is None
    assert store.total() == (1, 40)


@pytest.mark.parametrize(
    "damage", [lambda p: p.write_bytes(b"y" * 40), lambda p: os.truncate(p, 9)]
)
def test_a_damaged_file_is_not_found_and_deleted(store, damage):
    store.put(A, writer(store, b"x" * 40))
    path = store.folder / store.find(A)
    damage(path)
    assert store.find(A) is None
    assert not path.exists()


def test_what_was_used_longest_ago_makes_room(store):
    for key, age in ((A, 1), (B, 3), (C, 2)):
        store.put(key, writer(store, b"x" * 30))
        path = store.folder / store.find(key)
        os.utime(path, (1_000_000 - age, 1_000_000 - age))
    store.find(B)  # used now
    assert store.put("d" * 32, writer(store, b"x" * 40)) == 40
    assert stored(store) == ["a", "b", "d"]


@pytest.mark.parametrize(("size", "keep"), [(60, {A}), (101, ())])
def test_what_finds_no_room_is_left_out_and_deletes_nothing(store, size, keep):
    store.put(A, writer(store, b"x" * 60))
    assert store.put(B, writer(store, b"x" * size), keep=keep) == 0
    assert stored(store) == ["a"]
    assert store.room_for_another({A}) is False
    assert store.room_for_another(()) is True


@pytest.mark.parametrize(("written", "said"), [(b"", 0), (b"half", 8), (None, 8)])
def test_what_is_not_written_whole_is_not_kept(store, written, said):
    def write(name):
        if written is not None:
            (store.folder / name).write_bytes(written)
        return said

    with pytest.raises(OSError, match="could not write it whole"):
        store.put(A, write)
    assert list(store.folder.iterdir()) == []


def test_only_what_the_same_maker_no_longer_wants_is_dropped(store):
    for key in (A, B, C):
        store.put(key, writer(store, b"x"))
    store.drop_others("a" * 12, ())
    store.drop_others("b" * 12, {B})
    assert stored(store) == ["b", "c"]


def test_a_file_that_was_never_finished_goes_after_an_hour(store):
    store.put(A, writer(store, b"x"))
    old, new = (store.folder / f"{n}.unfinished" for n in ("1-a", "2-b"))
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    store.put(B, writer(store, b"x"))
    assert not old.exists()
    assert new.exists()


def test_nobody_else_may_read_them(store):
    store.put(A, writer(store, b"x"))
    assert store.folder.stat().st_mode & 0o077 == 0
    assert (store.folder / store.find(A)).stat().st_mode & 0o077 == 0


def test_a_limit_of_0_keeps_and_finds_none(tmp_path):
    KVStateStore(tmp_path, 100).put(A, lambda name: (tmp_path / name).write_bytes(b"x"))
    off = KVStateStore(tmp_path, 0)
    assert off.off
    assert not off.has(A)
    assert off.find(A) is None
    off.count_asked(["one"])
    assert off.asked() == {}


@pytest.mark.parametrize("written", ["", "[1]", '{"one": "x"}', "\x00"])
def test_counts_that_cannot_be_read_begin_anew(store, written):
    store.folder.mkdir()
    (store.folder / "asked.json").write_text(written)
    assert store.asked() == {}
    store.count_asked(["two"])
    assert json.loads((store.folder / "asked.json").read_text()) == {"two": 1}
