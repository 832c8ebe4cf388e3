"""What is new since a day: the sentences of later articles that earlier ones do not say."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from assistant.core.answer import Answer, Claim, Evidence, Kind, Refusal
from assistant.kinds.digest.salience import Span, plain, salient
from assistant.kinds.digest.topics import Relevance, within_time, without_article
from assistant.kinds.question_kind import Citer, Request, with_claims
from assistant.kinds.scope import Scope, in_scope, is_all, sentences_in
from index.core.filters import Filters
from index.storage.article_store import Listed
from index.text.calendar_terms import MONTH_PATTERN, WEEKDAY_PATTERN
from index.text.entities import entities
from index.text.query_dates import time_words
from index.text.relative_dates import Period, format_day
from index.text.words import stems

ROWS = 8
READ = 40  # articles
KNOWN = 0.6  # share of a sentence's words that an earlier one has: the same in other words

_ON = r"(?: (?:about|on|with|in|at|for|of|from|regarding|concerning|around)\b)?"
_FOLLOWS = (
    r"(?=\W*$| (?:about|on|with|in|at|for|from|regarding|concerning|around|since|this|today)\b)"
)
_ANY = (
    r"(?:(?:are there|is there|has there been|have there been|do you have|give me|show me|tell me"
    r"|list|what are|what(?:'s| is)) )?"
)
_SORT = (
    r"(?:(?:new|latest|recent|more|further|important) )*"
    r"(?:updates?(?! (?:me|us)\b)|developments?|news|progress|changes?|reports?|coverage)"
)
_SINCE = r"(?P<topic>.*\b(?:since|after|this|last|yesterday|today)\b.*)"
_AFTERWARDS = r"(?P<topic>.*\b(?:since|after)\b.*)"
_COME = (
    r"(?:c[ao]me (?:out|up|in|to light)|appeared|emerged|turned up|happened|changed|developed|moved"
    r"|surfaced|been (?:(?:newly|recently|freshly|additionally) )?(?:reported|published"
    r"|written|said"
    r"|added|announced|released|decided|learned|found out)|become known)"
)
_CATCH = (
    r"(?:catch me up|bring me up to (?:date|speed)|get me up to (?:date|speed)|fill me in|update me"
    r"|keep me posted)"
)
_ASKS = tuple(
    re.compile(rf"(?i)^(?:(?:please|so|and|hey|hi)\W+)*{pattern}\W*$")
    for pattern in (
        r"(?:tell me )?(?:have you (?:heard|got|read|found) |do you (?:have|know)"
        r" )?(?:what(?:['’]s| is| was| has been| are)|anything|is there anything)"
        rf" (?:(?-i:new)|the latest)(?: news| developments?| updates?)?{_FOLLOWS}{_ON}"
        r"(?P<topic>.*)",
        rf"{_ANY}(?:(?:any|the|all) )*{_SORT}{_ON}{_SINCE}",
        rf"{_ANY}any (?!reports|coverage){_SORT}{_FOLLOWS}{_ON}(?P<topic>.*)",
        rf"(?:what|what else|anything)(?: has|['’]s| have)? (?:newly )?{_COME}{_ON}{_AFTERWARDS}",
        rf"(?:has|have|did) (?:anything|something)(?: (?:new|else|more))*"
        rf" (?:{_COME}|happen|change|come (?:out|up)){_ON}{_AFTERWARDS}",
        rf"what (?:has|have) (?:the )?(?:press|media|(?:news)?papers|newspapers|articles|agencies)"
        rf" (?:newly )?(?:reported|written|published|said|added){_ON}{_AFTERWARDS}",
        r"what (?:new|further|more|other|additional) (?:information|details|facts|findings"
        r"|evidence)"
        rf" (?:is|are|has|have)(?: (?:there|known|{_COME}))?{_ON}{_AFTERWARDS}",
        rf"what (?:did|have) i miss(?:ed)?{_ON}(?P<topic>.*)",
        rf"{_CATCH}{_ON}{_AFTERWARDS}",
        r"(?:the )?(?:very )?latest(?: news| developments?| updates?)? (?:on|about|regarding"
        r"|concerning|in) (?P<topic>.+)",
        r"what (?:do|did) (?:the )?(?:newer|new|latest|newest|later) (?:articles|reports|stories)"
        rf" (?:add|say|report)(?: that is new)?{_ON}(?P<topic>.*)",
    )
)
_AWAY = re.compile(
    r"(?i)^(?:i|we)\b(?:['’]ve| have| was| were| am|['’]m)?(?: last)?(?: (?:heard|read"
    r"|checked|looked|followed|caught up"
    rf"|away|offline|on holiday|not read|been away))*{_ON}(?P<topic>.*?)[,:;.!?]+ (?:and )?"
    r"(?:what (?:did|have) i miss(?:ed)?|what(?:['’]s| is| has been) new|anything new"
    r"|what(?: has|['’]s)? (?:happened|changed)|what (?:came|happened) (?:after|next))"
    r"(?: since(?: then)?| in the meantime| meanwhile)?"
    rf"(?:{_ON}(?P<more>.*))?\W*$"
)
_LAST_READ = re.compile(r"(?i)\b(?:on|since|from|after|in|until|till|before|about)$")
_CORRECTION = re.compile(r"(?i)^(?:corrections?|clarifications?|corrected) ?: ?")
_LOWER = re.compile(
    rf"(?i)(?<=\b(?:since|after) )(?:last )?(?:{WEEKDAY_PATTERN}|{MONTH_PATTERN})\b"
)
_LAST_LOOKED = re.compile(
    rf"(?i)\bsince (?:i|we) last \w+,?(?: on| in)? (?=\d|{MONTH_PATTERN}|{WEEKDAY_PATTERN})"
)
_EDGE = re.compile(r"(?i)\bsince (?:the )?(?:beginning|start|(?P<end>end)) of (?=\w)")
_SINCE_WORD = re.compile(r"(?i)^(?:since|after)\s+")


@dataclass(frozen=True, slots=True)
class NewsSince:
    """What is asked about, with its time."""

    kind: ClassVar[Kind] = "news"
    topic: str

    @classmethod
    def recognise(cls, question: str) -> Self | None:
        """A question for what is new.

        >>> NewsSince.recognise("What is new since Friday on the Ossel flood?")
        NewsSince(topic='since Friday on the Ossel flood')
        >>> NewsSince.recognise("What's New York's newest bridge?")
        >>> NewsSince.recognise("What has changed since the war?")
        """
        bare = " ".join(question.split())
        bare = _LAST_LOOKED.sub("since ", bare)
        bare = _LOWER.sub(lambda day: day[0].title().replace("Last", "last"), bare)
        bare = _EDGE.sub(lambda edge: "after " if edge["end"] else "since ", bare)
        if re.search(r"\bNew\b(?= [A-Z])", bare.split(" about ")[0][:12]):
            return None  # "What is New York …"
        if found := _AWAY.match(bare):
            return cls(_since_last(found["topic"], found["more"] or ""))
        for ask in _ASKS:
            if found := ask.match(bare):
                topic = found["topic"].strip(" ,.:;?!")
                dated = time_words(topic) or not re.search(r"(?i)\b(?:since|after)\b", topic)
                return cls(topic) if dated else None
        return None

    def answers(self, request: Request, answer: Answer) -> Iterator[Answer]:
        """Rows from the newest day back; or that nothing is new."""
        timed = within_time(self.topic, request)
        topic = re.sub(rf"(?i)^{_ON}\W*", "", f" {timed.topic}").strip(" ,")
        topic = without_article(topic)
        whole = in_scope(topic, request)
        days = [row.article.published for row in whole.articles if row.article.published]
        newest = max(days, default=None)
        since = _since(timed.period, request, newest) if timed.period else newest
        if since is None:
            yield replace(answer, refusal=_nothing(topic, None, days))
            return
        later = replace(request, filters=_from(since, request.filters))
        scope = in_scope(topic, later)
        old = [row for row in whole.articles if (row.article.published or dt.date.min) < since]
        before = sentences_in(Scope(tuple(old[:READ]), 0), request)
        rows = [*_rows(topic, replace(scope, articles=scope.articles[:READ]), before, later)]
        if not rows:
            yield replace(answer, refusal=_nothing(topic, since, days))
            return
        caveats = _caveats(scope, len(old), since, timed.period is None)
        yield replace(with_claims(answer, tuple(rows)), caveats=caveats)


def _since_last(last: str, more: str) -> str:
    """What a reader has missed who "last read about the ferry on May 12", as topic and time.

    >>> _since_last("the ferry on May 12", ""), _since_last("for two weeks", "the election")
    ('the ferry since May 12', 'the election')
    """
    time = next(iter(time_words(last)), "")
    before, _, after = last.partition(time) if time else (last, "", "")
    about = _LAST_READ.sub("", before.strip()).strip()
    topic = more.strip(" ,") or ("" if about.startswith("for ") else f"{about} {after}".strip())
    day = _SINCE_WORD.sub("", time)
    return f"{topic} since {day}".strip() if time else topic


def _since(period: Period, request: Request, newest: dt.date | None) -> dt.date:
    """The first day that is new: after the day that is named, or from the first day of a span.

    A weekday or "yesterday" that is the newest article's day is new itself.
    """
    bare = _SINCE_WORD.sub("", period.phrase)
    named = next(iter(request.parts.searcher.periods(bare, request.filters)), period)
    one_day = named.first == named.last and bare != period.phrase
    if one_day and named.relative and newest == named.first:
        return named.first
    return named.first + dt.timedelta(1) if one_day else period.first


def _from(since: dt.date, filters: Filters) -> Filters:
    return replace(filters, since=max(filter(None, (filters.since, since))))


def _rows(
    topic: str, scope: Scope, before: Sequence[Evidence], request: Request
) -> Iterator[Claim]:
    cite = Citer()
    items = sentences_in(scope, request)
    notes = {row.article.id: _note(row, items) for row in scope.articles if row.note}
    corrected = {item.span for item in notes.values()}
    place = {one: number for number, one in enumerate(scope.ids)}
    new = salient(items, ROWS, _Novelty(topic, before, request))
    new = [*notes.values(), *(item for item in new if item.span not in corrected)]
    new.sort(key=lambda item: (place[item.article.id], item.span not in corrected, item.start))
    for item in new:
        flag = "Corrected: " if item.span in corrected else ""
        text = _CORRECTION.sub("", plain(item)) if flag else plain(item)
        yield cite.claim(f"{flag}{text}", item, label=_day(item.article.published))


def _note(row: Listed, items: Sequence[Evidence]) -> Evidence:
    """The sentence in which an article says that something was corrected, or else its first."""
    own = [item for item in items if item.article.id == row.article.id]
    return next((item for item in own if row.note in item.text), own[0])


@dataclass(frozen=True, slots=True)
class _Novelty:
    """How much sentences are worth, 0..1: those that are about the topic and not known before."""

    topic: str
    before: Sequence[Evidence]
    request: Request

    def __call__(self, sentences: Sequence[Evidence]) -> dict[Span, float]:
        """By span, for the new ones."""
        earlier = [stems(item.text) for item in self.before]  # once, not for each new sentence
        words = frozenset[str]().union(*earlier)
        new = [item for item in sentences if not _is_known(item, earlier, words)]
        if is_all(self.topic) or not new:
            return {item.span: 1.0 for item in new}
        return Relevance(self.topic, self.request.parts.reranker)(new)


def _day(day: dt.date | None) -> str:
    return format_day(day) if day else "Undated"


def _is_known(item: Evidence, earlier: Sequence[frozenset[str]], words: frozenset[str]) -> bool:
    """Whether an earlier sentence has most of its words, and earlier ones all its numbers.

    `earlier` are the stems of each earlier sentence, `words` those of all together.
    """
    said = stems(item.text)
    nearest = max((len(said & other) / max(1, len(said)) for other in earlier), default=0.0)
    if nearest >= 1.0 or not said:
        return True
    numbers = {word for one in entities(item.text) for word in one.words if word[0].isdigit()}
    return nearest >= KNOWN and numbers <= words


def _nothing(topic: str, since: dt.date | None, days: Sequence[dt.date]) -> Refusal:
    about = "" if is_all(topic) else f" on {topic}"
    if since is None or not days:
        return Refusal("nothing_relevant", f"No dated article{about}.")
    return Refusal(
        "nothing_relevant",
        f"Nothing new{about} since {format_day(since)}; the newest article is of"
        f" {format_day(max(days))}.",
    )


def _caveats(scope: Scope, old: int, since: dt.date, guessed: bool) -> tuple[str, ...]:
    number = len(scope.articles)
    first = f"{number} article{'s' * (number != 1)} since {format_day(since)}, {old} before."
    asked = "No day was named, so what is new is that of the newest article." if guessed else ""
    copies = f"Near copies count once: {scope.copies} left out." if scope.copies else ""
    return tuple(filter(None, (first, asked, copies)))
