"""All names of a kind are listed, each once and with the sentence that proves it."""

import pytest

from assistant.kinds.inventory.entity_list import EntityList
from tests.assistant.kinds.names_in_stories import REGATTA, STRIKE, ask, rows


@pytest.mark.parametrize(
    "asked",
    [
        "List all people mentioned",
        "Who is mentioned in these articles?",
        "Who are the people named in the articles?",
        "Give me a list of all the people in the articles.",
        "Can you name everyone mentioned?",
    ],
)
def test_every_person_is_a_row_with_what_the_article_says_he_is(asked):
    answer = ask(asked, STRIKE, REGATTA)
    assert answer.kind == "list"
    assert sorted(rows(answer)) == [
        "Bel Hadar, Coach",
        "Mara Quist, the mayor of Harbin Bay",
        "Oto Quist",
    ]
    assert answer.caveats[0] == "3 people in 2 articles."


def test_each_row_cites_the_sentence_with_the_full_name():
    for claim in ask("List all people mentioned", STRIKE, REGATTA).claims:
        assert claim.text.split(",")[0] in claim.citations[0].quote


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("Which countries are mentioned?", {"Norland", "Peru"}),
        ("What cities are mentioned?", {"Harbin Bay"}),
        ("Name the companies mentioned", {"Tern Motors"}),
        ("Which organisations appear in the articles?", {"Tern Motors", "Harbour Council"}),
        ("Which coaches are mentioned?", {"Bel Hadar, Coach"}),
        ("Who won the regatta?", None),
        ("Which people won the regatta?", {"Oto Quist"}),
    ],
)
def test_the_noun_and_the_condition_decide(asked, names):
    if names is None:
        assert EntityList.recognise(asked) is None
    else:
        assert set(rows(ask(asked, STRIKE, REGATTA))) == names


def test_of_a_person_nothing_is_said_that_no_sentence_says():
    answer = ask("List the people killed in the strike", STRIKE)
    assert answer.refusal.code == "unsupported"
    assert "killed in the strike" in answer.refusal.reason


def test_without_the_parser_it_says_what_is_missing():
    answer = ask("List all people mentioned", STRIKE, parser=lambda: None)
    assert answer.refusal.code == "unsupported"


@pytest.mark.parametrize(
    "asked",
    [
        "Which country launched missiles?",
        "What drove residents to the suburbs?",
        "Name two spacecraft that were sent to explore Jupiter.",
        "Are there any survivors?",
        "Who is the best player?",
        "What happens to the old mine?",
        "What type of bridge was built?",
        "What animal sometimes swims in the lake?",
        "Which new species was found near Marrow?",
        "Who attended the talks and what did they decide?",
    ],
)
def test_a_question_for_a_fact_is_left_alone(asked):
    assert EntityList.recognise(asked) is None


@pytest.mark.parametrize(
    ("asked", "noun"),
    [
        ("Which crops did the study look at?", "crops"),
        ("What guitar players did she want to sound like?", "players"),
        ("What are the first names of the climbers who were rescued?", "climbers"),
        ("What are the names of the three ferries?", "ferries"),
        ("What were the two ports of the line?", "ports"),
        ("Which two clubs were relegated?", "clubs"),
        ("Who attended the talks?", "people"),
        ("Who were arrested after the march?", "people"),
        ("Who took part in the debate?", "people"),
    ],
)
def test_a_plural_asks_for_a_list(asked, noun):
    assert EntityList.recognise(asked).noun == noun


def test_the_number_asked_for_is_known():
    asked = ("Which two ports were closed?", "What are the names of the 4 ferries?")
    assert [EntityList.recognise(one).sought.number for one in asked] == [2, 4]
