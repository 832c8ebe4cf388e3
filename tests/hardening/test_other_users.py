"""Another user of the machine can read nothing of ours, ask nothing and remove nothing."""

from __future__ import annotations

import http.client
import io
import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client

from assistant.backends.local import LocalBackend
from assistant.backends.server_client import NOTE, find, note_of
from assistant.cli.entry import main
from assistant.cli.mcp_server import server
from assistant.core.private_files import OURS
from assistant.core.settings import load
from tests.command_line import GOOD, ROOT, TALKS, WHO, CommandLine
from tests.fakes import app_that_says
from tests.serving import TOKEN, HeldModel, light_service, running
from ui.web.app_factory import application
from ui.web.password import Gate

NOBODY = 65_534
pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root can be another user")


@pytest.fixture
def place(monkeypatch, capsys) -> Iterator[CommandLine]:
    """A command line below folders that everybody may enter, with the usual umask."""
    root = Path(tempfile.mkdtemp(prefix="assistant-test-"))
    root.chmod(0o755)
    umask = os.umask(0o022)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(root / "config"))
    yield CommandLine(root, monkeypatch, capsys)
    os.umask(umask)
    os.chdir("/")
    shutil.rmtree(root)


@pytest.fixture
def indexed(place):
    """With one article, a receipt, a vote and allowed settings."""
    (place.root / "talks.txt").write_text(TALKS)
    (place.root / "assistant.toml").write_text("[ui]\nhost = '127.0.0.1'\n")
    place("settings", "allow")
    place("ingest", "talks.txt")
    place.says(GOOD)
    place("ask", WHO, "--receipt", "receipt.json")
    return place


def as_nobody(work: Callable[[], Any]) -> Any:
    """What `work` gives in a process of a user without rights; what it imports must be loaded."""
    readable, writable = os.pipe()
    child = os.fork()
    if not child:
        told: Any = "it failed"
        try:
            os.environ["XDG_CONFIG_HOME"] = "/nonexistent"
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            told = work()
        except BaseException as problem:
            told = f"{type(problem).__name__}: {problem}"
        finally:
            os.write(writable, json.dumps(told).encode()[:60_000])
            os._exit(0)
    os.close(writable)
    with os.fdopen(readable, "rb") as told:
        result = json.loads(told.read())
    os.waitpid(child, 0)
    return result


def legible(*roots: Path) -> list[str]:
    """The files below `roots` whose content can be read, and the folders that can be listed."""
    found = []
    for root in roots:
        for folder, folders, files in os.walk(root):
            if folders or files:
                found.append(folder)
            for name in files:
                try:
                    Path(folder, name).read_bytes()
                    found.append(str(Path(folder, name)))
                except PermissionError:
                    continue
    return found


def ours(place) -> tuple[Path, ...]:
    return tuple(place.root / name for name in ("data", "cache", "config"))


def test_no_file_that_the_commands_make_can_be_read_or_removed(indexed):
    assert len(legible(*ours(indexed))) > 10
    assert as_nobody(lambda: legible(*ours(indexed))) == []
    assert as_nobody(lambda: os.access(indexed.root / "receipt.json", os.R_OK)) is False
    for path in (indexed.root / "data").rglob("*"):
        assert not path.stat().st_mode & 0o077, path
    told = as_nobody(lambda: shutil.rmtree(indexed.root / "data"))
    assert told.startswith("PermissionError")
    assert WHO and "Karuizawa" in indexed("articles", "list")[0]


def test_what_an_older_version_left_open_is_closed_and_said_once(indexed):
    data = indexed.root / "data"
    mine = data / "notes.txt"
    mine.write_text("of the person himself")
    for path in (data, *data.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert as_nobody(lambda: len(legible(data))) > 10
    _, err = indexed("articles", "list")
    assert err == (
        f"assistant: other users of this machine could read files in {data}: yours alone now.\n"
    )
    assert as_nobody(lambda: legible(data)) == [str(data), str(mine)]
    assert stat.S_IMODE(mine.stat().st_mode) == 0o644
    mine.unlink()
    assert indexed("articles", "list")[1] == ""
    assert stat.S_IMODE(data.stat().st_mode) == 0o700  # nothing but ours is in it


def test_a_model_that_is_linked_to_somebodys_file_keeps_its_rights(indexed):
    own = indexed.root / "model.gguf"
    own.write_bytes(b"GGUF")
    models = indexed.root / "cache" / "models"
    models.mkdir(parents=True)
    os.link(own, models / "model.gguf")
    indexed("articles", "list")
    assert stat.S_IMODE(own.stat().st_mode) == 0o644
    assert as_nobody(lambda: legible(indexed.root / "cache")) == []


def test_every_name_in_the_data_folder_is_known_to_be_ours():
    sources = (
        path for part in ("assistant", "index", "ui") for path in (ROOT / part).rglob("*.py")
    )
    named = {
        name for path in sources for name in re.findall(r'\.data / "([^"]+)"', path.read_text())
    }
    assert {"index", "embeddings.sqlite", "feedback.jsonl"} <= named
    assert [name for name in named if not OURS.fullmatch(name)] == []


COMMANDS = [
    *(["articles", "list"], ["articles", "remove", "0"], ["ask", WHO], ["search", WHO]),
    *(["index", "list"], ["index", "use", "g000001"], ["index", "rebuild"], ["ingest", "."]),
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_no_command_works_on_the_index_of_another_user(arguments, indexed):
    def run() -> tuple[int, str, str]:
        with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
            return main(arguments, app_that_says(GOOD)), out.getvalue(), err.getvalue()

    run()  # loads everything: another user could not
    before = sorted((indexed.root / "data").rglob("*"))
    code, out, err = as_nobody(run)
    assert code == 1, (code, out, err)
    assert "Kim Gunn" not in out + err and "Traceback" not in err
    assert "cannot be" in err
    assert sorted((indexed.root / "data").rglob("*")) == before


def test_no_tool_for_mcp_clients_works_on_it(indexed):
    def call(name: str, **arguments: Any) -> Any:
        app = app_that_says(GOOD)(load())

        async def conversation() -> Any:
            answerer = lambda: find(app.settings) or LocalBackend(app)  # noqa: E731
            async with Client(server(app, answerer)) as client:
                reply = await client.call_tool(name, arguments)
                return reply.is_error, str(reply.content)

        with closing(app):
            return anyio.run(conversation)

    tools = {
        "search_articles": {"question": WHO},
        "ask_articles": {"question": WHO},
        "read_article": {"article": "0"},
    }
    for name, arguments in tools.items():
        call(name, **arguments)
        failed, told = as_nobody(lambda n=name, a=arguments: call(n, **a))
        assert failed and "Kim Gunn" not in told and "Traceback" not in told, (name, told)


def test_the_server_answers_him_nothing_and_its_token_is_not_his(indexed):
    data = indexed.root / "data"
    service = light_service(data, HeldModel(held=False))
    with closing(service), running(application(service, Gate("", TOKEN))) as address:
        port = int(address.rpartition(":")[2])
        note = note_of(("127.0.0.1", port), TOKEN, load())
        (data / NOTE).write_text(json.dumps(note))
        (data / NOTE).chmod(0o600)

        def ask(method: str, path: str, body: Any = None) -> int:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as there:
                headers = {"Content-Type": "application/json"}
                there.request(method, path, json.dumps(body), headers)
                return there.getresponse().status

        def try_all() -> list[Any]:
            question = {"question": WHO}
            upload = {"data": [], "session_hash": "a"}
            return [
                find(load()) is not None,
                ask("GET", "/healthz"),
                ask("GET", "/"),
                *(ask("POST", f"/v1/{name}", question) for name in ("answer", "search", "ahead")),
                ask("POST", "/v1/chat/completions", {"messages": []}),
                *(ask("POST", f"/gradio_api/{name}", upload) for name in ("upload", "queue/join")),
                *(ask("GET", path) for path in ("/metrics", "/config", "/v1/docs", "/runs/a")),
            ]

        assert try_all()[0] is True  # it is found by its own user
        assert as_nobody(try_all) == [False, 200, 303, *[401] * 10]
        assert service.counts.accepted == 0
