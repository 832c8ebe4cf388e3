"""Other articles that give another number for the same thing: both are told, with their days.

A toll rises from day to day and papers contradict each other; whoever reads one number only is
misled. Near copies of one text were folded by the search, so what is left are different sources.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.answer import Claim, Evidence
from assistant.evidence import spelled
from assistant.particulars import COMMON, stem, stems, words

# A sentence that is this much less relevant to the question (in logits) counts something else.
AS_RELEVANT = 4.0
SHARED = (
    0.5  # of the stems of the question that both sentences have to share, the counted one apart
)

_COUNTED = re.compile(
    r"(?<![\w.,])(?P<number>\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)\s+(?:or more |more )?"
    r"(?P<thing>(?:[a-z]+ ){0,2}[a-z]+)",
)
_NOT_COUNTED = frozenset(
    "year month week day hour minute second percent january february march april may june july"
    " august september october november december".split()
)


@dataclass(frozen=True, slots=True)
class Rival:
    """What one article says is counted, and where it says so."""

    number: str
    evidence: Evidence


def differing(question: str, claim: Claim, evidence: Sequence[Evidence]) -> tuple[Rival, ...]:
    """The numbers that articles give for what a claim counts, oldest first; empty if they agree.

    Of each article the sentence that is most relevant to the question. The claim's own number is
    among them, so that there are two or more, or none.
    """
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
        rivals = {item.article.id: Rival(number, item)}
        for other in sorted(evidence, key=lambda e: -e.relevance):
            if other.article.id in rivals or not _alike(question, item, other):
                continue
            numbers = [n for n, what in _counts(other) if what & thing]
            if numbers:
                rivals[other.article.id] = Rival(numbers[0], other)
        if len({_plain(rival.number) for rival in rivals.values()}) > 1:
            return tuple(sorted(rivals.values(), key=_day))
    return ()


def told(rivals: Sequence[Rival]) -> str:
    """A sentence that says all the numbers with their days.

    Rising tolls read as they rose: "The articles differ: 12 (3 May 2024), 15 (9 May 2024)."
    """
    return "The articles differ: " + ", ".join(map(_with_day, rivals)) + "."


def _counts(item: Evidence) -> Iterator[tuple[str, frozenset[str]]]:
    """Numbers of a sentence with the stems of what they count; years and lengths of time apart."""
    for found in _COUNTED.finditer(_in_digits(item.text)):
        things = [stem(word) for word in words(found["thing"]) if word not in COMMON]
        if things and not _NOT_COUNTED & {*things}:
            yield found["number"], frozenset(things)


def _in_digits(text: str) -> str:
    """A text with the numbers that are written out as digits: "Twelve people" as "12 people"."""
    return re.sub(
        r"\b[A-Za-z]+\b",
        lambda word: digits if (digits := words(word[0])[0]).isdigit() else word[0],
        text,
    )


def _alike(question: str, one: Evidence, other: Evidence) -> bool:
    wanted = stems(question)
    shared = (
        wanted
        & stems(one.article.title + " " + one.text)
        & stems(other.article.title + " " + other.text)
    )
    return other.relevance >= one.relevance - AS_RELEVANT and len(shared) >= SHARED * len(wanted)


def _plain(number: str) -> str:
    return number.replace(",", "")


def _day(rival: Rival) -> str:
    published = rival.evidence.article.published
    return published.isoformat() if published else ""


def _with_day(rival: Rival) -> str:
    published = rival.evidence.article.published
    return f"{rival.number} ({spelled(published) if published else 'undated'})"
