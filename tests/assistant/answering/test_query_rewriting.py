"""A follow-up takes what it leaves unsaid from the exchange before; anything else is untouched."""

import pytest

from assistant.answering.query_rewriting import depends_on_history, rewrite, standalone
from assistant.core.answer import Turn

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


def test_a_question_that_stood_alone_has_set_a_new_subject() -> None:
    searched = standalone("Who counted them?", [TALKS, FLOOD])
    assert "Lower Brask" in searched
    assert "Kim" not in searched


def test_the_subject_may_have_been_named_three_exchanges_ago() -> None:
    since = [Turn("Where did he go?", "To the coast."), Turn("When?", "Last week.")]
    assert "ROK" in standalone("Did he come back?", [TALKS, *since])


def test_what_was_asked_is_carried_too_not_only_names() -> None:
    searched = standalone("What made it topple?", [Turn("Who was hurt by the crane?", "Nobody.")])
    assert "crane" in searched


def test_a_day_of_its_own_stands_against_the_day_before() -> None:
    turn = Turn("How many people were missing on 3 May 2024?", "Nine.")
    searched = standalone("And on 9 May?", [turn])
    assert "missing" in searched and "2024" in searched
    assert "3" not in searched
    assert "2024" not in standalone("And in 2021?", [turn])


def test_that_year_is_the_year_that_was_said() -> None:
    turn = Turn("Who won the Tavrin marathon?", "Marek Korvin won it in 2019.")
    assert "2019" in standalone("Who was third that year?", [turn])
    assert "2019" not in standalone("Where does he live?", [turn])


def test_a_subject_that_is_changed_aloud_is_searched_for_alone() -> None:
    question = "On another subject, who feeds the lions there?"
    assert rewrite(question, [TALKS]).text == question
    assert rewrite(question, [TALKS]).forms == ()


def test_a_follow_up_is_searched_for_as_it_stands_and_beside_what_was_said() -> None:
    resolved = rewrite("Where did he go?", [TALKS])
    assert resolved.text == "Where did he go? (ROK, special, representative, Kim Gunn)"
    assert resolved.forms == ("Where did he go?", "Where did he go? Kim Gunn is.")


def test_after_a_refusal_it_is_searched_for_beside_the_question_before() -> None:
    (bare, beside) = rewrite("And when?", [Turn("Where is Tomas Reel?", "")]).forms
    assert (bare, beside) == ("And when?", "And when? Where is Tomas Reel?")


def test_a_question_that_stands_alone_is_no_form_of_itself() -> None:
    resolved = rewrite("How many ships sank off Busan?", [TALKS])
    assert resolved.text == "How many ships sank off Busan?"
    assert resolved.forms == ("How many ships sank off Busan? Kim Gunn is.",)


def test_without_history_there_is_nothing_else_to_search_for() -> None:
    assert rewrite("Where did he go?", []).forms == ()


def test_what_the_question_says_itself_is_not_said_again() -> None:
    assert standalone("Where did he, Kim Gunn, go?", [TALKS]).count("Kim Gunn") == 1


def test_after_a_refusal_the_earlier_question_gives_the_subject() -> None:
    searched = standalone("Who is he?", [Turn("Where is the Minister Tomas Reel?", "")])
    assert "Tomas Reel" in searched


def test_an_exchange_without_names_gives_its_words() -> None:
    searched = standalone("How high was it?", [Turn("did the water rise much?", "it rose.")])
    assert searched == "How high was it? (water, rise)"


def test_of_a_long_answer_only_the_first_name_is_carried() -> None:
    names = "Anna Abt, Bert Beil and Carl Cohn"
    searched = standalone("Who of them spoke?", [Turn("Who came?", f"There came {names}.")])
    assert "Anna Abt" in searched
    assert "Bert" not in searched


@pytest.mark.parametrize(
    ("question", "leans"),
    [
        ("Why?", True),
        ("And him?", True),
        ("Its price", True),
        ("No, I meant the lunar eclipse in March.", True),
        ("Who wrote the screenplay?", True),
        ("How many died there?", True),
        ("Who kept goal for Tavrin in that match?", True),
        ("What happened in Tavrin this week?", False),
        ("Who said that the dam would hold in Tavrin?", False),
        ("List the ministers of Velmara", False),
        ("Is there a summit in Busan?", False),
        ("Who is Kim Gunn?", False),
    ],
)
def test_a_question_depends_on_history_if_it_cannot_stand_alone(question, leans) -> None:
    assert depends_on_history(question) is leans
