"""A command line with fakes, and one with two articles indexed."""

import pytest

from tests.command_line import CommandLine
from tests.stories import FLOOD, TALKS, write_files


@pytest.fixture
def run(tmp_path, monkeypatch, capsys) -> CommandLine:
    """In a folder with two articles that are not indexed yet."""
    write_files(tmp_path / "news", TALKS, FLOOD)
    return CommandLine(tmp_path, monkeypatch, capsys)


@pytest.fixture
def indexed(run) -> CommandLine:
    run("ingest", "news")
    return run
