"""The day of an event is what its sentence gives; none is guessed."""

import datetime as dt
from dataclasses import replace

import pytest

from assistant.kinds.timelines.event_days import days_label, events_in, may_name_a_day
from index.core.articles import Article
from index.text.grammar import Argument, ParsedSentence, Relation, Speech
from tests.fakes import KnownGrammar, evidence_of

FRIDAY = dt.date(2024, 5, 10)


def read(text, *relations, published=FRIDAY, dated_by="header", speeches=()):
    article = Article("/n/a.txt", "Quarry slides", text, published, dated_by=dated_by)
    [sentence] = evidence_of(article)
    events = events_in(sentence, KnownGrammar(ParsedSentence(text, (), relations, speeches)))
    return [(one.days, one.planned) for one in events]


def verb(text, word, lemma, when="", modality=""):
    day = (Argument("when", when, (when,), "day"),) if when else ()
    return Relation(lemma, text.index(word), None, day, modality=modality)


@pytest.mark.parametrize(
    ("text", "when", "day"),
    [
        ("The quarry slid on 3 May 2024.", "3 May 2024", "3 May 2024"),
        ("The quarry slid on May 3.", "May 3", "3 May 2024"),
        ("The quarry slid on Wednesday.", "Wednesday", "8 May 2024"),
        ("The quarry slid in April.", "April", "April 2024"),
        ("The quarry slid last week.", "last week", "29 April 2024 to 5 May 2024"),
        ("The quarry slid on 3–5 May 2024.", "3–5 May 2024", "3–5 May 2024"),
        ("The quarry slid on May 3-5, 2024.", "May 3-5, 2024", "3–5 May 2024"),
        ("On Monday the quarry slid.", "", "6 May 2024"),
    ],
)
def test_the_day_of_a_verb_is_resolved_from_the_article(text, when, day):
    assert read(text, verb(text, "slid", "slide", when)) == [(day, False)]


@pytest.mark.parametrize(
    "text",
    [
        "The quarry has slid since 2011.",
        "Rain from last week's storm slid in.",
        "The 2011 slide slid into memory.",
        "More slid than in 2019.",
        "It slid on May 30.",  # of which year, an article of 10 May does not say
    ],
)
def test_what_dates_no_event_gives_no_row(text):
    assert read(text, verb(text, "slid", "slide")) == []


def test_a_guessed_or_missing_day_of_publication_resolves_nothing():
    text = "The quarry slid on Wednesday."
    slid = verb(text, "slid", "slide", "Wednesday")
    assert read(text, slid, published=None) == []
    assert read(text, slid, dated_by="guess") == []


def test_what_is_to_come_is_planned_and_what_may_come_is_left_out():
    text = "The quarry will open on June 3."
    assert read(text, verb(text, "open", "open", "June 3", "will")) == [("3 June 2024", True)]
    text = "The quarry may open on June 3."
    assert read(text, verb(text, "open", "open", "June 3", "may")) == []


@pytest.mark.parametrize(
    ("when", "days"),
    [
        ("on Monday", ["6 May 2024"]),
        ("in April", ["8 May 2024", "April 2024"]),
        ("", ["8 May 2024"]),
    ],
)
def test_the_day_of_saying_what_happened_on_a_day_is_none(when, days):
    text = f"The quarry slid {when}, Ann said on Wednesday."
    ann = Argument("subject", "Ann", ("Ann",), "person")
    slid = verb(text, "slid", "slide", when[3:])
    said = replace(verb(text, "said", "say", "Wednesday"), subject=ann)
    speech = Speech(ann, "say", 0, text.index(","))
    found = read(text, slid, said, speeches=(speech,))
    assert sorted((day for day, _ in found), key=days.index) == days


def test_two_verbs_give_two_events_and_one_verb_only_its_nearest_day():
    text = "The quarry slid on Monday and the council met on Wednesday."
    both = [verb(text, "slid", "slide", "Monday"), verb(text, "met", "meet", "Wednesday")]
    assert {day for day, _ in read(text, *both)} == {"6 May 2024", "8 May 2024"}
    text = "The quarry slid on Monday after tests in April."
    slid = Relation(
        "slide",
        text.index("slid"),
        None,
        (Argument("when", "Monday", ("Monday",)), Argument("when", "April", ("April",))),
    )
    assert read(text, slid) == [("6 May 2024", False)]


def test_a_dateline_is_no_event():
    text = "ARDEN, May 9, 2024 (Wire) - The quarry slid on Monday."
    assert read(text, verb(text, "slid", "slide", "Monday")) == [("6 May 2024", False)]


@pytest.mark.parametrize("text", ["[Caption] Ann on 3 May 2024.", "Arden, 3 May 2024", "It slid."])
def test_captions_and_lines_without_a_day_are_not_parsed(text):
    [sentence] = evidence_of(Article("/n/a.txt", "Quarry", text, FRIDAY))
    assert not may_name_a_day(sentence)


def test_spans_are_written_short():
    first = dt.date(2024, 4, 1)
    assert days_label(first, dt.date(2024, 4, 30)) == "April 2024"
    assert days_label(dt.date(2004, 1, 1), dt.date(2009, 12, 31)) == "2004–2009"
