"""A follow-up takes what it leaves unsaid from the exchange before; anything else is untouched."""

import pytest

from assistant.answer import Turn
from assistant.followup import leans_back, standalone

TALKS = Turn("Who is the ROK special representative?", "Kim Gunn is.")
FLOOD = Turn("How many people died at Lower Brask?", "At least 12 people died.")


@pytest.mark.parametrize(
    "question",
    [
        "Where did he meet his counterparts?",
        "What did they agree on?",
        "When was it signed?",
        "And in Tokyo?",
        "What about the others?",
        "Why?",
        "How long?",
    ],
)
def test_a_question_that_points_back_is_completed(question) -> None:
    searched = standalone(question, [TALKS])
    assert searched.startswith(question)
    assert "Kim Gunn" in searched
    assert "ROK" in searched


def test_an_ellipsis_brings_the_subject_of_the_question_before() -> None:
    assert standalone("And in Pellow Bridge?", [FLOOD]).startswith("And in Pellow Bridge? (")
    assert "Lower Brask" in standalone("And in Pellow Bridge?", [FLOOD])


@pytest.mark.parametrize(
    "question",
    [
        "How many ships sank off Busan?",
        "Who heads the National Rescue Service of Velmara?",
        "Which bridge was closed after the heavy rain?",
    ],
)
def test_a_new_subject_is_untouched(question) -> None:
    assert standalone(question, [TALKS]) == question


@pytest.mark.parametrize("question", ["Where did he go?", "Why?", "And then?"])
def test_without_history_nothing_is_changed(question) -> None:
    assert standalone(question, []) == question


def test_only_the_last_exchange_counts() -> None:
    searched = standalone("Who counted them?", [TALKS, FLOOD])
    assert "Lower Brask" in searched
    assert "Kim" not in searched


def test_what_the_question_says_itself_is_not_said_again() -> None:
    assert standalone("Where did he, Kim Gunn, go?", [TALKS]).count("Kim Gunn") == 1


def test_after_a_refusal_the_earlier_question_gives_the_subject() -> None:
    searched = standalone("Who is he?", [Turn("Where is the Minister Tomas Reel?", "")])
    assert "Tomas Reel" in searched


def test_an_exchange_without_names_gives_its_words() -> None:
    searched = standalone("How high was it?", [Turn("did the water rise much?", "it rose.")])
    assert searched == "How high was it? (water, rise)"


def test_a_long_answer_brings_only_its_first_names() -> None:
    names = "Anna Abt, Bert Beil, Carl Cohn, Dora Daub, Emil Erb, Fritz Falk and Gerd Gast"
    searched = standalone("Who of them spoke?", [Turn("Who came?", f"There came {names}.")])
    assert "Anna Abt" in searched
    assert "Gerd Gast" not in searched


@pytest.mark.parametrize(
    ("question", "leans"),
    [
        ("Why?", True),
        ("And him?", True),
        ("Is there a summit in Busan?", False),
        ("Who is Kim Gunn?", False),
    ],
)
def test_a_question_leans_back_if_it_cannot_stand_alone(question, leans) -> None:
    assert leans_back(question) is leans
