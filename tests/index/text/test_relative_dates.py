"""Days that are named from the article's own day: right, or not given at all."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.core.articles import Article
from index.text.relative_dates import days_in, days_of

FRIDAY = dt.date(2024, 5, 3)


def told(sentence, day=FRIDAY):
    return [
        f"{w.first:%m-%d}" + (f"..{w.last:%m-%d}" if w.last != w.first else "")
        for w in days_in(sentence, day)
    ]


@pytest.mark.parametrize(
    ("sentence", "days"),
    [
        ("The dike broke on Wednesday.", ["05-01"]),
        ("The rescue service said on Friday.", ["05-03"]),
        ("Twelve died since the dike broke late on Wednesday, police said Friday.", "05-01 05-03"),
        ("Early on Thursday North Korea fired two missiles.", ["05-02"]),
        ("They met last Friday.", ["04-26"]),
        ("They meet next Friday.", ["05-10"]),
        ("They met Tuesday night.", ["04-30"]),
        ("It happened on Monday last week.", ["04-22"]),
        ("It rained yesterday and today.", ["05-02", "05-03"]),
        ("He died two days ago.", ["05-01"]),
        ("He left the day before yesterday.", ["05-01"]),
        ("The toll of last week's flood rose.", ["04-22..04-28"]),
        ("It began earlier this month.", ["05-01..05-03"]),
        ("It ends later this month.", ["05-03..05-31"]),
        ("The vote is next month.", ["06-01..06-30"]),
        ("Prices rose last month.", ["04-01..04-30"]),
        ("Prices rose last year.", ["01-01..12-31"]),
        ("They played last weekend.", ["04-27..04-28"]),
    ],
)
def test_a_day_is_told_from_the_articles_own(sentence, days):
    assert told(sentence) == (days.split() if isinstance(days, str) else days)


@pytest.mark.parametrize(
    ("sentence", "days"),
    [
        ("Talks will begin on Monday.", ["05-06"]),
        ("Talks will begin on Monday, he said on Thursday.", ["05-06", "05-02"]),
        ("He said on Thursday that talks will begin on Monday.", ["05-02", "05-06"]),
        ("The office, which expects dry weather from Sunday, was right.", ["05-05"]),
        ("The council is to vote on Tuesday.", ["05-07"]),
        ("She is due in court on Monday.", ["05-06"]),
        ("Rain is coming tomorrow.", ["05-04"]),
        ("On Tuesday, the envoy and his father are to travel to Ossel.", ["05-07"]),
        ("On Tuesday, he said the talks will begin.", ["04-30"]),
        ("On Tuesday, the court ruled he will be deported.", ["04-30"]),
    ],
)
def test_a_day_to_come_is_known_by_its_verb(sentence, days):
    assert told(sentence) == days


@pytest.mark.parametrize(
    "sentence",
    [
        "Talks will begin on Friday.",  # today, or in a week?
        "It would end on Monday.",
        "It may rain on Monday.",
        *("The shop is shut until Monday.", "The vote on Monday's budget was close."),
        *("She works on Mondays.", "He comes every Monday.", "It was a Monday."),
        *("It opens Monday to Friday.", "They met on the following Monday."),
        *("They met on Thursday, July 20, 2023.", "They met on Tuesday 12 March."),
        *("Our report of Tuesday, March 12, was wrong.", "Shops open early on Black Friday."),
        *("The Sunday Times reported it.", "It rained for the last week."),
        *("Over the past month it rained.", "What did you do on the last night?"),
        '"We met on Monday," he said.',
        "“Yesterday was worse than last week,” he said.",
        "“It opens on Monday and he never closed the quotation.",
    ],
)
def test_what_may_be_meant_in_two_ways_is_left_out(sentence):
    assert told(sentence) == []


def test_months_and_years_turn():
    assert told("last month", dt.date(2024, 1, 9)) == ["12-01..12-31"]
    assert told("next month", dt.date(2023, 12, 9)) == ["01-01..01-31"]
    assert told("last month", dt.date(2024, 3, 31)) == ["02-01..02-29"]
    assert told("yesterday", dt.date(2024, 1, 1)) == ["12-31"]


def test_an_article_without_a_day_or_in_another_language_tells_none():
    assert days_of(Article("/a", "T", "It broke on Wednesday."), 0, 22) == []
    assert days_of(Article("/a", "T", "Am Friday.", FRIDAY, language="de"), 0, 10) == []
    assert days_of(Article("/a", "T", "On Friday. Out.", FRIDAY), 0, 10) != []


@given(
    st.lists(
        st.sampled_from(
            "on Monday Friday last next this week month weekend year will said yesterday two days"
            " ago earlier later the , \" “ ' 's July 20 would night".split(" ")
        )
    ).map(" ".join),
    st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1)),
)
def test_whatever_is_written_phrases_stand_in_the_text_and_do_not_overlap(sentence, day):
    end = 0
    for when in days_in(sentence, day):
        assert sentence[when.start : when.end] == when.phrase
        assert when.start >= end
        assert when.first <= when.last
        assert abs((when.first - day).days) <= 731
        end = when.end
