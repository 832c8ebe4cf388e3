"""Differences that a question asks for: how long between two events, how much more.

A small model reads two dates and subtracts wrongly ("18 years" from 1986 to 2003), so this is done
by code: the question names two sides, the cross-encoder finds the sentence of each, and the answer
says both values with their sentences. Where a side cannot be found for sure, nothing is said here.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assistant.core.answer import Evidence
from assistant.core.evidence_text import format_sentence, relative_days
from index.retrieval.reranker import Reranker
from index.text.calendar_terms import MONTH_NUMBERS, YEAR_PATTERN, written_day_pattern
from index.text.entities import entities
from index.text.relative_dates import format_day
from index.text.words import COMMON, stems

# a sentence that tells a side's value scores above this (logits of the cross-encoder)
SURE = 0.0

_SPAN = re.compile(r"^how many (?P<unit>day|week|month|year)s\b(?P<rest>.*)$", re.IGNORECASE)
_BETWEEN = re.compile(r"\b(?:between|from)\b(?P<one>.+?)\b(?:and|to|until)\b(?P<other>.+)$", re.I)
_AFTER = re.compile(
    r"\b(?:before|after)\b(?P<one>.+?)\b(?:had|did|was|were|has)\b(?P<other>.+)$", re.I
)
_MORE = re.compile(
    r"^(?:by how (?:much|many)|how (?:much|many))\b(?P<unit>.*?)\b(?:did|does|do|was|were|is|are"
    r"|more|fewer|less|higher|lower)\b(?P<rest>.*)$",
    re.IGNORECASE,
)
_THAN = re.compile(
    r"\b(?:than|exceeds?|exceeded|ahead of|beat|beats|behind|over|outnumber(?:ed)?|surpass(?:ed)?"
    r"|above|below|from)\b",
    re.IGNORECASE,
)
_COMPARES = re.compile(
    r"\b(?:by how (?:much|many)|more|fewer|less|higher|lower|longer|older|younger|bigger|larger"
    r"|taller|cheaper)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|(?<![\w.,])\d+(?:\.\d+)?(?!\d)"
)
_WRITTEN = re.compile(
    rf"\b(?:{written_day_pattern(r'[0-9]{4}')}|(?P<year>{YEAR_PATTERN})\b)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Difference:
    """A computed answer: its sentence, the computed value, the sentences that hold what it is of.

    Two sentences, or one that tells both.
    """

    text: str
    value: str
    proofs: tuple[Evidence, ...]


def difference(
    question: str, evidence: Sequence[Evidence], reranker: Reranker
) -> Difference | None:
    """What a question about a difference asks for; None if it asks for something else.

    None as well where a side's value is not told for sure, or both sides have the same sentence
    and value.
    """
    if sides := _time_sides(question):
        return _time_between(*sides, evidence, reranker)
    if sides := _amount_sides(question):
        return _amount_between(*sides, evidence, reranker)
    return None


def _time_sides(question: str) -> tuple[str, str, str] | None:
    found = _SPAN.match(question.strip().rstrip("?"))
    if not found:
        return None
    for shape in (_BETWEEN, _AFTER):
        if sides := shape.search(found["rest"]):
            return found["unit"].lower(), sides["one"].strip(" ,"), sides["other"].strip(" ,")
    return None


def _amount_sides(question: str) -> tuple[str, str, str] | None:
    question = question.strip().rstrip("?")
    found = _MORE.match(question)
    if not found or not _COMPARES.search(question) or _SPAN.match(question):
        return None
    parts = _THAN.split(found["rest"], maxsplit=1)
    if len(parts) != 2 or not all(stems(part) for part in parts):
        return None
    return found["unit"].strip(), parts[0].strip(" ,"), parts[1].strip(" ,")


# ── time ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Day:
    first: dt.date
    whole: bool  # False: only the year is known

    def __str__(self) -> str:
        return format_day(self.first) if self.whole else str(self.first.year)


def _time_between(
    unit: str, one: str, other: str, evidence: Sequence[Evidence], reranker: Reranker
) -> Difference | None:
    dated = [(item, day) for item in evidence for day in _days_told(item)[:1]]
    if unit != "year":
        dated = [(item, day) for item, day in dated if day.whole]
    ends = [_best(f"When: {side}?", dated, reranker) for side in (one, other)]
    if ends[0] is None or ends[1] is None or ends[0][1] == ends[1][1]:
        return None
    (early, start), (late, end) = sorted((ends[0], ends[1]), key=lambda e: e[1].first)
    count = _count(unit, start, end)
    if count < 1:
        return None
    value = f"{count} {unit if count == 1 else unit + 's'}"
    return Difference(f"{value}, from {start} to {end}.", value, _proofs(early, late))


def _days_told(item: Evidence) -> list[_Day]:
    """The days that a sentence tells, in reading order."""
    told = [(when.start, _Day(when.first, when.first == when.last)) for when in relative_days(item)]
    for found in _WRITTEN.finditer(item.text):
        if found["year"]:
            told.append((found.start(), _Day(dt.date(int(found["year"]), 1, 1), whole=False)))
            continue
        month = MONTH_NUMBERS[(found["m1"] or found["m2"]).lower()]
        published = item.article.published
        year = int(found["y1"] or found["y2"] or (published.year if published else 0))
        try:
            day = dt.date(year, month, int(found["d1"] or found["d2"]))
        except ValueError:  # the 31st of June, or no year at all
            continue
        told.append((found.start(), _Day(day, whole=True)))
    return [day for _, day in sorted(told, key=lambda one: one[0])]


def _count(unit: str, start: _Day, end: _Day) -> int:
    if unit == "year":
        years = end.first.year - start.first.year
        whole = start.whole and end.whole
        early = (end.first.month, end.first.day) < (start.first.month, start.first.day)
        return years - (1 if whole and early else 0)
    gone = (end.first - start.first).days
    if unit == "month":
        months = (end.first.year - start.first.year) * 12 + end.first.month - start.first.month
        return months - (1 if end.first.day < start.first.day else 0)
    return gone // 7 if unit == "week" else gone


# ── amounts ───────────────────────────────────────────────────────────────────────────────────


def _amount_between(
    unit: str, one: str, other: str, evidence: Sequence[Evidence], reranker: Reranker
) -> Difference | None:
    counted = stems(unit)
    ends = []
    for side in (one, other):
        told = [
            (item, number)
            for item in evidence
            if (number := _amount(item, side, counted)) is not None
        ]
        ends.append(_best(f"How much {unit}: {side}?", told, reranker))
    if ends[0] is None or ends[1] is None or ends[0][1] == ends[1][1]:
        return None
    (first, more), (second, less) = ends[0], ends[1]
    value = f"{_written(abs(more - less))} {unit}".strip()
    text = f"{value}: {_written(more)} against {_written(less)}."
    return Difference(text, value, _proofs(first, second))


def _proofs(one: Evidence, other: Evidence) -> tuple[Evidence, ...]:
    same = (one.article.id, one.start) == (other.article.id, other.start)
    return (one,) if same else (one, other)


def _amount(item: Evidence, side: str, counted: frozenset[str]) -> float | None:
    """The number of a sentence that stands nearest to what names the side and what is counted."""
    names = {word for p in entities(side) for word in p.words}
    wanted = names or {word for word in stems(side) if word not in COMMON}
    spoken = stems(item.text)
    if not (names or wanted) & spoken | (names & {w.lower() for w in item.text.split()}):
        return None
    if counted and not counted & spoken:
        return None
    numbers = [
        (found, float(found[0].replace(",", "")))
        for found in _NUMBER.finditer(item.text)
        if not _is_date(found, item.text)
    ]
    if not numbers:
        return None
    near = [found.start() for found in re.finditer(r"\w+", item.text) if stems(found[0]) & wanted]
    if not near:
        return None
    return min(numbers, key=lambda n: min(abs(n[0].start() - place) for place in near))[1]


def _is_date(found: re.Match[str], text: str) -> bool:
    return any(date.start() <= found.start() < date.end() for date in _WRITTEN.finditer(text))


def _written(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) else f"{round(number, 3):,}"


def _best(
    asked: str, told: Sequence[tuple[Evidence, Any]], reranker: Reranker
) -> tuple[Evidence, Any] | None:
    if not told:
        return None
    scores = reranker.score(asked, [format_sentence(item) for item, _ in told])
    best = max(range(len(told)), key=lambda i: scores[i])
    return told[best] if scores[best] > SURE else None
