"""The values that articles give for a quantity: a toll, a price, the number of the missing."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

from assistant.core.answer import Evidence
from assistant.kinds.comparisons.aspects import LONG_AGO, Found, counted_text, is_cardinal
from assistant.kinds.digest.salience import plain
from assistant.kinds.digest.topics import published_within
from assistant.kinds.question_kind import Request
from assistant.kinds.scope import ABOUT, FAR_BELOW, SEARCHED, as_evidence
from assistant.verification.contradictions import counts
from index.core.articles import Article
from index.core.filters import Filters
from index.text.calendar_terms import MONTH_NUMBERS, MONTH_PATTERN, NUMBER_WORDS
from index.text.entities import entities
from index.text.query_dates import periods
from index.text.words import fold, stems, words

QUANTITY = (
    r"(?:toll|tolls|number|numbers|count|counts|price|prices|cost|costs|estimates?|figures?|totals?"
    r"|amount|size|rate|rates|population|score|share|attendance|temperature|budget|casualt(?:y|ies)"
    r"|deaths|fatalities|votes|level|levels|forecast)"
)
"""A pattern for what has a value."""

_QUALIFIED = (
    r"(?:(?P<about>(?:at least|about|around|nearly|almost|more than|fewer than|less than|up to|over"
    r"|some|an estimated|roughly|at most) )|(?:other|a total of) )?"
)
_NUMBER_OF_PERSONS = r"(?P<number>\d{1,3}(?:,\d{3})+|\d+)(?![\w.,-]*\d|-)"
_PERIOD_BEHIND = r"(?! (?:hours?|days?|weeks?|months?|years?|minutes?|per)\b)"
# behind a number that counts the killed: nothing, or persons; "killed 1,500 cows" counts no dead
_PERSON = (
    r"(?:people|persons?|men|man|wom[ae]n|child(?:ren)?|residents?|villagers?|workers?|passengers?"
    r"|civilians?|soldiers?|students?|officers?|others|victims?|lives)"
)
_ONLY_PERSONS = (
    rf"(?! (?!(?:[a-z-]+ )?{_PERSON}\b|(?:in|on|at|and|near|when|after|during|as|since)\b)[a-z])"
)


@dataclass(frozen=True, slots=True)
class Casualties:
    """How articles count the dead or the injured: behind a verb, before one, as a toll."""

    noun: str
    asked: frozenset[str]
    told: tuple[re.Pattern[str], ...]

    @classmethod
    def of(cls, noun: str, asked: str, causing: str, being: str, toll: str) -> Self:
        """From patterns for what causes them, what they are, and what has their number."""
        number = rf"{_QUALIFIED}{_NUMBER_OF_PERSONS}{_PERIOD_BEHIND}"
        patterns = (
            rf"\b(?:{toll})\b[^.;:\d]{{0,80}}?\b(?:to|at|is|was|of|reached|hit) {number}",
            rf"\b(?:{causing}) {number}(?! more\b){_ONLY_PERSONS}",
            rf"(?<![\w.,$€£]){number}(?: (?:[a-z'’-]+ )?{_PERSON})?"
            r"(?: (?:were|was|are|is|have been|had been|have|has|had))?"
            r"(?: (?:already|also|later|now|since|reported|confirmed|reportedly|found))?"
            rf" (?:{being})\b",
            rf"\b(?:left|leaving) {number}(?: {_PERSON})? (?:{being})\b",
        )
        return cls(noun, frozenset(asked.split()), tuple(re.compile(f"(?i){p}") for p in patterns))

    def value(self, item: Evidence) -> str:
        """Their number with what qualifies it ("at least 12 dead"); "" if a sentence has none."""
        text = re.sub(r"\b[A-Za-z]+\b", lambda word: _in_digits(word[0]), plain(item))
        for pattern in self.told:
            found = pattern.search(text)
            if found and not _MORE.search(text[: found.start("number")]):
                return f"{(found['about'] or '').lower()}{found['number']} {self.noun}"
        return ""

    def found(self, items: Sequence[Evidence]) -> Iterator[Found]:
        """The values of sentences that do not tell of an earlier year."""
        for item in items:
            if (value := self.value(item)) and not _is_long_ago(item):
                yield Found(value, frozenset((value,)), item)


DEAD = Casualties.of(
    "dead",
    "toll death dead die kill fatal casualti bodi victim drown perish live life",
    r"kill(?:ed|ing|s)|claim(?:ed|ing|s)(?: the lives of|(?=[^.;]{0,20} lives\b))",
    r"(?:died|dead|killed|drowned|perished|deaths|fatalities|bodies|lost their lives"
    r"|known to have died)",
    r"(?:death )?toll|dead|deaths|fatalities|number of [a-z ]{0,20}(?:killed|dead)",
)
INJURED = Casualties.of(
    "injured",
    "injur wound hurt hospit",
    r"(?:injur|wound|hurt)(?:ed|ing|s)?",
    r"(?:injured|wounded|hurt|in hospital|hospitali[sz]ed)",
    r"number of [a-z ]{0,20}(?:injured|wounded|hurt)",
)
_OTHERS = frozenset("miss evacu home hous rescu".split())
_PERSONS = frozenset("peopl person men man women woman children child resid villag worker".split())
_GENERIC = frozenset(
    "toll number count figur total estim amount size level rate forecast score share".split()
)
_NUMBER_OF = re.compile(
    r"(?i)\b(?:number|count|total|figure)s? (?:of|for) (?:the )?(?P<thing>[\w-]+(?: [\w-]+)*?)"
    r"(?: (?:in|at|on|from|after|of|by|during|near|who|that)\b|$)"
)
_MORE = re.compile(r"(?i)(?<!\bor )\bmore\s+$|\b(?:another|further|additional) [\w,]+\s+$")
_NUMBER = re.compile(
    r"(?<![\w.,-])(?:[$€£]\s?)?\d[\d,]*(?:\.\d+)?(?:\s?%| (?:million|billion|thousand"
    r"|percent|per cent))?"
    r"(?: (?!and\b|in\b|on\b|at\b|to\b|of\b|for\b)[a-z]+)?"
)
_FROM_TO = re.compile(rf"\bfrom {_NUMBER.pattern} to {_NUMBER.pattern}")
_DATE = re.compile(
    rf"(?:{MONTH_PATTERN}) \d{{1,2}}|\d{{1,2}} (?:{MONTH_PATTERN})|\b(?:19|20)\d\d\b"
)


def values_by_day(what: str, request: Request) -> list[tuple[str, Evidence]]:
    """The value that each article on the subject first gives, with its sentence, by day.

    Within a day the smallest comes first.
    """
    asked = f"How many people died? {what}" if _casualties(stems(what)) is DEAD else what
    searcher = request.parts.searcher
    hits = searcher.search(asked, SEARCHED, filters=_near_time(what, request))
    least = max(ABOUT, max((hit.relevance for hit in hits), default=ABOUT) - FAR_BELOW)
    names = [
        set(one.words)
        for one in entities(what)
        if not any(word.isdigit() or word in MONTH_NUMBERS for word in one.words)
    ]
    carried: dict[str, tuple[Article, ...]] = {}
    for hit in hits:
        article = hit.passage.article
        known = set(words(f"{article.title} {article.text}"))
        if hit.relevance >= least and all(name <= known for name in names):
            carried.setdefault(article.id, hit.carried_by)
    by_article: dict[str, list[Evidence]] = {name: [] for name in carried}
    for item in as_evidence(searcher.passages_of(list(carried), request.filters)):
        by_article[item.article.id].append(replace(item, carried_by=carried[item.article.id]))
    found = [one for items in _of_one_event(by_article) if (one := _first_value(what, items))]
    return sorted(found, key=lambda one: (str(one[1].article.stated_day or ""), _size(one[0])))


def _near_time(what: str, request: Request) -> Filters:
    """The filters, and published within the time that is named ("the 2005 quake") or soon after."""
    for period in request.parts.searcher.periods(what, request.filters)[:1]:
        if period.last < dt.date.max - LONG_AGO:
            period = period._replace(last=period.last + LONG_AGO)
        return published_within(period, request.filters)
    return request.filters


def _size(value: str) -> float:
    found = re.search(r"\d[\d,]*(?:\.\d+)?", value)
    return float(found[0].replace(",", "")) if found else 0.0


def digits(value: str) -> str:
    """What makes two values equal: "12 dead" and "at least 12 people"."""
    return "".join(re.findall(r"\d", value))


def _of_one_event(by_article: dict[str, list[Evidence]]) -> Iterator[Sequence[Evidence]]:
    """The sentences of the nearest article, and of those that share a name with its beginning."""
    subject: frozenset[str] = frozenset()
    for items in by_article.values():
        if not items:  # published again since the search
            continue
        article = items[0].article
        named = _named(f"{article.title}. {article.text[:400]}")
        if not subject or subject & named:
            subject = subject or named
            yield sorted(items, key=lambda item: item.start)


def _named(text: str) -> frozenset[str]:
    return frozenset(
        word
        for one in entities(text)
        if not one.quotation
        for word in one.words
        if not word.isdigit()
    )


def _casualties(asked: frozenset[str]) -> Casualties | None:
    """The dead or the injured, if they are asked for and nothing else is."""
    if asked & _OTHERS:
        return None
    return next((kind for kind in (INJURED, DEAD) if asked & kind.asked), None)


def _first_value(what: str, items: Sequence[Evidence]) -> tuple[str, Evidence] | None:
    """The value of the first sentence that gives one, and tells of no earlier year."""
    asked, names = stems(what), stems(" ".join(one.text for one in entities(what)))
    if casualties := _casualties(asked):
        return next(((one.text, one.evidence) for one in casualties.found(items)), None)
    for item in items:
        if text := _count(what, asked, item) or _amount(asked - names, item):
            return text, item
    return None


def _is_long_ago(item: Evidence) -> bool:
    """Whether a sentence tells of what was more than a year before its article."""
    day = item.article.stated_day
    told = periods(item.text, day)
    return day is not None and bool(told) and all(one.last < day - LONG_AGO for one in told)


def _thing(what: str) -> frozenset[str]:
    """What is counted, where that is said: "the number of missing people in Lor"."""
    found = _NUMBER_OF.search(what)
    return stems(found["thing"]) if found else frozenset()


def _count(what: str, asked: frozenset[str], item: Evidence) -> str:
    """A number of the sentence with what is counted, if that is asked for."""
    strong = (_thing(what) or asked) - _GENERIC - _PERSONS
    for number, thing, counted in counts(item):
        before = item.text[: max(0, item.text.find(thing))]
        if _MORE.search(before) or not is_cardinal(item, number):
            continue  # "three more boats"
        if strong & counted and strong <= stems(f"{item.article.title} {item.text}"):
            return counted_text(item, number, thing)
    return ""


def _in_digits(word: str) -> str:
    return next(iter(words(word)), word) if fold(word) in NUMBER_WORDS else word


def _amount(asked: frozenset[str], item: Evidence) -> str:
    """The first number of a sentence that has all words asked for, without days and years."""
    strong = (asked - _GENERIC) or asked
    if not strong or not strong <= stems(item.text):
        return ""
    bare = _DATE.sub(lambda found: " " * len(found[0]), plain(item))
    found = _FROM_TO.search(bare) or _NUMBER.search(bare)
    return found[0].strip() if found else ""
