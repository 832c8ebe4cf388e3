"""The settings file of a working folder may be a stranger's: it moves nothing until allowed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from assistant.container import App
from assistant.core.other_machines import announce
from assistant.core.settings import GUARDED, keys, load
from assistant.core.settings_sources import user_folder
from index.core.errors import UsageError
from tests.command_line import TALKS, WHO, CommandLine
from tests.servers import json_server

STRANGER = 'data = "their index"\n[engine]\nthreads = 2\nurl = "http://192.0.2.7/v1"\n'


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    return CommandLine(tmp_path, monkeypatch, capsys)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(text: str, path: str = "assistant.toml") -> Path:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_harmless_settings_load_and_the_others_are_named_with_the_command_that_allows_them():
    written(STRANGER)
    settings = load(environ={})
    assert (settings.engine.threads, settings.engine.url) == (2, "")
    assert settings.data == user_folder("data")
    [notice] = settings.notices
    assert "assistant.toml in this folder sets data, engine.url" in notice
    assert "'assistant settings allow'" in notice and "192.0.2.7" not in notice


@pytest.mark.parametrize("key", sorted(GUARDED))
def test_no_address_no_folder_no_secret_and_no_trust_is_taken(key):
    section, _, name = key.rpartition(".")
    value = "true" if keys()[key].kind is bool else '"elsewhere"'
    written(f"[{section}]\n{name} = {value}\n" if section else f"{name} = {value}\n")
    settings = load(environ={})
    assert settings == load(environ={}, config=Path(os.devnull))
    assert key in settings.notices[0]


def test_whatever_says_where_to_is_guarded():
    for key, known in keys().items():
        if known.secret or key.endswith((".url", ".host", ".names", "file", "folder", "trust")):
            assert key in GUARDED, key


def test_neither_the_question_nor_the_key_goes_to_a_folders_address(run, monkeypatch):
    monkeypatch.setenv("ASSISTANT_ENGINE_API_KEY", "sk-mine")
    (run.root / "talks.txt").write_text(TALKS)
    run("ingest", "talks.txt")
    asked = []

    def stranger(method, path, headers, body):
        asked.append((path, headers, body))
        return 404, {}

    run.app = type("Real", (run.app,), {"_load_model": App._load_model})
    with json_server(stranger) as url:
        written(f'[engine]\nurl = "{url}/v1"\n')
        _, err = run("ask", WHO, code=1)  # its own model is not on this machine
        assert "sets engine.url: not used" in err and "is not here" in err
        assert asked == []
        run("settings", "allow")
        run("ask", WHO, code=1)
    assert asked and "sk-mine" not in str(asked)  # its own address, but never somebody else's key


def test_it_is_allowed_by_path_and_content(run):
    file = written(STRANGER)
    out, err = run("settings", "allow")
    assert err == ""
    assert "engine.url" in out and "http://192.0.2.7/v1" in out and "their index" in out
    settings = load(environ={})
    assert (settings.engine.url, str(settings.data)) == ("http://192.0.2.7/v1", "their index")
    assert settings.notices == ()

    file.write_text(STRANGER + "gpu_layers = 1\n")
    assert load(environ={}).engine.url == ""
    file.write_text(STRANGER)
    assert load(environ={}).engine.url
    other = written(STRANGER, "other/assistant.toml")
    os.chdir(other.parent)
    assert load(environ={}).engine.url == ""


def test_what_has_nothing_to_allow_and_what_is_not_there_are_told(run):
    assert "There is no settings file" in run.refused("settings", "allow", code=2)
    written("[engine]\nthreads = 2\n")
    assert "nothing that has to be allowed" in run("settings", "allow")[0]
    out, _ = run("settings")
    assert "engine.threads" in out and "assistant.toml" in out


def test_files_that_a_person_names_or_keeps_in_his_own_folder_are_taken_whole(tmp_path):
    named = written(STRANGER, "named.toml")
    assert load(config=named, environ={}).engine.url
    own = user_folder("config") / "assistant.toml"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text('data = "mine"\n[engine]\nthreads = 3\nurl = "http://192.0.2.1/v1"\n')
    try:
        written(STRANGER)
        settings = load(environ={})
    finally:
        own.unlink()
    assert (str(settings.data), settings.engine.threads) == ("mine", 2)
    assert settings.engine.url == "http://192.0.2.1/v1"
    assert settings.origins["data"] == str(own)


MINE = {"ASSISTANT_ENGINE_URL": "http://192.0.2.1/v1", "ASSISTANT_ENGINE_API_KEY": "sk-mine"}


@pytest.mark.parametrize(
    ("flags", "environ", "key"),
    [
        ({}, MINE, "sk-mine"),
        ({"engine.url": "http://192.0.2.1/v1"}, MINE, "sk-mine"),
        ({"engine.url": "http://192.0.2.2/v1"}, MINE, ""),
        ({"engine.url": "http://192.0.2.2/v1"}, {"ASSISTANT_ENGINE_API_KEY": "sk-mine"}, "sk-mine"),
        ({"engine.url": "http://192.0.2.2/v1", "engine.api_key": "sk-2"}, MINE, "sk-2"),
    ],
)
def test_a_key_goes_only_to_the_address_it_was_set_for(flags, environ, key):
    settings = load(flags, environ=environ)
    assert settings.engine.api_key == key
    assert bool(settings.notices) == (not key)
    assert not key or settings.engine.url


def test_a_key_of_the_environment_never_goes_to_an_allowed_folders_address(run):
    written('[engine]\nurl = "http://192.0.2.7/v1"\n')
    run("settings", "allow")
    settings = load(environ={"ASSISTANT_ENGINE_API_KEY": "sk-mine"})
    assert (settings.engine.url, settings.engine.api_key) == ("http://192.0.2.7/v1", "")
    [notice] = settings.notices
    assert "engine.api_key (ASSISTANT_ENGINE_API_KEY) is not sent" in notice
    assert "sk-mine" not in notice


def test_another_machine_is_named_once_a_run_and_this_one_never(capsys):
    there = load({"engine.url": "http://ann:hush@192.0.2.9/v1"}, environ={})
    for _ in range(2):
        announce(there, "engine")
        announce(there)
    assert capsys.readouterr().err == (
        "assistant: Questions and sentences of articles go to http://***@192.0.2.9/v1 "
        "(engine.url), which is not this machine.\n"
    )
    announce(load({"engine.url": "http://127.0.0.1:9/v1"}, environ={}))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_an_error_and_never_waited_for(make):
    make("assistant.toml")
    with pytest.raises(UsageError, match=r"assistant\.toml cannot be read"):
        load(environ={})


def test_a_deeply_nested_file_is_an_error():
    written(f"a = {'[' * 20_000}{']' * 20_000}\n")
    with pytest.raises(UsageError, match=r"assistant\.toml is not TOML"):
        load(environ={})
