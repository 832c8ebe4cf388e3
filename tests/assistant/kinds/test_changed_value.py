"""How a number changed: its values from the oldest article to the newest."""

import datetime as dt
import re
from dataclasses import replace

import pytest

from assistant.answering.pipeline import Assistant
from assistant.kinds.comparisons.changed_value import ChangedValue
from assistant.kinds.routing import kind_of
from index.core.articles import Article
from tests.fakes import FixedSearch, ScriptedModel, WordReranker


def article(day: int, text: str, title: str = "Fire at Marn harbour") -> Article:
    return Article(f"/news/{day}.txt", title, text, dt.date(2025, 2, day), "Post")


EARLY = article(4, "At least four people died in the fire at Marn. Seven people are missing.")
MORE = article(6, "Crews found two more bodies. The number of people killed at Marn rose to 6.")
LATE = article(9, "The fire killed nine people in Marn, the coroner said. Two people are missing.")


def ask(question: str, *articles: Article):
    return Assistant(FixedSearch(*articles), WordReranker(), ScriptedModel).ask(question)


@pytest.mark.parametrize(
    "asked",
    [
        "How did the toll change?",
        "How has the death toll of the fire risen?",
        "By how much did the price of a ticket rise?",
        "How did the number of injured develop over time?",
    ],
)
def test_it_is_recognised(asked):
    assert isinstance(kind_of(asked), ChangedValue)


@pytest.mark.parametrize(
    "asked", ["How did Marn change after the war?", "What is the death toll?", "Why did it rise?"]
)
def test_other_questions_are_left_alone(asked):
    assert not isinstance(kind_of(asked), ChangedValue)


def test_a_toll_is_told_from_the_oldest_to_the_newest_without_what_was_added():
    answer = ask("How did the death toll change?", LATE, MORE, EARLY)
    assert answer.text.splitlines() == [
        "4 February 2025: at least 4 dead",
        "6 February 2025: 6 dead",
        "9 February 2025: 9 dead",
    ]
    assert answer.kind == "comparison"
    assert all(claim.citations for claim in answer.claims)


def test_the_missing_are_not_the_dead():
    answer = ask("How did the number of missing people change?", LATE, EARLY)
    assert [claim.text for claim in answer.claims] == [
        "7 people are missing",
        "2 people are missing",
    ]


def test_a_value_that_stays_is_told_once():
    same = article(5, "At least four people died in the fire at Marn, the mayor said.")
    assert len(ask("How did the death toll change?", same, EARLY).claims) == 1


def test_another_disaster_is_not_mixed_in():
    other = Article(
        "/q.txt", "Quake in Lor", "The quake killed 80 people in Lor.", dt.date(2025, 2, 5)
    )
    assert "80" not in ask("How did the death toll of Marn change?", EARLY, other, LATE).text


@pytest.mark.parametrize(
    ("text", "dead", "injured"),
    [
        ("It killed at least three people and injured 80.", "at least 3 dead", "80 injured"),
        ("It leveled seven villages, killing 10 persons and wounding other 70.", "10", "70"),
        ("It killed six children, bringing the confirmed death toll at Marn to 11.", "11 dead", ""),
        ("Five people died and seven were injured.", "5 dead", "7 injured"),
        ("Of 80 people injured, two have since died.", "2 dead", "80 injured"),
        ("It killed a 10-year-old girl at Marn and cost $20 million.", "", ""),
        ("Four of the 12 houses burnt down within 3 hours.", "", ""),
        ("It left 40,000 people homeless and killed 1,500 cows.", "", ""),
        ("It left 30 injured. Hundreds searched for the dead.", "", "30 injured"),
        ("The 40 people on board were not injured, 20 are feared dead.", "", ""),
        ("It claimed 12 lives and left 30 workers injured.", "12 dead", "30 injured"),
        ("In 1994 a fire at Marn killed 230 people and injured 900.", "", ""),
    ],
)
def test_the_dead_and_the_injured_are_told_apart_and_from_those_of_other_years(text, dead, injured):
    for asked, value in (("death toll of the fire", dead), ("number of injured", injured)):
        found = ask(f"How did the {asked} at Marn change?", article(4, f"A fire at Marn. {text}"))
        told = [claim.text for claim in found.claims if re.search("(dead|injured)$", claim.text)]
        assert [one[: len(value)] for one in told] == ([value] if value else [])


def test_a_year_in_the_question_is_that_of_the_event():
    late = Article("/q.txt", "Fire at Marn", "It killed 80 people at Marn.", dt.date(2029, 2, 5))
    asked = "How did the number of dead after the 2025 fire at Marn change?"
    assert [claim.text for claim in ask(asked, EARLY, late).claims] == ["at least 4 dead"]


def test_every_toll_is_told_also_where_no_noun_follows_it():
    six = article(4, "The fire at Marn killed six people.")
    eleven = article(6, "The death toll of the fire at Marn rose to 11.")
    thirteen = article(9, "Thirteen people are now known to have died in the fire at Marn.")
    answer = ask("How did the death toll change?", thirteen, six, eleven)
    assert [re.search(r"\d+", claim.text)[0] for claim in answer.claims] == ["6", "11", "13"]


FUEL = article(4, "The fire at Marn was explained by spilt fuel. Nobody saw it.")
CABLE = article(9, "The fire at Marn was explained by a worn cable, the final report says.")


def test_an_explanation_is_told_from_the_oldest_to_the_newest():
    answer = ask("How did the explanation of the fire at Marn change?", CABLE, FUEL)
    assert [(claim.label, claim.citations[0].quote) for claim in answer.claims] == [
        ("4 February 2025", "The fire at Marn was explained by spilt fuel."),
        ("9 February 2025", CABLE.text),
    ]


def test_an_explanation_between_two_times_is_of_these():
    later = replace(CABLE, path="/news/may.txt", published=dt.date(2025, 5, 2))
    answer = ask(
        "How did the explanation of the fire at Marn change between January and February?",
        later,
        FUEL,
    )
    assert [claim.label for claim in answer.claims] == ["4 February 2025"]


def test_no_value_is_said_so():
    answer = ask("How did the price of bread change?", EARLY, LATE)
    assert answer.refusal and answer.refusal.code == "nothing_relevant"
