"""Whether a number that stands in no article does follow from two that do."""

from __future__ import annotations

import datetime as dt
import re

_DAY = re.compile(r"\b(\d{1,2}) ([A-Z][a-z]+) (\d{4})\b")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def follows(claim: str, computed: str) -> bool:
    """Tell whether `computed` is the difference of the two days, years or amounts a claim names.

    >>> follows("8 days, from 12 July 2023 to 20 July 2023.", "8 days")
    True
    >>> follows("9 days, from 12 July 2023 to 20 July 2023.", "9 days")
    False
    >>> follows("9,942 votes: 60,760 against 50,818.", "9,942 votes")
    True
    """
    rest = claim.replace(computed, "", 1)
    said = _NUMBER.search(computed)
    if not said or rest == claim:
        return False
    gap = float(said[0].replace(",", ""))
    days = [dt.datetime.strptime(" ".join(d), "%d %B %Y").date() for d in _DAY.findall(rest)]  # noqa: DTZ007
    if len(days) == 2:
        return _between(days[0], days[1], computed.split()[-1].rstrip("s")) == gap
    numbers = [float(n.replace(",", "")) for n in _NUMBER.findall(_DAY.sub(_only_year, rest))]
    return len(numbers) == 2 and abs(abs(numbers[0] - numbers[1]) - gap) < 1e-6


def _only_year(found: re.Match[str]) -> str:
    return found[3]


def _between(start: dt.date, end: dt.date, unit: str) -> int:
    gone = (end - start).days
    months = (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)
    return {"day": gone, "week": gone // 7, "month": months, "year": months // 12}.get(unit, -1)
