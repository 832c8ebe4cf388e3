"""The articles that a topic names: within a time, the one article, or those of an ordinal."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.core.answer import Evidence
from assistant.kinds.digest.salience import Span, plain
from assistant.kinds.question_kind import Request
from assistant.kinds.scope import ABOUT, FAR_BELOW, Scope, in_scope, is_all
from index.core.filters import Filters
from index.retrieval.reranker import Reranker
from index.storage.article_store import Listed
from index.text.calendar_terms import ORDINALS
from index.text.entities import entities
from index.text.relative_dates import Period
from index.text.words import stems

ARTICLE = r"(?:articles?|stor(?:y|ies)|reports?|texts?|pieces?|documents?|news items?)"
"""A pattern for what is read."""

RERANKED = 24  # sentences that the reranker reads for a topic, about 5 ms each
_FIRST_HITS = 5  # passages among which the one article of a topic is
_BEFORE_A_TIME = re.compile(
    r"(?i)\b(?:in|of|from|since|during|on|over|within|for|between|before|after|until|published) ?$"
)
_TODAY = re.compile(r"(?i)\b(?:of |from )?today(?:['’]s)?(?:\b|$)")
_ORDER = re.compile(
    rf"(?i)^(?:the )?(?:(?P<number>{'|'.join(ORDINALS)})|(?P<new>newest|latest|most recent)"
    rf"|(?P<old>oldest|earliest))(?: {ARTICLE}| one)?\b ?(?:(?:about|on|of|in) )?(?P<rest>.*)$"
)
_NUMBERED = re.compile(rf"(?i)^(?:the )?{ARTICLE} (?:no\.? |number )?(?P<number>\d)$")
_OUTER = re.compile(
    rf"(?i)^(?:(?:all|both|each|every|(?:any|some) of|of) )*(?:(?:the|these|those|my|our|a|an) )?"
    rf"(?:(?:two|three|four|five|\d+) )?(?:news )?(?:{ARTICLE}|coverage|reporting|news) "
    r"(?:that (?:is|are) )?(?:about|on|of|regarding|concerning|from|in) "
)
_INNER = re.compile(rf"(?i)^(?:(?:the|this|that) )?(?!(?:same|last|whole) )(.+) {ARTICLE}$")
_ONE = re.compile(
    rf"(?i)^(?:the|this|that|an?) (?:(?:\w+ )?(?!news\b){ARTICLE}(?<!s)\b|.+ {ARTICLE}(?<!s)$)"
)


@dataclass(frozen=True, slots=True)
class Timed:
    """A topic without its time, what is asked for within it, and the time."""

    topic: str
    request: Request
    period: Period | None = None


@dataclass(frozen=True, slots=True)
class Relevance:
    """How much sentences are about a topic, 0..1, as the reranker judges the most promising."""

    topic: str
    reranker: Reranker

    def __call__(self, sentences: Sequence[Evidence]) -> dict[Span, float]:
        """By span, for those that are about it; they are given the best first."""
        topic = without_article(self.topic)
        asked = stems(topic)
        shared = {
            item.span: len(asked & stems(f"{item.article.title} {item.text}")) for item in sentences
        }
        read = sorted(sentences, key=lambda item: -shared[item.span])[:RERANKED]
        texts = [f"{item.article.title}. {plain(item)}" for item in read]
        logits = self.reranker.score(f"What happened with {topic}?", texts)
        return {
            item.span: 0.1 + 1 / (1 + math.exp(-logit))
            for item, logit in zip(read, logits, strict=True)
            if logit > max(logits) - FAR_BELOW
        }


def without_article(topic: str) -> str:
    """A topic without the "articles about" before it.

    >>> without_article("the two articles about the Ossel flood"), without_article("the flood")
    ('the Ossel flood', 'the flood')
    >>> without_article("the budget article")
    'budget'
    """
    inner = _INNER.match(topic)
    return inner[1] if inner and not is_all(topic) else _OUTER.sub("", topic)


def is_one_article(topic: str) -> bool:
    """Whether a topic is one article: "the article about the marathon".

    >>> [is_one_article(topic) for topic in ("the story on Kim", "the newest one", "the stories")]
    [True, True, False]
    """
    return bool(_ONE.match(topic) or in_order(topic))


def in_order(topic: str) -> re.Match[str] | None:
    """The place that a topic gives in a row of articles ("the second article"), if it does."""
    found = _NUMBERED.match(topic) or _ORDER.match(topic)
    if found and not re.search(rf"(?i)\b(?:{ARTICLE}|one)\b", topic):
        return None  # "the first round"
    return found


def within_time(topic: str, request: Request) -> Timed:
    """The topic and the request within the time that the topic names.

    A year that only tells one event from another ("the 2022 meeting") is left in the topic.
    """
    if today := _TODAY.search(topic):
        days = (
            row.article.published for row in request.parts.searcher.articles_in(request.filters)
        )
        newest = next(filter(None, days), None)
        if newest:
            period = Period(today[0], *today.span(), newest, newest, relative=True)
            return _narrowed(topic, request, period)
    for period in request.parts.searcher.periods(topic, request.filters):
        before = _BEFORE_A_TIME.search(topic[: period.start])
        opened = re.match(r"(?i)since|before|after|until|from|between", period.phrase)
        if period.relative or before or opened:
            return _narrowed(topic, request, period)
    return Timed(topic, request)


def _narrowed(topic: str, request: Request, period: Period) -> Timed:
    before = _BEFORE_A_TIME.sub("", topic[: period.start]).rstrip()
    after = re.sub(r"^['’]s\b", "", topic[period.end :])
    rest = re.sub(r"\s+", " ", f"{before} {after}").strip(" ,.?!")
    narrow = replace(request, filters=published_within(period, request.filters))
    return Timed(rest, narrow, period)


def published_within(period: Period, filters: Filters) -> Filters:
    """The filters, and published within a period."""
    since = max(filter(None, (filters.since, period.first)))
    until = min(filter(None, (filters.until, period.last)))
    return replace(
        filters,
        since=None if since == dt.date.min else since,
        until=None if until == dt.date.max else until,
    )


def articles_of(topic: str, request: Request) -> Scope:
    """The articles that a topic names: as `in_scope`, and those named by place or as the one."""
    if found := in_order(topic):
        return _ordered(found, request)
    scope = in_scope(without_article(topic), request)
    if not is_one_article(topic) or len(scope.articles) < 2:
        return scope
    one = best_article(without_article(topic), request, scope.articles)
    return replace(scope, articles=(one,) if one else ())


def _ordered(found: re.Match[str], request: Request) -> Scope:
    """The article at a place: by day if the newest or oldest is asked for, else by path."""
    named = found.groupdict()
    scope = in_scope(named.get("rest") or "", request)
    rows = list(scope.articles)
    if number := named["number"]:
        rows.sort(key=lambda row: row.article.path)
        place = ORDINALS.get(number.lower()) or int(number)
        chosen = rows[place - 1 : place]
    else:
        rows = [row for row in rows if row.article.published]
        chosen = rows[:1] if named["new"] else rows[-1:]
    return replace(scope, articles=tuple(chosen))


def best_article(
    topic: str, request: Request, among: Sequence[Listed], taken: Sequence[str] = ()
) -> Listed | None:
    """The article among these that is most about a topic, without those taken already (ids).

    One whose title has all words of the topic, or else that of the best passage.
    """
    free = {row.article.id: row for row in among if row.article.id not in taken}
    asked = stems(topic)
    titled = [row for row in free.values() if asked and asked <= stems(row.article.title)]
    if len(titled) == 1 or (titled and is_all(topic)):
        return titled[0]
    names = [one.text for one in entities(topic)]
    with_names: set[str] = set()
    if names:
        passages = request.parts.searcher.passages_with(names, request.filters)
        with_names = {passage.article.id for passage in passages}
    hits = request.parts.searcher.search(topic, _FIRST_HITS, filters=request.filters)
    for hit in hits:
        found = hit.passage.article.id
        if found in free and (found in with_names or (not names and hit.relevance >= ABOUT)):
            return free[found]
    return next((row for row in free.values() if row.article.id in with_names), None)
