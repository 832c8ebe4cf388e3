"""Events are counted by the articles that report them; what they do not tell apart is read."""

import datetime as dt

import pytest

from assistant.answering.pipeline import Assistant
from assistant.kinds.inventory.event_count import EventCount
from assistant.kinds.routing import kind_of
from assistant.kinds.same_event import MAX_ARTICLES
from index.core.articles import Article
from index.text.grammar import Name, ParsedSentence
from tests.fakes import FixedSearch, ScriptedModel, WordReranker


class Places:
    """Finds two places in any sentence."""

    def parse(self, text: str) -> ParsedSentence:
        found = ((name, text.find(name)) for name in ("Lor", "Marn"))
        names = tuple(Name(one, at, at + len(one), "place") for one, at in found if at >= 0)
        return ParsedSentence(text, names, ())


def ask(question: str, *articles: Article):
    search = FixedSearch(*articles)
    model = ScriptedModel("Nobody knows.")
    return Assistant(search, WordReranker(), lambda: model, parser=Places).ask(question)


def article(name: str, day: dt.date | None, title: str, text: str) -> Article:
    return Article(f"/news/{name}.txt", title, text, day, "Post")


BAKERY = article(
    "a", dt.date(2025, 2, 4), "Fire in Marn bakery", "A fire destroyed the bakery of Marn."
)
AGAIN = article("b", dt.date(2025, 2, 6), "Marn fire was arson", "The fire in Marn was laid.")
SCHOOL = article("c", dt.date(2025, 3, 9), "Fire in Lor school", "A fire broke out at Lor school.")
SHOTS = article(
    "d", dt.date(2025, 3, 9), "Shots in Pell", "A man opened fire in Pell. He was fired."
)
TALKS = "Envoys ended their meeting in {} without a word."


@pytest.mark.parametrize(
    ("asked", "noun"),
    [
        ("How many fires were there?", "fire"),
        ("How many meetings did the envoys hold so far?", "meeting"),
        ("How many crashes were there in Lor?", "crash"),
        ("How many different robberies have been reported?", "robbery"),
        ("How many floods in Marn have there been in total?", "flood"),
    ],
)
def test_a_question_for_the_number_of_events(asked, noun):
    assert kind_of(asked) == EventCount.recognise(asked)
    assert kind_of(asked).noun == noun


@pytest.mark.parametrize(
    "asked",
    [
        "How many people died in the fires?",
        "How many fires did the brigade put out?",
        "How many matches were played?",
        "How many fire engines were there?",
        "How many meetings did the envoys hold in May?",
        "How many floods have there been since 2020?",
    ],
)
def test_other_numbers_are_facts(asked):
    assert kind_of(asked) is None


def test_reports_on_one_event_count_once_each_event_with_its_proof():
    answer = ask("How many fires were there?", SHOTS, SCHOOL, AGAIN, BAKERY)
    assert answer.kind == "count"
    assert answer.claims[0].computed == "2"
    assert answer.text.splitlines() == [
        "The articles report on 2 different fires.",
        "4 February 2025: A fire destroyed the bakery of Marn.",
        "9 March 2025: A fire broke out at Lor school.",
    ]
    assert len(answer.claims[0].citations) == 2


def test_the_place_or_the_months_between_tell_meetings_of_the_same_people_apart():
    first = article("e", None, "Envoys of Ostria meet", TALKS.format("Lor"))
    other = article("f", None, "Envoys of Ostria meet", TALKS.format("Marn"))
    asked = "How many meetings were there?"
    assert ask(asked, first, other).claims[0].computed == "2"
    assert ask(asked, first, first).claims == ()
    early = article("g", dt.date(2025, 1, 4), "Envoys of Ostria meet", TALKS.format("Lor"))
    later = article("h", dt.date(2025, 5, 4), "Envoys of Ostria meet", TALKS.format("Lor"))
    assert ask(asked, early, later).claims[0].computed == "2"


def test_no_number_is_given_that_an_ordinal_contradicts():
    third = article(
        "i", dt.date(2025, 5, 4), "Envoys of Ostria meet", "The third meeting in Marn failed."
    )
    first = article("e", dt.date(2025, 1, 4), "Envoys of Ostria meet", TALKS.format("Lor"))
    assert not any(
        claim.computed for claim in ask("How many meetings were there?", first, third).claims
    )


@pytest.mark.parametrize("told", ["It was one of 12 fires of the month.", "Three fires broke out."])
def test_no_number_is_given_that_a_larger_one_contradicts(told):
    more = article("b", dt.date(2025, 3, 9), "Fire in Lor school", f"A fire broke out. {told}")
    assert not any(
        claim.computed for claim in ask("How many fires were there?", more, BAKERY).claims
    )


def test_too_many_reports_are_not_counted():
    many = [
        article(f"{n}", dt.date(2000 + n, 2, 4), f"Fire in place {n}", f"A fire at place {n}.")
        for n in range(MAX_ARTICLES + 1)
    ]
    assert not any(claim.computed for claim in ask("How many fires were there?", *many).claims)
