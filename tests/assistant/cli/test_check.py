"""`assistant check`: exit codes, formats of the report, and hostile drafts."""

import json
import sys
from io import BytesIO, TextIOWrapper

import pytest

from tests.stories import GOOD

WRONG = "Eleven people are missing."


def draft_of(run, text):
    (run.root / "draft.txt").write_text(text)
    return "draft.txt"


def test_a_draft_that_is_supported_exits_with_zero_and_shows_its_proof(indexed):
    out, _ = indexed("check", draft_of(indexed, f"News\n\n{GOOD}\n"))
    assert "NO CLAIM: News" in out
    assert f"SUPPORTED: {GOOD}" in out
    assert "[1] Envoys talk in Karuizawa — Harbour Courier, 20 July 2023" in out
    assert "2 sentences: 1 supported, 1 no claim." in out


def test_what_is_not_supported_exits_with_seven_and_says_what_the_article_has(indexed):
    out, _ = indexed("check", draft_of(indexed, WRONG), code=7)
    assert "CONTRADICTED" in out
    assert "the article says Nine, not Eleven" in out


def test_json_is_one_object_or_one_event_a_line(indexed):
    file = draft_of(indexed, f"{GOOD} {WRONG}")
    report = json.loads(indexed("check", file, "--json", code=7)[0])
    assert [one["verdict"] for one in report["sentences"]] == ["supported", "contradicted"]
    assert report["counts"]["contradicted"] == 1
    assert not report["all_supported"]
    lines = indexed("check", file, "--json", "--stream", code=7)[0].splitlines()
    events = [json.loads(line) for line in lines]
    assert [event["event"] for event in events] == ["sentence", "sentence", "report"]
    assert events[0]["of"] == 2


def test_a_draft_comes_from_stdin(indexed, monkeypatch):
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(GOOD.encode())))
    assert GOOD in indexed("check", "-")[0]


def test_markdown_and_a_page_are_written(indexed):
    file = draft_of(indexed, f"{GOOD} {WRONG}")
    out, err = indexed("check", file, "--markdown", "--html", "report.html", code=7)
    assert out.startswith("# Checked draft")
    assert "report.html" in err
    page = (indexed.root / "report.html").read_text()
    assert "▸Eleven◂" in page
    assert "<script" not in page


@pytest.mark.parametrize("file", ["nowhere.txt", "."])
def test_a_file_that_cannot_be_read_is_one_line(file, indexed):
    assert "cannot be read" in indexed.refused("check", file, code=2)


def test_a_draft_of_control_characters_cannot_reach_the_terminal(indexed):
    out, _ = indexed("check", draft_of(indexed, "\x1b]0;x\x07The mayor left town."), code=7)
    assert "\x1b" not in out


def test_without_an_index_it_says_what_to_do(run):
    assert "assistant ingest" in run.refused("check", draft_of(run, GOOD), code=1)
