"""One frozen Settings from four sources, each value with its origin."""

from pathlib import Path

import pytest

from assistant.core.settings import load, parse_flags, public_values, value_of
from index.core.errors import UsageError


@pytest.fixture
def config(tmp_path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text("[engine]\nthreads = 2\ncontext_tokens = 2048\n[answer]\npassages = 3\n")
    return path


@pytest.fixture(autouse=True)
def nothing_around(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)


def refusal_of(*arguments, **named) -> str:
    with pytest.raises(UsageError) as caught:
        load(*arguments, **named)
    assert caught.value.exit_code == 2
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_later_sources_win_and_every_value_remembers_its_own(config) -> None:
    environ = {"ASSISTANT_ENGINE_CONTEXT_TOKENS": "3000", "ASSISTANT_ANSWER_PASSAGES": "4"}
    settings = load({"answer.passages": "5"}, config, environ)
    assert settings.engine.gpu_layers == 0
    assert settings.engine.threads == 2
    assert settings.engine.context_tokens == 3000
    assert settings.answer.passages == 5
    assert settings.origins == {
        "engine.threads": str(config),
        "engine.context_tokens": "ASSISTANT_ENGINE_CONTEXT_TOKENS",
        "answer.passages": "flag",
    }
    assert load(environ={}).origins == {}


@pytest.mark.parametrize(
    ("text", "flags", "words"),
    [
        ("[engine]\nthread = 2", {}, ["assistant.toml", "'engine.thread'", "engine.threads?"]),
        ("engine = 5", {}, ["'engine'"]),
        ("", {"answer.pasages": "2"}, ["flag names", "Did you mean answer.passages?"]),
        ("", {"zzzz": "1"}, ["'assistant doctor'"]),
        ("", {"origins": "x"}, ["'origins'"]),
        ("", {"engine.threads": "many"}, ["engine.threads", "flag", "'many'", "integer"]),
        ("", {"answer.passages": "51"}, ["answer.passages", "'51'", "50"]),
        ("", {"engine.trust": "perhaps"}, ["engine.trust", "'perhaps'", "boolean"]),
    ],
)
def test_an_unknown_key_or_a_wrong_value_is_named_with_its_source(text, flags, words) -> None:
    Path("assistant.toml").write_text(text)
    message = refusal_of(flags, environ={})
    assert all(word in message for word in words)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ASSISTANT_ENGINE_THREDS", ["ENGINE_THREDS", "Did you mean engine.threads?"]),
        ("ASSISTANT_ANSWER_DEADLINE_S", ["answer.deadline_s", "ANSWER_DEADLINE_S", "'0'", "> 0"]),
    ],
)
def test_an_unknown_or_wrong_variable_is_named(name, words) -> None:
    message = refusal_of(environ={name: "0"}).replace("greater than", ">")
    assert all(word in message for word in words)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[engine.threads]\nmany = 1\n", ["engine.threads"]),
        (b"[engine\n", ["is not TOML", "line 1"]),
        (b"\xff\xfe\x00", ["cannot be read"]),
        (b'[engine]\napi_key = ["sk-very-secret"]\n', ["engine.api_key"]),
    ],
)
def test_what_is_wrong_with_a_file_is_said_without_its_secrets(tmp_path, content, words) -> None:
    path = tmp_path / "wrong.toml"
    path.write_bytes(content)
    message = refusal_of(config=path, environ={})
    assert all(word in message for word in words)
    assert "sk-very-secret" not in message


def test_a_named_settings_file_must_be_a_file(tmp_path) -> None:
    assert "cannot be read" in refusal_of(config=tmp_path, environ={})
    message = refusal_of(config=tmp_path / "none.toml", environ={})
    assert message == f"There is no settings file {tmp_path / 'none.toml'}."


def test_a_secret_is_masked_wherever_settings_are_shown() -> None:
    settings = load({"engine.api_key": "sk-very-secret"}, environ={})
    assert settings.engine.api_key == "sk-very-secret"
    assert value_of(settings, "engine.api_key") == "(set)"
    assert "sk-very-secret" not in repr(settings)
    assert "api_key" not in public_values(settings, ["engine"])["engine"]
    assert value_of(load(environ={}), "engine.api_key") == ""


def test_flags_are_split_at_the_first_equals_sign() -> None:
    assert parse_flags(["engine.url = http://h/?a=b", "data="]) == {
        "engine.url": "http://h/?a=b",
        "data": "",
    }
