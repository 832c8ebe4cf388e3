"""A follow-up takes what it leaves unsaid from the turns before; anything else is untouched."""

import pytest

from assistant.answering.query_rewriting import depends_on_history, rewrite, standalone
from assistant.core.answer import Turn

TALKS = Turn("Who is the ROK special representative?", "Kim Gunn is.")
FLOOD = Turn("How many people died at Lower Brask?", "At least 12 people died.")
AWAY = Turn("Where did he go?", "To the coast."), Turn("When?", "Last week.")
THREE = Turn("Who came?", "There came Anna Abt, Bert Beil and Carl Cohn.")
REEL = Turn("Where is Tomas Reel?", "")
HE = "Where did he go?"
SHIPS = "How many ships sank off Busan?"


@pytest.mark.parametrize(
    "question",
    [
        "Where did he meet his counterparts?",
        "What did they agree on?",
        "When was it signed?",
        "And in Tokyo?",
        "What about the others?",
        "Why?",
    ],
)
def test_a_question_that_points_back_is_completed(question) -> None:
    searched = standalone(question, [TALKS])
    assert searched.startswith(f"{question} (")
    assert "Kim Gunn" in searched
    assert "ROK" in searched
    assert standalone(question, []) == question


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


@pytest.mark.parametrize(
    ("question", "history", "carried", "left"),
    [
        ("And in Pellow Bridge?", [FLOOD], ["Lower Brask"], []),
        ("Who counted them?", [TALKS, FLOOD], ["Lower Brask"], ["Kim"]),  # the newer subject
        ("Did he come back?", [TALKS, *AWAY], ["ROK"], []),
        ("What made it topple?", [Turn("Who was hurt by the crane?", "Nobody.")], ["crane"], []),
        ("Who is he?", [Turn("Where is the Minister Tomas Reel?", "")], ["Tomas Reel"], []),
        ("Who of them spoke?", [THREE], ["Anna Abt"], ["Bert"]),
    ],
)
def test_which_subject_is_carried(question, history, carried, left) -> None:
    searched = standalone(question, history)
    assert all(term in searched for term in carried)
    assert not any(term in searched for term in left)


def test_a_day_of_its_own_replaces_the_day_before() -> None:
    turn = Turn("How many people were missing on 3 May 2024?", "Nine.")
    searched = standalone("And on 9 May?", [turn])
    assert "missing" in searched and "2024" in searched
    assert "3" not in searched
    assert "2024" not in standalone("And in 2021?", [turn])


def test_that_year_is_the_year_that_was_said() -> None:
    turn = Turn("Who won the Tavrin marathon?", "Marek Korvin won it in 2019.")
    assert "2019" in standalone("Who was third that year?", [turn])
    assert "2019" not in standalone("Where does he live?", [turn])


@pytest.mark.parametrize(
    ("question", "history", "text", "forms"),
    [
        (HE, [TALKS], f"{HE} (ROK, special, representative, Kim Gunn)", (HE, f"{HE} Kim Gunn is.")),
        (
            "And when?",
            [REEL],
            "And when? (Tomas Reel)",
            ("And when?", f"And when? {REEL.question}"),
        ),
        (SHIPS, [TALKS], SHIPS, (f"{SHIPS} Kim Gunn is.",)),
        (HE, [], HE, ()),
        ("On another subject, who feeds the lions there?", [TALKS], None, ()),
    ],
)
def test_the_standalone_question_and_its_alternatives(question, history, text, forms) -> None:
    rewritten = rewrite(question, history)
    assert rewritten.text == (text or question)
    assert rewritten.forms == forms


@pytest.mark.parametrize(
    ("question", "depends"),
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
def test_a_question_depends_on_history_if_it_cannot_stand_alone(question, depends) -> None:
    assert depends_on_history(question) is depends
