"""Runs commands of `assistant` with fakes: in this process, or in one of its own."""

import os
import subprocess
import sys
from pathlib import Path

from assistant.cli.entry import main
from tests import stories
from tests.fakes import ScriptedModel, app_that_says, app_with
from tests.stories import GOOD as GOOD
from tests.stories import WHO as WHO
from tests.stories import file_of

ROOT = Path(__file__).parents[1]
TALKS, FLOOD = (file_of(article) for article in (stories.TALKS, stories.FLOOD))


class CommandLine:
    """Commands with the fakes of `app`; the settings name folders below `root`."""

    def __init__(self, root: Path, monkeypatch, capsys) -> None:
        for name in [name for name in os.environ if name.startswith("ASSISTANT_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("ASSISTANT_DATA", str(root / "data"))
        monkeypatch.setenv("ASSISTANT_CACHE", str(root / "cache"))
        monkeypatch.chdir(root)
        self.root = root
        self.app = app_that_says()
        self._capsys = capsys

    def says(self, *answers: str) -> None:
        """Give the model its answers."""
        self.app = app_that_says(*answers)

    def model(self, model: ScriptedModel) -> None:
        self.app = app_with(model)

    def __call__(self, *arguments: str, code: int = 0) -> tuple[str, str]:
        """Stdout and stderr of a command that must end with `code`."""
        self._capsys.readouterr()
        assert main(arguments, self.app) == code
        out, err = self._capsys.readouterr()
        assert "Traceback" not in err
        return out, err

    def refused(self, *arguments: str, code: int) -> str:
        """The one line on stderr of a command that fails with this code."""
        out, err = self(*arguments, code=code)
        assert out == ""
        [line] = err.splitlines()
        assert line.startswith("assistant: ")
        return line


def python(*arguments: str, **named) -> subprocess.Popen[str]:
    """A real process in the repository's name, with pipes."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        **({"text": True} | pipes | named),
    )
