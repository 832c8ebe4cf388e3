"""There was no backup but to copy a folder at the right moment, and nothing that checked one."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from assistant.core.backup import back_up, restore
from index.core.errors import BusyError, DamagedError, NoSpaceError, UsageError, UserError
from index.storage.generations import GenerationStore
from tests.command_line import ROOT, CommandLine
from tests.conftest import NEW, OLD, News

VOTE = '{"vote": 1}\n'


@pytest.fixture
def place(tram):
    """The tram's index beside what a person made."""
    for name, text in (
        *(("feedback.jsonl", VOTE), ("uploads/a/b.txt", "An upload."), ("sets/x/q.jsonl", "{}")),
        ("following.json", "{}"),
        *(("embeddings.sqlite-x", "computed"), ("readings/1", "computed"), ("server.json", "{}")),
    ):
        (tram.data / name).parent.mkdir(parents=True, exist_ok=True)
        (tram.data / name).write_text(text)
    return tram


@pytest.fixture
def file(tmp_path):
    return tmp_path / "news.zip"


@pytest.fixture
def elsewhere(tmp_path):
    return News(tmp_path / "elsewhere")


def test_an_index_and_what_a_person_made_come_back_in_an_empty_folder(place, elsewhere, file):
    done = back_up(place.store, place.data, file)
    assert (done.generation, done.manifest.articles, done.others) == ("g000002", 1, 4)
    assert file.stat().st_mode & 0o777 == 0o600
    assert restore(elsewhere.store, elsewhere.data, file).others == 4
    assert elsewhere.finds("tram") == NEW
    assert elsewhere.store.open()[1] == ""
    found = {p.relative_to(elsewhere.data).parts[0] for p in elsewhere.data.rglob("*")}
    assert found == {"feedback.jsonl", "following.json", "uploads", "sets", "index"}
    assert (elsewhere.data / "uploads/a/b.txt").read_text() == "An upload."
    assert not list(elsewhere.store.root.glob("tmp-*"))
    with zipfile.ZipFile(file) as archive:  # with any tool
        assert archive.testzip() is None


def test_nothing_is_overwritten_unasked(place, elsewhere, file):
    back_up(place.store, place.data, file)
    before = file.read_bytes()
    with pytest.raises(UsageError, match="is there already"):
        back_up(place.store, place.data, file)
    with pytest.raises(UsageError, match=r"g000002.*--replace"):
        restore(place.store, place.data, file)
    elsewhere.data.mkdir()
    (elsewhere.data / "feedback.jsonl").write_text("another vote\n")
    with pytest.raises(UsageError, match=r"feedback\.jsonl is there"):
        restore(elsewhere.store, elsewhere.data, file)
    assert file.read_bytes() == before
    assert elsewhere.store.names() == []
    assert (elsewhere.data / "feedback.jsonl").read_text() == "another vote\n"


def test_a_restore_over_an_index_can_be_undone(place, file):
    back_up(place.store, place.data, file)
    place.write("tram.txt", OLD)
    place.ingest()
    assert restore(place.store, place.data, file, replace=True).generation == "g000004"
    assert place.finds("tram") == NEW
    place.store.use("g000003")
    assert place.finds("tram") == OLD


def test_a_backup_into_the_data_folder_or_to_nowhere_is_refused(place, tmp_path):
    with pytest.raises(UsageError, match="lies in the data folder"):
        back_up(place.store, place.data, place.data / "uploads" / "me.zip")
    with pytest.raises(UsageError, match="There is no folder"):
        back_up(place.store, place.data, tmp_path / "gone" / "me.zip")
    with pytest.raises(UsageError, match="There is no"):
        restore(place.store, place.data, tmp_path / "gone.zip")
    with pytest.raises(UserError):
        restore(place.store, place.data, tmp_path)


def test_damage_anywhere_is_found_before_anything_is_written(place, elsewhere, file):
    back_up(place.store, place.data, file)
    whole = file.read_bytes()
    for at in range(0, len(whole), len(whole) // 60):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        try:
            restore(elsewhere.store, elsewhere.data, file)
        except DamagedError as problem:
            assert str(file) in str(problem)
            assert not elsewhere.data.exists() or not list(elsewhere.data.rglob("g0*"))
        else:  # a byte that means nothing, such as a time in the zip's own list
            assert elsewhere.finds("tram") == NEW
            shutil.rmtree(elsewhere.data)
    for cut in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:cut])
        with pytest.raises(DamagedError):
            restore(elsewhere.store, elsewhere.data, file)


def test_a_damaged_generation_is_not_backed_up_as_if_it_were_whole(place, file):
    library = place.store.root / "g000002" / "library.sqlite"
    info = library.stat()
    data = bytearray(library.read_bytes())
    data[-1] ^= 1
    library.write_bytes(data)
    os.utime(library, ns=(info.st_atime_ns, info.st_mtime_ns))
    with suppress(DamagedError):
        back_up(place.store, place.data, file)
    back_up(place.store, place.data, file, replace=True)  # the next one takes the whole one
    with zipfile.ZipFile(file) as archive:
        assert json.loads(archive.read("backup.json"))["generation"] == "g000001"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "../outside.txt",
            "/etc/outside",
            "uploads/../../outside",
            "index/CURRENT",
            "server.json",
        ),
        *("index/g000001/library.sqlite", "index/writer.lock", "uploads//x", "embeddings.sqlite"),
    ],
)
def test_a_file_made_to_write_elsewhere_is_refused(place, elsewhere, file, name):
    back_up(place.store, place.data, file)
    with zipfile.ZipFile(file) as archive:
        content = {one: archive.read(one) for one in archive.namelist()}
    listed = json.loads(content["backup.json"])
    listed["files"][name] = listed["files"]["feedback.jsonl"]
    content[name] = content["feedback.jsonl"]
    content["backup.json"] = json.dumps(listed).encode()
    with zipfile.ZipFile(file, "w") as archive:
        for one, data in content.items():
            archive.writestr(one, data)
    with pytest.raises(DamagedError, match="it holds"):
        restore(elsewhere.store, elsewhere.data, file)
    assert not list(elsewhere.folder.parent.rglob("outside*"))


def test_a_full_disk_leaves_the_index_and_no_half_backup(place, elsewhere, file, monkeypatch):
    back_up(place.store, place.data, file)

    class Usage:
        free = 10

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda path: Usage)
        with pytest.raises(NoSpaceError):
            restore(elsewhere.store, elsewhere.data, file)
    assert elsewhere.store.names() == []
    with monkeypatch.context() as patch:
        patch.setattr("assistant.core.backup._CHUNK", "no number")
        with pytest.raises(TypeError):
            back_up(place.store, place.data, file.with_name("other.zip"))
    assert [path.name for path in file.parent.glob("*other*")] == []


def test_backups_during_ingests_are_whole_and_the_ingests_are_not_disturbed(place, tmp_path):
    place.store = GenerationStore(place.store.root, keep=2)
    done, problems = threading.Event(), []

    def ingests():
        for number in range(8):
            place.write("tram.txt", f"The tram number {number} came.")
            try:
                place.ingest()
            except UserError as problem:
                problems.append(problem)
        done.set()

    thread = threading.Thread(target=ingests)
    thread.start()
    number = 0
    while not done.is_set() or number < 3:
        number += 1
        target, other = tmp_path / f"{number}.zip", News(tmp_path / str(number))
        back_up(place.store, place.data, target)
        restore(other.store, other.data, target)
        assert "tram" in other.finds("tram")
        target.unlink()
    thread.join()
    assert problems == []
    assert not list(place.store.root.glob("open-*"))


def test_a_restore_during_an_ingest_is_refused(place, file):
    back_up(place.store, place.data, file)
    with place.store.writing(), pytest.raises(BusyError):
        restore(place.store, place.data, file, replace=True)


KILLED = """
import os, sys, time
from pathlib import Path
from assistant.core import backup
from index.storage.generations import GenerationStore
data, file, what = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
owner, name = (backup, "_add") if what == "back_up" else (backup._Backup, "write")
real = getattr(owner, name)
def slow(*args):
    result = real(*args)
    print("step", flush=True)
    time.sleep(0.05)
    return result
setattr(owner, name, slow)
getattr(backup, what)(GenerationStore(data / "index"), data, file, replace=True)
print("done", flush=True)
"""


@pytest.mark.drill
@pytest.mark.parametrize("what", ["back_up", "restore"])
def test_a_kill_at_any_step_leaves_what_was_there_and_the_next_run_works(place, file, what):
    back_up(place.store, place.data, file)
    for steps in range(1, 40, 3):
        whole = file.read_bytes()
        command = [sys.executable, "-c", KILLED, str(place.data), str(file), what]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        heard = [process.stdout.readline() for _ in range(steps)]
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert file.read_bytes() == whole or "done\n" in heard
        assert place.finds("tram") == NEW
        assert place.store.open()[1] == ""
        if "done\n" in heard:
            break
    else:
        raise AssertionError("it never came to its end")
    back_up(place.store, place.data, file, replace=True)
    restore(place.store, place.data, file, replace=True)
    assert not list(file.parent.glob(".news.zip*"))
    assert not list(place.store.root.glob("tmp-*")) + list(place.store.root.glob("open-*"))


def test_the_commands(place, tmp_path, monkeypatch, capsys):
    says = CommandLine(place.folder.parent, monkeypatch, capsys)
    out, _ = says("backup", "news.zip")
    assert out.startswith("news.zip: g000002 with 1 articles, and 4 other files;")
    assert "is there already" in says.refused("backup", "news.zip", code=2)
    assert "assistant index use g000002" in says.refused("restore", "news.zip", code=2)
    out, _ = says("restore", "news.zip", "--data", str(tmp_path / "new"))
    assert out.startswith("g000001 is in use now, with 1 articles of 20")
    out, _ = says("restore", "news.zip", "--replace")
    assert out.endswith("'assistant index use g000002' goes back.\n")
    Path("news.zip").write_bytes(b"no zip")
    assert "damaged or no backup" in says.refused("restore", "news.zip", "--replace", code=5)
