"""Examples that the trained models are made from."""

import random

import pytest

from eval.train.open_sets import OpenQuestion, read_open_sets
from eval.train.selector import selector_examples, split_by_document
from eval.train.verifier_data import LabelledClaim, differing

LINES = ("Holt ran.", "Weld ran too.", "Holt won by a second.", "The crowd cheered.") * 8


def test_the_sentence_that_answers_is_the_one_to_find():
    asked = OpenQuestion("Who won?", "A race", LINES, frozenset([2]), "race")
    for seed in range(20):
        [found, *others] = selector_examples(asked, random.Random(seed))
        wanted = [found.second[u.start : u.end] for u in found.units if u.label]
        assert wanted == ["Holt won by a second."]
        assert not any(unit.label for other in others for unit in other.units)


def test_no_document_is_in_both_parts():
    questions = [
        OpenQuestion("Who?", "", LINES, frozenset([0]), f"document {i % 40}") for i in range(200)
    ]
    training, held_out = split_by_document(questions, seed=0)
    assert len(held_out) == 10
    assert not {q.document for q in training} & {q.document for q in held_out}


@pytest.mark.parametrize(
    ("claim", "unsaid"),
    [
        ("Weld won the race.", ["Weld"]),
        ("Holt lost the race.", ["lost"]),
        ("Holt did not win the race.", ["did not win"]),
        ("Holt won race.", ["won race"]),  # what was left out is between these
        ("Holt won the race.", ["Holt won the race."]),
    ],
)
def test_what_a_claim_says_otherwise_than_its_sentence(claim, unsaid):
    found = differing(claim, "Holt won the race.")
    assert [claim[a:b] for a, b in found] == unsaid


def test_the_words_of_a_claim_are_judged_after_its_question():
    example = LabelledClaim("Who won?", "Weld won.", "A race |  | Holt won.", ((0, 4),)).example
    judged = [(example.first[u.start : u.end], u.label) for u in example.units]
    assert judged == [("Weld", False), ("won", True)]


def test_files_that_are_not_there_are_left_out(tmp_path):
    assert read_open_sets(tmp_path) == []
    (tmp_path / "src-test.txt").write_text("holt won the race .\nthe crowd cheered .\n")
    (tmp_path / "tgt-test.txt").write_text("who won the race ?\nwho cheered ?\n")
    first, second = read_open_sets(tmp_path)
    assert first.question == "who won the race?"
    assert [second.sentences[i] for i in second.gold] == ["the crowd cheered."]
    assert first.document == second.document
