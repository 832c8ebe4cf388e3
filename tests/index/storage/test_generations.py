"""Generations: published whole or not at all, whatever is killed, damaged or full."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from index.core.errors import BusyError, DamagedError, UserError
from index.retrieval.hybrid_search import IndexSearch
from index.storage import chroma_snapshot as copies
from index.storage.flat_index import FlatIndex
from index.storage.generations import KEPT, GenerationStore
from index.storage.manifest import COMPLETE, Manifest
from tests.conftest import NEW, OLD
from tests.fakes import WordReranker

ROOT = Path(__file__).resolve().parents[3]
HOLD = """
import sys, time
from pathlib import Path
from index.storage.generations import GenerationStore
store = GenerationStore(Path(sys.argv[1]))
with store.writing():
    if len(sys.argv) > 2:
        store.draft(store.open()[0])
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def writer(tram):
    """Starts another process that holds the writer's lock."""
    running = []

    def start(*arguments):
        command = [sys.executable, "-c", HOLD, str(tram.store.root), *arguments]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stdout.readline() == "held\n"
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def snapshot(root):
    """Every file of the published generations with its bytes, and CURRENT."""
    files = [path for path in root.rglob("*") if path.is_file()]
    kept = {path for path in files if path.parts[len(root.parts)].startswith(("g0", "CURRENT"))}
    return {path: path.read_bytes() for path in kept if path.suffix != ".tmp"}


# ── publishing ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("flat", [True, False])
def test_a_reader_keeps_answering_from_the_generation_it_has_open(tram, monkeypatch, flat):
    monkeypatch.setattr(copies, "SHARED", 1)
    if not flat:
        monkeypatch.setattr(FlatIndex, "exists", lambda folder: False)
    search = tram.search()
    search.search("tram", 1)
    opened = search._open
    for text in ("The tram was sold.", "The tram was bought.", "The tram was lost."):
        tram.write("tram.txt", text)
        tram.ingest()
    assert not opened.generation.folder.exists()
    ((passage_id, _),) = opened.vectors.nearest(tram.embedder.question("tram"), 1)
    assert opened.library.passages([passage_id])[passage_id].text == NEW


def test_publishing_moves_current_and_keeps_only_two_generations(news):
    for number in range(1, 5):
        news.write("tram.txt", f"Tram number {number} came.")
        assert news.ingest().generation == f"g{number:06d}"
        assert news.store.current_name() == f"g{number:06d}"
        assert len(news.store.names()) == min(number, KEPT)
    assert not list(news.store.root.glob("tmp-*"))


def test_every_file_is_on_disk_before_the_pointer_moves(news, monkeypatch):
    calls = []
    fsync, rename, replace = os.fsync, Path.rename, Path.replace

    def noted_fsync(handle):
        calls.append(("sync", Path(f"/proc/self/fd/{handle}").readlink()))
        fsync(handle)

    def noted_rename(self, target):
        calls.append(("rename", Path(target)))
        return rename(self, target)

    def noted_replace(self, target):
        calls.append(("replace", Path(target)))
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "rename", noted_rename)
    monkeypatch.setattr(Path, "replace", noted_replace)
    news.write("tram.txt", OLD)
    news.ingest()
    root, draft = news.store.root, news.store.root / f"tmp-{os.getpid()}"
    files = [path for path in (root / "g000001").rglob("*")]
    before = calls[: calls.index(("rename", root / "g000001"))]
    for path in files:
        assert ("sync", draft / path.relative_to(root / "g000001")) in before
    assert [call for call, _ in calls[-4:]] == ["sync", "sync", "replace", "sync"]
    assert calls[-4][1] == root
    assert calls[-3][1].name.startswith(".CURRENT.")
    assert [path for _, path in calls[-2:]] == [root / "CURRENT", root]


# ── two writers ───────────────────────────────────────────────────────────────────────────────


def test_a_second_writer_is_told_at_once_who_is_writing(tram, writer):
    process = writer()
    with pytest.raises(BusyError, match=f"pid {process.pid}"), tram.store.writing():
        pass
    assert tram.finds("tram") == NEW  # readers do not wait


def test_the_lock_is_free_when_its_holder_was_killed_and_its_leftovers_go(tram, writer):
    process = writer("with a draft")
    draft = tram.store.root / f"tmp-{process.pid}"
    assert (draft / "library.sqlite").exists()
    process.send_signal(signal.SIGKILL)
    process.wait()
    tram.write("tram.txt", "The tram was sold.")
    assert tram.ingest().generation == "g000003"
    assert not draft.exists()


def test_copies_of_dead_readers_go_and_those_of_living_ones_stay(tram):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    gone = tram.store.root / f"open-{dead.pid}-abc"
    kept = tram.store.root / f"open-{os.getpid()}-abc"
    gone.mkdir()
    kept.mkdir()
    with tram.store.writing():
        assert (gone.exists(), kept.exists()) == (False, True)


# ── damage ────────────────────────────────────────────────────────────────────────────────────


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def garble(path):
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 64] = bytes(byte ^ 0x5A for byte in data[middle : middle + 64])
    path.write_bytes(data)


def files_of(generation):
    return sorted(path for path in generation.folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("damage", [cut, garble, Path.unlink], ids=["cut", "garbled", "removed"])
def test_each_damaged_file_is_noticed_and_the_older_generation_answers(tram, damage):
    generation, _ = tram.store.open()
    names = [path.name for path in files_of(generation)]
    assert {"library.sqlite", "manifest.json", "sums.json", "chroma.sqlite3"} <= set(names)
    assert len(names) >= 8
    for path in files_of(generation):
        whole = path.read_bytes()
        if not whole and damage is not Path.unlink:
            continue  # nothing to cut in an empty file
        damage(path)
        with pytest.raises(DamagedError):
            generation.verify()
        used, warning = tram.store.open()
        assert used.name == "g000001"
        assert "g000002" in warning and "index rebuild" in warning
        path.write_bytes(whole)
    generation.verify()
    assert tram.store.open() == (generation, "")


def test_a_file_too_many_is_damage(tram):
    generation, _ = tram.store.open()
    (generation.folder / "chroma" / "more.bin").write_bytes(b"more")
    with pytest.raises(DamagedError, match=r"more\.bin"):
        generation.verify()


def test_with_no_whole_generation_the_cure_is_named(tram):
    for name in tram.store.names():
        garble(tram.store.root / name / "library.sqlite")
    with pytest.raises(DamagedError, match="index rebuild"):
        tram.store.open()
    assert tram.store.rebuild_base() is None


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"\n", b"g000009\n", b"../g000002\n", b"g000002/../g000002", b"g000002\x00"),
        *(b"\xff\xfe\x00", b"g" * 5000, b"/etc/passwd", b"zzz", b".", b"tmp-1"),
    ],
)
def test_a_pointer_to_nothing_gives_the_newest_whole_generation_and_a_warning(tram, content):
    (tram.store.root / "CURRENT").write_bytes(content)
    generation, warning = tram.store.open()
    assert generation.name == "g000002"
    assert "CURRENT" in warning and "index rebuild" in warning


def test_a_backup_beside_the_generations_is_left_alone(tram):
    backup = tram.store.root / "g000001.bak"
    shutil.copytree(tram.store.root / "g000001", backup)
    tram.write("tram.txt", "The tram was sold.")
    assert tram.ingest().generation == "g000003"
    assert backup.exists()


# ── disks ─────────────────────────────────────────────────────────────────────────────────────


def test_a_data_folder_that_may_not_be_written_can_still_be_searched(tram, monkeypatch):
    # as root permissions do not bite, so the folder is made to refuse
    make = tempfile.mkdtemp

    def refusing(suffix=None, prefix=None, dir=None):  # noqa: A002
        if dir is not None and Path(dir) == tram.store.root:
            raise PermissionError(errno.EACCES, "Permission denied", str(dir))
        return make(suffix, prefix, dir)

    monkeypatch.setattr(tempfile, "mkdtemp", refusing)
    before = snapshot(tram.store.root)
    assert tram.finds("tram") == NEW
    assert snapshot(tram.store.root) == before


def test_an_index_with_another_manifest_is_of_another_build():
    one = Manifest(1, "now", "1.5", "words", "words-1", 256, 160, 1, 2, 3)
    fields = {name: getattr(one, name) for name in Manifest.__slots__}
    assert one.same_build(Manifest(**fields | {"created": "then", "articles": 9, "extractor": 7}))
    for name in ("schema", "chromadb", "identity", "dimension", "passage_tokens"):
        other = "another" if isinstance(fields[name], str) else 7
        assert not one.same_build(Manifest(**fields | {name: other}))


def test_a_closed_search_leaves_no_copy_behind(tram, monkeypatch):
    monkeypatch.setattr(FlatIndex, "exists", lambda folder: False)
    search = IndexSearch(tram.store, tram.embedder, WordReranker())
    search.search("tram", 1)
    assert len(list(tram.store.root.glob("open-*"))) == 1
    search.close()
    assert not list(tram.store.root.glob("open-*"))


# ── what a reader shares ──────────────────────────────────────────────────────────────────────


@pytest.fixture
def shared(tram, monkeypatch):
    """However small, the files of vectors are shared, as large ones are."""
    tram.write("bread.txt", "Zoë Lind baked ninety loaves.")
    tram.write("dike.txt", "The dike broke at Lower Brask.")
    tram.ingest()
    monkeypatch.setattr(copies, "SHARED", 1)
    monkeypatch.setattr(FlatIndex, "exists", lambda folder: False)
    return tram


def links(root):
    return sorted(path.name for path in root.glob("open-*/**/*") if path.is_symlink())


def test_a_reader_shares_the_files_of_vectors_and_leaves_them_as_they_are(shared):
    before = snapshot(shared.store.root)
    search = shared.search()
    for question in ("tram", "tram Tuesday", "ran again"):
        assert search.search(question, 3)[0].passage.text == NEW
    opened = search._open
    ids = sorted(opened.vectors.ids())
    assert set(opened.vectors.get(ids)) == set(ids)
    assert "data_level0.bin" in links(shared.store.root)
    assert "chroma.sqlite3" not in links(shared.store.root)
    search.close()
    assert snapshot(shared.store.root) == before
    assert shared.store.open()[1] == ""


def test_a_single_vector_which_chroma_keeps_in_its_log_is_copied(tram, monkeypatch):
    monkeypatch.setattr(FlatIndex, "exists", lambda folder: False)
    monkeypatch.setattr(copies, "SHARED", 1)
    before = snapshot(tram.store.root)
    search = tram.search()
    assert search.search("tram", 1)[0].passage.text == NEW
    assert links(tram.store.root) == []
    search.close()
    assert snapshot(tram.store.root) == before


@pytest.mark.parametrize("case", ["older release", "read-only file"])
def test_files_that_chroma_may_write_to_or_cannot_open_are_copied(shared, monkeypatch, case):
    generation, _ = shared.store.open()
    if case == "older release":
        older = replace(generation.manifest, schema=COMPLETE - 1)
        generation = replace(generation, manifest=older)
    else:
        monkeypatch.setattr(os, "access", lambda path, mode: False)
    with copies.snapshot(generation):
        assert links(shared.store.root) == []


def test_a_store_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "CURRENT").mkdir()
    with pytest.raises(UserError, match="cannot be read"):
        GenerationStore(tmp_path).open()
