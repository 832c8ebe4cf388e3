"""`assistant follow`: what an ingest, a step of --watch and `follow run` tell, each once."""

import json

import pytest

from tests.command_line import CommandLine
from tests.fakes import WordVerifier

FLOOD = "The flood in Marn killed 12 people, the rescue service said."
BRIDGE = "Engineers closed the railway bridge of Marn because the flood had moved its pillars."
NOTHING_NEW = 11


def article(title: str, day: int, text: str) -> str:
    return f"Title: {title}\nDate: 2024-05-0{day}\nSource: Post\n\n{text}\n"


@pytest.fixture
def says(news, monkeypatch, capsys):
    """Commands where the flood in Marn is followed, and one article on it is known."""
    news.write("a.txt", article("Flood in Marn", 3, FLOOD))
    says = CommandLine(news.root, monkeypatch, capsys)
    says.app = type("App", (says.app,), {"verifier": WordVerifier()})
    says("ingest", str(news.folder))
    says("follow", "the flood in Marn")
    return says


@pytest.fixture
def bridge(news):
    """Writes one more article."""
    return lambda: news.write("b.txt", article("Bridge shut after flood in Marn", 5, BRIDGE))


def test_an_ingest_tells_what_is_new_and_a_run_after_it_does_not(says, news, bridge):
    bridge()
    assert f"New: {BRIDGE}" in says("ingest", str(news.folder))[0]
    assert says("follow", "run", code=NOTHING_NEW)[1] == "Nothing new.\n"


def test_an_ingest_with_json_leaves_the_telling_to_the_next_run(says, news, bridge):
    bridge()
    assert BRIDGE not in says("ingest", str(news.folder), "--json")[0]
    [listed] = json.loads(says("follow", "list", "--json")[0])
    assert listed["updates"] == 1
    [update] = json.loads(says("follow", "run", "--json")[0])
    assert (update["kind"], update["text"]) == ("new", BRIDGE)
    says("follow", "run", code=NOTHING_NEW)


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_step_of_watching_looks_too(options, says, news, bridge, monkeypatch):
    def changes(paths, data):
        bridge()
        yield

    monkeypatch.setattr("index.ingest.watch.changes", changes)
    out, _ = says("ingest", str(news.folder), "--watch", *options)
    assert (BRIDGE in out) == (not options)
    assert (
        BRIDGE in says("follow", "run", "--markdown", code=0 if options else NOTHING_NEW)[0] + out
    )


def test_a_question_that_is_removed_is_followed_no_more(says, news, bridge):
    [listed] = json.loads(says("follow", "list", "--json")[0])
    says("follow", "remove", listed["id"][:4])
    bridge()
    assert BRIDGE not in says("ingest", str(news.folder))[0]
    says.refused("follow", "run", code=2)
