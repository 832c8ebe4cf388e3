"""`assistant doctor`: every setting with its origin, every check, the worst finding's exit code."""

import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from assistant.cli.doctor import PACKAGES, findings
from assistant.cli.entry import main
from assistant.core.settings import keys, load
from assistant.models.store import ModelStore
from index.core.errors import DamagedError, UserError
from tests.fakes import FakeApp, WordEmbedding

NEWS = "Title: Dike gives way\nDate: 2024-05-03\n\nNadia Korvin heads the rescue service.\n"


class AllHere(ModelStore):
    """A store where every model is, whole."""

    def resolve(self, ref: str, sha256: str | None = None, trust: bool = False) -> Path:
        return self.root / ref


class Whole(FakeApp):
    @property
    def models(self) -> ModelStore:
        return AllHere(self.settings.cache)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    for name in [name for name in os.environ if name.startswith("ASSISTANT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ASSISTANT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("ASSISTANT_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("assistant.container.App", Whole)
    (tmp_path / "flood.txt").write_text(NEWS)
    return tmp_path


@pytest.fixture
def indexed(home, capsys) -> Path:
    assert main(["ingest", "flood.txt"]) == 0
    capsys.readouterr()
    return home


def doctor(capsys, *options: str) -> tuple[int, list[str]]:
    code = main(["doctor", *options])
    out, err = capsys.readouterr()
    assert err == ""
    return code, out.splitlines()


def bad(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith("  BAD")]


def test_where_all_is_well_every_check_is_ok_and_the_code_is_zero(indexed, capsys) -> None:
    code, lines = doctor(capsys)
    checks = lines[lines.index("checks") + 1 :]
    assert code == 0
    assert all(line.startswith("  ok ") for line in checks)
    texts = [line[7:] for line in checks]
    assert [text.split()[0] for text in texts[:4]] == ["model", "model", "model", "index"]
    assert "1 articles, 1 passages, word-embedding" in texts[3]
    assert texts[4].startswith("disk of the index: ")
    assert texts[5].startswith("disk of the models: ")
    assert all(part in texts[6] for part in ("Python 3.", *PACKAGES))
    assert len(texts) == 7


def test_every_setting_is_shown_with_its_value_and_its_origin(indexed, capsys) -> None:
    (indexed / "assistant.toml").write_text("[answer]\npassages = 4\n")
    _, lines = doctor(capsys, "--set", "engine.threads=2")
    settings = {line.split()[0]: line.split() for line in lines[1 : lines.index("checks")]}
    assert list(settings) == list(keys())
    assert settings["answer.passages"][1:] == ["4", "assistant.toml"]
    assert settings["engine.threads"][1:] == ["2", "flag"]
    assert settings["data"][-1] == "ASSISTANT_DATA"
    assert settings["engine.trust"][1:] == ["False", "default"]


def test_a_secret_is_not_shown(indexed, monkeypatch, capsys) -> None:
    monkeypatch.setenv("ASSISTANT_ENGINE_API_KEY", "sk-very-secret")
    _, lines = doctor(capsys)
    assert "sk-very-secret" not in "\n".join(lines)
    [line] = [line for line in lines if "engine.api_key" in line]
    assert line.split()[1:] == ["(set)", "ASSISTANT_ENGINE_API_KEY"]


def test_missing_models_are_named_with_the_way_out(indexed, monkeypatch, capsys) -> None:
    monkeypatch.setattr("assistant.container.App", FakeApp)
    code, lines = doctor(capsys)
    assert code == 1
    assert len(bad(lines)) == 3
    for line, name in zip(bad(lines), ("qwen2.5", "bge-small", "ms-marco"), strict=True):
        assert f"assistant models pull {name}" in line


def test_a_model_that_nobody_knows_is_wrong_usage(indexed, monkeypatch, capsys) -> None:
    monkeypatch.setattr("assistant.container.App", FakeApp)
    code, lines = doctor(capsys, "--set", "engine.model=qwen9")
    assert code == 2
    assert "No model is called 'qwen9'" in bad(lines)[0]


def test_a_damaged_model_is_worse_than_a_missing_one(indexed, home, monkeypatch, capsys) -> None:
    class Damaged(AllHere):
        def resolve(self, ref, sha256=None, trust=False):
            if "bge" in ref:
                raise DamagedError("model.onnx is damaged. Run 'assistant models pull bge'.")
            raise UserError("not here")

    class Broken(FakeApp):
        @property
        def models(self) -> ModelStore:
            return Damaged(self.settings.cache)

    monkeypatch.setattr("assistant.container.App", Broken)
    code, lines = doctor(capsys)
    assert code == 5
    assert len(bad(lines)) == 3


def test_a_model_behind_an_address_is_not_asked(indexed, capsys) -> None:
    code, lines = doctor(capsys, "--set", "engine.url=http://127.0.0.1:9/v1")
    assert code == 0
    assert any("is served by http://127.0.0.1:9/v1 (not asked)" in line for line in lines)


def test_an_empty_index_is_named_with_the_way_out(capsys) -> None:
    code, lines = doctor(capsys)
    assert code == 1
    [line] = bad(lines)
    assert "index: empty. Run 'assistant ingest FOLDER'." in line


@pytest.mark.parametrize("name", ["library.sqlite", "manifest.json", "sums.json"])
def test_a_damaged_index_exits_with_five(name, indexed, capsys) -> None:
    [generation] = (indexed / "data" / "index").glob("g0*")
    (generation / name).write_bytes(b"damaged")
    code, lines = doctor(capsys)
    assert code == 5
    [line] = bad(lines)
    assert "assistant index rebuild" in line


def test_an_index_whose_vectors_are_damaged_exits_with_five(indexed, capsys) -> None:
    [generation] = (indexed / "data" / "index").glob("g0*")
    with (generation / "chroma" / "chroma.sqlite3").open("r+b") as file:
        file.write(b"damaged")
    assert doctor(capsys)[0] == 5


def test_a_damaged_index_with_an_older_whole_one_exits_with_five_all_the_same(
    indexed, capsys
) -> None:
    (indexed / "other.txt").write_text("The barge carries books.\n")
    assert main(["ingest", "other.txt"]) == 0
    capsys.readouterr()
    newest = max((indexed / "data" / "index").glob("g0*"))
    (newest / "library.sqlite").write_bytes(b"damaged")
    code, lines = doctor(capsys)
    assert code == 5
    assert "Using g000001" in bad(lines)[0]


def test_an_index_of_another_embedder_is_named_with_the_way_out(
    indexed, monkeypatch, capsys
) -> None:
    class Other(WordEmbedding):
        name = "other"
        identity = "other-1"

    class Changed(Whole):
        embedder = Other()

    monkeypatch.setattr("assistant.container.App", Changed)
    code, lines = doctor(capsys)
    assert code == 1
    assert "built with word-embedding; the settings name other" in bad(lines)[0]


def test_little_room_on_the_disk_exits_with_six(indexed, monkeypatch, capsys) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 10**6))
    code, lines = doctor(capsys)
    assert code == 6
    assert len(bad(lines)) == 2


def test_a_part_that_is_not_installed_is_named(indexed, monkeypatch, capsys) -> None:
    monkeypatch.setattr("assistant.cli.doctor.PACKAGES", (*PACKAGES, "no-such-part"))
    code, lines = doctor(capsys)
    assert code == 1
    assert "not installed: no-such-part" in bad(lines)[0]


def test_folders_that_are_not_there_yet_are_no_trouble(home) -> None:
    app = Whole(load({"data": "a/b/c", "cache": str(home / "x" / "y")}))
    disks = [finding for finding in findings(app) if finding.text.startswith("disk")]
    assert [finding.code for finding in disks] == [0, 0]
