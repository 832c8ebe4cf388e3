"""`assistant warm`: what it says, keeps and refuses."""

from pathlib import Path

import pytest

from assistant.answering.prefix_cache import PrefixCache
from tests.fakes import ScriptedModel
from tests.stories import GOOD, WHO


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
def keeper(indexed):
    keeper = Keeper(indexed.root / "data" / "readings", GOOD)
    indexed.model(keeper)
    return keeper


def test_it_reads_all_and_says_what_it_did(keeper, run):
    out, _ = run("warm", "--all")
    assert "2 articles read beforehand" in out
    assert "1 MB. 1 are kept, 1 of 2000 MB." in out  # two short articles are read as one
    assert "0 articles read beforehand" in run("warm")[0]


@pytest.mark.parametrize(("receipt", "restored"), [([], 1), (["--receipt", "r.json"], 0)])
def test_a_question_without_a_receipt_goes_on_from_what_was_read(keeper, run, receipt, restored):
    run("warm")
    assert "Kim Gunn" in run("ask", WHO, *receipt)[0]
    assert keeper.restored == restored


def test_what_was_finished_is_kept_on_ctrl_c(keeper, run, monkeypatch):
    keeper.most = 1
    monkeypatch.setattr(PrefixCache, "small", 0)  # each article alone
    assert "1 articles read beforehand" in run("warm", code=130)[0]
    assert [path.suffix for path in keeper.folder.iterdir()] == [".reading"]


def test_a_folder_that_cannot_be_written_is_one_line(keeper, run):
    (run.root / "data" / "readings").write_text("a file")
    [problem] = run("warm", code=6)[1].splitlines()
    assert "readings cannot be written" in problem


@pytest.mark.parametrize("setting", ["engine.warm_mb=0", "engine.url=http://127.0.0.1:9/v1"])
def test_where_it_is_off_it_says_so(keeper, run, setting):
    assert "engine.warm_mb is 0, or engine.url is set" in run("warm", "--set", setting, code=2)[1]


def test_while_a_server_runs_it_refuses(keeper, run, monkeypatch):
    monkeypatch.setattr("assistant.backends.server_client.find", lambda options: "a server")
    assert "A server is running" in run("warm", code=4)[1]


def test_without_an_index_it_says_what_to_do(keeper, run):
    assert "assistant ingest" in run("warm", "--data", "other", code=1)[1]
