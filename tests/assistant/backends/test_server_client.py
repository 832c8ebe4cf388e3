"""The command line beside a running server: same words, same codes, and when it stays away."""

import io
import json
import os
import signal
import sys
import threading
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from assistant.backends import server_client as served
from assistant.cli.entry import main, parser, settings_of
from assistant.core.query import Query
from index.core.errors import DamagedError
from tests.command_line import python
from tests.serving import TOKEN, HeldModel, asgi_app_of, light_app, light_service, running
from tests.stories import GOOD, WHO

MET = "Kim Gunn met his counterparts in Karuizawa."
ICELAND = "Who is the representative of Iceland?"


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A data folder and no other settings."""
    for name in [name for name in os.environ if name.startswith("ASSISTANT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ASSISTANT_DATA", str(tmp_path))
    monkeypatch.setenv("ASSISTANT_CACHE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def model():
    return HeldModel(f"{GOOD} Sung Kim came from Mars. {MET}", held=False)


class Running:
    """A server with its note in the data folder."""

    def __init__(self, folder: Path, model=None, **settings: str) -> None:
        self.model = model or globals()["model"]()
        self._stack = ExitStack()
        self.service = self._stack.enter_context(
            closing(light_service(folder, self.model, **settings))
        )
        address = self._stack.enter_context(running(asgi_app_of(self.service)))
        self.address = ("127.0.0.1", int(address.rpartition(":")[2]))
        self.note = folder / served.NOTE
        self.write()

    def write(self, **other) -> None:
        note = served.note_of(self.address, TOKEN, self.service.app.settings)
        self.note.write_text(json.dumps({**note, **other}))
        self.note.chmod(0o600)

    def close(self) -> None:
        self.model.go.set()
        self._stack.close()


@pytest.fixture
def server(place):
    server = Running(place)
    yield server
    server.close()


def run(capsys, *arguments):
    code = main(list(arguments), light_app(model()))
    return (code, *capsys.readouterr())


def find(*arguments):
    return served.find(settings_of(parser().parse_args(["ask", *arguments, "?"])))


def timeless(text):
    """Printed JSON, line by line or whole, without what differs between two runs."""
    try:
        told = [json.loads(text)]
    except ValueError:
        told = [json.loads(line) for line in text.splitlines()]
    for event in told:
        if isinstance(event, dict):
            event.pop("timings", None)
    return told


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask", WHO],
        ["ask", ICELAND],
        ["ask", ""],
        ["ask", "x" * 2001],
        ["ask", "--as-of", "2020-01-01", WHO],
        ["search", WHO],
        ["search", "-k", "1", ICELAND],
        ["search", ""],
    ],
)
def test_a_server_says_word_for_word_what_this_process_says(arguments, server, capsys):
    before = server.service.counts.accepted
    told = run(capsys, *arguments)
    assert told == run(capsys, *arguments, "--here")
    asked = arguments[0] == "ask" and told[0] != 2
    assert server.service.counts.accepted - before == asked


@pytest.mark.parametrize("form", [["--json"], ["--json", "--stream"]])
@pytest.mark.parametrize("question", [WHO, ICELAND])
def test_as_json_too(form, question, server, capsys):
    code, out, err = run(capsys, "ask", *form, question)
    own_code, own_out, own_err = run(capsys, "ask", *form, question, "--here")
    assert (code, timeless(out), err) == (own_code, timeless(own_out), own_err)
    found = run(capsys, "search", "--json", question)
    assert found == run(capsys, "search", "--json", question, "--here")


def test_a_conversation_is_understood_as_here(server, capsys, monkeypatch):
    told = []
    for options in ([], ["--here"], ["--json"], ["--json", "--here"]):
        monkeypatch.setattr(
            sys, "stdin", io.StringIO(f"{WHO}\n{'x' * 2001}\nWhere did he meet them?\n")
        )
        told.append(run(capsys, "chat", *options))
    assert told[0] == told[1]
    assert "Understood as: " not in told[0][2]
    assert timeless(told[2][1]) == timeless(told[3][1])
    assert server.service.counts.accepted == 4


def test_what_is_typed_is_read_by_the_server(server):
    assert not find("--set", "ui.ahead=false").prefill_enabled
    asking = find()
    assert asking.prefill_enabled
    asking.prefill(Query(WHO[:-8]), threading.Event())
    if (thread := server.service._prefill._thread) is not None:
        thread.join(10)
    assert server.model.read_ahead[-1][-1].content.endswith(WHO[:-8])
    assert server.service.counts.accepted == 0
    server.close()
    asking.prefill(Query(WHO), threading.Event())  # and nobody is told that it has gone


def test_an_error_of_the_server_has_its_own_exit_code(place, capsys):
    class Damaged(HeldModel):
        def stream(self, messages, limits, cancel=None):
            raise DamagedError(f"{place}/model.gguf is damaged. Pull it again.")
            yield

    server = Running(place, Damaged())
    code, out, err = run(capsys, "ask", WHO)
    server.close()
    assert (code, out) == (5, "")
    assert err.endswith(f"assistant: {place}/model.gguf is damaged. Pull it again.\n")


def test_the_servers_warning_about_the_index_is_shown(server, capsys):
    server.service.app.search.warning = "The index generation g000002 is damaged. Using g000001."
    assert "assistant: The index generation g000002 is damaged" in run(capsys, "ask", WHO)[2]
    assert "Using g000001" in run(capsys, "search", WHO)[2]


def test_a_full_line_is_told_and_nothing_is_loaded_here(place, capsys):
    held = Running(place, HeldModel())
    held.service._queue._limit = 0
    assert held.service._queue.enter("somebody")
    code, _, err = run(capsys, "ask", WHO)
    held.close()
    assert code == 1
    assert "questions are waiting already. Please try again in about" in err


class Interrupting(HeldModel):
    """Sends SIGINT to this process when it begins to answer."""

    def stream(self, messages, limits, cancel=None):
        if limits.max_tokens > 1:  # not in the self-check
            os.kill(os.getpid(), signal.SIGINT)
        yield from super().stream(messages, limits, cancel)


def test_ctrl_c_cancels_on_the_server_too(place, capsys):
    server = Running(place, Interrupting())
    code, out, err = run(capsys, "ask", WHO)
    assert server.model.idle.wait(10)
    server.close()
    assert (code, out) == (130, "")
    assert err.endswith("assistant: stopped.\n")
    counts = server.service.counts
    assert (counts.accepted, counts.cancelled) == (1, 1)


def test_ctrl_c_in_a_chat_ends_the_answer_with_what_was_ready(place, capsys, monkeypatch):
    server = Running(place, Interrupting())
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{WHO}\n"))
    code, out, _ = run(capsys, "chat")
    server.close()
    assert (code, out) == (
        0,
        "The answer was stopped before its first sentence was written.\n"
        "Nearest articles:\n"
        "  Envoys talk in Karuizawa — Harbour Courier, 20 July 2023\n"
        "    “Kim Gunn is the special representative of South Korea.”\n",
    )
    assert server.service.counts.cancelled == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--set", "answer.max_tokens=10"],
        ["--set", "engine.model=other"],
        ["--cache", "elsewhere"],
        ["--data", "elsewhere"],
        ["--set", "ui.use=false"],
    ],
)
def test_other_settings_are_answered_in_this_process(arguments, server):
    assert find(*arguments) is None


def test_settings_of_the_server_that_are_not_ours_count_too(place, monkeypatch):
    server = Running(place, **{"answer.max_tokens": "99", "engine.api_key": "hush-hush"})
    assert "hush" not in server.note.read_text()
    same = ["--set", "answer.max_tokens=99"]
    assert find(*same) is None
    monkeypatch.setenv("ASSISTANT_ENGINE_API_KEY", "other")
    assert find(*same) is None
    monkeypatch.setenv("ASSISTANT_ENGINE_API_KEY", "hush-hush")
    assert find() is None
    assert find(*same) is not None
    server.close()


def test_a_server_with_the_same_settings_is_found_by_its_note(server, monkeypatch):
    assert find() is not None
    assert find("--set", "answer.strict=0.50", "--set", "engine.trust=no") is not None
    monkeypatch.setenv("ASSISTANT_UI_PASSWORD_FILE", "anything of the server alone")
    assert find() is not None
    monkeypatch.setenv("ASSISTANT_ANSWER_MAX_TOKENS", "10")
    assert find() is None


@pytest.mark.parametrize(
    "changed",
    [
        {"protocol": 0},
        {"pid": 2**22 + 1},
        {"token": "u" * 64},  # whoever listens there does not know it
        {"port": 1},
    ],
)
def test_a_note_of_another_or_of_no_server_is_not_believed(server, changed):
    server.write(**changed)
    assert find() is None


def test_a_note_that_others_can_read_or_that_is_none_is_not_believed(server):
    server.note.chmod(0o644)
    assert find() is None
    server.note.chmod(0o600)
    server.note.write_text("[")
    assert find() is None
    server.note.unlink()
    assert find() is None


def test_a_server_that_goes_in_the_middle_is_told_in_one_line(server, capsys, monkeypatch):
    monkeypatch.setattr(served.ServerClient, "proves_itself", lambda self: True)
    server.write(port=1)
    code, _, err = run(capsys, "ask", WHO)
    assert code == 1
    assert err == "assistant: The running assistant has stopped answering. Ask again.\n"


def test_asking_a_server_loads_next_to_nothing(server, place):
    code = (
        "import sys\nfrom assistant.cli import main\n"
        f"code = main(['ask', '--json', {WHO!r}])\n"
        "import json; print(json.dumps([code, *{m.partition('.')[0] for m in sys.modules}]))"
    )
    process = python("-c", code)
    out, err = process.communicate(timeout=60)
    told, *loaded = json.loads(out.splitlines()[-1])
    assert (told, err) == (0, "")
    heavy = {"pydantic", "numpy", "chromadb", "onnxruntime", "xllamacpp"}
    assert set(loaded) & heavy == set()
    assert server.service.counts.answered == 1
