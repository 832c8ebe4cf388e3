"""How a number or an explanation changed: what articles give for it, from the oldest on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from assistant.core.answer import Answer, Claim, Evidence, Kind, Refusal
from assistant.kinds.comparisons.rows import sentence_row
from assistant.kinds.comparisons.subjects import by_relevance, subject_of
from assistant.kinds.comparisons.values import QUANTITY, digits, values_by_day
from assistant.kinds.comparisons.wording import Wanted
from assistant.kinds.digest.topics import Timed, published_within, within_time
from assistant.kinds.question_kind import Citer, Request, with_claims
from assistant.kinds.scope import ABOUT, as_evidence
from index.text.relative_dates import Period, format_day
from index.text.words import stems

NEAR = 8.0  # logits below the article that says most of it
OF_ONE = 3  # sentences of the only article
SAME = 0.7  # of a sentence's words that another row has: it says nothing new

_ACCOUNT = (
    r"(?:explanations?|accounts?|stor(?:y|ies)|versions?|positions?|stances?|views?|opinions?|plans?"
    r"|descriptions?|reasons?|causes?|statements?|assessments?|findings?|reactions?|demands?|offers?"
    r"|promises?|terms|proposals?)"
)
_CHANGE = (
    r"(?:changed?|rise|risen|rose|grow|grown|grew|develop(?:ed)?|evolved?|increased?|climb(?:ed)?"
    r"|fall|fallen|drop(?:ped)?|decreased?|vary|varied)"
)
_TAIL = (
    r"(?: (?:over time|over the (?:days|weeks|months)|from (?:article|day|report) to \w+|so far"
    r"|in the articles))?"
)
_BETWEEN = re.compile(r"(?i)\b(?:between|from) (?P<first>.+?) (?:and|to|until) (?P<last>.+)$")
_ASKS = tuple(
    re.compile(rf"(?i)^{pattern}{_TAIL}\W*$")
    for pattern in (
        rf"(?:how|by how much|how much) (?:did|has|have|does|do) (?P<what>(?:the |its "
        rf"|their )?.*?\b{QUANTITY}\b.*?)"
        rf" {_CHANGE}(?P<rest>(?: (?:since|after|between|from|during|in) .+?)?)",
        rf"(?:did|has|have) (?P<what>the .*?\b{QUANTITY}\b.*?) changed?(?P<rest>(?:"
        rf" (?:between|from) .+?)?)",
        rf"how (?:did|has|have) (?P<what>(?:the |its |their |[A-Z]\w*['’]s? )?(?:\w+ ){{0,2}}?"
        rf"\b{_ACCOUNT}\b.*?) {_CHANGE}(?P<rest>(?: (?:since|after|between|from|during|in) .+?)?)",
        rf"how (?:has|have) (?P<what>.*?\b{QUANTITY}\b.*?) been {_CHANGE}",
        rf"(?:what (?:were|are) the )?(?:changes?|development|rise|growth) (?:of|in)"
        rf" (?P<what>.*?\b{QUANTITY}\b.*?)",
    )
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
        timed = _between(self.what, request) or within_time(self.what, request)
        if not re.search(rf"(?i)\b{QUANTITY}\b", self.what):
            told = accounts(timed.topic, timed.request, answer)
            yield accounts(timed.topic, request, answer) if told.refused else told
            return
        found = values_by_day(timed.topic, timed.request)
        if not found:
            yield accounts(timed.topic, timed.request, answer)
            return
        cite, rows, last = Citer(), [], ""
        for text, item in found:
            if digits(text) != last:
                rows.append(cite.claim(text, item, label=_day(item)))
            last = digits(text)
        number = f"{len(found)} article{'s' * (len(found) != 1)}"
        caveats = (f"By {number} that give{'s' * (len(found) == 1)} it.",)
        yield replace(with_claims(answer, tuple(rows)), caveats=caveats)


def accounts(topic: str, request: Request, answer: Answer) -> Answer:
    """A row for each article that says something new of a topic, from the oldest to the newest."""
    subject = subject_of(Wanted(topic, topic), (), "", request)
    by_article: dict[str, list[Evidence]] = {}
    for passage in subject.passages:
        by_article.setdefault(passage.article.id, []).extend(as_evidence([passage]))
    items = [item for found in by_article.values() for item in found]
    ranked = by_relevance(f"What was {topic}?", "", items, request.parts)
    least = max((item.relevance for item in ranked[:1]), default=ABOUT) - NEAR
    near = [item for item in ranked if item.relevance >= max(least, ABOUT)]
    best = list({item.article.id: item for item in reversed(near)}.values())
    if len(best) == 1:  # one article tells of before and after
        best = sorted(near[:OF_ONE], key=lambda item: item.start)
    best.sort(key=lambda item: str(item.article.stated_day or ""))
    rows = tuple(_new_rows(best))
    if not rows:
        reason = f"The articles say nothing of {topic}."
        return replace(answer, refusal=Refusal("nothing_relevant", reason))
    return with_claims(answer, rows)


def _between(what: str, request: Request) -> Timed | None:
    """The same within "between February and May", where two times are named."""
    named = _BETWEEN.search(what)
    if not named:
        return None
    searcher, filters = request.parts.searcher, request.filters
    ends = [
        time
        for end in (named["first"], named["last"])
        for time in searcher.periods(f"in {end}", filters)[:1]
    ]
    if len(ends) < 2 or ends[1].last < ends[0].first:
        return None
    period = Period(named[0], *named.span(), ends[0].first, ends[1].last)
    narrow = replace(request, filters=published_within(period, request.filters))
    return Timed(what[: named.start()].strip(), narrow, period)


def _new_rows(items: list[Evidence]) -> Iterator[Claim]:
    cite, said = Citer(), list[frozenset[str]]()
    for item in items:
        own = stems(item.text)
        if any(len(own & other) > SAME * len(own) for other in said):
            continue
        said.append(own)
        yield sentence_row("", item, _day(item), cite)


def _day(item: Evidence) -> str:
    day = item.article.stated_day
    return format_day(day) if day else "Undated"
