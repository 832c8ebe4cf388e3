"""Articles that give different numbers or names for one thing; what may hold at once is none."""

import datetime as dt

import pytest

from assistant.core.answer import Citation, Claim
from assistant.verification.contradictions import contradictions, describe
from index.core.articles import Article
from index.text.question import analyse
from tests.fakes import evidence_of

OLD, NEW = dt.date(2022, 10, 6), dt.date(2024, 3, 12)


def article(number, text, day, title):
    return Article(f"/{number}.txt", title, text, day)


def found(question, claim, *articles):
    """What contradicts a claim that is cited from the first of the articles."""
    evidence = evidence_of(*articles)
    cited = Claim(claim, (Citation(1, evidence[0], 1.0),))
    return contradictions(analyse(question), cited, evidence)


def values(*arguments):
    return [one.value for one in found(*arguments)]


# ── numbers ───────────────────────────────────────────────────────────────────────────────────

MAY_3 = article(1, "Twelve people died in the Ossel flood.", dt.date(2024, 5, 3), "Ossel flood")
MAY_9 = article(2, "The Ossel flood killed 15 people.", dt.date(2024, 5, 9), "Ossel flood")
HOW_MANY = "How many people died in the Ossel flood?"


def test_both_numbers_are_given_with_their_days_oldest_first() -> None:
    both = found(HOW_MANY, "15 people died.", MAY_9, MAY_3)
    assert [(text, proof.article) for text, proof in describe(both, analyse(HOW_MANY))] == [
        ("The articles differ: 12 (3 May 2024),", MAY_3),
        ("15 (9 May 2024).", MAY_9),
    ]


@pytest.mark.parametrize(
    "other",
    [
        "In the Ossel flood 12 people died.",
        "After the Ossel flood 400 houses were empty.",
        "Some 900 people heard the concert.",
    ],
)
def test_articles_that_agree_or_count_something_else_do_not_differ(other) -> None:
    others = article(3, other, NEW, "Flood")
    assert values(HOW_MANY, "Twelve people died.", MAY_3, others) == []


MOONS = article(4, "Jupiter has 95 known moons.", NEW, "The moons of Jupiter")


@pytest.mark.parametrize(
    ("text", "title", "differs"),
    [
        ("Jupiter has 79 known moons.", "Astronomy", True),
        ("Saturn has 146 known moons.", "Saturn", False),
        ("Saturn has 146 known moons.", "Saturn overtakes Jupiter in moons", False),
    ],
)
def test_the_number_of_another_subject_is_no_contradiction(text, title, differs) -> None:
    other = article(5, text, OLD, title)
    asked = "How many known moons does Jupiter have?"
    assert bool(values(asked, "It has 95 known moons.", MOONS, other)) == differs


DORRAN = article(1, "Tavrin's mayor, Ilse Dorran, rode the first tram.", OLD, "Tavrin")
LENZ = article(2, "Mayor Pavo Lenz of Tavrin took over from Ilse Dorran.", NEW, "Tavrin")
WHO = "Who is the mayor of Tavrin?"
RACE = "Who won the marathon of Velmara?"
AMSEL = article(4, "Lise Amsel won the marathon of Velmara.", NEW, "Marathon")


@pytest.mark.parametrize(
    ("claim", "articles"),
    [("Pavo Lenz is the mayor.", (LENZ, DORRAN)), ("It is Ilse Dorran.", (DORRAN, LENZ))],
)
def test_the_newest_holder_of_an_office_is_the_answer_whatever_was_written(claim, articles):
    parts = describe(found(WHO, claim, *articles), analyse(WHO))
    assert [(text, proof.article) for text, proof in parts] == [
        ("Pavo Lenz by the newest article (12 March 2024);", LENZ),
        ("before: Ilse Dorran (6 October 2022).", DORRAN),
    ]


@pytest.mark.parametrize(
    ("other", "is_holder"),
    [
        ("Pavo Lenz, the mayor of Tavrin, spoke.", True),
        ("Pavo Lenz was elected mayor of Tavrin.", True),
        ("Pavo Lenz, who has been mayor of Tavrin since January, spoke.", True),
        ("The new mayor of Tavrin is Pavo Lenz.", True),
        ("Former mayor Pavo Lenz of Tavrin spoke.", False),
        ("The deputy mayor of Tavrin, Pavo Lenz, spoke.", False),
        ("Pavo Lenz met the mayor of Tavrin.", False),
        ("Mayor Dorran of Tavrin met Pavo Lenz.", False),
        ("Mayoral candidate Pavo Lenz of Tavrin spoke.", False),
        ("Pavo Lenz is the mayor of Ossel.", False),
        ("The mayor of Tavrin told the Gazette so.", False),
        ("The mayor of Tavrin was away on Monday.", False),
        ("Ilsa Dorran is the mayor of Tavrin.", False),
    ],
)
def test_a_name_has_to_be_beside_its_office(other, is_holder):
    expected = ["Ilse Dorran", "Pavo Lenz"] if is_holder else []
    assert values(WHO, "Ilse Dorran.", DORRAN, article(3, other, NEW, "City")) == expected


@pytest.mark.parametrize(
    ("office", "other", "differs"),
    [
        ("head coach", "Head coach Pavo Lenz of Tavrin spoke.", True),
        ("head coach", "Assistant Coach Pavo Lenz of Tavrin spoke.", False),
        ("head coach", "Pavo Lenz, the assistant head coach of Tavrin, spoke.", False),
        ("assistant coach", "Pavo Lenz, the assistant coach of Tavrin, spoke.", False),
    ],
)
def test_an_assistant_does_not_hold_the_office(office, other, differs):
    head = article(1, "Ilse Dorran is the head coach of Tavrin.", OLD, "Tavrin")
    asked = f"Who was the {office} of Tavrin?"
    assert bool(values(asked, "Ilse Dorran.", head, article(2, other, OLD, "Cup"))) == differs


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ("The marathon of Velmara was won by Rik Korvin.", ["Lise Amsel", "Rik Korvin"]),
        # one article that knows both
        ("Rik Korvin won the marathon of Velmara, Lise Amsel that of the women.", []),
        ("Rik Korvin ran the marathon of Velmara.", []),
        ("Police won praise at the marathon of Velmara.", []),
    ],
)
def test_two_winners_of_one_race_are_a_contradiction(other, expected):
    assert values(RACE, "Lise Amsel won.", AMSEL, article(5, other, NEW, "Marathon")) == expected


def test_a_race_of_another_year_is_another_race():
    before = article(6, "Rik Korvin won the marathon of Velmara.", OLD, "Marathon")
    assert values(f"{RACE[:-1]} in 2024?", "Lise Amsel won.", AMSEL, before) == []


def test_places_of_one_event_differ():
    one = article(7, "The talks of the envoys were held in Karuizawa.", OLD, "Talks")
    two = article(8, "The talks of the envoys were held in Ossel.", OLD, "Talks")
    asked = "Where were the talks of the envoys held?"
    assert values(asked, "In Karuizawa.", one, two) == ["Karuizawa", "Ossel"]


@pytest.mark.parametrize("question", ["Who condemned the vote?", "Who spoke?", "What is Tavrin?"])
def test_what_can_have_many_answers_is_not_compared(question):
    one = article(9, "Pavo Lenz condemned the vote.", NEW, "Tavrin")
    two = article(8, "Rik Korvin spoke.", NEW, "Tavrin")
    assert values(question, "Pavo Lenz.", one, two) == []
