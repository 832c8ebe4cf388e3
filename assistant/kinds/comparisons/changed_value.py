"""How a number changed: the values that articles give for it, from the oldest to the newest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from assistant.core.answer import Answer, Evidence, Kind, Refusal
from assistant.kinds.comparisons.aspects import counted_text, is_cardinal
from assistant.kinds.digest.salience import plain
from assistant.kinds.digest.topics import within_time
from assistant.kinds.question_kind import Citer, Request, with_claims
from assistant.kinds.scope import ABOUT, FAR_BELOW, SEARCHED, UNSCORED
from assistant.verification.contradictions import counts
from index.text.calendar_terms import MONTH_NUMBERS, MONTH_PATTERN
from index.text.entities import entities
from index.text.relative_dates import format_day
from index.text.words import stems, words

_QUANTITY = (
    r"(?:toll|tolls|number|numbers|count|counts|price|prices|cost|costs|estimates?|figures?|totals?"
    r"|amount|size|rate|rates|population|score|share|attendance|temperature|budget|casualt(?:y|ies)"
    r"|deaths|fatalities|votes|level|levels|forecast)"
)
_CHANGE = (
    r"(?:changed?|rise|risen|rose|grow|grown|grew|develop(?:ed)?|evolved?|increased?|climb(?:ed)?"
    r"|fall|fallen|drop(?:ped)?|decreased?|vary|varied)"
)
_TAIL = (
    r"(?: (?:over time|over the (?:days|weeks|months)|from (?:article|day|report) to \w+|so far"
    r"|in the articles))?"
)
_ASKS = tuple(
    re.compile(rf"(?i)^{pattern}{_TAIL}\W*$")
    for pattern in (
        rf"(?:how|by how much|how much) (?:did|has|have|does|do) (?P<what>(?:the |its "
        rf"|their )?.*?\b{_QUANTITY}\b.*?)"
        rf" {_CHANGE}(?P<rest>(?: (?:since|after|between|from|during|in) .+?)?)",
        rf"(?:did|has|have) (?P<what>the .*?\b{_QUANTITY}\b.*?) changed?(?P<rest>(?:"
        rf" (?:between|from) .+?)?)",
        rf"how (?:has|have) (?P<what>.*?\b{_QUANTITY}\b.*?) been {_CHANGE}",
        rf"(?:what (?:were|are) the )?(?:changes?|development|rise|growth) (?:of|in)"
        rf" (?P<what>.*?\b{_QUANTITY}\b.*?)",
    )
)
_DEATHS = frozenset("toll death dead die kill fatal casualti bodi victim drown perish".split())
_OTHERS = frozenset("miss injur wound hurt hospit evacu home hous rescu".split())
_PERSONS = frozenset("peopl person men man women woman children child resid villag worker".split())
_GENERIC = frozenset(
    "toll number count figur total estim amount size level rate forecast score share".split()
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


@dataclass(frozen=True, slots=True)
class ChangedValue:
    """The number that is asked for: "the death toll of the flood"."""

    kind: ClassVar[Kind] = "comparison"
    what: str

    @classmethod
    def recognise(cls, question: str) -> Self | None:
        """A question for how a number changed.

        >>> ChangedValue.recognise("How did the death toll of the Ossel flood change?")
        ChangedValue(what='the death toll of the Ossel flood')
        >>> ChangedValue.recognise("How did Paris change under Napoleon?")
        """
        bare = " ".join(question.split())
        found = next((found for ask in _ASKS if (found := ask.match(bare))), None)
        if found is None:
            return None
        return cls(f"{found['what']}{found.groupdict().get('rest') or ''}".strip(" ?.,"))

    def answers(self, request: Request, answer: Answer) -> Iterator[Answer]:
        """A row for each new value, with the day of the article that first gives it."""
        timed = within_time(self.what, request)
        found = _values(timed.topic, timed.request)
        found.sort(key=lambda one: str(one[1].article.stated_day or ""))
        if not found:
            reason = f"No article gives {self.what} as a number."
            yield replace(answer, refusal=Refusal("nothing_relevant", reason))
            return
        cite, rows, last = Citer(), [], ""
        for text, item in found:
            number = "".join(re.findall(r"\d", text))
            if number != last:
                day = item.article.stated_day
                rows.append(cite.claim(text, item, label=format_day(day) if day else "Undated"))
            last = number
        number = f"{len(found)} article{'s' * (len(found) != 1)}"
        caveats = (f"By {number} that give{'s' * (len(found) == 1)} it.",)
        yield replace(with_claims(answer, tuple(rows)), caveats=caveats)


def _values(what: str, request: Request) -> list[tuple[str, Evidence]]:
    """The value that each article on the subject first gives, with its sentence."""
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
    return [one for items in _of_one_event(by_article) if (one := _first_value(what, items))]


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
        text = _count(asked, item) or ("" if asked & _DEATHS else _amount(asked - names, item))
        if text:
            return text, item
    return None


def _count(asked: frozenset[str], item: Evidence) -> str:
    """A number of the sentence with what is counted, if that is asked for."""
    deaths, said = bool(asked & _DEATHS) and not asked & _OTHERS, stems(item.text)
    strong = asked - _GENERIC - _PERSONS
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
    return ""


def _amount(asked: frozenset[str], item: Evidence) -> str:
    """The first number of a sentence that has all words asked for, without days and years."""
    strong = (asked - _GENERIC) or asked
    if not strong or not strong <= stems(item.text):
        return ""
    bare = _DATE.sub(lambda found: " " * len(found[0]), plain(item))
    found = _FROM_TO.search(bare) or _NUMBER.search(bare)
    return found[0].strip() if found else ""
