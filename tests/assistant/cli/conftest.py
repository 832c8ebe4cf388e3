"""A command line with fakes, and one with two articles indexed."""

import pytest

from tests.command_line import FLOOD, TALKS, CommandLine


@pytest.fixture
def run(tmp_path, monkeypatch, capsys) -> CommandLine:
    """In a folder with two articles that are not indexed yet."""
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "talks.txt").write_text(TALKS)
    (tmp_path / "news" / "flood.txt").write_text(FLOOD)
    return CommandLine(tmp_path, monkeypatch, capsys)


@pytest.fixture
def indexed(run) -> CommandLine:
    run("ingest", "news")
    return run
