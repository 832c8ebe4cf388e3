"""Other articles that give another number or name for the same thing: all are told, with their day.

A toll rises from day to day, an office changes hands, papers contradict each other: whoever reads
one value only is misled. Near copies of one text were folded by the search, so what is left are
different sources. Numbers are compared here, names by `assistant.verification.conflicting_names`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.core.answer import Claim, Evidence
from assistant.verification.conflicting_names import other_names
from index.text.calendar_terms import MONTHS
from index.text.query_dates import asks_newest
from index.text.relative_dates import format_day
from index.text.words import COMMON, stem, stems, words

# A sentence that is this much less relevant to the question (in logits) counts something else.
AS_RELEVANT = 4.0
SHARED = (
    0.5  # of the stems of the question that both sentences have to share, the counted one apart
)

_COUNTED = re.compile(
    r"(?<![\w.,])(?P<number>\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)\s+(?:or more |more )?"
    r"(?P<thing>(?:[a-z]+ ){0,2}[a-z]+)",
)
_REACHED = re.compile(  # "The number of people killed by the flood has gone up to 15"
    r"\bnumber of (?P<thing>(?:[a-z]+ )?[a-z]+)\b[^.;:]{0,120}?\b(?:to|at|is|was|reached|hit) "
    r"(?P<number>\d{1,3}(?:,\d{3})+|\d+)(?![\w.,]*\d)"
)
_HOW_MANY_OF = frozenset("hundred thousand million billion trillion".split())
_NOT_COUNTED = frozenset(
    (*"year month week day hour minute second percent".split(), *map(str.lower, MONTHS))
)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """The number or the name that one article gives, and where."""

    value: str
    evidence: Evidence


def contradictions(
    question: str, claim: Claim, evidence: Sequence[Evidence]
) -> tuple[Contradiction, ...]:
    """The numbers or names that articles give for what a claim says, oldest first.

    Of each article the sentence that is most relevant to the question. The claim's own is among
    them, so that there are two or more, or none if the articles agree.
    """
    names = other_names(question, claim, evidence)
    rivals = [Contradiction(named.name, named.evidence) for named in names]
    return tuple(sorted(rivals, key=_day)) or _numbers(question, claim, evidence)


def _numbers(
    question: str, claim: Claim, evidence: Sequence[Evidence]
) -> tuple[Contradiction, ...]:
    own = [
        (citation.evidence, *found)
        for citation in claim.citations
        for found in _counts(citation.evidence)
    ]
    said = set(words(claim.text))
    asked = set(words(question))
    for item, number, thing in own:
        if _plain(number) not in said or _plain(number) in asked:
            continue
        rivals = {item.article.id: Contradiction(number, item)}
        for other in sorted(evidence, key=lambda e: -e.relevance):
            if other.article.id in rivals or not _alike(question, item, other, thing):
                continue
            numbers = [n for n, what in _counts(other) if what & thing]
            if numbers:
                agreed = _plain(number) in map(_plain, numbers)
                rivals[other.article.id] = Contradiction(number if agreed else numbers[0], other)
        if len({_plain(rival.value) for rival in rivals.values()}) > 1:
            return tuple(sorted(rivals.values(), key=_day))
    return ()


def told(rivals: Sequence[Contradiction], question: str = "") -> str:
    """A sentence that says all the values with their days.

    Rising tolls read as they rose: "The articles differ: 12 (3 May 2024), 15 (9 May 2024)." Where a
    question asks how things are now, the newest is the answer: "Pavo Lenz by the newest article (12
    March 2024); before: Ilse Dorran (6 October 2022)."
    """
    newest = rivals[-1]
    if asks_newest(question) and newest.evidence.article.published:
        day = format_day(newest.evidence.article.published)
        earlier = ", ".join(map(_with_day, reversed(rivals[:-1])))
        return f"{newest.value} by the newest article ({day}); before: {earlier}."
    return "The articles differ: " + ", ".join(map(_with_day, rivals)) + "."


def _counts(item: Evidence) -> Iterator[tuple[str, frozenset[str]]]:
    """Numbers of a sentence with the stems of what they count; years and lengths of time apart."""
    text = _in_digits(item.text)
    for found in (*_COUNTED.finditer(text), *_REACHED.finditer(text)):
        said = (word for word in words(found["thing"]) if word not in COMMON | _HOW_MANY_OF)
        things = [stem(word) for word in said]
        if things and not _NOT_COUNTED & {*things}:
            yield found["number"], frozenset(things)


def _in_digits(text: str) -> str:
    """A text with the numbers that are written out as digits: "Twelve people" as "12 people"."""
    return re.sub(
        r"\b[A-Za-z]+\b",
        lambda word: digits if (digits := words(word[0])[0]).isdigit() else word[0],
        text,
    )


def _alike(question: str, one: Evidence, other: Evidence, thing: frozenset[str]) -> bool:
    wanted = stems(question)
    if any(not (wanted - thing) & stems(item.text) for item in (one, other)):
        return False  # "Four people are still missing" counts other people
    shared = (
        wanted
        & stems(one.article.title + " " + one.text)
        & stems(other.article.title + " " + other.text)
    )
    return other.relevance >= one.relevance - AS_RELEVANT and len(shared) >= SHARED * len(wanted)


def _plain(number: str) -> str:
    return number.replace(",", "")


def _day(rival: Contradiction) -> str:
    published = rival.evidence.article.published
    return published.isoformat() if published else ""


def _with_day(rival: Contradiction) -> str:
    published = rival.evidence.article.published
    return f"{rival.value} ({format_day(published) if published else 'undated'})"
