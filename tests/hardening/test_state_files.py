"""State files that somebody damaged or put in the way: one line with the way out, no traceback."""

from __future__ import annotations

import json
import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

import pytest

from assistant.backends.server_client import NOTE, PROTOCOL, find, note_of
from assistant.core.settings import load
from index.core.errors import UserError
from index.core.file_hashes import FileHashes
from tests.command_line import TALKS, WHO, CommandLine
from ui.service.feedback import Feedback
from ui.web.server import server_note

DEEP = "[" * 100_000
DEEP_IN_OBJECT = '{"sha256": ' + DEEP


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """A command line with one article indexed."""
    run = CommandLine(tmp_path, monkeypatch, capsys)
    (tmp_path / "talks.txt").write_text(TALKS)
    run("ingest", "talks.txt")
    return run


def index(run) -> Path:
    return run.root / "data" / "index"


@pytest.mark.parametrize("content", [DEEP, DEEP_IN_OBJECT, '{"a": 1}', "[]", "\udcff", "9" * 5000])
@pytest.mark.parametrize("name", ["manifest.json", "sums.json"])
def test_a_generation_with_a_damaged_file_is_damaged(name, content, run):
    (index(run) / "g000001" / name).write_bytes(content.encode("utf-8", "surrogatepass"))
    assert "g000001" in run.refused("articles", "list", code=5)
    out, _ = run("index", "list")
    assert "g000001" in out
    run("index", "verify", code=5)


@pytest.mark.parametrize(
    "changed", [{"created": ["\x1b[31m"]}, {"articles": "many"}, {"dimension": None}]
)
def test_a_manifest_with_values_of_another_kind_is_damaged(changed, run):
    path = index(run) / "g000001" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))
    assert "of another kind" in run.refused("articles", "list", code=5)
    assert "its manifest cannot be read" in run("index", "list")[0]


@pytest.mark.parametrize("content", [DEEP, DEEP_IN_OBJECT, '{"sha256": 5}', "{}"])
def test_remembered_hashes_that_are_damaged_are_forgotten(content, run):
    (index(run) / "seen.json").write_text(content)
    assert "Karuizawa" in run("articles", "list")[0]
    asked = run.root / "data" / "readings" / "asked.json"
    asked.parent.mkdir(exist_ok=True)
    asked.write_text(content)
    run("ingest", "talks.txt")


@pytest.mark.parametrize(
    "content",
    [
        *(DEEP, '{"protocol": ' + DEEP, "{}", f'{{"protocol": {PROTOCOL}}}', "null"),
        json.dumps({"protocol": PROTOCOL, "pid": 1, "token": "t", "host": 5, "port": "x"}),
    ],
)
def test_a_servers_note_that_is_none_is_not_believed(content, run, tmp_path):
    note = tmp_path / "data" / NOTE
    note.write_text(content)
    assert find(load({"data": str(tmp_path / "data")}, environ={})) is None
    assert "Karuizawa" in run("search", WHO)[0]
    with server_note(run.app(load({"data": str(tmp_path / "data")}, environ={})), 1, "token"):
        note.write_text(content)
    assert note.read_text() == content


def test_a_note_without_one_of_its_keys_is_not_believed(tmp_path):
    settings = load({"data": str(tmp_path)}, environ={})
    whole = note_of(("127.0.0.1", 1), "token", settings)
    for key in whole:
        (tmp_path / NOTE).write_text(json.dumps({k: v for k, v in whole.items() if k != key}))
        assert find(settings) is None


def test_a_vote_that_is_nested_too_deeply_is_left_out(tmp_path):
    (tmp_path / "feedback.jsonl").write_text(f"{DEEP}\n")
    assert Feedback(tmp_path / "feedback.jsonl").votes() == []


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("embeddings.sqlite", ["ingest", "other.txt"]),
        ("index/writer.lock", ["ingest", "other.txt"]),
        ("index/writer.json", ["ingest", "other.txt"]),
        ("index/writer.lock", ["index", "use", "g000001"]),
    ],
)
def test_a_folder_where_a_file_should_be_is_named(name, arguments, run):
    (run.root / "other.txt").write_text(TALKS.replace("Sung Kim", "Sung Lee"))
    path = run.root / "data" / name
    with suppress(FileNotFoundError):
        path.unlink()
    path.mkdir()
    (path / "x").touch()
    line = run.refused(*arguments, code=1)
    assert str(path) in line and "ove it away" in line


def test_a_data_folder_that_is_a_file_is_named(run, monkeypatch):
    monkeypatch.setenv("ASSISTANT_DATA", str(run.root / "talks.txt"))
    assert "talks.txt" in run.refused("ingest", "talks.txt", code=1)
    assert "talks.txt" in run.refused("articles", "list", code=1)


def test_a_servers_note_that_cannot_be_written_is_told(run):
    (run.root / "data" / NOTE).mkdir()
    app = run.app(load({"data": str(run.root / "data")}, environ={}))
    with pytest.raises(UserError, match=NOTE), server_note(app, 1, "token"):
        """It does not come so far."""


def test_no_escape_code_reaches_the_terminal(run, monkeypatch):
    evil = "\x1b]0;owned\x07\x9b31m"
    path = index(run) / "g000001" / "manifest.json"
    manifest = json.loads(path.read_text()) | {"created": evil, "embedder": evil}
    path.write_text(json.dumps(manifest))
    monkeypatch.setenv("ASSISTANT_ENGINE_TEMPLATE", evil)
    folder = run.root / f"data{evil}"
    shutil.copytree(run.root / "data", folder)
    monkeypatch.setenv("ASSISTANT_DATA", str(folder))
    for command in (["index", "list"], ["doctor"], ["settings"]):
        for stream in run(*command, code=5 if command == ["doctor"] else 0):
            assert "\x1b" not in stream and "\x9b" not in stream and "\x07" not in stream
            assert all(line.isprintable() for line in stream.splitlines())


def test_a_byte_that_was_flipped_is_seen_though_size_and_time_are_as_before(tmp_path):
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF" + bytes(100))
    before = file.stat()
    hashes = FileHashes(tmp_path / "seen.json")
    first = hashes.digest(file)
    time.sleep(0.02)  # file systems count time in steps
    with file.open("r+b") as opened:
        opened.seek(50)
        opened.write(b"\x01")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = file.stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert hashes.digest(file) != first
