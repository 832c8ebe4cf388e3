"""Excerpts made by code, the articles held out, and the figures of a run."""

import json
import random

import pytest

from eval.sources.evaluate import SAMPLE, read_articles, run, split
from eval.sources.excerpts import EDITS, make_excerpts
from index.core.errors import UsageError


def test_edits_are_the_same_for_one_seed_and_change_the_text():
    articles = read_articles(SAMPLE)
    made = [make_excerpts(articles, list(EDITS), random.Random(3)) for _ in range(2)]
    assert made[0] == made[1]
    assert [one.edit for one in made[0]] == list(EDITS)
    for one in made[0]:
        assert one.text != one.article.text[one.start : one.end]


def test_near_copies_are_held_out_together():
    for seed in range(5):
        kept, held = split(read_articles(SAMPLE), random.Random(seed))
        for part in (kept, held):
            of_wire = [
                one for one in part if "climbs to 15" in one.title or "rises to 15" in one.title
            ]
            assert len(of_wire) in (0, 2)
        assert held


def test_the_sample_meets_the_bars(tmp_path, capsys):
    assert run(None, 0, 0, True, tmp_path / "figures.json") == 0
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["right"] >= 0.98
    assert figures["absent"] >= 0.98
    assert capsys.readouterr().out.startswith("200 excerpts; 14 articles indexed, 3 held out")


def test_a_folder_with_few_articles_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("Title: A\n\nThe ferry left at dawn.\n")
    with pytest.raises(UsageError, match="10 or more"):
        read_articles(tmp_path)
