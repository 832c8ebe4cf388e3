"""`assistant doctor`: every setting with its origin, every check, the worst finding's exit code."""

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from assistant.cli.maintenance.doctor import PACKAGES
from assistant.core.settings import keys
from assistant.models.store import ModelStore
from index.core.errors import DamagedError, UserError
from tests.fakes import FakeApp


class AllHere(ModelStore):
    """A store where every model is, whole."""

    def resolve(self, ref: str, sha256: str | None = None, trust: bool = False) -> Path:
        return self.root / ref


class OneDamaged(ModelStore):
    """A store where one model is damaged and the others are not here."""

    def resolve(self, ref: str, sha256: str | None = None, trust: bool = False) -> Path:
        if "bge" in ref:
            raise DamagedError("model.onnx is damaged. Run 'assistant models pull bge'.")
        raise UserError("not here")


class Whole(FakeApp):
    store_class = AllHere

    @property
    def models(self) -> ModelStore:
        return self.store_class(self.settings.cache)


@pytest.fixture
def doctor(indexed):
    """Run it; gives the lines of settings and those of checks."""
    indexed.app = Whole

    def run(*options: str, code: int = 0) -> tuple[list[str], list[str]]:
        out, err = indexed("doctor", *options, code=code)
        assert err == ""
        settings, checks = out.split("checks\n")
        return settings.splitlines()[1:], checks.splitlines()

    run.line = indexed
    return run


def bad(found) -> list[str]:
    return [line for line in found[1] if line.startswith("  BAD")]


def test_where_all_is_well_every_check_is_ok_and_the_code_is_zero(doctor) -> None:
    _, checks = doctor()
    assert all(line.startswith("  ok ") for line in checks)
    texts = [line[7:] for line in checks]
    assert [text.split()[0] for text in texts[:5]] == [*["model"] * 4, "index"]
    assert "2 articles, 2 passages, word-embedding" in texts[4]
    assert texts[5].startswith("disk of the index: ")
    assert texts[6].startswith("disk of the models: ")
    assert texts[7].startswith("memory: ")
    assert all(part in texts[8] for part in ("Python 3.", *PACKAGES))
    assert len(texts) == 9


@pytest.mark.parametrize(
    ("mib", "fits", "too_large"),
    [
        (2000, "bge-small-en-v1.5-int8 (0.1 GB)", "qwen2.5-coder-1.5b-instruct (1.9 GB)"),
        (8000, "qwen3-4b-instruct-2507 (4.2 GB)", "qwen3-30b-a3b-instruct-2507 (31.7 GB)"),
    ],
)
def test_models_are_told_apart_by_whether_the_memory_holds_them(
    doctor, monkeypatch, mib, fits, too_large
) -> None:
    monkeypatch.setattr("assistant.llm.cache_budget.memory_mib", lambda: mib)
    [line] = [line for line in doctor()[1] if "memory: " in line]
    within, _, beyond = line.partition("; too large: ")
    assert fits in within and too_large in beyond
    assert "smollm2-135m" not in line  # cannot answer


def test_all_models_may_fit_and_memory_may_be_unknown(doctor, monkeypatch) -> None:
    monkeypatch.setattr("assistant.llm.cache_budget.memory_mib", lambda: 100_000)
    assert not any("too large" in line for line in doctor()[1])
    monkeypatch.setattr("assistant.llm.cache_budget.memory_mib", lambda: None)
    assert any("memory: not known" in line for line in doctor()[1])


def test_every_setting_is_shown_with_its_value_and_its_origin(doctor, monkeypatch) -> None:
    (doctor.line.root / "assistant.toml").write_text("[answer]\npassages = 4\n")
    monkeypatch.setenv("ASSISTANT_ENGINE_API_KEY", "sk-very-secret")
    lines, _ = doctor("--set", "engine.threads=2")
    settings = {line.split()[0]: line.split() for line in lines}
    assert list(settings) == list(keys())
    assert settings["answer.passages"][1:] == ["4", "assistant.toml"]
    assert settings["engine.threads"][1:] == ["2", "flag"]
    assert settings["data"][-1] == "ASSISTANT_DATA"
    assert settings["engine.trust"][1:] == ["False", "default"]
    assert settings["engine.api_key"][1:] == ["(set)", "ASSISTANT_ENGINE_API_KEY"]


def test_missing_models_are_named_with_the_way_out(doctor) -> None:
    doctor.line.app = FakeApp
    found = bad(doctor(code=1))
    for line, name in zip(found, ("qwen2.5", "bge-small", "ms-marco", "en-core"), strict=True):
        assert f"assistant models pull {name}" in line
    assert "no answer is checked by grammar" in found[-1]
    assert "No model is called 'qwen9'" in bad(doctor("--set", "engine.model=qwen9", code=2))[0]


def test_a_damaged_model_is_worse_than_a_missing_one(doctor) -> None:
    doctor.line.app = type("Broken", (Whole,), {"store_class": OneDamaged})
    assert len(bad(doctor(code=5))) == 4


def test_a_model_behind_an_address_is_not_asked(doctor) -> None:
    _, checks = doctor("--set", "engine.url=http://127.0.0.1:9/v1")
    assert any("is served by http://127.0.0.1:9/v1 (not asked)" in line for line in checks)


def test_an_empty_index_and_folders_that_are_not_there_yet(doctor) -> None:
    [line] = bad(doctor("--data", "a/b/c", "--cache", "x/y", code=1))
    assert "index: empty. Run 'assistant ingest FOLDER'." in line


def test_a_damaged_index_exits_with_five_even_if_an_older_one_is_used(doctor) -> None:
    (doctor.line.root / "other.txt").write_text("The barge carries books.\n")
    doctor.line("ingest", "other.txt")
    for name, told in (("g000002", "Using g000001"), ("g000001", "assistant index rebuild")):
        path = doctor.line.root / "data" / "index" / name / "library.sqlite"
        path.write_bytes(b"damaged")
        [line] = bad(doctor(code=5))
        assert told in line


def test_little_room_on_the_disk_exits_with_six(doctor, monkeypatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 10**6))
    assert len(bad(doctor(code=6))) == 2


def test_a_package_that_is_not_installed_is_named(doctor, monkeypatch) -> None:
    monkeypatch.setattr("assistant.cli.maintenance.doctor.PACKAGES", (*PACKAGES, "no-such-part"))
    assert "not installed: no-such-part" in bad(doctor(code=1))[0]
