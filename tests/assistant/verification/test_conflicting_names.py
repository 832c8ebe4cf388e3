"""Names that articles give in each other's place are both told; what may hold at once is not."""

import datetime as dt

import pytest

from assistant.core.answer import Citation, Claim
from assistant.verification.contradictions import contradictions, describe
from index.core.articles import Article
from index.text.question import analyse
from tests.fakes import evidence_of


def article(number, text, day, title="Tavrin"):
    return Article(f"/{number}.txt", title, text, day)


OLD, NEW = dt.date(2022, 10, 6), dt.date(2024, 3, 12)
DORRAN = article(1, "Tavrin's mayor, Ilse Dorran, rode the first tram.", OLD)
LENZ = article(2, "Mayor Pavo Lenz of Tavrin took over from Ilse Dorran.", NEW)
WHO = "Who is the mayor of Tavrin?"


def rivals(question, claim, *articles):
    evidence = evidence_of(*articles)
    return contradictions(
        analyse(question), Claim(claim, (Citation(1, evidence[0], 1.0),)), evidence
    )


@pytest.mark.parametrize(
    ("said", "articles"),
    [("Pavo Lenz is the mayor.", (LENZ, DORRAN)), ("It is Ilse Dorran.", (DORRAN, LENZ))],
)
def test_the_newest_holder_of_an_office_is_the_answer_whatever_was_written(said, articles):
    found = rivals(WHO, said, *articles)
    assert describe(found, analyse(WHO)) == (
        "Pavo Lenz by the newest article (12 March 2024); before: Ilse Dorran (6 October 2022)."
    )


@pytest.mark.parametrize(
    "other",
    [
        "Pavo Lenz, the mayor of Tavrin, spoke.",
        "Pavo Lenz was elected mayor of Tavrin.",
        "Pavo Lenz, who has been mayor of Tavrin since January, spoke.",
        "The new mayor of Tavrin is Pavo Lenz.",
    ],
)
def test_a_name_may_stand_beside_its_office_in_several_ways(other):
    found = rivals(WHO, "Ilse Dorran.", DORRAN, article(3, other, NEW))
    assert [rival.value for rival in found] == ["Ilse Dorran", "Pavo Lenz"]


@pytest.mark.parametrize(
    "other",
    [
        "Former mayor Pavo Lenz of Tavrin spoke.",
        "The deputy mayor of Tavrin, Pavo Lenz, spoke.",
        "Pavo Lenz met the mayor of Tavrin.",
        "Mayor Dorran of Tavrin met Pavo Lenz.",
        "Mayoral candidate Pavo Lenz of Tavrin spoke.",
        "Pavo Lenz is the mayor of Ossel.",
        "The mayor of Tavrin told the Gazette so.",
        "The mayor of Tavrin was away on Monday.",
        "Ilsa Dorran is the mayor of Tavrin.",
    ],
)
def test_whoever_does_not_hold_the_office_is_no_rival(other):
    assert rivals(WHO, "Ilse Dorran.", DORRAN, article(3, other, NEW, "City")) == ()


RACE = "Who won the marathon of Velmara?"
AMSEL = article(4, "Lise Amsel won the marathon of Velmara.", NEW, "Marathon")


def test_two_winners_of_one_race_are_both_told():
    korvin = article(5, "The marathon of Velmara was won by Rik Korvin.", NEW, "Marathon")
    found = rivals(RACE, "Lise Amsel won.", AMSEL, korvin)
    assert describe(found, analyse(RACE)) == (
        "The articles differ: Lise Amsel (12 March 2024), Rik Korvin (12 March 2024)."
    )


@pytest.mark.parametrize(
    "other",
    [
        "Rik Korvin won the marathon of Velmara, Lise Amsel that of the women.",
        "Rik Korvin ran the marathon of Velmara.",
        "Police won praise at the marathon of Velmara.",
    ],
)
def test_one_article_that_knows_both_is_no_contradiction(other):
    assert rivals(RACE, "Lise Amsel won.", AMSEL, article(5, other, NEW, "Marathon")) == ()


def test_a_race_of_another_year_is_another_race():
    before = article(6, "Rik Korvin won the marathon of Velmara.", OLD, "Marathon")
    asked = "Who won the marathon of Velmara in 2024?"
    assert rivals(asked, "Lise Amsel won.", AMSEL, before) == ()


def test_places_of_one_event_differ():
    one = article(7, "The talks of the envoys were held in Karuizawa.", OLD, "Talks")
    two = article(8, "The talks of the envoys were held in Ossel.", OLD, "Talks")
    found = rivals("Where were the talks of the envoys held?", "In Karuizawa.", one, two)
    assert [rival.value for rival in found] == ["Karuizawa", "Ossel"]


@pytest.mark.parametrize("question", ["Who condemned the vote?", "Who spoke?", "What is Tavrin?"])
def test_what_can_have_many_answers_is_not_compared(question):
    both = article(9, "Pavo Lenz condemned the vote.", NEW), article(8, "Rik Korvin spoke.", NEW)
    assert rivals(question, "Pavo Lenz.", *both) == ()
