"""Relative days in articles, resolved: "on Wednesday", "yesterday", "last week".

English only, and only where the article's own day is known. Ambiguous phrases are left out: a day
in a quotation is relative to another day, and "Monday's vote" may be past or to come.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterator
from typing import NamedTuple

from index.core.articles import Article
from index.text.calendar_terms import (
    MONTH_OR_SHORT_PATTERN,
    SMALL_COUNTS,
    WEEKDAY_PATTERN,
    WEEKDAYS,
)

# matched with their capital: "march" and "may" are other words
_CAPITALISED_MONTHS = MONTH_OR_SHORT_PATTERN.title()
_QUOTED = re.compile(r"“[^”]*”?|\"[^\"]*\"?")

_WEEKDAY = re.compile(
    rf"\b(?:(last|next|this|this coming|this past) )?({WEEKDAY_PATTERN})\b"
    r"(?: (morning|afternoon|evening|night|noon))?"
    r"(?: (?:of )?(last|this|next) week\b)?"
)
# a name ("Good Friday"), a habit ("every Monday"), a day of another week, or a day with its date
_NOT_BEFORE = re.compile(
    r"(?i)\b(?:Black|Good|Ash|Super|Easter|Palm|Bloody|Bowl|Cyber|Holy|Maundy|Whit|the|an?|one|that"
    r"|every|each|most|any|following|previous|through|to|or|and)\s$"
)
_NOT_AFTER = re.compile(
    rf"['’]|-|,? (?:the )?\d|,? (?:{_CAPITALISED_MONTHS})\b|,? \(|s\b"
    rf"| (?:to|through|or|and) (?:{WEEKDAY_PATTERN})"
    r"| (?:Times|Telegraph|Mirror|Mail|Express|Post|Herald|World|People|Night|Agreement|prayers?)\b"
)
_REPORTED = re.compile(
    r"\b(?:said|told (?:\S+ ){1,3}|reported|announced|added|warned|confirmed|admitted|wrote|stated"
    r"|declared|claimed|insisted|denied|testified|tweeted|posted) (?:\w+ )?(?:on |late on |late )?$"
)
_CLAUSE = re.compile(r"[,;:()—–]| - |\b(?:that|which|who|after|before|because|while|when|but)\b")
_FUTURE = re.compile(
    r"(?i)\b(?:will|won['’]t|shall"
    r"|(?:is|are|am) (?:to|due|set|scheduled|expected|likely|going|planning)"
    r"|expects?|plans? to|hopes? to|aims? to|intends? to|due|scheduled for|upcoming)\b|['’]ll\b"
)
# "On Wednesday, the two are to travel": the day opens the clause behind its comma
_OPENS = re.compile(r"\s*(?:(?:and|but)\s)?(?:(?:early |late )?on\s)?", re.IGNORECASE)
_PAST = re.compile(
    r"\b(?:[a-z]+ed|was|were|had|did|said|told|took|came|went|made|gave|won|lost|saw|found|left"
    r"|held|met|ran|began|kept|led|put|struck|hit|fell|rose|wrote|spoke)\b"
)
_DOUBTFUL = re.compile(r"\b(?:would|could|should|might|may|if|was to|were to|was due)\b", re.I)
_BOUNDARY = re.compile(r"\b(?:until|till|by|from|before|after|starting)\s$", re.IGNORECASE)
_NEAR = re.compile(
    r"(?i)\b(?:the day before yesterday|yesterday|today|tonight|tomorrow|last night"
    rf"|this (?:morning|afternoon|evening)|({'|'.join(SMALL_COUNTS)}|\d) days ago)\b(?!['’])"
)
_SPAN = re.compile(
    r"\b(?:(earlier|later) (this)|(last|this|next)) (week|weekend|month|year)\b", re.IGNORECASE
)
_ROLLING = re.compile(r"\b(?:the|past|each|every|very)\s$", re.IGNORECASE)
_SHIFT = {
    "the day before yesterday": -2,
    **dict.fromkeys(("yesterday", "last night"), -1),
    **dict.fromkeys(("today", "tonight", "this morning", "this afternoon", "this evening"), 0),
    "tomorrow": 1,
}
_STEP = {"last": -1, "this": 0, "next": 1}
_REACH = 400  # characters on either side of a day that are looked at; few sentences are as long


class Period(NamedTuple):
    """The days `first` to `last` that a phrase at `start`..`end` (characters) means.

    Open ends are the first and the last day there is. `relative`: resolved from another day.
    """

    phrase: str
    start: int
    end: int
    first: dt.date
    last: dt.date
    relative: bool = False

    def contains(self, first: dt.date, last: dt.date) -> bool:
        """Whether the days `first` to `last` are all in the period."""
        return self.first <= first and last <= self.last

    def __str__(self) -> str:
        days = str(self.first) if self.first == self.last else f"{self.first} to {self.last}"
        return f"{self.phrase} = {days}"


def days_in(sentence: str, published: dt.date) -> list[Period]:
    """The relative days in one sentence of an article of the day `published`, in reading order.

    >>> thursday = dt.date(2022, 9, 8)
    >>> [str(when) for when in days_in("They met on Wednesday and talked last week.", thursday)]
    ['Wednesday = 2022-09-07', 'last week = 2022-08-29 to 2022-09-04']
    >>> [str(when) for when in days_in("They will meet on Monday, he said on Thursday.", thursday)]
    ['Monday = 2022-09-12', 'Thursday = 2022-09-08']
    >>> days_in('"We met on Monday," he said. It would end by Friday.', thursday)
    []
    """
    # quotations are blanked out character by character, so that offsets stay
    bare = _QUOTED.sub(lambda quoted: "\x00" * len(quoted[0]), sentence)
    found = [*_weekdays(bare, published), *_near_days(bare, published), *_spans(bare, published)]
    kept: list[Period] = []
    for when in sorted(found, key=lambda w: (w.start, -w.end)):
        if not kept or when.start >= kept[-1].end:  # "Monday last week" is one phrase, not two
            kept.append(when)
    return kept


def days_of(article: Article, start: int, end: int) -> list[Period]:
    """Relative days of a sentence, by offsets in it; none if the article has no day or English."""
    if article.stated_day is None or article.language not in ("", "en"):
        return []
    return days_in(article.text[start:end], article.stated_day)


def _resolved(found: re.Match[str], first: dt.date, last: dt.date | None = None) -> Period:
    return Period(found[0], *found.span(), first, last or first, relative=True)


def _weekdays(text: str, published: dt.date) -> Iterator[Period]:
    for found in _WEEKDAY.finditer(text):
        if _NOT_BEFORE.search(_before(found)) or _NOT_AFTER.match(text, found.end()):
            continue
        weekday = WEEKDAYS.index(found[2])
        if found[4]:
            yield _resolved(found, _monday(published, found[4]) + dt.timedelta(weekday))
        elif (shift := _shift(found, (weekday - published.weekday()) % 7)) is not None:
            yield _resolved(found, published + dt.timedelta(shift))


def _before(found: re.Match[str]) -> str:
    """What stands before a match, as far as it is looked at."""
    return found.string[max(0, found.start() - _REACH) : found.start()]


def _shift(found: re.Match[str], ahead: int) -> int | None:
    """Days from the article's day to a weekday that is `ahead` days (0..6) after it, or None."""
    which, text = found[1], found.string
    past, future = (ahead - 7 if ahead else 0), ahead
    if which in ("last", "this past"):
        return ahead - 7
    if which in ("next", "this coming"):
        return ahead or 7
    before = _before(found)
    if _REPORTED.search(before) and which is None:
        return past
    start = found.start() - len(before)
    start += max((cut.end() for cut in _CLAUSE.finditer(before)), default=0)
    clause = text[start : _clause_end(text, found.end())]
    if _DOUBTFUL.search(clause) or which == "this":
        return None
    if _FUTURE.search(clause) or _opens_future_clause(text, start, found):
        return future or None  # "will meet on Friday", written on a Friday: today or in a week
    return None if _BOUNDARY.search(before) else past


def _clause_end(text: str, start: int) -> int:
    end = _CLAUSE.search(text, start, start + _REACH)
    return end.start() if end else min(start + _REACH, len(text))


def _opens_future_clause(text: str, start: int, day: re.Match[str]) -> bool:
    """Whether a day opens the clause behind its comma, and that clause's first verb is future."""
    end = day.end()
    if text[end : end + 1] != "," or not _OPENS.fullmatch(text, start, day.start()):
        return False
    clause = text[end + 1 : _clause_end(text, end + 1)]
    future = _FUTURE.search(clause)
    return bool(future and not _PAST.search(clause[: future.start()]))


def _near_days(text: str, published: dt.date) -> Iterator[Period]:
    for found in _NEAR.finditer(text):
        if _ROLLING.search(_before(found)):
            continue  # "the last night" of many
        count = (found[1] or "").lower()
        shift = -(SMALL_COUNTS.get(count) or int(count)) if count else _SHIFT[found[0].lower()]
        yield _resolved(found, published + dt.timedelta(shift))


def _spans(text: str, published: dt.date) -> Iterator[Period]:
    for found in _SPAN.finditer(text):
        part, which, unit = found[1], (found[2] or found[3]).lower(), found[4].lower()
        if _ROLLING.search(_before(found)):
            continue  # "the last week" is seven days that end on some day
        if unit == "weekend" and (part or which == "this" or published.weekday() >= 5):
            continue
        first, last = _span(published, which, unit)
        if part:
            first, last = (first, published) if part.lower() == "earlier" else (published, last)
        yield _resolved(found, first, last)


def _span(published: dt.date, which: str, unit: str) -> tuple[dt.date, dt.date]:
    if unit == "week":
        monday = _monday(published, which)
        return monday, monday + dt.timedelta(6)
    if unit == "weekend":  # the next weekend is the one that ends this week
        monday = _monday(published, "this" if which == "next" else which)
        return monday + dt.timedelta(5), monday + dt.timedelta(6)
    if unit == "year":
        year = published.year + _STEP[which]
        return dt.date(year, 1, 1), dt.date(year, 12, 31)
    years, month = divmod(published.month - 1 + _STEP[which], 12)
    return month_span(published.year + years, month + 1)


def month_span(year: int, month: int) -> tuple[dt.date, dt.date]:
    """The first and the last day of a month (1..12)."""
    return dt.date(year, month, 1), dt.date(year, month, calendar.monthrange(year, month)[1])


def _monday(day: dt.date, which: str) -> dt.date:
    return day + dt.timedelta(7 * _STEP[which] - day.weekday())


def format_days(period: Period) -> str:
    """The days of a period, written out as short as possible.

    >>> format_days(Period("last year", 0, 9, dt.date(2022, 1, 1), dt.date(2022, 12, 31)))
    '2022'
    >>> format_days(Period("since Friday", 0, 6, dt.date(2023, 7, 21), dt.date.max))
    'since 21 July 2023'
    """
    first, last = period.first, period.last
    if last == dt.date.max:
        return f"since {format_day(first)}"
    if first == dt.date.min:
        return f"until {format_day(last)}"
    if first == last:
        return format_day(first)
    after = last + dt.timedelta(1)
    if (first.month, first.day, after.month, after.day) == (1, 1, 1, 1):
        return str(first.year)
    if (first.day, after.day) == (1, 1) and first.month == last.month:
        return f"{first:%B} {first.year}"
    return f"{format_day(first)} to {format_day(last)}"


def format_day(day: dt.date) -> str:
    """A day as articles write it: 21 July 2023."""
    return f"{day.day} {day:%B} {day.year}"
