"""The time a question speaks of: "in July 2023", "last week", "since May", "the latest".

English only. What is counted from a day ("yesterday") is counted from the day that is given: of the
question's filters, or of the newest article. So a question means the same on every day that an index
stays as it is, and the "last week" of an archive is the archive's.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from index.text.relative_dates import days_in

REPORTED = dt.timedelta(days=7)  # an article this much later may still tell of a day

_NAMES = (
    "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug"
    "|september sept sep|october oct|november nov|december dec"
)
_MONTHS = {name: n for n, names in enumerate(_NAMES.split("|"), 1) for name in names.split()}
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9}  # and the two months after
_MONTH = "|".join(_MONTHS)
_YEAR = r"(?:1[89]|20)\d\d"
_DATE = re.compile(
    rf"(?<![\w.,$€£#-])(?:"
    rf"(?P<iso>{_YEAR}-\d\d-\d\d)"
    rf"|(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<m1>{_MONTH})\b\.?(?:,? (?P<y1>{_YEAR})\b)?"
    rf"|(?P<m2>{_MONTH})\.? (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?!,\d)(?:,? (?P<y2>{_YEAR})\b)?"
    rf"|(?P<m3>{_MONTH})\.?,?(?: of)? (?P<y3>{_YEAR})\b"
    rf"|(?P<season>{'|'.join(_SEASONS)})(?: of)? (?P<y4>{_YEAR})\b"
    rf"|(?P<y5>{_YEAR})(?![\w%-]|[.,]\d| (?:people|men|women|children|votes|dollars|euros)\b)"
    rf"|(?P<m6>{_MONTH})\b(?!['’.])"
    r")",
    re.IGNORECASE,
)
# a month alone is one behind these words only: "March" and "May" are other things as well
_BEFORE_A_MONTH = re.compile(
    r"\b(?:in|since|before|after|until|till|by|during|between|early|late|mid|last|this)[ -]$",
    re.IGNORECASE,
)
_AFTER = re.compile(r"\b(?:after|later than)\s$", re.IGNORECASE)
_SINCE = re.compile(r"\bsince(?: (?:early|late))?\s$", re.IGNORECASE)
_BEFORE = re.compile(r"\b(?:before|prior to|earlier than)\s$", re.IGNORECASE)
_UNTIL = re.compile(r"\b(?:until|till|up to|by)\s$", re.IGNORECASE)
_FROM = re.compile(r"\b(?:between|from)\s$", re.IGNORECASE)
_TO = re.compile(r"\s?(?:and|to|until|till|through|[–—-])\s?", re.IGNORECASE)
_ROLLING = re.compile(
    r"\b(?:in|over|during|within|for) (?P<phrase>the (?:last|past) "
    r"(?:(?P<count>\d{1,3}|two|three|four|five|six|seven) )?(?P<unit>day|week|month|year)s?)\b",
    re.IGNORECASE,
)
_COUNTS = {word: n for n, word in enumerate("two three four five six seven".split(), 2)}
_UNIT_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}

_NEWEST = re.compile(
    r"\b(?:latest|newest|most recent(?:ly)?|last known|up to date)\b", re.IGNORECASE
)
_NOW = re.compile(
    r"\b(?:now|today|nowadays|currently|current|at present|presently|these days|at the moment)\b",
    re.IGNORECASE,
)
# an office in the present tense: "Who is the mayor …?", "Who coaches …?"; "Who is Ann?" asks none
_OFFICE = re.compile(
    r"^(?:who|whom)(?:(?:['’]s| is| are) (?:the |\w+['’]s? )(?P<rest>.*)"
    r"| (?:leads|heads|runs|chairs|coaches|governs|commands|manages|directs|owns|holds)\b)",
    re.IGNORECASE,
)

_SOME_DAY = dt.date(2000, 1, 1)


class Period(NamedTuple):
    """The days `first` to `last` that a phrase at `start`..`end` (characters) means.

    Open ends are the first and the last day there is. `relative`: counted from another day.
    """

    phrase: str
    start: int
    end: int
    first: dt.date
    last: dt.date
    relative: bool = False

    def holds(self, first: dt.date, last: dt.date) -> bool:
        """Tell whether the days `first` to `last` all lie in it."""
        return self.first <= first and last <= self.last


def time_words(question: str) -> list[str]:
    """The words of a question that name a time, whatever day it is asked on.

    >>> time_words("What did Kim say last week, or in July 2023?")
    ['last week', 'July 2023']
    """
    return [period.phrase for period in periods(question, _SOME_DAY)]


def periods(question: str, today: dt.date | None) -> list[Period]:
    """The periods that a question names, in reading order.

    Without `today` only those are known that need none. A month or a day without its year is the
    last one up to `today`.

    >>> day = dt.date(2024, 6, 12)
    >>> for asked in ("in July 2023", "on 20 July 2023", "last week", "since May", "in 2022",
    ...               "before 3 May 2024", "yesterday's vote", "over the past three days"):
    ...     [found] = periods(f"What was said {asked}?", day)
    ...     print(f"{found.first} {found.last} {found.phrase}")
    2023-07-01 2023-07-31 July 2023
    2023-07-20 2023-07-20 20 July 2023
    2024-06-03 2024-06-09 last week
    2024-05-01 9999-12-31 since May
    2022-01-01 2022-12-31 2022
    0001-01-01 2024-05-02 before 3 May 2024
    2024-06-11 2024-06-11 yesterday
    2024-06-09 2024-06-12 the past three days
    >>> periods("May he march? Who counted 2,022 people?", day)
    []
    """
    today = today if today and _far_from_the_ends(today) else None
    found = _joined(question, list(_dates(question, today)))
    counted = [*_rolling(question, today), *_relative(question, today)]
    for period in counted:
        if all(period.end <= other.start or other.end <= period.start for other in found):
            found.append(period)
    return sorted(found, key=lambda period: period.start)


def asks_newest(question: str) -> bool:
    """Tell whether a newer article answers better than an older one.

    >>> [asks_newest(f"{asked}?") for asked in (
    ...     "Who is the mayor of Tavrin", "Who is mayor now", "What is the latest death toll",
    ...     "Who was the mayor of Tavrin", "Who is Pavo Lenz", "Who is the winner of 2022")]
    [True, True, True, False, False, False]
    """
    return bool(_NEWEST.search(question)) or asks_now(question)


def asks_now(question: str) -> bool:
    """Tell whether a question is about the state of things now: "currently", or a present office.

    One that names a day or a year is about that.
    """
    if any(found["m6"] is None for found in _DATE.finditer(question)):
        return False
    return bool(_NOW.search(question) or _OFFICE.search(question))


def overlap(period: Period, text: str, published: dt.date | None) -> float:
    """How well a text belongs to a period, 0..1.

    1 if a day that it names lies in the period, or it was published then; 0.5 up to a week later,
    when it may tell of it.

    >>> july = Period("July 2023", 0, 0, dt.date(2023, 7, 1), dt.date(2023, 7, 31))
    >>> overlap(july, "They met on 20 July 2023.", dt.date(2024, 1, 1))
    1.0
    >>> overlap(july, "They met last month.", dt.date(2023, 8, 2))
    1.0
    >>> overlap(july, "They met.", dt.date(2023, 8, 2)), overlap(july, "They met.", None)
    (0.5, 0.0)
    """
    if any(period.holds(first, last) for first, last in _named(text, published)):
        return 1.0
    if published is None:
        return 0.0
    if period.holds(published, published):
        return 1.0
    return 0.5 if dt.timedelta() < published - period.last <= REPORTED else 0.0


def _named(text: str, published: dt.date | None) -> Iterator[tuple[dt.date, dt.date]]:
    for period in _dates(text, published, plain=True):
        yield period.first, period.last
    if published and _far_from_the_ends(published):
        for when in days_in(text, published):
            yield when.first, when.last


def _far_from_the_ends(day: dt.date) -> bool:
    """Tell whether days can be counted from a day without leaving the calendar."""
    return 150 < day.year < 9990


def _dates(text: str, today: dt.date | None, *, plain: bool = False) -> Iterator[Period]:
    """The days, months and years that are written out; `plain`: without "since" and its kind."""
    for found in _DATE.finditer(text):
        before = text[: found.start()]
        if found["m6"] and not _month_alone(before, found["m6"]):
            continue
        span = _span(found, today)
        if span is None:
            continue
        period = Period(found[0], found.start(), found.end(), *span)
        yield period if plain else _open(period, text)


def _month_alone(before: str, name: str) -> bool:
    capital = name[0].isupper() or name.lower() not in ("may", "march", "mar")
    return bool(_BEFORE_A_MONTH.search(before)) and len(name) > 2 and capital


def _span(found: re.Match[str] | None, today: dt.date | None) -> tuple[dt.date, dt.date] | None:
    """The first and the last day of what is written; None for the 31st of June."""
    if found is None:
        return None
    try:
        if found["iso"]:
            day = dt.date.fromisoformat(found["iso"])
            return day, day
        if found["y5"]:
            return dt.date(int(found["y5"]), 1, 1), dt.date(int(found["y5"]), 12, 31)
        if found["season"]:
            month, year = _SEASONS[found["season"].lower()], int(found["y4"])
            return dt.date(year, month, 1), _end_of(year, month + 2)
        month = _MONTHS[(found["m1"] or found["m2"] or found["m3"] or found["m6"]).lower()]
        day_of_month = int(found["d1"] or found["d2"] or 0)
        year = int(found["y1"] or found["y2"] or found["y3"] or 0)
        if not year:
            if today is None:
                return None
            year = today.year - ((month, day_of_month) > (today.month, today.day))
        if day_of_month:
            day = dt.date(year, month, day_of_month)
            return day, day
        return dt.date(year, month, 1), _end_of(year, month)
    except ValueError:
        return None


def _end_of(year: int, month: int) -> dt.date:
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def _open(period: Period, text: str) -> Period:
    """A period as "since", "before" and the like open it."""
    before = text[: period.start]
    first, last = period.first, period.last
    for word, span in (
        (_SINCE, (first, dt.date.max)),
        (_AFTER, (min(last, dt.date.max - dt.timedelta(1)) + dt.timedelta(1), dt.date.max)),
        (_BEFORE, (dt.date.min, max(first, dt.date.min + dt.timedelta(1)) - dt.timedelta(1))),
        (_UNTIL, (dt.date.min, last)),
    ):
        if opened := word.search(before):
            start = opened.start()
            return Period(text[start : period.end], start, period.end, *span, period.relative)
    return period


def _joined(text: str, found: Sequence[Period]) -> list[Period]:
    """The same, two ends of one period ("between May and June 2024") as one."""
    joined = list(found)
    for one, other in pairwise(found):
        between = text[one.end : other.start]
        if _TO.fullmatch(between) and (opened := _FROM.search(text[: one.start])):
            begun = _span(_DATE.match(one.phrase), other.last) or one[3:5]
            first, last = min(begun[0], other.first), max(begun[1], other.last)
            start = opened.start()
            whole = Period(text[start : other.end], start, other.end, first, last)
            joined = [whole, *(p for p in joined if p not in (one, other))]
    return joined


def _rolling(text: str, today: dt.date | None) -> Iterator[Period]:
    if today is None:
        return
    for found in _ROLLING.finditer(text):
        written = (found["count"] or "1").lower()
        count = _COUNTS.get(written) or int(written)
        first = today - dt.timedelta(count * _UNIT_DAYS[found["unit"].lower()])
        yield Period(found["phrase"], *found.span("phrase"), first, today, relative=True)


def _relative(text: str, today: dt.date | None) -> Iterator[Period]:
    """What `index.text.relative_dates` reads in articles; "today" apart, which asks for the newest."""
    if today is None:
        return
    bare = re.sub(r"['’]s\b", "  ", text)  # "yesterday's accident"
    for when in days_in(bare, today):
        if not _NOW.fullmatch(when.phrase):
            yield _open(Period(*when, relative=True), text)
