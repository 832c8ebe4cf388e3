"""`find-source` and `contradictions`: what they print, and their exit codes."""

import json
import sys
from io import StringIO

import pytest

from tests.stories import MET

EDITED = "Kim Gunn met all his counterparts in Karuizawa."


def test_find_source_prints_the_passage_its_article_and_whether_it_is_verbatim(indexed):
    out, err = indexed("find-source", MET)
    assert "[1] Envoys talk in Karuizawa — Harbour Courier, 20 July 2023" in out
    assert "news/talks.txt\nverbatim.\n" in out
    assert err == ""
    assert (
        "edited; 88 % of its words stand there (added “all”)." in indexed("find-source", EDITED)[0]
    )


def test_an_excerpt_comes_from_stdin_and_json_is_one_object(indexed, monkeypatch):
    monkeypatch.setattr(sys, "stdin", StringIO(f"{EDITED}\n"))
    card = json.loads(indexed("find-source", "-", "--json")[0])
    assert (card["match"], card["source"]["share"]) == ("edited", 0.875)
    [passage] = card["source"]["passages"]
    assert passage["quote"] == MET.rstrip(".")
    assert passage["end"] - passage["start"] == len(passage["quote"])


@pytest.mark.parametrize("options", [[], ["--json"], ["--until", "2020-01-01"]])
def test_an_absent_excerpt_exits_with_seven(options, indexed):
    excerpt = MET if "--until" in options else "The choir sang for an hour in Quill Harbour."
    out, _ = indexed("find-source", excerpt, *options, code=7)
    assert "Not from these articles." in out or json.loads(out)["match"] == "none"


@pytest.mark.parametrize("excerpt", ["", "two words", "x" * 20_001, "\udcff"])
def test_an_excerpt_that_cannot_be_looked_for_is_one_line(excerpt, indexed):
    assert "excerpt" in indexed.refused("find-source", excerpt, code=2)


def test_an_empty_index_says_what_to_do(run):
    for command in ("find-source", "contradictions"):
        assert "assistant ingest FOLDER" in run.refused(command, MET, code=1)


def test_contradictions_cites_both_sentences(run):
    for name, day, toll in (("a", "2024-05-03", "nine"), ("b", "2024-05-05", "4")):
        (run.root / "news" / f"{name}.txt").write_text(
            f"Title: Fire in Varnholm\nDate: {day}\nSource: Paper {name}\n\n"
            f"The fire in Varnholm killed {toll} people. {name * 30} was the smoke there.\n"
        )
    run("ingest", "news")
    out, err = run("contradictions")
    assert out.startswith("Contradictions:\n\ndead: 4 people / nine people\n[1] Fire in Varnholm")
    assert "“The fire in Varnholm killed nine people.”" in out
    assert err == "10 sentences of 4 articles were compared.\n"
    [one] = json.loads(run("contradictions", "Varnholm", "--json")[0])["differences"]
    assert (one["verdict"], one["newer"]["published"]) == ("contradiction", "2024-05-05")
    assert "No contradiction found." in run("contradictions", "--source", "Paper a")[0]
