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
from index.storage import chroma_snapshot as copies
from index.storage.flat_index import FlatIndex
from index.storage.generations import GenerationStore
from index.storage.manifest import COMPLETE, Manifest
from tests.command_line import python
from tests.conftest import NEW, OLD

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
        process = python("-c", HOLD, str(tram.store.root), *arguments)
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


@pytest.mark.parametrize("flat", [True, False])
def test_a_reader_keeps_answering_from_the_generation_it_has_open(tram, monkeypatch, flat):
    monkeypatch.setattr(copies, "SHARED", 1)
    if not flat:
        monkeypatch.setattr(FlatIndex, "exists", lambda folder: False)
    search = tram.search()
    search.search("tram", 1)
    opened = search._open
    tram.store = GenerationStore(tram.store.root, keep=2)
    for text in ("The tram was sold.", "The tram was bought.", "The tram was lost."):
        tram.put(tram=text)
    assert not opened.generation.folder.exists()
    ((passage_id, _),) = opened.vectors.nearest(tram.embedder.question("tram"), 1)
    assert opened.library.passages([passage_id])[passage_id].text == NEW


def test_publishing_moves_current_and_keeps_as_many_generations_as_are_set(news):
    news.store = GenerationStore(news.store.root, keep=3)
    for number in range(1, 5):
        assert news.put(tram=f"Tram number {number} came.").generation == f"g{number:06d}"
        assert news.store.current_name() == f"g{number:06d}"
        assert len(news.store.names()) == min(number, 3)
    assert not list(news.store.root.glob("tmp-*"))


def test_every_file_is_on_disk_before_the_pointer_moves(news, monkeypatch):
    calls = []

    def noted(owner, name, path_of):
        real = getattr(owner, name)

        def call(*arguments):
            calls.append((name, path_of(*arguments)))
            return real(*arguments)

        monkeypatch.setattr(owner, name, call)

    noted(os, "fsync", lambda handle: Path(f"/proc/self/fd/{handle}").readlink())
    noted(Path, "rename", lambda path, target: Path(target))
    noted(Path, "replace", lambda path, target: Path(target))
    news.put(tram=OLD)
    root, draft = news.store.root, news.store.root / f"tmp-{os.getpid()}"
    files = [path for path in (root / "g000001").rglob("*")]
    before = calls[: calls.index(("rename", root / "g000001"))]
    for path in files:
        assert ("fsync", draft / path.relative_to(root / "g000001")) in before
    assert [call for call, _ in calls[-4:]] == ["fsync", "fsync", "replace", "fsync"]
    assert calls[-4][1] == root
    assert calls[-3][1].name.startswith(".CURRENT.")
    assert [path for _, path in calls[-2:]] == [root / "CURRENT", root]


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
    assert tram.put(tram="The tram was sold.").generation == "g000003"
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


def test_a_file_too_many_is_damage(tram):
    generation, _ = tram.store.open()
    (generation.folder / "chroma" / "more.bin").write_bytes(b"more")
    with pytest.raises(DamagedError, match=r"more\.bin"):
        generation.verify()


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
    assert tram.put(tram="The tram was sold.").generation == "g000003"
    assert backup.exists()


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


@pytest.fixture
def shared(tram, monkeypatch):
    """However small, the files of vectors are shared, as large ones are."""
    tram.put(bread="Zoë Lind baked ninety loaves.", dike="The dike broke at Lower Brask.")
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
