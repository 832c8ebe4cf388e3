"""`assistant warm`: what it says, keeps and refuses."""

import os
from pathlib import Path

import pytest

from assistant.cli.entry import main
from tests.assistant.cli.test_cli import FLOOD, GOOD, TALKS, WHO
from tests.fakes import ScriptedModel, app_with


class Keeper(ScriptedModel):
    """Writes down that it has read something; one that is stopped after `most` articles."""

    most = 99

    def __init__(self, folder: Path, *answers: str) -> None:
        super().__init__(*answers)
        self.folder = folder
        self.restored = 0

    def save(self, name):
        if not self.most:
            raise KeyboardInterrupt
        self.most -= 1
        return (self.folder / name).write_bytes(b"x" * 1_000_000)

    def restore(self, name):
        self.restored += 1


@pytest.fixture
def keeper(tmp_path, monkeypatch, capsys):
    for name in [name for name in os.environ if name.startswith("ASSISTANT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ASSISTANT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("ASSISTANT_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    keeper = Keeper(tmp_path / "data" / "readings", GOOD)
    monkeypatch.setattr("assistant.container.App", app_with(keeper))
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "talks.txt").write_text(TALKS)
    (tmp_path / "news" / "flood.txt").write_text(FLOOD)
    assert main(["ingest", "news"]) == 0
    capsys.readouterr()
    return keeper


def test_it_reads_all_and_says_what_it_did(keeper, capsys):
    assert main(["warm", "--all"]) == 0
    assert "2 articles read beforehand" in (said := capsys.readouterr().out)
    assert "2 MB. 2 are kept, 2 of 2000 MB." in said
    assert main(["warm"]) == 0
    assert "0 articles read beforehand" in capsys.readouterr().out


def test_a_question_goes_on_from_what_was_read(keeper, capsys):
    main(["warm"])
    assert main(["ask", WHO]) == 0
    assert keeper.restored == 1
    assert "Kim Gunn" in capsys.readouterr().out


def test_an_answer_with_a_receipt_does_not(keeper, capsys):
    main(["warm"])
    assert main(["ask", WHO, "--receipt", "r.json"]) == 0
    assert keeper.restored == 0


def test_an_article_that_is_removed_or_changed_is_read_anew(keeper, tmp_path, capsys):
    main(["warm"])
    (tmp_path / "news" / "talks.txt").write_text(TALKS.replace("Washington", "Tokyo"))
    main(["ingest", "news"])
    main(["ask", WHO])
    assert keeper.restored == 0
    capsys.readouterr()
    main(["warm"])
    assert "1 articles read beforehand" in capsys.readouterr().out


def test_what_was_finished_is_kept_on_ctrl_c(keeper, capsys):
    keeper.most = 1
    assert main(["warm"]) == 130
    assert "1 articles read beforehand" in capsys.readouterr().out
    assert [path.suffix for path in keeper.folder.iterdir()] == [".reading"]


def test_a_folder_that_cannot_be_written_is_told_in_one_line(keeper, tmp_path, capsys):
    (tmp_path / "data" / "readings").write_text("a file")
    assert main(["warm"]) == 6
    problem = capsys.readouterr().err.splitlines()
    assert len(problem) == 1
    assert "readings cannot be written" in problem[0]


@pytest.mark.parametrize("setting", ["engine.warm_mb=0", "engine.url=http://127.0.0.1:9/v1"])
def test_where_it_is_off_it_says_so(keeper, capsys, setting):
    assert main(["warm", "--set", setting]) == 2
    assert "engine.warm_mb is 0, or engine.url is set" in capsys.readouterr().err


def test_while_a_server_runs_it_refuses(keeper, capsys, monkeypatch):
    monkeypatch.setattr("assistant.cli.warm.find", lambda options: "a server")
    assert main(["warm"]) == 4
    assert "A server is running" in capsys.readouterr().err


def test_without_an_index_it_says_what_to_do(keeper, capsys, tmp_path):
    assert main(["warm", "--data", str(tmp_path / "other")]) == 1
    assert "assistant ingest" in capsys.readouterr().err
