"""A conversation at the front door: piped, as events, and typed at a terminal with Ctrl-C."""

import io
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time

import pytest

from tests.command_line import ROOT, CommandLine
from tests.fakes import ScriptedModel
from tests.stories import GOOD, MET, TALKS, WHO, file_of

WHERE = "Where did he meet his counterparts?"


class Typed(io.StringIO):
    """What a person types at a terminal; a line of `^C` interrupts."""

    def isatty(self) -> bool:
        return True

    def readline(self, size: int = -1) -> str:
        line = super().readline(size)
        if line == "^C\n":
            raise KeyboardInterrupt
        return line


class InterruptedModel(ScriptedModel):
    """The person presses Ctrl-C while it writes its first answer."""

    def stream(self, messages, limits, cancel=None):
        first = not self.shown
        for number, piece in enumerate(super().stream(messages, limits, cancel)):
            if first and number == len(GOOD) // 7 + 2:
                signal.raise_signal(signal.SIGINT)
            yield piece


@pytest.fixture
def chat(tmp_path, monkeypatch, capsys):
    """Run a chat with these questions and this model; gives code, stdout and stderr."""
    run = CommandLine(tmp_path, monkeypatch, capsys)
    (tmp_path / "talks.txt").write_text(file_of(TALKS))
    run("ingest", "talks.txt")

    def chat(
        stdin: io.StringIO, model: ScriptedModel, *options: str, code: int = 0
    ) -> tuple[str, str]:
        run.model(model)
        monkeypatch.setattr(sys, "stdin", stdin)
        return run("chat", *options, code=code)

    return chat


def piped(*questions: str) -> io.StringIO:
    return io.StringIO("".join(f"{question}\n" for question in questions))


AGE = "The newest article that is cited is of 20 July 2023.\n"


def test_a_follow_up_is_understood_through_the_exchange_before(chat) -> None:
    model = ScriptedModel(GOOD, MET)
    out, err = chat(piped(WHO, WHERE), model)
    assert f"{MET} [1]" in out
    assert "Understood as: Where did Kim Gunn meet his counterparts?\n" in err
    _, asked, answered, follow = model.shown[1]
    assert asked.content.endswith(f"Question: {WHO}")
    assert answered.content == GOOD
    assert follow.content.endswith(f"Question: {WHERE}")


def test_an_overlong_question_ends_no_conversation(chat) -> None:
    out, err = chat(piped("x" * 2001, WHO), ScriptedModel(GOOD))
    assert GOOD in out
    assert err == "assistant: The question has 2,001 characters; the limit is 2,000.\n" + AGE


def test_as_json_every_line_is_an_event_and_every_question_has_one_answer(chat) -> None:
    out, err = chat(piped(WHO, WHERE), ScriptedModel(GOOD, MET), "--json")
    told = [json.loads(line) for line in out.splitlines()]
    assert [event["event"] for event in told] == ["evidence", "claim", "answer"] * 2
    first, second = (event for event in told if event["event"] == "answer")
    assert (first["question"], first["answer"]) == (WHO, GOOD)
    assert (second["question"], second["answer"]) == (WHERE, MET)
    assert second["searched"] == "Where did Kim Gunn meet his counterparts?"
    assert "Kim Gunn" in second["searched"]
    assert err == ""


def test_ctrl_c_during_an_answer_stops_the_answer_and_not_the_program(chat) -> None:
    model = InterruptedModel(f"{GOOD} Sung Kim came for Washington. And so on.", MET)
    out, err = chat(piped(WHO, WHERE), model)
    assert f"{GOOD} [1]" in out
    assert "Washington" not in out
    assert "Stopped by you; this is the part that was ready." in err
    assert f"{MET} [1]" in out


def test_ctrl_c_at_the_prompt_drops_the_line_and_ctrl_d_leaves(chat) -> None:
    out, err = chat(Typed(f"^C\n{WHO}\n"), ScriptedModel(GOOD))
    assert out.count("\n? ") == 3
    assert f"{GOOD} [1]" in out
    assert "stopped" not in err


def test_ctrl_c_ends_a_chat_that_waits_for_a_pipe(chat) -> None:
    class Pipe(Typed):
        def isatty(self) -> bool:
            return False

    out, err = chat(Pipe("^C\n"), ScriptedModel(), "--json", code=130)
    assert (out, err) == ("", "assistant: stopped.\n")


TERMINAL = """
import sys
from assistant.cli.entry import main
from tests.fakes import app_with
from tests.serving import EndlessModel

class Listening(EndlessModel):
    def stream(self, messages, limits, cancel=None):
        yield from super().stream(messages, limits, cancel)
        if limits.max_tokens == 0:
            print("(read ahead:", messages[-1].content.splitlines()[-1], end=")", flush=True)

sys.exit(main(["chat"], app_with(Listening())))
"""


class Terminal:
    """A program in a real terminal: what it prints is read until a text comes."""

    def __init__(self, *command: str) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "dumb"},
            start_new_session=True,
            preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),  # the one that ^C is of
        )
        os.close(theirs)
        self.seen = ""
        self._read = 0  # characters of `seen` that were waited for

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def until(self, text: str) -> None:
        end = time.monotonic() + 30
        while (at := self.seen.find(text, self._read)) < 0:
            ready, _, _ = select.select([self._ours], [], [], end - time.monotonic())
            assert ready, self.seen
            self.seen += os.read(self._ours, 4096).decode("utf-8", "replace")
        self._read = at + len(text)

    def close(self) -> int:
        code = self.process.wait(60)
        os.close(self._ours)
        return code


def test_in_a_real_terminal_typing_is_read_ahead_ctrl_c_stops_and_ctrl_d_leaves(chat) -> None:
    terminal = Terminal(sys.executable, "-c", TERMINAL)
    terminal.until("? ")
    terminal.type(WHO[:-8])
    terminal.until(f"(read ahead: Question: {WHO[:-8]})")
    terminal.type(f"{WHO[-8:]}\n")
    terminal.until("Reading ")
    terminal.type("\x03")
    terminal.until("topped")
    terminal.until("? ")
    terminal.type("\x04")
    assert terminal.close() == 0


@pytest.mark.parametrize(("setting", "watched"), [("true", True), ("false", False)])
def test_what_is_typed_is_looked_at_unless_it_is_off(chat, monkeypatch, setting, watched) -> None:
    looked = []
    monkeypatch.setattr("assistant.cli.typing_watcher.line_buffer", lambda: looked.append(1))
    chat(Typed(f"{WHO}\n"), ScriptedModel(GOOD), "--set", f"ui.ahead={setting}")
    assert bool(looked) == watched


def test_a_conversation_is_exported_as_it_stands_after_each_answer(chat, tmp_path):
    talk = tmp_path / "talk.md"
    seen = []

    class Watched(ScriptedModel):
        def stream(self, messages, limits, cancel=None):
            if limits.max_tokens > 1:
                seen.append(talk.exists())
            return super().stream(messages, limits, cancel)

    asked = io.StringIO(f"{WHO}\n{WHERE}\n")
    chat(asked, Watched(GOOD, MET), "--export", str(talk))
    assert seen == [False, True]
    made = talk.read_text()
    assert made.startswith(f"# Conversation\n\n## {WHO}\n\n{GOOD}[^1]\n")
    assert f"\n## {WHERE}\n\n{MET}[^2]\n" in made
    assert [line[:5] for line in made.splitlines()[-2:]] == ["[^1]:", "[^2]:"]
