"""Arithmetic that a question asks for: how long between two events, how much more.

A small model reads two dates and subtracts wrongly ("18 years" from 1986 to 2003), so code does
it: the question names two sides, the reranker finds the sentence of each, and the answer gives
both values with their sentences. Where a side is not found with certainty, nothing is computed.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from assistant.core.answer import Evidence
from assistant.core.evidence_text import format_sentence
from index.retrieval.reranker import Reranker
from index.text.calendar_terms import MONTH_NUMBERS, YEAR_PATTERN, written_day_pattern
from index.text.entities import entities
from index.text.question import AnalysedQuestion
from index.text.relative_dates import days_of, format_day
from index.text.words import COMMON, stems

CERTAIN = 0.0  # logits of the reranker; a sentence that states a side's value scores more

_HOW_LONG = re.compile(r"^how many (?P<unit>day|week|month|year)s\b(?P<rest>.*)$", re.IGNORECASE)
_BETWEEN = re.compile(r"\b(?:between|from)\b(?P<one>.+?)\b(?:and|to|until)\b(?P<other>.+)$", re.I)
_AFTER = re.compile(
    r"\b(?:before|after)\b(?P<one>.+?)\b(?:had|did|was|were|has)\b(?P<other>.+)$", re.I
)
_HOW_MUCH = re.compile(
    r"(?i)^(?:by how (?:much|many)|how (?:much|many))\b(?P<unit>.*?)\b(?:did|does|do|was|were|is"
    r"|are|more|fewer|less|higher|lower)\b(?P<rest>.*)$"
)
_THAN = re.compile(
    r"(?i)\b(?:than|exceeds?|exceeded|ahead of|beat|beats|behind|over|outnumber(?:ed)?"
    r"|surpass(?:ed)?|above|below|from)\b"
)
_COMPARES = re.compile(
    r"(?i)\b(?:by how (?:much|many)|more|fewer|less|higher|lower|longer|older|younger|bigger|larger"
    r"|taller|cheaper)\b"
)
_NUMBER = re.compile(
    r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|(?<![\w.,])\d+(?:\.\d+)?(?!\d)"
)
_DATE = re.compile(
    rf"\b(?:{written_day_pattern(r'[0-9]{4}')}|(?P<year>{YEAR_PATTERN})\b)", re.IGNORECASE
)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ComputedAnswer:
    """A computed answer: its sentence, the value alone, the one or two sentences it is from."""

    text: str
    value: str
    proofs: tuple[Evidence, ...]


def compute(
    question: AnalysedQuestion, evidence: Sequence[Evidence], reranker: Reranker
) -> ComputedAnswer | None:
    """The difference that a question asks for.

    None if it asks for none, a side's value is not certain, or both sides have the same value.
    """
    text = question.text.strip().rstrip("?")
    if how_long := _HOW_LONG.match(text):
        sides = _BETWEEN.search(how_long["rest"]) or _AFTER.search(how_long["rest"])
        unit = how_long["unit"].lower()
        if not sides:
            return None
        one, other = (sides[side].strip(" ,") for side in ("one", "other"))
        return _time_between(unit, one, other, evidence, reranker)
    how_much = _HOW_MUCH.match(text)
    parts = _THAN.split(how_much["rest"], maxsplit=1) if how_much else []
    if not how_much or not _COMPARES.search(text) or len(parts) != 2 or not all(map(stems, parts)):
        return None
    one, other = (part.strip(" ,") for part in parts)
    return _amount_between(how_much["unit"].strip(), one, other, evidence, reranker)


class _Date(NamedTuple):
    first: dt.date
    is_day: bool  # False: only the year is known

    def __str__(self) -> str:
        return format_day(self.first) if self.is_day else str(self.first.year)


def _time_between(
    unit: str, one: str, other: str, evidence: Sequence[Evidence], reranker: Reranker
) -> ComputedAnswer | None:
    dated = [(item, date) for item in evidence if (date := _first_date(item))]
    if unit != "year":
        dated = [(item, date) for item, date in dated if date.is_day]
    sides = (_best(f"When: {side}?", dated, reranker) for side in (one, other))
    found = sorted(filter(None, sides), key=lambda side: side[1].first)
    if len(found) != 2 or found[0][1] == found[1][1]:
        return None
    (early, start), (late, end) = found
    count = _count(unit, start, end)
    if count < 1:
        return None
    value = f"{count} {unit if count == 1 else unit + 's'}"
    return ComputedAnswer(f"{value}, from {start} to {end}.", value, _proofs(early, late))


def _first_date(item: Evidence) -> _Date | None:
    """The first date that a sentence states."""
    found = [
        (when.start, _Date(when.first, when.first == when.last))
        for when in days_of(item.article, item.start, item.end)
    ]
    published = item.article.stated_day
    for date in _DATE.finditer(item.text):
        if date["year"]:
            found.append((date.start(), _Date(dt.date(int(date["year"]), 1, 1), is_day=False)))
            continue
        month = MONTH_NUMBERS[(date["m1"] or date["m2"]).lower()]
        year = int(date["y1"] or date["y2"] or (published.year if published else 0))
        try:
            day = dt.date(year, month, int(date["d1"] or date["d2"]))
        except ValueError:  # the 31st of June, or no year at all
            continue
        found.append((date.start(), _Date(day, is_day=True)))
    return min(found, key=lambda one: one[0])[1] if found else None


def _count(unit: str, start: _Date, end: _Date) -> int:
    """Whole units from one date to a later one."""
    one, other = start.first, end.first
    if unit == "year":
        early = (other.month, other.day) < (one.month, one.day)
        return other.year - one.year - (start.is_day and end.is_day and early)
    if unit == "month":
        return (other.year - one.year) * 12 + other.month - one.month - (other.day < one.day)
    return (other - one).days // (7 if unit == "week" else 1)


def _amount_between(
    unit: str, one: str, other: str, evidence: Sequence[Evidence], reranker: Reranker
) -> ComputedAnswer | None:
    counted = stems(unit)
    ends = []
    for side in (one, other):
        stated = [
            (item, number)
            for item in evidence
            if (number := _amount(item, side, counted)) is not None
        ]
        ends.append(_best(f"How much {unit}: {side}?", stated, reranker))
    if ends[0] is None or ends[1] is None or ends[0][1] == ends[1][1]:
        return None
    (first, more), (second, less) = ends[0], ends[1]
    value = f"{_format(abs(more - less))} {unit}".strip()
    text = f"{value}: {_format(more)} against {_format(less)}."
    return ComputedAnswer(text, value, _proofs(first, second))


def _amount(item: Evidence, side: str, counted: frozenset[str]) -> float | None:
    """The number of a sentence that is nearest to what names the side and what is counted."""
    names = {word for entity in entities(side) for word in entity.words}
    naming = names or stems(side) - COMMON
    present = stems(item.text)
    if not naming & present and not names & set(item.text.lower().split()):
        return None
    if counted and not counted & present:
        return None
    dates = [date.span() for date in _DATE.finditer(item.text)]
    numbers = [
        found
        for found in _NUMBER.finditer(item.text)
        if not any(start <= found.start() < end for start, end in dates)
    ]
    places = [word.start() for word in re.finditer(r"\w+", item.text) if stems(word[0]) & naming]
    if not numbers or not places:
        return None
    nearest = min(numbers, key=lambda n: min(abs(n.start() - place) for place in places))
    return float(nearest[0].replace(",", ""))


def _format(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) else f"{round(number, 3):,}"


def _proofs(one: Evidence, other: Evidence) -> tuple[Evidence, ...]:
    return (one,) if one.span == other.span else (one, other)


def _best(
    question: str, stated: Sequence[tuple[Evidence, _T]], reranker: Reranker
) -> tuple[Evidence, _T] | None:
    if not stated:
        return None
    scores = reranker.score(question, [format_sentence(item) for item, _ in stated])
    best = max(range(len(stated)), key=lambda i: scores[i])
    return stated[best] if scores[best] > CERTAIN else None
