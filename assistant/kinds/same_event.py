"""Articles on different events of one sort, of which "the match" may mean each."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.kinds.question_kind import Request
from assistant.rewriting.follow_up_detection import names_in
from index.core.articles import Article
from index.text.calendar_terms import CALENDAR_NAMES
from index.text.entities import entities
from index.text.words import stem, stems

LEAD = 300  # characters of an article that say what it is about
NAMING = 150  # of these, the ones that name the event
ALIKE = 0.6  # of the names in title and lead that two reports of one event share
MAX_ARTICLES = 40  # that are compared

# of one day, and again with the same names: the matches of a team
_REPEATED = (
    "match game final race election vote referendum ballot meeting talks summit debate trial"
    " hearing concert ceremony fight tournament"
).split()
DISASTERS = (
    "accident attack blaze bombing collapse crash cyclone derailment disaster earthquake eruption"
    " explosion fire flood floods hurricane landslide murder protest quake robbery shooting storm"
    " strike tornado wildfire"
).split()
"""Events that are reported for weeks, with the name of one place."""

_EVENT = re.compile(
    rf"(?i)\b(?:the|that|this) (?:[a-z]+ )?(?P<noun>{'|'.join((*_REPEATED, *DISASTERS))})\b"
    r"(?! (?:of|in|at|between|against|on|with|for|over|near|off|by|that|which|where|who|from|to)\b)"
)
# words of questions about any event, which tell none from another
_GENERIC = stems(
    "about aftermath attend attended attending beat begin begun began blame cause caused cost date"
    " day dead death decide decided describe die died discuss discussed end ended exactly finish"
    " finished going happen happened held hold hurt injure injured kill killed last lasted lose"
    " loser lost many much number outcome part participant participate people person place played"
    " result score start started take taken tell time toll took victim win winner won year"
)
SYNONYMS = (("match", "game"), ("earthquake", "quake"), ("fire", "blaze"), ("crash", "collision"))
"""Nouns for one sort of event."""
_NOUNS = frozenset((*_REPEATED, *DISASTERS))
MAX_TOLD = 2  # further words of a question that still may be about several events


def sort_of_event(question: str) -> str:
    """The noun of a question that does not name the event it means; "" if there is none.

    >>> [sort_of_event(text) for text in ("Who won the match?", "Who won the match in Velmara?")]
    ['match', '']
    """
    found = _EVENT.search(question)
    if not found or re.search(r"\d", question) or names_in(question):
        return ""
    noun = found["noun"].lower()
    return noun if len(_told(question, noun)) <= MAX_TOLD else ""


def _told(question: str, noun: str) -> frozenset[str]:
    return stems(question) - {stem(noun)} - _GENERIC


def events(noun: str, request: Request) -> list[Article]:
    """An article, the newest, on each event of a sort of which it says all that is asked.

    Those of which it is not sure that they are two are one.
    """
    told = _told(request.question, noun)
    nouns = next((row for row in SYNONYMS if noun in row), (noun,))
    searcher, sort = request.parts.searcher, frozenset(map(stem, nouns))
    passages = [one for each in nouns for one in searcher.passages_with([each], request.filters)]
    found = {
        passage.article.id: passage.article
        for passage in passages
        if sort & stems(_head(passage.article, LEAD)) and told <= stems(passage.article.text)
    }
    articles = sorted(found.values(), key=lambda article: str(article.published or ""))
    distinct: list[Article] = []
    for article in articles[: -MAX_ARTICLES - 1 : -1]:
        if not any(may_be_one(article, other, noun) for other in distinct):
            distinct.append(article)
    return distinct


def may_be_one(one: Article, other: Article, noun: str) -> bool:
    """Whether two articles may be about one event, by the names in title and lead."""
    mine, others = _names(one), _names(other)
    shared = len(mine & others)
    least = ALIKE * min(len(mine), len(others)) if noun in _REPEATED else 1
    return shared >= least or not (mine and others)


def _names(article: Article) -> frozenset[str]:
    found: Sequence[str] = [
        word for name in entities(_head(article, NAMING)) for word in name.words
    ]
    said = frozenset(word for word in found if not word[0].isdigit())
    return said - CALENDAR_NAMES - _NOUNS  # "Fire in Lor" begins with no name


def _head(article: Article, letters: int) -> str:
    return f"{article.title}. {article.text[:letters]}"
