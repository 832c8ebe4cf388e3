"""Sentences of different origins that give different values of one thing, or deny one another.

A false alarm costs more than silence, so a pair is reported only if both sentences are about the
same names and the same deed or thing. A later number is a change and no contradiction where it may
have changed: a toll, an office. Near copies and older versions are left out.
"""

from __future__ import annotations

import datetime as dt
import heapq
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, count
from typing import Literal

from assistant.archive.stated_values import Count, Holder, content, counts, holders, names_in
from assistant.core.answer import Citation, Evidence
from assistant.verification.relations import disagreements
from index.core.articles import Passage
from index.core.filters import NO_FILTERS, Filters
from index.retrieval.hybrid_search import Searcher
from index.text.grammar import ParsedSentence, Parser
from index.text.words import fold

Verdict = Literal["contradiction", "changed"]

MOST_PASSAGES = 2_000  # looked at, those of the newest articles first
FOUND = 40  # passages found by search for a topic
CROWD = 40  # sentences about one name that are compared with one another, the newest
MOST_PARSED = 150  # pairs whose grammar is read, about 10 ms each
SAME_EVENT = dt.timedelta(120)  # between articles about one event
SAME_DAYS = dt.timedelta(14)  # an office that changes hands sooner is a contradiction
ABOUT, ABOUT_SHARES = 2, 4  # stems that the clauses of two numbers, or percentages, share
FEWEST, FEWEST_UNNAMED = 4, 6  # stems of a sentence that can be denied; of one without a name
ALIKE = 0.6  # of the shorter sentence's stems, where two sentences deny one another …
EQUAL = 0.75  # … or give another value, or share no name but that of the title

_OPPOSITE = "the cited sentence says the opposite"  # of `assistant.verification.relations`
_OTHER_VALUE = re.compile(
    r"the cited sentence says (?!it of |that )(?P<older>.+), not (?P<newer>.+)"
)


@dataclass(frozen=True, slots=True)
class Difference:
    """Two sentences with different values, the newer first; `about` is what they are values of.

    `values` are in the same order; both empty where one sentence denies the other.
    """

    verdict: Verdict
    about: str
    values: tuple[str, str]
    citations: tuple[Citation, Citation]

    @property
    def day(self) -> dt.date:
        """The day of the newer article; the first day there is if it is not known."""
        return self.citations[0].article.stated_day or dt.date.min


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences, newest first, and how many sentences of how many articles were looked at.

    `articles_in_all` are those that the filters and the topic leave.
    """

    topic: str
    differences: tuple[Difference, ...]
    sentences: int
    articles: int
    articles_in_all: int


@dataclass(frozen=True, slots=True)
class _Stated:
    """A sentence of the archive; `context` are the names of the sentence and of its title."""

    number: int
    evidence: Evidence
    origin: str
    names: frozenset[tuple[str, ...]]
    context: frozenset[tuple[str, ...]]

    @property
    def day(self) -> dt.date | None:
        return self.evidence.article.stated_day


def differences(
    searcher: Searcher,
    parser: Callable[[], Parser | None],
    topic: str = "",
    filters: Filters = NO_FILTERS,
) -> Comparison:
    """Compare the sentences about a topic, or those of the newest articles."""
    listed = {row.article.id: row.cluster_id for row in searcher.articles_in(filters)}
    passages = _passages(searcher, topic, filters, list(listed))
    stated = list(_stated(passages, listed))
    found = [*_of_counts(stated), *_of_holders(stated), *_denials(stated, parser)]
    ids = {one.evidence.article.id for one in stated}
    in_all = len({p.article.id for p in passages}) if topic else len(listed)
    return Comparison(topic, tuple(_once(found)), len(stated), len(ids), in_all)


def _passages(
    searcher: Searcher, topic: str, filters: Filters, articles: Sequence[str]
) -> list[Passage]:
    if not topic:
        return searcher.passages_of(articles[:MOST_PASSAGES], filters)[:MOST_PASSAGES]
    hits = searcher.search(topic, FOUND, filters=filters)
    about = [hit.passage.article.id for hit in hits if hit.relevance > 0]
    about += [one.article.id for one in searcher.passages_with([topic], filters)]
    wanted = set(about)
    newest_first = [one for one in articles if one in wanted]
    return searcher.passages_of(newest_first, filters)[:MOST_PASSAGES]


def _stated(passages: Iterable[Passage], origins: Mapping[str, str]) -> Iterator[_Stated]:
    number = count()
    for passage in passages:
        article = passage.article
        titled = names_in(f"“ ” {article.title}")
        for start, end in passage.sentences:
            evidence = Evidence(passage, start, end, relevance=0.0)
            names = names_in(evidence.text)
            yield _Stated(next(number), evidence, origins[article.id], names, names | titled)


def _pairs(stated: Iterable[_Stated]) -> Iterator[tuple[_Stated, _Stated]]:
    """Sentences of different origins that share a name, the newer first; each pair once."""
    by_name: dict[tuple[str, ...], list[_Stated]] = defaultdict(list)
    for one in stated:
        for name in one.context:
            by_name[name].append(one)
    seen: set[tuple[int, int]] = set()
    for many in by_name.values():
        many.sort(key=lambda one: one.day or dt.date.min, reverse=True)
        for newer, older in combinations(many[:CROWD], 2):
            key = newer.number, older.number
            if newer.origin != older.origin and key not in seen:
                seen.add(key)
                yield newer, older


def _gap(newer: _Stated, older: _Stated) -> dt.timedelta | None:
    """The days between two articles; None if one is not known."""
    return newer.day - older.day if newer.day and older.day else None


# ── numbers ───────────────────────────────────────────────────────────────────────────────────


def _of_counts(stated: Iterable[_Stated]) -> Iterator[Difference]:
    numbers = {one.number: _apart(counts(one.evidence.text)) for one in stated}
    with_numbers = [one for one in stated if numbers[one.number]]
    for newer, older in _pairs(with_numbers):
        gap = _gap(newer, older)
        if (gap and gap > SAME_EVENT) or not _same_names(newer, older):
            continue
        new, old = numbers[newer.number], numbers[older.number]
        pairs = [(a, b) for a in new for b in old if _same_thing(a, b, newer, older)]
        if any(a.value == b.value for a, b in pairs):
            continue  # they agree on one; the other number is of something else
        for a, b in pairs[:1]:
            if verdict := _number_verdict(a, b, gap):
                yield _difference(
                    verdict, a.deed or " ".join(sorted(a.unit)), (a.text, b.text), newer, older
                )


def _apart(found: Iterable[Count]) -> list[Count]:
    """Those counts of a sentence that are its only one of a deed; others are parts of a total."""
    several = list(found)
    deeds = [one.deed for one in several]
    return [one for one in several if not one.deed or deeds.count(one.deed) == 1]


def _same_names(one: _Stated, other: _Stated) -> bool:
    """Whether two sentences share a name, and one names nothing that the other does not know.

    A sentence without names is about those of its title.
    """
    if not (one.names and other.names):
        return bool(one.context & other.context)
    known = one.names <= other.context or other.names <= one.context
    return known and bool(one.names & other.names)


def _same_thing(one: Count, other: Count, newer: _Stated, older: _Stated) -> bool:
    if one.deed != other.deed:
        return False
    if one.deed:
        return not (one.unit and other.unit) or bool(one.unit & other.unit)
    named = {word for name in newer.context | older.context for word in content(" ".join(name))}
    shared = (one.around & other.around) - named
    least = ABOUT_SHARES if "%" in one.text else ABOUT
    return bool(one.unit & other.unit) and len(shared) >= least


def _number_verdict(newer: Count, older: Count, gap: dt.timedelta | None) -> Verdict | None:
    """None where both may be true: "at least 12" and 15 on one day."""
    if newer.bound or older.bound:
        rough = max(newer.value, older.value) < 1.2 * min(newer.value, older.value)
        if rough or not (newer.deed and gap):
            return None
    rising = newer.value > older.value or newer.deed == "missing"
    return "changed" if gap and newer.deed and rising else "contradiction"


# ── offices ───────────────────────────────────────────────────────────────────────────────────


def _of_holders(stated: Iterable[_Stated]) -> Iterator[Difference]:
    by_office: dict[tuple[str, str], list[tuple[Holder, _Stated]]] = defaultdict(list)
    for one in stated:
        for holder in holders(one.evidence.text):
            by_office[holder.office, holder.place].append((holder, one))
    for (office, place), many in by_office.items():
        many.sort(key=lambda pair: pair[1].day or dt.date.min, reverse=True)
        for (new, newer), (old, older) in combinations(many[:CROWD], 2):
            if newer.origin == older.origin or _one_person(new.name, old.name):
                continue
            gap = _gap(newer, older)
            verdict: Verdict = "changed" if gap and gap > SAME_DAYS else "contradiction"
            yield _difference(
                verdict, f"{office} of {place.title()}", (new.name, old.name), newer, older
            )


def _one_person(one: str, other: str) -> bool:
    return bool(set(fold(one).split()) & set(fold(other).split()))


# ── denials and days ──────────────────────────────────────────────────────────────────────────


def _denials(
    stated: Sequence[_Stated], parser: Callable[[], Parser | None]
) -> Iterator[Difference]:
    """Sentences alike in most words of which one says the opposite, or gives another value."""
    alike = ((share, *pair) for pair in _pairs(stated) if (share := _likeness(*pair)))
    nearest = heapq.nlargest(MOST_PARSED, alike, key=lambda found: found[0])
    reader = parser() if nearest else None
    if reader is None:
        return
    for share, newer, older in nearest:
        both = reader.parse(newer.evidence.text), reader.parse(older.evidence.text)
        for reason in disagreements(ParsedSentence(""), both[0], both[1:]):
            other = _OTHER_VALUE.match(reason)
            if reason == _OPPOSITE:
                yield _difference("contradiction", "a denial", ("", ""), newer, older)
            elif other and share >= EQUAL:
                values = other["newer"], other["older"]
                if _only(values, newer, older):
                    yield _difference("contradiction", "equal otherwise", values, newer, older)


def _only(values: tuple[str, str], newer: _Stated, older: _Stated) -> bool:
    """Whether one sentence says nothing, beside its value, that the other does not say too."""
    mine, theirs = content(newer.evidence.text), content(older.evidence.text)
    return not (mine - theirs - content(values[0]) and theirs - mine - content(values[1]))


def _likeness(newer: _Stated, older: _Stated) -> float:
    """The share (0..1) of the shorter sentence's stems that the other has; 0 if not alike."""
    gap = _gap(newer, older)
    if gap and gap > SAME_EVENT:
        return 0.0
    named = bool(newer.names & older.names)
    stems = content(newer.evidence.text), content(older.evidence.text)
    share = len(stems[0] & stems[1]) / max(1, min(map(len, stems)))
    least = FEWEST if named else FEWEST_UNNAMED
    return share if min(map(len, stems)) >= least and share >= (ALIKE if named else EQUAL) else 0.0


# ── both ──────────────────────────────────────────────────────────────────────────────────────


def _difference(
    verdict: Verdict, about: str, values: tuple[str, str], newer: _Stated, older: _Stated
) -> Difference:
    cited = (Citation(1, newer.evidence, 1.0), Citation(2, older.evidence, 1.0))
    return Difference(verdict, about, values, cited)


def _once(found: Sequence[Difference]) -> Iterator[Difference]:
    """Newest first; a sentence is the newer of one pair and the older of one pair at most."""
    used: set[tuple[int, tuple[str, int, int]]] = set()
    told: set[tuple[str, frozenset[str]]] = set()
    for one in sorted(
        found, key=lambda d: (d.day, d.citations[1].article.stated_day or dt.date.min), reverse=True
    ):
        keys = {(place, cited.evidence.span) for place, cited in enumerate(one.citations)}
        same = one.about, frozenset(one.values)
        if used.isdisjoint(keys) and (same not in told or not any(one.values)):
            used |= keys
            told.add(same)
            yield one
