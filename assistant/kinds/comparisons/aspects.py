"""Who, when, where, how many and what was decided: the aspects by which articles are compared."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.core.answer import Evidence
from assistant.kinds.digest.salience import plain, points_back
from assistant.verification.contradictions import counts
from index.core.articles import CAPTION
from index.text.calendar_terms import NUMBER_WORDS, WEEKDAY_PATTERN
from index.text.entities import TITLES
from index.text.grammar import ParsedSentence, Parser
from index.text.query_dates import periods
from index.text.relative_dates import days_of, format_days
from index.text.words import COMMON, fold, stems, words

DECISIONS = frozenset(
    "agree approve adopt decide pledge commit vow promise sign ban reject order vote plan condemn"
    " pass suspend extend cancel elect appoint announce".split()
)
"""Lemmas of verbs that tell what was decided or done."""

GATHERINGS = frozenset("attend meet host join gather chair sign visit beat face defeat".split())
"""Lemmas of verbs whose objects take part as well as their subjects."""

LONG_AGO = dt.timedelta(days=370)
"""Before an article's day: what it reports did not happen then."""

_WEEKDAY = re.compile(rf"\b(?:on )?(?:{WEEKDAY_PATTERN})\b(?! (?:Times|Post|Mail))")
_CLAUSE = re.compile(r"\b(?:which|who|whom|whose)\b[^,;]{0,60}$")
_AT = re.compile(r"\b(?:in|at|near|outside|off)\s+((?:[\w’'.-]+\s+){0,6})$")
_NOT_AT = frozenset("to by with for from and over about on against between that as said".split())
_QUALIFIED = re.compile(
    r"(?i)(?:at least|about|around|nearly|almost|more than|fewer than|less than|up to|over|some"
    r"|an estimated|roughly|at most)\s+$"
)
# "11 minutes" is no count, and in "won 2 after extra time" nothing is counted
_NO_THING = re.compile(
    rf"(?:(?:{'|'.join(COMMON)}) |seconds?|minutes?|hours?|(?:kilo)?met(?:re|er)s?)|.* to "
)
_ADDS_NOTHING = COMMON | {"still", "then", "already", "only", "just", "mostly"}
_SCORE = re.compile(r"(?<![\w–-])\d{1,3}[–-]\d{1,3}(?![\w–-])")
_AMOUNT = re.compile(r"[%$€£¥]|\bper ?cent\b", re.IGNORECASE)
_OF = re.compile(r" (?:of|for|in|on) (?:[\w’'-]+ ?){1,4}")


@dataclass(frozen=True, slots=True)
class Found:
    """A value of an aspect: as written, what makes it equal to another, and its sentence."""

    text: str
    key: frozenset[str]
    evidence: Evidence


def days(sentences: Sequence[Evidence]) -> Iterator[Found]:
    """The days that sentences name, resolved; a bare weekday where the article has no day."""
    for item in sentences:
        published = item.article.stated_day
        found = days_of(item.article, item.start, item.end) or [
            when
            for when in periods(plain(item), published)
            if when.last != dt.date.max and when.first != dt.date.min
        ]
        for when in found:
            if published and when.last < published - LONG_AGO:
                continue  # of another event
            yield Found(format_days(when), frozenset((str(when.first), str(when.last))), item)
        if not found and published is None and (named := _WEEKDAY.search(item.text)):
            text = f"{named[0]}, no date given"
            yield Found(text, frozenset(words(named[0])) - COMMON, item)


def places(sentences: Sequence[Evidence], parser: Parser) -> Iterator[Found]:
    """The places in which something is said to be."""
    for item in sentences:
        for name in parser.parse(item.text).names:
            before = _AT.search(item.text[: name.start])
            between = set(words(before[1])) if before else _NOT_AT
            owns = item.text[name.end :].startswith(("'s", "’s")) or name.text.endswith(
                ("'s", "’s")
            )
            if name.kind == "place" and not (owns or between & _NOT_AT):
                yield Found(name.text, frozenset(words(name.text)), item)


def people(sentences: Sequence[Evidence], parser: Parser) -> Iterator[Found]:
    """The persons with full names who do something, each once."""
    seen: set[frozenset[str]] = set()
    for item in sentences:
        parsed = parser.parse(item.text)
        doing = " | ".join(_takes_part(parsed))
        for name in parsed.names:
            text = _without_titles(name.text)
            key = frozenset(words(text))
            if name.kind == "person" and len(key) > 1 and text in doing and key not in seen:
                seen.add(key)
                yield Found(text, key, item)


def _takes_part(parsed: ParsedSentence) -> Iterator[str]:
    """The phrases of those who do or say something, or take part in a gathering."""
    for relation in parsed.relations:
        if relation.subject:
            yield relation.subject.text
        if relation.verb in GATHERINGS and not (relation.modality or relation.negated):
            yield from (argument.text for argument in relation.arguments)
    for speech in parsed.speeches:
        yield speech.speaker.text


def _without_titles(name: str) -> str:
    parts = re.sub(r"['’]s$", "", name).split()
    titles = [at for at, word in enumerate(parts) if fold(word).strip(".") in TITLES]
    return " ".join(parts[max(titles, default=-1) + 1 :])


def numbers(sentences: Sequence[Evidence], parser: Parser) -> Iterator[Found]:
    """Numbers with what they count, and amounts; the key is the stems of what is counted."""
    for item in sentences:
        for counted in counts(item):
            if is_cardinal(item, counted.number) and not _NO_THING.match(counted.thing):
                yield Found(counted_text(item, counted.number, counted.thing), counted.stems, item)
        for score in _SCORE.finditer(item.text):
            yield Found(score[0], frozenset({"score"}), item)
        for name in parser.parse(item.text).names:
            if name.kind == "number" and _AMOUNT.search(name.text):
                of = _OF.match(item.text, name.end)
                text = f"{name.text}{of[0] if of else ''}".strip()
                yield Found(text, stems(of[0] if of else "") or stems(name.text), item)


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
            for relation in parser.parse(item.text).relations
        )
        text = plain(item)
        told = text[-1:] != "?" and not item.text.startswith(CAPTION)
        if told and any(done) and not points_back(text):
            yield Found(text, stems(text), item)
