"""One frozen Settings from four sources, each value with its origin."""

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from assistant.core.settings import Settings, keys, load, parse_flags, value_of
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


def test_without_sources_everything_is_a_default() -> None:
    settings = load(environ={})
    assert settings.engine.threads == 0
    assert settings.origins == {}


def test_flags_win_over_the_environment_and_that_over_the_file_and_that_over_defaults(
    config,
) -> None:
    environ = {"ASSISTANT_ENGINE_CONTEXT_TOKENS": "3000", "ASSISTANT_ANSWER_PASSAGES": "4"}
    settings = load({"answer.passages": "5"}, config, environ)
    assert settings.engine.gpu_layers == 0
    assert settings.engine.threads == 2
    assert settings.engine.context_tokens == 3000
    assert settings.answer.passages == 5


def test_every_value_remembers_where_it_came_from(config) -> None:
    environ = {"ASSISTANT_ENGINE_CONTEXT_TOKENS": "3000"}
    assert load({"answer.passages": "5"}, config, environ).origins == {
        "engine.threads": str(config),
        "engine.context_tokens": "ASSISTANT_ENGINE_CONTEXT_TOKENS",
        "answer.passages": "flag",
    }


def test_the_file_of_the_working_folder_is_found_by_itself(tmp_path) -> None:
    (tmp_path / "assistant.toml").write_text('data = "here"\n')
    settings = load(environ={})
    assert settings.data == Path("here")
    assert settings.origins == {"data": "assistant.toml"}


def test_variables_of_other_programs_are_not_ours() -> None:
    assert load(environ={"ASSISTANTS": "1", "HOME": "/x"}).origins == {}


def test_an_unknown_key_in_the_file_is_refused_with_the_nearest_one(tmp_path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text("[engine]\nthread = 2\n")
    message = refusal_of(config=path, environ={})
    assert str(path) in message
    assert "'engine.thread'" in message
    assert "Did you mean engine.threads?" in message


def test_an_unknown_variable_is_refused_with_the_nearest_key() -> None:
    message = refusal_of(environ={"ASSISTANT_ENGINE_THREDS": "2"})
    assert "ASSISTANT_ENGINE_THREDS" in message
    assert "Did you mean engine.threads?" in message


def test_an_unknown_flag_is_refused_with_the_nearest_key() -> None:
    message = refusal_of({"answer.pasages": "2"}, environ={})
    assert message.startswith("flag names")
    assert "Did you mean answer.passages?" in message


def test_a_key_like_nothing_we_know_points_to_the_list() -> None:
    assert "'assistant doctor'" in refusal_of({"zzzz": "1"}, environ={})


def test_a_value_where_a_section_belongs_is_an_unknown_key(tmp_path) -> None:
    path = tmp_path / "flat.toml"
    path.write_text("engine = 5\n")
    assert "'engine'" in refusal_of(config=path, environ={})


def test_where_a_value_came_from_cannot_be_set() -> None:
    assert "'origins'" in refusal_of({"origins": "x"}, environ={})


@pytest.mark.parametrize(
    ("flags", "environ", "words"),
    [
        ({"engine.threads": "many"}, {}, ["engine.threads", "flag", "'many'", "integer"]),
        (
            {},
            {"ASSISTANT_ANSWER_DEADLINE_S": "0"},
            ["answer.deadline_s", "ASSISTANT_ANSWER_DEADLINE_S", "'0'", "greater than 0"],
        ),
        ({"answer.passages": "51"}, {}, ["answer.passages", "'51'", "50"]),
        ({"engine.trust": "perhaps"}, {}, ["engine.trust", "'perhaps'", "boolean"]),
    ],
)
def test_a_value_of_the_wrong_kind_is_named_with_its_source(flags, environ, words) -> None:
    message = refusal_of(flags, environ=environ)
    for word in words:
        assert word in message


def test_a_table_where_a_value_belongs_is_of_the_wrong_kind(tmp_path) -> None:
    path = tmp_path / "deep.toml"
    path.write_text("[engine.threads]\nmany = 1\n")
    assert "engine.threads" in refusal_of(config=path, environ={})


def test_a_file_that_is_not_toml_is_refused_with_the_place(tmp_path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text("[engine\n")
    message = refusal_of(config=path, environ={})
    assert f"{path} is not TOML" in message
    assert "line 1" in message


def test_a_file_that_is_no_text_is_refused(tmp_path) -> None:
    path = tmp_path / "binary.toml"
    path.write_bytes(b"\xff\xfe\x00")
    assert "cannot be read" in refusal_of(config=path, environ={})


def test_a_folder_is_no_settings_file(tmp_path) -> None:
    assert "cannot be read" in refusal_of(config=tmp_path, environ={})


def test_a_settings_file_that_was_named_must_be_there(tmp_path) -> None:
    message = refusal_of(config=tmp_path / "none.toml", environ={})
    assert message == f"There is no settings file {tmp_path / 'none.toml'}."


def test_a_secret_is_masked_wherever_settings_are_shown() -> None:
    settings = load({"engine.api_key": "sk-very-secret"}, environ={})
    assert settings.engine.api_key == "sk-very-secret"
    assert value_of(settings, "engine.api_key") == "(set)"
    assert "sk-very-secret" not in repr(settings)


def test_a_secret_that_is_not_set_shows_as_empty() -> None:
    assert value_of(load(environ={}), "engine.api_key") == ""


def test_a_secret_of_the_wrong_kind_is_not_repeated(tmp_path) -> None:
    path = tmp_path / "secret.toml"
    path.write_text('[engine]\napi_key = ["sk-very-secret"]\n')
    message = refusal_of(config=path, environ={})
    assert "engine.api_key" in message
    assert "sk-very-secret" not in message


@pytest.mark.parametrize("change", [("data", Path("x")), ("engine", None)])
def test_settings_cannot_be_changed(change) -> None:
    settings = load(environ={})
    with pytest.raises(FrozenInstanceError):
        setattr(settings, *change)
    with pytest.raises(FrozenInstanceError):
        settings.engine.threads = 3


def test_every_key_has_a_description_and_a_value() -> None:
    settings = Settings()
    for key, field in keys().items():
        assert field.description
        value_of(settings, key)


def test_flags_are_split_at_the_first_equals_sign() -> None:
    assert parse_flags(["engine.url = http://h/?a=b", "data="]) == {
        "engine.url": "http://h/?a=b",
        "data": "",
    }


def test_a_flag_without_an_equals_sign_is_refused() -> None:
    with pytest.raises(UsageError, match=r"KEY=VALUE.*'engine\.threads'"):
        parse_flags(["engine.threads"])
