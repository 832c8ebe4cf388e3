"""What is searched for: a follow-up takes along what it leaves unsaid; nothing else is touched."""

import pytest

from assistant.core.answer import Turn
from assistant.rewriting.follow_up_detection import depends_on_history
from assistant.rewriting.query_rewriting import rewrite, with_missing_terms

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
    searched = with_missing_terms(question, [TALKS])
    assert searched.startswith(f"{question} (")
    assert "Kim Gunn" in searched
    assert "ROK" in searched
    assert with_missing_terms(question, []) == question


@pytest.mark.parametrize(
    "question",
    [
        "How many ships sank off Busan?",
        "Who heads the National Rescue Service of Velmara?",
        "Which bridge was closed after the heavy rain?",
    ],
)
def test_a_new_subject_is_untouched(question) -> None:
    assert with_missing_terms(question, [TALKS]) == question
    assert rewrite(question, [TALKS]).standalone == question


@pytest.mark.parametrize(
    "text", ["Hi", "Hello there!", "Thank you very much.", "OK, thanks", "Good morning", "من هو؟"]
)
def test_a_greeting_thanks_and_what_is_not_latin_take_no_context(text) -> None:
    rewritten = rewrite(text, [Turn("Where did Runa Feld go? م ن", "Runa Feld went to Busan.")])
    assert (rewritten.standalone, rewritten.text, rewritten.forms) == (text, text, ())


def test_thanks_do_not_end_a_subject() -> None:
    searched = with_missing_terms(HE, [TALKS, Turn("Thanks!", "")])
    assert "Kim Gunn" in searched


@pytest.mark.parametrize(
    ("question", "history", "carried", "left"),
    [
        ("And in Pellow Bridge?", [FLOOD], ["Lower Brask"], []),
        ("Who counted them?", [TALKS, FLOOD], ["Lower Brask"], ["Kim"]),  # the newer subject
        ("Did he come back?", [TALKS, *AWAY], ["ROK"], []),
        ("What made it topple?", [Turn("Who was hurt by the crane?", "Nobody.")], ["crane"], []),
        ("Who is he?", [Turn("Where is the Minister Tomas Reel?", "")], ["Tomas Reel"], []),
        ("Who of them spoke?", [THREE], ["Anna Abt"], ["Bert"]),
        ("Where is it?", [Turn("What is م of Busan?", "")], ["Busan"], ["م"]),
    ],
)
def test_which_subject_is_carried(question, history, carried, left) -> None:
    searched = with_missing_terms(question, history)
    assert all(term in searched for term in carried)
    assert not any(term in searched for term in left)


def test_a_day_of_its_own_replaces_the_day_before() -> None:
    turn = Turn("How many people were missing on 3 May 2024?", "Nine.")
    searched = with_missing_terms("And on 9 May?", [turn])
    assert "missing" in searched and "2024" in searched
    assert "3" not in searched
    assert "2024" not in with_missing_terms("And in 2021?", [turn])


def test_that_year_is_the_year_that_was_said() -> None:
    turn = Turn("Who won the Tavrin marathon?", "Marek Korvin won it in 2019.")
    assert "2019" in with_missing_terms("Who was third that year?", [turn])
    assert "2019" not in with_missing_terms("Where does he live?", [turn])


@pytest.mark.parametrize(
    ("question", "history", "text", "forms"),
    [
        (
            HE,
            [TALKS],
            "Where did Kim Gunn go?",
            (f"{HE} (ROK, special, representative, Kim Gunn)", HE, f"{HE} Kim Gunn is."),
        ),
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
def test_what_is_searched_for_and_what_else(question, history, text, forms) -> None:
    rewritten = rewrite(question, history)
    assert rewritten.text == (text or question)
    assert rewritten.forms == forms


def test_the_words_in_brackets_are_for_the_search_alone() -> None:
    rewritten = rewrite("What did they agree on?", [TALKS])
    assert "(ROK" in rewritten.text
    assert rewritten.standalone == "What did they agree on?"


def test_a_parser_is_called_for_a_follow_up_alone() -> None:
    def parser() -> None:
        raise AssertionError("it takes a second to load")

    assert rewrite(SHIPS, [TALKS], parser).standalone == SHIPS
    with pytest.raises(AssertionError, match="to load"):
        rewrite(HE, [TALKS], parser)


@pytest.mark.parametrize(
    ("question", "depends"),
    [
        ("Why?", True),
        ("And him?", True),
        ("Its price", True),
        ("Endeavour?", True),
        ("any awards", True),
        ("Awards", True),
        ("No, I meant the lunar eclipse in March.", True),
        ("Who wrote the screenplay?", True),
        ("How many died there?", True),
        ("Who kept goal for Tavrin in that match?", True),
        ("Which Harbour Party member lost in his district?", True),
        ("Did Kim Gunn meet them?", True),
        ("When was the other closed?", True),
        ("Where did Kim Gunn meet his counterparts?", False),  # his own
        ("Which hotel did Ann Abt and Bert Beil use for their talks?", False),
        ("What did Tavrin announce that it would rename?", False),
        ("Which other towns of Velmara have a harbour?", False),
        ("Name one town of Velmara", False),
        ("What happened in Tavrin this week?", False),
        ("Who said that the dam would hold in Tavrin?", False),
        ("List the ministers of Velmara", False),
        ("Is there a summit in Busan?", False),
        ("Who is Kim Gunn?", False),
        ("Kim Gunn", False),
        ("I live in Tavrin.", False),
        ("Wann wurde Kim Gunn nach Busan geschickt?", False),
    ],
)
def test_a_question_depends_on_history_if_it_cannot_stand_alone(question, depends) -> None:
    assert depends_on_history(question) is depends
