"""The time a question speaks of: "in July 2023", "last week", "since May", "the latest".

English only. Relative phrases ("yesterday") are resolved from a day that is given: that of the
question's filters, or the newest article's. So a question means the same on every day that an
index stays as it is, and the "last week" of an archive is the archive's.
"""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from index.text.calendar_terms import (
    MONTH_NUMBERS,
    SMALL_COUNTS,
    YEAR_PATTERN,
    written_day_pattern,
)
from index.text.calendar_terms import MONTH_OR_SHORT_PATTERN as _MONTH
from index.text.relative_dates import Period, days_in, month_span

REPORTED = dt.timedelta(days=7)  # an article this much later may still report on a day

_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9}  # and the two months after
_WRITTEN_DAY = written_day_pattern(YEAR_PATTERN + r"\b")
_DATE = re.compile(
    rf"(?i)(?<![\w.,$€£#-])(?:"
    rf"(?P<iso>{YEAR_PATTERN}-\d\d-\d\d)"
    rf"|{_WRITTEN_DAY}"
    rf"|(?P<m3>{_MONTH})\.?,?(?: of)? (?P<y3>{YEAR_PATTERN})\b"
    rf"|(?P<season>{'|'.join(_SEASONS)})(?: of)? (?P<y4>{YEAR_PATTERN})\b"
    rf"|(?P<y5>{YEAR_PATTERN})"
    r"(?![\w%-]|[.,]\d| (?:people|men|women|children|votes|dollars|euros)\b)"
    rf"|(?P<month>{_MONTH})\b(?!['’.])"
    r")"
)
# a month alone is one only behind these words: "March" and "May" are other things as well
_BEFORE_A_MONTH = re.compile(
    r"(?i)\b(?:in|since|before|after|until|till|by|during|between|early|late|mid|last|this)[ -]$"
)
_AFTER = re.compile(r"\b(?:after|later than)\s$", re.IGNORECASE)
_SINCE = re.compile(r"\bsince(?: (?:early|late))?\s$", re.IGNORECASE)
_BEFORE = re.compile(r"\b(?:before|prior to|earlier than)\s$", re.IGNORECASE)
_UNTIL = re.compile(r"\b(?:until|till|up to|by)\s$", re.IGNORECASE)
_FROM = re.compile(r"\b(?:between|from)\s$", re.IGNORECASE)
_TO = re.compile(r"\s?(?:and|to|until|till|through|[–—-])\s?", re.IGNORECASE)
_ROLLING = re.compile(
    r"(?i)\b(?:in|over|during|within|for) (?P<phrase>the (?:last|past) "
    rf"(?:(?P<count>\d{{1,3}}|{'|'.join(SMALL_COUNTS)}) )?(?P<unit>day|week|month|year)s?)\b"
)
_UNIT_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}

_NEWEST = re.compile(
    r"\b(?:latest|newest|most recent(?:ly)?|last known|up to date)\b", re.IGNORECASE
)
_NOW = re.compile(
    r"(?i)\b(?:now|today|nowadays|currently|current|at present|presently|these days"
    r"|at the moment)\b"
)
# an office in the present tense: "Who is the mayor …?", "Who coaches …?", but not "Who is Ann?"
_OFFICE = re.compile(
    r"(?i)^(?:who|whom)(?:(?:['’]s| is| are) (?:the |\w+['’]s? )(?P<rest>.*)"
    r"| (?:leads|heads|runs|chairs|coaches|governs|commands|manages|directs|owns|holds)\b)"
)

_FIXED = {
    "christmas eve": (12, 24),
    "christmas": (12, 25),
    "boxing day": (12, 26),
    "new year's eve": (12, 31),
    "new year": (1, 1),
    "valentine's day": (2, 14),
    "halloween": (10, 31),
}
_AFTER_EASTER = {"good friday": -2, "easter monday": 1, "easter": 0, "pentecost": 49}  # days
_HOLIDAY = re.compile(
    r"(?i)\b(?:since|after|before|until|till|by|between|from|and) "
    rf"(?P<phrase>(?P<name>{'|'.join((*_FIXED, *_AFTER_EASTER))})"
    rf"(?:'s)?(?: (?:day|sunday))?(?: (?P<year>{YEAR_PATTERN}))?)(?=\W|$)(?!(?-i: [A-Z]))"
)
"""A holiday is a day only behind these words: a "Christmas market" is none."""

_ANY_DAY = dt.date(2000, 1, 1)
_ONE_DAY = dt.timedelta(1)


def time_words(question: str) -> list[str]:
    """The phrases of a question that name a time, whatever day it is asked on.

    >>> time_words("What did Kim say last week, or in July 2023?")
    ['last week', 'July 2023']
    """
    return [period.phrase for period in periods(question, _ANY_DAY)]


def periods(question: str, today: dt.date | None) -> list[Period]:
    """The periods that a question names, in reading order.

    Without `today` only those that need none. A month or a day without a year is the last one up
    to `today`.

    >>> day = dt.date(2024, 6, 12)
    >>> [str(found) for found in periods("What was said last week, or since May?", day)]
    ['last week = 2024-06-03 to 2024-06-09', 'since May = 2024-05-01 to 9999-12-31']
    """
    today = today if today and _is_inside_calendar(today) else None
    days = list(_holidays(question, today)) if today else []
    days += [one for one in _written_dates(question, today) if _is_apart(one, days)]
    written = [_open(period, question) for period in sorted(days, key=lambda one: one.start)]
    found = _join_ends(question, written)
    for period in (*_rolling(question, today), *_relative(question, today)):
        if _is_apart(period, found):
            found.append(period)
    return sorted(found, key=lambda period: period.start)


def _is_apart(period: Period, others: Sequence[Period]) -> bool:
    return all(period.end <= other.start or other.end <= period.start for other in others)


def asks_newest(question: str) -> bool:
    """Whether a newer article answers better: "the latest", "currently", or a present office.

    A question about the present that names a day or a year is about that instead.

    >>> [asks_newest(f"{asked}?") for asked in (
    ...     "Who is the mayor of Tavrin", "Who is mayor now", "What is the latest death toll",
    ...     "Who was the mayor of Tavrin", "Who is Pavo Lenz", "Who is the winner of 2022")]
    [True, True, True, False, False, False]
    """
    if _NEWEST.search(question):
        return True
    dated = any(found["month"] is None for found in _DATE.finditer(question))
    return not dated and bool(_NOW.search(question) or _OFFICE.search(question))


def overlap(period: Period, text: str, published: dt.date | None) -> float:
    """How well a text belongs to a period, 0..1.

    1 if a day that it names is in the period, or it was published then; 0.5 if it was published up
    to a week later, when it may report on it.

    >>> july = Period("July 2023", 0, 0, dt.date(2023, 7, 1), dt.date(2023, 7, 31))
    >>> overlap(july, "They met last month.", dt.date(2023, 8, 2)), overlap(july, "They met.", None)
    (1.0, 0.0)
    """
    spans = [(date.first, date.last) for date in _written_dates(text, published)]
    if published and _is_inside_calendar(published):
        spans += [(when.first, when.last) for when in days_in(text, published)]
    if published:
        spans.append((published, published))
    if any(period.contains(first, last) for first, last in spans):
        return 1.0
    return 0.5 if published and dt.timedelta() < published - period.last <= REPORTED else 0.0


def _is_inside_calendar(day: dt.date) -> bool:
    """Whether a century can be counted from a day without leaving the calendar."""
    return 150 < day.year < 9990


def _written_dates(text: str, today: dt.date | None) -> Iterator[Period]:
    """The days, months and years that are written out."""
    for found in _DATE.finditer(text):
        name = found["month"]
        if name and not (
            _BEFORE_A_MONTH.search(text[: found.start()])
            and len(name) > 2
            and (name[0].isupper() or name.lower() not in ("may", "march", "mar"))
        ):
            continue
        if span := _span(found, today):
            yield Period(found[0], *found.span(), *span)


def _span(found: re.Match[str], today: dt.date | None) -> tuple[dt.date, dt.date] | None:
    """The first and the last day of a match of `_DATE`; None for the 31st of June."""
    try:
        if found["iso"]:
            date = dt.date.fromisoformat(found["iso"])
            return date, date
        if found["y5"]:
            return dt.date(int(found["y5"]), 1, 1), dt.date(int(found["y5"]), 12, 31)
        if found["season"]:
            month, year = _SEASONS[found["season"].lower()], int(found["y4"])
            return dt.date(year, month, 1), month_span(year, month + 2)[1]
        name = found["m1"] or found["m2"] or found["m3"] or found["month"]
        month = MONTH_NUMBERS[name.lower()]
        day = int(found["d1"] or found["d2"] or 0)
        year = int(found["y1"] or found["y2"] or found["y3"] or 0)
        if not year:
            if today is None:
                return None
            year = today.year - ((month, day) > (today.month, today.day))
        if not day:
            return month_span(year, month)
        date = dt.date(year, month, day)
        return date, date
    except ValueError:
        return None


def _open(period: Period, text: str) -> Period:
    """A period with the end that "since", "before" and the like leave open."""
    before = text[: period.start]
    first, last = period.first, period.last
    for word, span in (
        (_SINCE, (first, dt.date.max)),
        (_AFTER, (min(last, dt.date.max - _ONE_DAY) + _ONE_DAY, dt.date.max)),
        (_BEFORE, (dt.date.min, max(first, dt.date.min + _ONE_DAY) - _ONE_DAY)),
        (_UNTIL, (dt.date.min, last)),
    ):
        if opened := word.search(before):
            start = opened.start()
            return Period(text[start : period.end], start, period.end, *span, period.relative)
    return period


def _join_ends(text: str, found: Sequence[Period]) -> list[Period]:
    """The same, with the two ends of one period ("between May and June 2024") joined."""
    joined = list(found)
    for one, other in pairwise(found):
        between = text[one.end : other.start]
        if _TO.fullmatch(between) and (opened := _FROM.search(text[: one.start])):
            written = _DATE.match(one.phrase)
            opening = (_span(written, other.last) if written else None) or one[3:5]
            first, last = min(opening[0], other.first), max(opening[1], other.last)
            start = opened.start()
            both = Period(text[start : other.end], start, other.end, first, last)
            joined = [both, *(p for p in joined if p not in (one, other))]
    return joined


def _rolling(text: str, today: dt.date | None) -> Iterator[Period]:
    if today is None:
        return
    for found in _ROLLING.finditer(text):
        count = (found["count"] or "1").lower()
        days = (SMALL_COUNTS.get(count) or int(count)) * _UNIT_DAYS[found["unit"].lower()]
        first = today - dt.timedelta(days)
        yield Period(found["phrase"], *found.span("phrase"), first, today, relative=True)


def _relative(text: str, today: dt.date | None) -> Iterator[Period]:
    """The relative days of `index.text.relative_dates`, except "today": it asks for the newest."""
    if today is None:
        return
    bare = re.sub(r"['’]s\b", "  ", text)  # "yesterday's accident"
    for when in days_in(bare, today):
        if not _NOW.fullmatch(when.phrase):
            yield _open(when, text)


def _holidays(text: str, today: dt.date) -> Iterator[Period]:
    """The holidays that a text names as a time; without a year the last one up to `today`.

    >>> found, = _holidays("What is new since Easter?", dt.date(2024, 6, 12))
    >>> found.phrase, found.first
    ('Easter', datetime.date(2024, 3, 31))
    """
    for found in _HOLIDAY.finditer(text.replace("’", "'")):
        name, year = found["name"].lower(), found["year"]
        day = _day(name, int(year) if year else today.year)
        if not year and day > today:
            day = _day(name, today.year - 1)
        yield Period(found["phrase"], *found.span("phrase"), day, day)


def _day(name: str, year: int) -> dt.date:
    if name in _FIXED:
        return dt.date(year, *_FIXED[name])
    return _easter(year) + dt.timedelta(_AFTER_EASTER[name])


def _easter(year: int) -> dt.date:
    """Easter Sunday in the Gregorian calendar (the algorithm of Meeus, Jones and Butcher)."""
    century, of_century = divmod(year, 100)
    moon = 19 * (year % 19) + century - century // 4 - (century - (century + 8) // 25 + 1) // 3
    moon = (moon + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - moon - of_century % 4) % 7
    shift = (year % 19 + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * shift + 114, 31)
    return dt.date(year, month, day + 1)
