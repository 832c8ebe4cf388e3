"""Contradictions: articles that give another number or name for what a claim says.

A toll rises from day to day, an office changes hands, papers disagree: one value alone misleads,
so all are shown with their day. Near duplicates were collapsed by the search, so what is left are
different sources. Numbers are compared here, names in `assistant.verification.conflicting_names`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from assistant.core.answer import Claim, Evidence
from assistant.verification.conflicting_names import conflicting_names
from index.text.calendar_terms import MONTHS
from index.text.entities import entities
from index.text.question import AnalysedQuestion
from index.text.relative_dates import format_day
from index.text.words import COMMON, stem, stems, words

AS_RELEVANT = 4.0  # logits; a sentence this much less relevant to the question counts another thing
SHARED = 0.5  # of the question's stems that both sentences need, apart from what is counted

_NUMBER = r"(?P<number>\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)"
_COUNTED = re.compile(
    rf"(?<![\w.,]){_NUMBER}\s+(?:or more |more )?(?P<thing>(?:[a-z]+ ){{0,2}}[a-z]+)"
)
_REACHED = re.compile(  # "The number of people killed by the flood has gone up to 15"
    r"\bnumber of (?P<thing>(?:[a-z]+ )?[a-z]+)\b[^.;:]{0,120}?\b(?:to|at|is|was|reached|hit) "
    r"(?P<number>\d{1,3}(?:,\d{3})+|\d+)(?![\w.,]*\d)"
)
DATELINE = re.compile(r"^[A-Z]{2}.{0,60}? [-–—]{1,2} ")
_SCALES = frozenset("hundred thousand million billion trillion".split())
_NOT_COUNTED = frozenset(
    (*"year month week day hour minute second percent".split(), *map(str.lower, MONTHS))
)


class Counted(NamedTuple):
    """A number as written (in digits), the words behind it, and the stems of what is counted."""

    number: str
    thing: str
    stems: frozenset[str]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """The number or the name that one article gives, and the sentence."""

    value: str
    evidence: Evidence

    def __str__(self) -> str:
        published = self.evidence.article.stated_day
        return f"{self.value} ({format_day(published) if published else 'undated'})"


def contradictions(
    question: AnalysedQuestion, claim: Claim, evidence: Sequence[Evidence]
) -> tuple[Contradiction, ...]:
    """The different values that articles give for what a claim says, oldest first.

    One for each article, from its most relevant sentence. The claim's own value is among them, so
    there are two or more, or none if the articles agree.
    """
    names = conflicting_names(question, claim, evidence)
    found = [Contradiction(*name) for name in names] or _numbers(question, claim, evidence)
    return tuple(sorted(found, key=lambda one: str(one.evidence.article.stated_day or "")))


def describe(
    found: Sequence[Contradiction], question: AnalysedQuestion
) -> list[tuple[str, Evidence]]:
    """A sentence with all the values and their days, in parts: each with the proof of its value.

    Rising tolls read as they rose: "The articles differ: 12 (3 May 2024), 15 (9 May 2024)." Where a
    question asks how things are now, the newest is the answer: "Pavo Lenz by the newest article (12
    March 2024); before: Ilse Dorran (6 October 2022)."
    """
    newest, day = found[-1], found[-1].evidence.article.stated_day
    if question.asks_newest and day:
        ordered = [newest, *reversed(found[:-1])]
        texts = [f"{newest.value} by the newest article ({format_day(day)});"]
        texts += [f"{one}," for one in ordered[1:]]
        texts[1] = f"before: {texts[1]}"
    else:
        ordered, texts = list(found), [f"{one}," for one in found]
        texts[0] = f"The articles differ: {texts[0]}"
    texts[-1] = f"{texts[-1][:-1]}."
    return [(text, one.evidence) for text, one in zip(texts, ordered, strict=True)]


def _numbers(
    question: AnalysedQuestion, claim: Claim, evidence: Sequence[Evidence]
) -> list[Contradiction]:
    new = set(words(claim.text)) - question.words
    by_relevance = sorted(evidence, key=lambda item: -item.relevance)
    for item in (citation.evidence for citation in claim.citations):
        for number, _, thing in counts(item):
            if number.replace(",", "") not in new:
                continue
            found = {item.article.id: Contradiction(number, item)}
            for other in by_relevance:
                if other.article.id in found or not _counts_same(question, item, other, thing):
                    continue
                others = [one.number for one in counts(other) if one.stems & thing]
                if others:
                    agreed = number.replace(",", "") in (n.replace(",", "") for n in others)
                    value = number if agreed else others[0]
                    found[other.article.id] = Contradiction(value, other)
            if len({one.value.replace(",", "") for one in found.values()}) > 1:
                return list(found.values())
    return []


def counts(item: Evidence) -> Iterator[Counted]:
    """Numbers of a sentence with what they count, without dates and durations."""
    text = re.sub(r"\b[A-Za-z]+\b", _in_digits, item.text)
    for found in (*_COUNTED.finditer(text), *_REACHED.finditer(text)):
        counted = (word for word in words(found["thing"]) if word not in COMMON | _SCALES)
        things = frozenset(map(stem, counted))
        if things and not _NOT_COUNTED & things:
            yield Counted(found["number"], found["thing"], things)


def _in_digits(word: re.Match[str]) -> str:
    """A word that is a number in digits: "12" for "Twelve"; other words as they are."""
    comparable = words(word[0])[0]
    return comparable if comparable.isdigit() else word[0]


def _counts_same(
    question: AnalysedQuestion, one: Evidence, other: Evidence, thing: frozenset[str]
) -> bool:
    asked = question.stems
    if not _is_about(question, one, other):
        return False
    if any(not (asked - thing) & stems(item.text) for item in (one, other)):
        return False  # "Four people are still missing" counts other people
    titled = (stems(f"{item.article.title} {item.text}") for item in (one, other))
    shared = asked.intersection(*titled)
    return other.relevance >= one.relevance - AS_RELEVANT and len(shared) >= SHARED * len(asked)


def _is_about(question: AnalysedQuestion, one: Evidence, other: Evidence) -> bool:
    """Whether another sentence is about those names of the question that the first is about.

    One that opens with another name is not, whatever its title says ("Saturn has 146 moons").
    """
    title, text = (set(words(part)) for part in (other.article.title, other.text))
    for name in question.names:
        if question.time_words.issuperset(name.words) or name.words[0].isdigit():
            continue
        if set(name.words) <= set(words(f"{one.article.title} {one.text}")):
            if not text.union(title).issuperset(name.words):
                return False
            if text.isdisjoint(name.words) and _opens_with_name(other.text):
                return False
    return True


def _opens_with_name(text: str) -> bool:
    """Whether a sentence opens with a name behind its dateline ("TAVRIN, Velmara - …")."""
    text = DATELINE.sub("", text)
    first = next((entity for entity in entities(text) if not entity.quotation), None)
    return first is not None and text.startswith(first.text) and not first.words[0].isdigit()
