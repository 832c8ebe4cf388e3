"""When and where something was held, what was decided: told only where a sentence is sure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.core.answer import Evidence
from assistant.kinds.digest.salience import plain, points_back
from index.core.articles import CAPTION
from index.text.calendar_terms import NUMBER_WORDS
from index.text.grammar import Parser
from index.text.query_dates import periods
from index.text.relative_dates import days_of, format_days
from index.text.words import COMMON, stems, words

DECISIONS = frozenset(
    "agree approve adopt decide pledge commit vow promise sign ban reject order vote plan condemn"
    " pass suspend extend cancel elect appoint announce".split()
)
"""Lemmas of verbs that tell what was decided or done."""

GATHERINGS = frozenset("meet gather hold host convene end open begin conclude".split())
"""Lemmas of verbs that tell that an event took place."""

LONG_AGO = dt.timedelta(days=370)
"""Before an article's day: what it reports did not happen then."""

ONE_EVENT = dt.timedelta(days=7)
"""The longest that one gathering takes."""

_EARLIER = re.compile(
    r"(?i)\b(?:had|earlier|previous(?:ly)?|former|ago|first round in|the first)\b"
)
# "in the Lake Meren talks" they were not at the lake
_OF_A_THING = re.compile(
    r"['’]s?\b| (?!and|or|on|in|at|for|with|to|by|from|after|before|over|about|as|but|of|where"
    r"|when|while|which|that|who|late|early|last|this|yesterday|today"
    r"|(?:is|was|were|has|had|will|comes?|came|follow(?:s|ed)|ended|began)\b)[a-z]+"
)
_CLAUSE = re.compile(r"\b(?:which|who|whom|whose)\b[^,;]{0,60}$")
_HAD = re.compile(r"\bhad (?:\w+ ){0,2}$")  # before what the article tells of
_AT = re.compile(r"\b(?:in|at|near|outside|off)\s+((?:[\w’'.-]+\s+){0,6})$")
# "their meeting on Thursday", before "in the city of Lor"
_GATHERING = re.compile(
    r"(?i)\b(?:meeting|talks|summit|conference|ceremony|hearing)(?: (?:on )?(?!and\b)\w+){0,2} $"
)
_NOT_AT = frozenset("to by with for from and over about on against between that as said".split())
_QUALIFIED = re.compile(
    r"(?i)(?:at least|about|around|nearly|almost|more than|fewer than|less than|up to|over|some"
    r"|an estimated|roughly|at most)\s+$"
)
_ADDS_NOTHING = COMMON | {"still", "then", "already", "only", "just", "mostly"}


@dataclass(frozen=True, slots=True)
class Found:
    """A value of an aspect: as written, what makes it equal to another, and its sentence."""

    text: str
    key: frozenset[str]
    evidence: Evidence


def days(sentences: Sequence[Evidence], parser: Parser) -> Iterator[Found]:
    """The days on which sentences say that something was held, resolved."""
    for item in sentences:
        published = item.article.stated_day
        found = days_of(item.article, item.start, item.end) or [
            when
            for when in periods(plain(item), published)
            if when.last != dt.date.max and when.first != dt.date.min
        ]
        if len(found) != 1 or not _is_held(item, parser):
            continue  # of several days it is not sure which one
        when = found[0]
        if when.last - when.first > ONE_EVENT or (published and when.last < published - LONG_AGO):
            continue
        yield Found(format_days(when), frozenset((str(when.first), str(when.last))), item)


def places(sentences: Sequence[Evidence], parser: Parser) -> Iterator[Found]:
    """The places in which sentences say that something was held."""
    for item in sentences:
        is_held = _is_held(item, parser)
        for name in parser.parse(item.text).names:
            before = _AT.search(item.text[: name.start])
            between = set(words(before[1])) if before else _NOT_AT
            names_thing = _OF_A_THING.match(item.text, name.end)
            said = is_held or (before and _GATHERING.search(item.text[: before.start()]))
            if said and name.kind == "place" and not (names_thing or between & _NOT_AT):
                yield Found(name.text, frozenset(words(name.text)), item)


def _is_held(item: Evidence, parser: Parser) -> bool:
    """Whether a sentence tells of one gathering that took place, and of nothing before it."""
    relations = parser.parse(item.text).relations
    held = [one for one in relations if one.verb in GATHERINGS]
    sure = len(held) == 1 and not (held[0].modality or held[0].negated)
    return sure and not _EARLIER.search(item.text)


def counted_text(item: Evidence, number: str, thing: str) -> str:
    """A number with what it counts, and what qualifies it: "at least 12 people".

    Number words are given in digits.
    """
    phrase = f"{number} {_trimmed(thing)}"
    written = re.search(rf"[\w.,]+\s+(?:or more |more )?{re.escape(thing)}", item.text)
    qualified = _QUALIFIED.search(item.text[: written.start()]) if written else None
    return f"{qualified[0].lower()}{phrase}" if qualified else phrase


def is_cardinal(item: Evidence, number: str) -> bool:
    """Whether a sentence counts with a number: the "first" tram is not 1 tram."""
    written = re.findall(r"[A-Za-z]+", item.text.lower())
    return bool(re.search(rf"(?<![\d.,]){re.escape(number)}(?!\d)", item.text)) or any(
        str(NUMBER_WORDS.get(word)) == number for word in written
    )


def _trimmed(thing: str) -> str:
    kept = thing.split()
    while len(kept) > 1 and kept[-1] in _ADDS_NOTHING:
        kept.pop()
    return " ".join(kept)


def decisions(sentences: Sequence[Evidence], parser: Parser) -> Iterator[Found]:
    """The sentences that tell what was decided."""
    for item in sentences:
        done = (
            relation.verb in DECISIONS
            and not (relation.modality or relation.negated)
            and not _CLAUSE.search(item.text[: relation.start])
            and not _HAD.search(item.text[: relation.start])
            for relation in parser.parse(item.text).relations
        )
        text = plain(item)
        told = text[-1:] != "?" and not item.text.startswith(CAPTION)
        if told and any(done) and not points_back(text):
            yield Found(text, stems(text), item)
