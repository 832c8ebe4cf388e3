"""Contradictions and changes between articles of different origins, and what is neither."""

import datetime as dt
from dataclasses import replace

import pytest

from assistant.archive.differences import differences
from index.core.articles import Article
from index.core.filters import NO_FILTERS, Filters
from index.text.grammar import Argument, ParsedSentence, Relation
from tests.fakes import FixedSearch, KnownGrammar


def article(name, day, text, title="Fire in Varnholm"):
    return Article(
        f"/n/{name}", title, text, dt.date(2024, 5, day), name.title(), dated_by="metadata"
    )


def compared(*articles, parser=None, topic="", filters=NO_FILTERS):
    return differences(FixedSearch(*articles), lambda: parser, topic, filters)


def told(found):
    return [(one.verdict, *one.values) for one in found.differences]


FIRST = article("argus", 2, "The fire in the Varnholm mill killed 9 people, the police said.")


@pytest.mark.parametrize(
    ("day", "text", "verdict", "value"),
    [
        (4, "Eleven people died in the fire in Varnholm.", "changed", "Eleven people"),
        (2, "The fire in Varnholm killed 7 people.", "contradiction", "7 people"),
        (4, "The fire in Varnholm killed 7 people.", "contradiction", "7 people"),
    ],
)
def test_a_toll_that_rises_later_has_changed_and_another_contradicts(day, text, verdict, value):
    [one] = compared(FIRST, article("courier", day, text)).differences
    assert (one.verdict, one.about, set(one.values)) == (verdict, "dead", {"9 people", value})


@pytest.mark.parametrize(
    "text",
    [
        "The fire in Varnholm killed nine people.",  # the same
        "The fire in Varnholm hurt 20 people.",  # something else is counted
        "Three of the people killed by the fire in Varnholm were children.",  # a part
        "The police in Varnholm found two more bodies of people killed.",
        "The fire in Varnholm killed at least 8 people.",  # both may be true
        "The fire in Orrest killed 30 people.",  # another place
    ],
)
def test_what_may_both_be_true_is_no_difference(text):
    assert told(compared(FIRST, article("courier", 2, text, "News"))) == []


def test_fixed_amounts_contradict_whatever_the_day():
    one = article(
        "argus", 2, "Varnholm will pay 40 million crowns for the new bridge over the Skar."
    )
    other = article(
        "wire", 9, "The new bridge over the Skar costs Varnholm 46 million crowns to pay."
    )
    assert told(compared(one, other)) == [
        ("contradiction", "46 million crowns", "40 million crowns")
    ]


def test_near_copies_and_the_same_article_are_not_compared():
    class Copies(FixedSearch):
        def articles_in(self, filters):
            return [replace(row, cluster_id="one") for row in super().articles_in(filters)]

    other = article("wire", 3, "The fire in the Varnholm mill killed 11 people, the police said.")
    assert differences(Copies(FIRST, other), lambda: None).differences == ()


@pytest.mark.parametrize(("day", "verdict"), [(3, "contradiction"), (30, "changed")])
def test_an_office_has_one_holder_until_it_changes_hands(day, verdict):
    one = article("argus", 1, "Varnholm's mayor, Ingrid Solle, opened the market.")
    other = article("wire", day, "The fair was opened by Tor Brekke, mayor of Varnholm.")
    former = article("post", day, "The former mayor of Varnholm, Ada Lind, was there.")
    found = compared(one, other, former)
    assert told(found) == [(verdict, "Tor Brekke", "Ingrid Solle")]
    assert found.differences[0].about == "mayor of Varnholm"


def test_a_sentence_that_denies_another_is_found_by_its_grammar():
    said = "Ingrid Solle signed the contract with Norvik Steel in March."
    denied = "Ingrid Solle did not sign the contract with Norvik Steel in March."

    def parsed(text, *, negated):
        subject = Argument("subject", "Ingrid Solle", ("Ingrid Solle",), "person")
        signed = Argument("object", "the contract", ("contract",))
        return ParsedSentence(text, (), (Relation("sign", 0, subject, (signed,), negated),))

    grammar = KnownGrammar(parsed(said, negated=False), parsed(denied, negated=True))
    found = compared(article("argus", 2, said), article("wire", 3, denied), parser=grammar)
    assert told(found) == [("contradiction", "", "")]
    assert [c.quote for c in found.differences[0].citations] == [denied, said]


def test_the_newest_come_first_and_filters_hold():
    toll = article("wire", 4, "Eleven people died in the fire in Varnholm.")
    later = article("post", 6, "The fire in Varnholm killed 14 people.")
    found = compared(FIRST, toll, later)
    assert [one.day.day for one in found.differences] == [6, 4]
    assert (found.articles, found.articles_in_all) == (3, 3)
    until = compared(FIRST, toll, later, filters=Filters(until=dt.date(2024, 5, 5)))
    assert told(until) == [("changed", "Eleven people", "9 people")]
