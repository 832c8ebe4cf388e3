"""Questions with several parts: how they are split, and what an answer leaves out."""

import pytest

from assistant.kinds.several_parts import SeveralParts


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("When and where was he born?", ("When was he born?", "Where was he born?")),
        ("When was he born and where?", ("When was he born?", "Where was he born?")),
        ("Did Lenz resign, and why?", ("Did Lenz resign?", "Why did Lenz resign?")),
        ("Who met where, and what did they say?", ("Who met where?", "What did they say?")),
        ("Who is Maren? What does Quill do?", ("Who is Maren?", "What does Quill do?")),
        (
            "How many died and how many are missing in Pellow?",
            ("How many died in Pellow?", "How many are missing in Pellow?"),
        ),
    ],
)
def test_parts_are_questions_of_their_own(question, parts) -> None:
    assert SeveralParts.recognise(question).parts == parts


@pytest.mark.parametrize(
    "question",
    [
        "Who met Kim Gunn and Sung Kim?",
        "Who chose when and where the talks are held?",
        "Which story is the oldest? Give the year.",
        "What did the two envoys decide?",
        "When did the ferry and its crew leave?",
    ],
)
def test_a_question_for_one_thing_has_no_parts(question) -> None:
    assert SeveralParts.recognise(question) is None


def test_a_number_of_answers_is_asked_for() -> None:
    asked = SeveralParts.recognise("Which three towns were flooded?")
    assert (asked.number, asked.parts) == (3, ("Which town were flooded?",))
    assert asked.lacking("Pellow and Brask were flooded.") == asked.parts
    assert asked.lacking("Pellow, Brask and Ossel were flooded.") == ()


@pytest.mark.parametrize(
    ("answer", "lacking"),
    [
        ("12 people died and 9 are missing.", ()),
        ("12 people died.", ("How many are missing?",)),
        ("9 people are missing.", ("How many people died?",)),
        ("", ("How many people died?", "How many are missing?")),
    ],
)
def test_an_answer_lacks_the_part_whose_words_and_value_it_has_not(answer, lacking) -> None:
    asked = SeveralParts.recognise("How many people died and how many are missing?")
    assert asked.lacking(answer) == lacking


def test_a_name_that_both_parts_share_answers_only_one() -> None:
    asked = SeveralParts.recognise("Who is Kim Gunn and what did Sung Kim say?")
    assert asked.lacking("Kim Gunn is the envoy of Seoul.") == ("What did Sung Kim say?",)
