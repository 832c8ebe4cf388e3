"""Which sentences of the articles about a topic are about it themselves.

By words alone: cross-encoders read one sentence, and score "He was released on 10 July" below what
names the man but tells of something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from assistant.core.answer import Evidence
from index.text.calendar_terms import MONTH_PATTERN, WEEKDAY_PATTERN
from index.text.entities import entities
from index.text.words import COMMON, stems, words

NAMED, OF_THE_STORY, FOLLOWING = 3.0, 2.0, 1.0
"""How sure it is: the sentence has the topic's words, its article is about nothing else, or it goes
on from a sentence about the topic."""

LEAD = 3  # sentences that tell, with the title, what an article is about

_GENERIC = stems(
    "case affair story news crisis event saga issue situation incident development row happen"
    " history topic matter timeline everything thing recent latest"
)
_GOES_ON = re.compile(
    rf"^\W*(?:(?:(?:[A-Z][a-z]* )?(?:(?:{WEEKDAY_PATTERN}|{MONTH_PATTERN}|[a-z\d]+),? ){{0,3}})?"
    r"(?:[Hh]e|[Ss]he|[Ii]t|[Tt]hey|[Hh]is|[Hh]er|[Ii]ts|[Tt]heir|[Bb]oth|[Tt]his|[Tt]hese|[Tt]hat)"
    r"\b|(?:Instead|Then|Later|Meanwhile|Afterwards)\b)"
)
_ASIDE = re.compile(
    r"(?i)^\W*(?:separately|elsewhere|in other news|in an? (?:separate|unrelated|different)|also in"
    r"|unrelated)\b"
)
_YEAR = re.compile(r"\b(?:in|of|since|until|by|early|late|as) ((?:1[5-9]|20)\d\d)\b")


def about(topic: str, sentences: Sequence[Evidence]) -> list[Evidence]:
    """The sentences about `topic`, each with how sure that is as its relevance.

    `sentences` are all those of some articles, article by article, in reading order.
    """
    asked = content(topic)
    if not asked:
        return [replace(one, relevance=OF_THE_STORY) for one in sentences]
    names = frozenset(w for one in entities(topic) for w in stems(one.text)) & asked
    found: list[Evidence] = []
    for _, each in groupby(sentences, key=lambda one: one.article.id):
        found += _of_article(asked, names, list(each))
    return found


def shares(asked: frozenset[str], text: str, names: frozenset[str]) -> bool:
    """Whether a text has most of the words of a topic, one of its names among them."""
    common = asked & stems(text)
    things = asked - names
    named = not names or bool(common & names)
    return 2 * len(common) >= len(asked) and named and (not things or bool(common & things))


def _of_article(
    asked: frozenset[str], names: frozenset[str], sentences: Sequence[Evidence]
) -> Iterator[Evidence]:
    title = sentences[0].article.title
    known = asked & stems(" ".join((title, *(one.text for one in sentences[:LEAD]))))
    central = bool(asked & stems(title)) and names <= known
    central = central and 3 * len(known) >= 2 * len(asked)
    before = False
    for one in sentences:
        sure = 0.0
        if shares(asked, one.text, names):
            sure = NAMED
        elif central and _belongs(one):
            sure = OF_THE_STORY
        elif before and (_GOES_ON.search(one.text) or _opens_with(one.text, asked)):
            sure = FOLLOWING
        before = sure > 0
        if before:
            yield replace(one, relevance=sure)


def _belongs(one: Evidence) -> bool:
    """Whether a sentence of an article about the topic tells of it: not of old years, or aside."""
    published = one.article.stated_day
    old = published and any(int(year) < published.year - 1 for year in _YEAR.findall(one.text))
    return not old and not _ASIDE.match(one.text)


def _opens_with(text: str, asked: frozenset[str]) -> bool:
    """Whether a sentence opens with "the flood" or "the case"."""
    opening = words(text)[:3]
    return (
        bool(opening)
        and opening[0] == "the"
        and bool((asked | _GENERIC) & stems(" ".join(opening[1:])))
    )


def content(text: str) -> frozenset[str]:
    """The stems of a topic without "case", "story" and the like, unless there are no others."""
    return (stems(text) - _GENERIC) or (stems(text) - COMMON)
