"""Checks a computed number of an answer independently of the code that computed it."""

import datetime as dt
import re

_DAY = re.compile(r"\b(\d{1,2} [A-Z][a-z]+ (\d{4}))\b")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def follows(claim: str, computed: str) -> bool:
    """Whether `computed` is the difference of the two days, years or amounts that a claim names.

    >>> follows("8 days, from 12 July 2023 to 20 July 2023.", "8 days")
    True
    >>> follows("9 days, from 12 July 2023 to 20 July 2023.", "9 days")
    False
    >>> follows("9,942 votes: 60,760 against 50,818.", "9,942 votes")
    True
    """
    rest = claim.replace(computed, "", 1)
    found = _NUMBER.search(computed)
    if not found or rest == claim:
        return False
    gap = _value(found[0])
    days = [dt.datetime.strptime(day, "%d %B %Y").date() for day, _ in _DAY.findall(rest)]  # noqa: DTZ007
    if len(days) == 2:
        return _between(days[0], days[1], computed.split()[-1].rstrip("s")) == gap
    numbers = [_value(text) for text in _NUMBER.findall(_DAY.sub(r"\2", rest))]
    return len(numbers) == 2 and abs(abs(numbers[0] - numbers[1]) - gap) < 1e-6


def _value(text: str) -> float:
    return float(text.replace(",", ""))


def _between(start: dt.date, end: dt.date, unit: str) -> int:
    days = (end - start).days
    months = (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)
    return {"day": days, "week": days // 7, "month": months, "year": months // 12}.get(unit, -1)
