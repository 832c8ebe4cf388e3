"""A password or key is shown nowhere, and not taken where everybody on the machine could see it."""

from __future__ import annotations

import json

import openai
import pytest

from assistant.backends.server_client import note_of
from assistant.core.settings import load, parse_flags, public_values, value_of
from index.core.addresses import without_secrets
from index.core.errors import UsageError, UserError
from index.core.openai_api import explain, http_options
from index.storage.chroma_client import server_errors
from index.storage.chroma_server import ChromaServerBackend
from tests.command_line import GOOD, TALKS, WHO, CommandLine

ADDRESS = "http://ann:hush-hush@127.0.0.1:9/v1"
VARIABLES = ("ASSISTANT_ENGINE_URL", "ASSISTANT_EMBEDDER_URL", "ASSISTANT_VECTORS_URL")


@pytest.mark.parametrize(
    "flag",
    [
        *("engine.api_key=hush-hush", "embedder.api_key=hush-hush", "vectors.api_key=hush-hush"),
        *("ui.password=hush-hush", f"engine.url={ADDRESS}", f"vectors.url={ADDRESS}"),
    ],
)
def test_a_secret_on_the_command_line_is_refused_with_the_variable_to_use(flag):
    with pytest.raises(UsageError) as refused:
        parse_flags([flag])
    key = flag.partition("=")[0]
    assert f"ASSISTANT_{key.upper().replace('.', '_')}" in str(refused.value)
    assert "hush" not in str(refused.value)
    assert parse_flags(["engine.url=http://127.0.0.1:9/v1"])


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (ADDRESS, "http://***@127.0.0.1:9/v1"),
        ("https://user:pa/ss@h.example/v1", "https://***@h.example/v1"),
        ("user:pass@h.example", "***@h.example"),
        ("http://h.example:1/v1", "http://h.example:1/v1"),
        ("", ""),
    ],
)
def test_user_and_password_of_an_address_are_masked(address, shown):
    assert without_secrets(address) == shown


def test_neither_doctor_nor_the_servers_note_nor_recorded_settings_show_them():
    environ = dict.fromkeys(VARIABLES, ADDRESS)
    settings = load(environ=environ)
    shown = [value_of(settings, key) for key in ("engine.url", "embedder.url", "vectors.url")]
    assert shown == ["http://***@127.0.0.1:9/v1"] * 3
    assert "hush" not in json.dumps(public_values(settings, ["engine", "embedder", "vectors"]))
    note = note_of(("127.0.0.1", 1), "token", settings)
    assert "hush" not in json.dumps(note)
    other = load(environ={**environ, "ASSISTANT_ENGINE_URL": ADDRESS.replace("hush", "hash")})
    assert note_of(("127.0.0.1", 1), "token", other) != note  # it is compared all the same


def test_a_receipt_and_doctor_show_none(tmp_path, monkeypatch, capsys):
    run = CommandLine(tmp_path, monkeypatch, capsys)
    (tmp_path / "talks.txt").write_text(TALKS)
    run("ingest", "talks.txt")
    monkeypatch.setenv("ASSISTANT_ENGINE_URL", ADDRESS)
    run.says(GOOD)
    run("ask", WHO, "--receipt", "r.json")
    assert "hush" not in (tmp_path / "r.json").read_text()
    assert "http://***@127.0.0.1:9/v1" in (tmp_path / "r.json").read_text()
    run.app = type("Doctor", (run.app,), {})
    out, err = run("doctor", code=1)
    assert "hush" not in out + err
    assert "is served by http://***@127.0.0.1:9/v1" in out


def test_no_error_of_a_server_shows_them():
    import httpx

    request = httpx.Request("POST", "http://127.0.0.1:9/v1")
    assert "hush" not in explain(openai.APIConnectionError(request=request), ADDRESS, "engine")
    assert "hush" not in explain(openai.APITimeoutError(request=request), ADDRESS, "engine")
    with pytest.raises(UsageError) as wrong:
        http_options("ann:hush-hush@127.0.0.1", "engine")
    assert "hush" not in str(wrong.value)
    with pytest.raises(UsageError) as wrong:
        ChromaServerBackend("ann:hush-hush@127.0.0.1", None, "", 3)
    assert "hush" not in str(wrong.value)
    with pytest.raises(UserError) as wrong, server_errors(ADDRESS, 3):
        raise httpx.ConnectError("nobody")
    assert "hush" not in str(wrong.value)
