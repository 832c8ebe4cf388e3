"""Summaries: at most five sentences of the articles, each of them its own proof."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from assistant.core.answer import Answer, Evidence, Kind, Refusal
from assistant.kinds.digest.salience import plain, salient
from assistant.kinds.digest.topics import (
    ARTICLE,
    Relevance,
    Timed,
    articles_of,
    within_time,
    without_article,
)
from assistant.kinds.question_kind import Citer, Request, with_claims
from assistant.kinds.scope import Scope, is_all, sentences_in
from index.text.calendar_terms import NUMBER_WORDS
from index.text.relative_dates import format_day, format_days

SENTENCES = 5
NEWEST = 40  # articles that are read, of more
LABEL = 60  # characters of a title before its sentence

_POLITE = (
    r"(?:(?:please|hey|hi|ok|okay|now|so|and|then)\W+)*(?:(?:can|could|would|will) you )?"
    r"(?:please )?"
)
_GIVE = (
    r"(?:(?:give|write|make|show|get|provide|prepare|produce|create|i(?:['’]d like| want| need))"
    r"(?: me| us)? )?"
)
_KIND = (
    r"(?:(?:an?|the|your) )?(?:(?:short|brief|quick|concise|general|rough|one-paragraph"
    r"|executive|high-level"
    r"|\w+-sentence|news) )*(?:summary|summaries|overview|synopsis|recap|rundown|digest"
    r"|gist|abstract"
    r"|tl;?dr|highlights|briefing|roundup|round-up)"
)
_POINTS = (
    r"(?:the )?(?:main|key|most important|central|principal|biggest|top|essential)"
    r" (?:points|findings|facts|takeaways|messages|ideas|stories|news|developments|details"
    r"|events|things)"
)
_IS = r"(?:['’]s|['’]re| is| are| was| were)"
_ASKS = tuple(
    re.compile(rf"(?i)^{_POLITE}{pattern}\W*$")
    for pattern in (
        r"(?:summari[sz]e|sum up|recap|condense|outline|brief me on|tl;?dr)\b(?: for"
        r" me)?:?(?P<topic>.*)",
        r"(?P<topic>.+?)[,:;.–-]* (?:in brief|in short|in a nutshell|tl;?dr|summari[sz]ed|summary)",
        rf"{_GIVE}{_KIND}(?: (?:of|on|about|for|from|regarding)\b)?:?(?P<topic>.*)",
        rf"what{_IS} {_KIND} of (?P<topic>.+)",
        rf"(?:(?:what{_IS}|give me|tell me|list|name) )?{_POINTS} (?:of|in|from|on|made in"
        rf"|about) (?P<topic>.+)",
        rf"what{_IS} (?P<topic>(?:the|this|that) (?:\w+ )?(?:article|story|report|text"
        rf"|piece|document)"
        r"(?: (?:about|on) .+?)?) (?:all |mainly |mostly )?about",
        r"what (?:do|does) (?P<topic>(?:the|this|that) (?:article|story|report|text|piece)) say",
        rf"(?:what{_IS} |give me |show me |what )?(?:in |on )?(?:all )?(?:the )?"
        r"(?:latest |recent )?news (?:is there )?"
        r"(?:about|on|from|in|of|regarding|concerning) (?P<topic>.+)",
        rf"(?:what{_IS} |give me )?{_POINTS}(?P<topic>)",
        rf"{_GIVE}(?:(?:the|an?) )?(?:short|brief|condensed) (?:version|form) of (?P<topic>.+)",
        rf"what{_IS} (?:the story|going on|up|the matter) (?:with|around|behind|about|in)"
        rf" (?P<topic>.+)",
        rf"what{_IS} (?P<topic>it|this|that|these|all this) all about",
        rf"what (?:do|does|did) (?P<topic>(?:the|this|that) {ARTICLE} (?:on|about) .+) say",
        r"sum (?P<topic>it|this|that|them|everything|both) up",
        rf"what{_IS} (?:been )?in the news\b(?: (?:about|on|from|regarding"
        rf"|concerning))?(?P<topic>.*)",
        r"what (?:do|did) (?:the|these|both|my|all)(?: the)? (?:articles|papers|reports"
        r"|stories|news)"
        r" (?:say|report|tell us|write) (?:about|on) (?P<topic>.+)",
        rf"what(?:{_IS}| has been| have been) (?:happening|going on|happened) (?:with|to"
        rf"|about|around|in)"
        r" (?P<topic>.+)",
        r"what(?: has| have)? happened (?:with|about) (?P<topic>.+)",
        r"what happened (?P<topic>(?:this|last|in the (?:last|past)) (?:week|month|year"
        r"|\w+ days).*)",
        r"(?:catch me up|bring me up to (?:date|speed)|get me up to (?:date|speed)|fill me in"
        r"|update me)(?: (?:on|about|with))?(?P<topic>.*)",
        rf"(?:describe|explain)(?: to me)? (?P<topic>(?:the|this|that|these|both)(?: two"
        rf"| three)? {ARTICLE}.*)",
        r"tell me (?:everything|all)(?: you know)? about (?P<topic>.+)",
    )
)
# with a length: without one it may ask for a fact
_TELL = re.compile(
    rf"(?i)^{_POLITE}(?:tell me|write|describe)(?: something)? about (?P<topic>.+?)\W*$"
)
_LENGTH = re.compile(
    r"(?i)[ ,]*\b(?:in|into|to|with|using|as|within)(?: (?:at most|no more than|up to|about"
    r"|just|only|a|an|the))*"
    r" (?:(?P<number>\w+) )?(?:short |brief |simple |bullet )*"
    r"(?P<unit>sentences?|lines?|words?|points?|bullets?|paragraphs?|bullet points?)\b"
)
_ASIDE = re.compile(
    r"(?i)^(?:what (?:was |is )?(?:said|reported) (?:about|on) |what happened (?:in|with|to"
    r"|at|about) "
    r"|(?:explain|describe) )|[ ,]*\b(?:to me|to us)\b|[ ,]*\b(?:please|for"
    r" me|briefly|thanks"
    r"|quickly|shortly|in the news|so far|in general|lately|recently)\b"
)
_UNSAID = re.compile(rf"(?i)(?:it|(?:this|that|the) {ARTICLE}|this|that)$")


@dataclass(frozen=True, slots=True)
class Summary:
    """What is to be summarised, in at most so many sentences."""

    kind: ClassVar[Kind] = "summary"
    topic: str
    most: int = SENTENCES

    @classmethod
    def recognise(cls, question: str) -> Self | None:
        """A question for an overview.

        >>> Summary.recognise("Please summarise both articles in three sentences.")
        Summary(topic='both articles', most=3)
        >>> Summary.recognise("What happened at Pellow Bridge?")
        """
        bare = " ".join(question.split())
        most = SENTENCES
        if length := _LENGTH.search(bare):
            number = (length["number"] or "").lower()
            asked = NUMBER_WORDS.get(number) or (int(number) if number.isdecimal() else SENTENCES)
            most = min(SENTENCES, asked) if length["unit"].lower()[0] in "slb" else SENTENCES
            bare = bare[: length.start()] + bare[length.end() :]
            bare = bare.lstrip(" ,:")
        asks = (*_ASKS, _TELL) if length else _ASKS
        found = next((found for ask in asks if (found := ask.match(bare))), None)
        if found is None:
            return None
        return cls(_ASIDE.sub("", found["topic"]).strip(" ,.:;?!"), max(1, most))

    def answers(self, request: Request, answer: Answer) -> Iterator[Answer]:
        """The sentences, by article from the oldest to the newest; or that none is about it."""
        timed, scope = _scope(self.topic, request)
        if not scope.articles:
            yield replace(answer, refusal=_nothing(self.topic, timed, scope, request))
            return
        read = replace(scope, articles=scope.articles[:NEWEST])
        whole = is_all(timed.topic) or len(read.articles) == 1
        relevance = None if whole else Relevance(timed.topic, request.parts.reranker)
        sentences = sentences_in(read, timed.request)
        chosen = _in_order(salient(sentences, self.most, relevance), read)
        labels, cite = _labels(chosen), Citer()
        claims = tuple(
            cite.claim(plain(item), item, label=label)
            for item, label in zip(chosen, labels, strict=True)
        )
        caveats = tuple(_caveats(chosen, scope, timed))
        yield replace(with_claims(answer, claims), caveats=caveats)


def _scope(topic: str, request: Request) -> tuple[Timed, Scope]:
    """The articles within the time that is named; if there are none and it is a date, of any."""
    timed = within_time(topic, request)
    scope = articles_of(timed.topic, timed.request)
    if scope.articles or timed.period is None or timed.period.relative:
        return timed, scope
    return Timed(topic, request), articles_of(topic, request)


def _in_order(chosen: Sequence[Evidence], scope: Scope) -> list[Evidence]:
    """By article from the oldest to the newest, then as they stand there."""
    place = {one: -number for number, one in enumerate(scope.ids)}
    return sorted(chosen, key=lambda item: (place[item.article.id], item.start))


def _labels(chosen: Sequence[Evidence]) -> list[str]:
    """The title of each article at its first sentence; none where all are of one article."""
    ids = [item.article.id for item in chosen]
    first = [len(set(ids)) > 1 and one not in ids[:place] for place, one in enumerate(ids)]
    return [_label(item) if is_first else "" for item, is_first in zip(chosen, first, strict=True)]


def _label(item: Evidence) -> str:
    title = item.article.title
    return title if len(title) <= LABEL else f"{title[:LABEL].rsplit(' ', 1)[0].rstrip(' …')} …"


def _caveats(chosen: Sequence[Evidence], scope: Scope, timed: Timed) -> Iterator[str]:
    used, found = len({item.article.id for item in chosen}), len(scope.articles)
    about = "" if is_all(timed.topic) else " about this"
    when = f" ({format_days(timed.period)})" if timed.period else ""
    number = f"{len(chosen)} sentence{'s' * (len(chosen) != 1)}"
    yield f"{number} of {used} of {_articles(found)}{about}{when}."
    if found > NEWEST:
        yield f"The newest {NEWEST} of them were read."
    if scope.copies:
        yield f"Near copies count once: {scope.copies} left out."


def _articles(number: int) -> str:
    return f"{number} article{'s' * (number != 1)}"


def _nothing(topic: str, timed: Timed, scope: Scope, request: Request) -> Refusal:
    if _UNSAID.match(topic) and scope.searched > 1:
        return Refusal("unsupported", f"Say which of the {scope.searched} articles to summarise.")
    subject = without_article(timed.topic) or "this"
    if timed.period is None:
        return Refusal(
            "nothing_relevant", f"None of {_articles(scope.searched)} is about {subject}."
        )
    rows = request.parts.searcher.articles_in(request.filters)
    newest = next((row.article.published for row in rows if row.article.published), None)
    last = f" The newest article is of {format_day(newest)}." if newest else ""
    about = "" if is_all(timed.topic) else f" about {subject}"
    return Refusal("nothing_relevant", f"No article of {format_days(timed.period)}{about}.{last}")
