"""The values that articles give for a quantity: a toll, a price, the number of the missing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.core.answer import Evidence
from assistant.kinds.comparisons.aspects import counted_text, is_cardinal
from assistant.kinds.digest.salience import plain
from assistant.kinds.question_kind import Request
from assistant.kinds.scope import ABOUT, FAR_BELOW, SEARCHED, UNSCORED
from assistant.verification.contradictions import counts
from index.text.calendar_terms import MONTH_NUMBERS, MONTH_PATTERN, NUMBER_WORDS
from index.text.entities import entities
from index.text.words import fold, stems, words

QUANTITY = (
    r"(?:toll|tolls|number|numbers|count|counts|price|prices|cost|costs|estimates?|figures?|totals?"
    r"|amount|size|rate|rates|population|score|share|attendance|temperature|budget|casualt(?:y|ies)"
    r"|deaths|fatalities|votes|level|levels|forecast)"
)
"""A pattern for what has a value."""

_DEATHS = frozenset(
    "toll death dead die kill fatal casualti bodi victim drown perish live life".split()
)
_OTHERS = frozenset("miss injur wound hurt hospit evacu home hous rescu".split())
_PERSONS = frozenset("peopl person men man women woman children child resid villag worker".split())
_GENERIC = frozenset(
    "toll number count figur total estim amount size level rate forecast score share".split()
)
_TOLL = re.compile(
    r"(?i)\b(?:(?:death )?toll|dead|deaths|fatalities)\b[^.;:\d]{0,80}?\b"
    r"(?:to|at|is|was|of|reached|hit)"
    r" (?:at least |about |around |nearly |over )?(?P<number>\d[\d,]*)(?![\w.,]*\d)"
    r"(?! (?:hours?|days?|years?|minutes?|per))"
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
    """The value that each article on the subject first gives, with its sentence, by day."""
    asked = f"How many people died? {what}" if stems(what) & _DEATHS else what
    hits = request.parts.searcher.search(asked, SEARCHED, filters=request.filters)
    least = max(ABOUT, max((hit.relevance for hit in hits), default=ABOUT) - FAR_BELOW)
    names = [
        set(one.words)
        for one in entities(what)
        if not any(word.isdigit() or word in MONTH_NUMBERS for word in one.words)
    ]
    by_article: dict[str, list[Evidence]] = {}
    for hit in hits:
        passage = hit.passage
        known = set(words(f"{passage.article.title} {passage.article.text}"))
        if hit.relevance >= least and all(name <= known for name in names):
            items = by_article.setdefault(passage.article.id, [])
            items += (
                Evidence(passage, start, end, UNSCORED, hit.carried_by)
                for start, end in passage.sentences
            )
    found = [one for items in _of_one_event(by_article) if (one := _first_value(what, items))]
    return sorted(found, key=lambda one: str(one[1].article.stated_day or ""))


def digits(value: str) -> str:
    """What makes two values equal: "12 dead" and "at least 12 people"."""
    return "".join(re.findall(r"\d", value))


def _of_one_event(by_article: dict[str, list[Evidence]]) -> Iterator[Sequence[Evidence]]:
    """The sentences of the nearest article, and of those that share a name with its beginning."""
    subject: frozenset[str] = frozenset()
    for items in by_article.values():
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


def _first_value(what: str, items: Sequence[Evidence]) -> tuple[str, Evidence] | None:
    asked = stems(what)
    names = stems(" ".join(one.text for one in entities(what)))
    for item in items:
        text = _count(what, asked, item) or (
            "" if asked & _DEATHS else _amount(asked - names, item)
        )
        if text:
            return text, item
    return None


def _thing(what: str) -> frozenset[str]:
    """What is counted, where that is said: "the number of missing people in Lor"."""
    found = _NUMBER_OF.search(what)
    return stems(found["thing"]) if found else frozenset()


def _count(what: str, asked: frozenset[str], item: Evidence) -> str:
    """A number of the sentence with what is counted, if that is asked for."""
    deaths, said = bool(asked & _DEATHS) and not asked & _OTHERS, stems(item.text)
    strong = (_thing(what) or asked) - _GENERIC - _PERSONS
    for number, thing, counted in counts(item):
        before = item.text[: max(0, item.text.find(thing))]
        if _MORE.search(before) or not is_cardinal(item, number):
            continue  # "three more bodies"
        if deaths and not counted & _OTHERS:
            if counted & _DEATHS or (counted & _PERSONS and said & _DEATHS and not said & _OTHERS):
                return counted_text(item, number, thing)
        elif (
            not deaths and strong & counted and strong <= stems(f"{item.article.title} {item.text}")
        ):
            return counted_text(item, number, thing)
    return _dead(item) if deaths else ""


def _dead(item: Evidence) -> str:
    """The number of a sentence that gives no thing for it: "The toll rose to 13"."""
    text = re.sub(r"\b[A-Za-z]+\b", lambda word: _in_digits(word[0]), plain(item))
    found = _TOLL.search(text)
    return f"{found['number']} dead" if found else ""


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
