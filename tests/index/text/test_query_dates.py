"""The time a question speaks of: which days, and which articles it brings forward."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.core.filters import Filters
from index.retrieval.temporal_intent import NEWEST, PERIOD, DatedPassage, temporal_intent
from index.text.query_dates import asks_newest, overlap, periods

WEDNESDAY = dt.date(2024, 6, 12)


def told(question, today=WEDNESDAY):
    return [f"{p.first}..{p.last}" for p in periods(question, today)]


@pytest.mark.parametrize(
    ("asked", "days"),
    [
        ("in July 2023", "2023-07-01..2023-07-31"),
        ("in february 2024", "2024-02-01..2024-02-29"),
        ("on 20 July 2023", "2023-07-20..2023-07-20"),
        ("on the 20th of July 2023", "2023-07-20..2023-07-20"),
        ("on 2023-07-20", "2023-07-20..2023-07-20"),
        ("in 2022", "2022-01-01..2022-12-31"),
        ("in the summer of 2015", "2015-06-01..2015-08-31"),
        ("in May", "2024-05-01..2024-05-31"),
        ("in July", "2023-07-01..2023-07-31"),
        ("on 9 May", "2024-05-09..2024-05-09"),
        ("on 1 July", "2023-07-01..2023-07-01"),
        ("yesterday", "2024-06-11..2024-06-11"),
        ("last week", "2024-06-03..2024-06-09"),
        ("this month", "2024-06-01..2024-06-30"),
        ("last year", "2023-01-01..2023-12-31"),
        ("on Monday", "2024-06-10..2024-06-10"),
        ("at Monday's talks", "2024-06-10..2024-06-10"),
        ("in the past two weeks", "2024-05-29..2024-06-12"),
        ("since May", "2024-05-01..9999-12-31"),
        ("since last week", "2024-06-03..9999-12-31"),
        ("after 3 May 2024", "2024-05-04..9999-12-31"),
        ("before 3 May 2024", "0001-01-01..2024-05-02"),
        ("until 2022", "0001-01-01..2022-12-31"),
        ("between May and July 2023", "2023-05-01..2023-07-31"),
        ("from 3 May 2024 to 9 May 2024", "2024-05-03..2024-05-09"),
    ],
)
def test_a_phrase_means_its_days(asked, days):
    assert told(f"What did the council say {asked}?") == [days]


@pytest.mark.parametrize(
    "question",
    [
        *("May he march to Tavrin?", "Who is April Sand?", "What did the March sisters sing?"),
        *("How did 2,022 people vote?", "How were 2015 people counted?", "What is it today?"),
        *("What happened on 31 June 2023?", "Who lives at 2022a Mint Street?"),
    ],
)
def test_what_is_no_time_is_none(question):
    assert told(question) == []


def test_two_times_are_two_and_without_a_day_only_whole_dates_are_known():
    both = ["2006-01-01..2006-12-31", "2015-01-01..2015-12-31"]
    assert told("Did more die in 2006 than in 2015?") == both
    whole = told("What was said last week, in May, in July 2023?", None)
    assert whole == ["2023-07-01..2023-07-31"]


@given(
    st.lists(
        st.sampled_from(
            "in on since before after between and May 31 June 2023 last week yesterday tomorrow"
            " next year the past 99 years , 2024-02-30 Monday's until July 1".split()
        )
    ).map(" ".join),
    st.dates(),
)
def test_whatever_is_asked_on_whatever_day_phrases_stand_in_it(question, today):
    for period in periods(question, today):
        assert question[period.start : period.end] == period.phrase
        assert period.first <= period.last
        assert 0 <= overlap(period, question, today) <= 1


@pytest.mark.parametrize(
    ("question", "newest"),
    [
        ("Who is the mayor of Tavrin?", True),
        ("Who's Tavrin's mayor?", True),
        ("Who currently heads the council?", True),
        ("Who coaches the team?", True),
        ("What is the most recent death toll?", True),
        ("What was his last known address?", True),
        ("Who was the mayor of Tavrin?", False),
        ("Who is Pavo Lenz?", False),
        ("Who is the winner of the 2022 race?", False),
        ("What was the last station?", False),
    ],
)
def test_the_newest_is_asked_for_by_a_word_or_by_an_office_in_the_present(question, newest):
    assert asks_newest(question) is newest


def boosts(question, *read):
    return temporal_intent(question, periods(question, WEDNESDAY)).boosts(read)


def test_a_text_is_lifted_by_its_day_by_a_day_it_names_and_half_a_week_later():
    assert boosts(
        "Who met in July 2023?",
        DatedPassage("They met.", dt.date(2023, 7, 20), 4),
        DatedPassage("They met on 20 July 2023.", dt.date(2024, 1, 1), 4),
        DatedPassage("They met.", dt.date(2023, 8, 2), 4),
        DatedPassage("They met.", dt.date(2023, 9, 2), 4),
        DatedPassage("They met.", None, 4),
    ) == [PERIOD, PERIOD, PERIOD / 2, 0, 0]


def test_the_newest_on_the_subject_is_lifted_most():
    read = [
        DatedPassage("Nine died.", dt.date(2024, 5, 3), 6),
        DatedPassage("Ten died.", dt.date(2024, 5, 6), 5),
        DatedPassage("Twelve died.", dt.date(2024, 5, 9), 4),
        DatedPassage("It rained.", None, 4),
        DatedPassage("A concert.", dt.date(2024, 6, 9), -8),  # of another subject
    ]
    assert boosts("What is the latest toll?", *read) == [0, NEWEST / 2, NEWEST, 0, 0]
    assert boosts("What is the toll?", *read) == [0] * 5


def test_where_else_is_looked_stays_within_the_scope():
    scope = Filters(since=dt.date(2023, 7, 10), until=dt.date(2023, 7, 31), sources=("Post",))
    asked = temporal_intent("", periods("in July 2023 or before 2020", WEDNESDAY))
    july, before = asked.narrowed(scope, [])
    assert july == scope
    assert before.since == dt.date(2023, 7, 10) and before.until < before.since
    newer = temporal_intent("the latest", []).narrowed(
        Filters(), [dt.date(2023, 1, n) for n in (1, 2, 3)]
    )
    assert [one.since for one in newer] == [dt.date(2023, 1, 2)]
    assert temporal_intent("Who met?", []).narrowed(scope, []) == []
