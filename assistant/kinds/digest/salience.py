"""Chooses the sentences that say most of what some articles say: by counting, without a model.

A summary of few sentences covers the most when each next one adds the heaviest words that are not
yet said (greedy maximum coverage; Gillick and Favre, ILP-NLP 2009). Words that many sentences use,
words of the title, names and numbers are heavy; sentences at the top of an article come first.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from assistant.core.answer import Evidence
from assistant.verification.contradictions import DATELINE
from index.core.articles import CAPTION
from index.text.calendar_terms import MONTH_PATTERN, WEEKDAY_PATTERN
from index.text.entities import TITLES, Entity, entities
from index.text.words import stem, stems

TOP = 12  # sentences of an article that are read where there are many articles
MANY = 10  # articles
SHORTEST, LONG = 6, 45  # words of a sentence
NAMED = 1.0  # added to the weight of a word in a name or number, which carries who, when and where
TITLED = 1.5  # added to that of a word in the article's title
LEAD = 2.0  # added to the value of a first sentence, falling with its place
NEARLY = 0.35  # of the highest value: an article without a sentence yet is worth one of as much
REPEATED = 0.7  # share of a sentence's weight that one chosen before has: it adds nothing

Span = tuple[str, int, int]

_DATE_ABOVE = re.compile(
    rf"^(?:(?:{WEEKDAY_PATTERN}), )?(?:{MONTH_PATTERN}) \d{{1,2}}, \d{{4}}:? (?=[A-Z“\"])"
)
_ENDS = re.compile(r"[.!…][)\]\"'”’]*$")
_QUOTED = re.compile(r"[“\"][^“”\"]*[”\"]?")
_OF_THE_WRITER = re.compile(r"\b(?:I|I'm|I’m|I've|we|We|my|our|Our|us|you|You)\b")
# what the sentence before has to say first
_POINTS_BACK = re.compile(
    r"(?i)^\W*(?:(?:in|on|at|for|after|before|by|with|of|among|but|and|yet|so|while|when|as|from"
    r"|to|during|under|according to|despite|besides|then) )*(?:(?:both|all|some|most"
    r"|none|one|two|three"
    r"|many|each|several|neither) (?:of )?)?"
    r"(?:he|she|it|they|them|his|her|hers|its|their|this|that|these|those|such|then|there,|here"
    r"|another|others?|the (?:two|three|four|pair|former|latter|same|others?|(?:second"
    r"|third|fourth|fifth)(?=,| (?:is|was|has|had)\b)|move|figure|latest)"
    r"|(?:both|all) (?:men|women|sides|countries|teams|companies|of)"
    r"|however|nevertheless|moreover|meanwhile|instead|also|therefore|thus|still|similarly|again"
    r"|in addition|by contrast|as a result|for example|for instance|but|and|yet|so|nor|or)\b"
)
_PERSON_BEFORE = re.compile(r"\b(?:he|she|him|his|her)\b", re.IGNORECASE)


def plain(item: Evidence) -> str:
    """A sentence without the dateline, the date or the mark of a caption that it begins with."""
    text = item.text.removeprefix(CAPTION)
    return _DATE_ABOVE.sub("", DATELINE.sub("", text))


def points_back(text: str) -> bool:
    """Whether a sentence begins with what the one before it has to explain.

    >>> [points_back(text) for text in ("He left.", "In it, 12 died.", "In Tokyo, 12 met.")]
    [True, True, False]
    """
    return bool(_POINTS_BACK.match(text))


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A sentence with its stems, those of its names, and what has to be said before it."""

    item: Evidence
    stems: frozenset[str]
    named: frozenset[str]
    titled: frozenset[str]
    factor: float
    needs: Span | None


def salient(
    sentences: Sequence[Evidence],
    most: int,
    relevance: Callable[[Sequence[Evidence]], Mapping[Span, float]] | None = None,
) -> list[Evidence]:
    """At most `most` of the sentences (in reading order), the weightiest first.

    As long as there are articles without one, the next is of such. `relevance` gives factors
    (0..1) for the sentences that have the highest value by themselves; others count for nothing.
    """
    candidates = _candidates(sentences)
    if not candidates:
        return []
    weights = _weights(candidates)
    factors = {one.item.span: one.factor for one in candidates}
    if relevance:
        best = sorted(candidates, key=lambda one: -_value(one, weights, frozenset(), one.factor))
        given = relevance([one.item for one in best])
        factors = {span: factors[span] * given.get(span, 0.0) for span in factors}
    return _greedy(candidates, weights, factors, most)


def _greedy(
    candidates: Sequence[_Candidate],
    weights: Mapping[str, float],
    factors: Mapping[Span, float],
    most: int,
) -> list[Evidence]:
    chosen: list[_Candidate] = []
    while len(chosen) < most:
        said = frozenset().union(*(one.stems for one in chosen))
        spans = {one.item.span for one in chosen}
        articles = {one.item.article.id for one in chosen}
        free = [
            one
            for one in candidates
            if one.item.span not in spans
            and (one.needs is None or one.needs in spans)
            and not any(_is_repeated(one, weights, other.stems) for other in chosen)
        ]
        values = [(_value(one, weights, said, factors[one.item.span]), one) for one in free]
        highest = max((value for value, _ in values), default=0.0)
        if highest <= 0:
            break
        fresh = [
            (value, one)
            for value, one in values
            if one.item.article.id not in articles and value >= NEARLY * highest
        ]
        _, best = max(fresh or values, key=lambda pair: pair[0])
        chosen.append(best)
    return [one.item for one in chosen]


def _candidates(sentences: Sequence[Evidence]) -> list[_Candidate]:
    by_article: dict[str, list[Evidence]] = {}
    for item in sentences:
        by_article.setdefault(item.article.id, []).append(item)
    top = TOP if len(by_article) > MANY else None
    return [one for items in by_article.values() for one in _of_article(items, top)]


def _of_article(items: Sequence[Evidence], top: int | None) -> list[_Candidate]:
    """Candidates of one article; captions and fragments only where there is nothing else."""
    running = [item for item in items if not item.text.startswith(CAPTION)]
    usable = [item for item in running if _is_sentence(plain(item))] or running or list(items)
    place = {item.span: number for number, item in enumerate(usable)}
    titled = stems(usable[0].article.title)
    found, before = [], None
    introduced: dict[str, Evidence] = {}  # by the last word of a full name
    for item in items[: 2 * top] if top else items:
        text = plain(item)
        names = [one for one in entities(text) if not one.quotation]
        if item.span in place and place[item.span] < (top or len(items)):
            factor = _factor(text) * (1 + LEAD / (1 + place[item.span]))
            named = frozenset(stem(word) for name in names for word in name.words)
            needs = _needed(text, names, before, introduced)
            found.append(_Candidate(item, stems(text), named, titled, factor, needs))
        for name in names:
            if len(name.words) > 1:
                introduced.setdefault(name.words[-1], item)
        before = item
    return found


def _is_sentence(text: str) -> bool:
    return len(text.split()) >= SHORTEST and bool(_ENDS.search(text))


def _factor(text: str) -> float:
    """What the form of a sentence is worth, 0..1."""
    length, outside = len(text.split()), _QUOTED.sub(" ", text)
    factor = (LONG / length) ** 0.5 if length > LONG else 1.0
    if len(outside) < len(text) / 2:
        factor *= 0.6  # mostly a quotation
    if _OF_THE_WRITER.search(outside):
        factor *= 0.5
    return factor * (0.3 if text.endswith("?") else 1.0)


def _needed(
    text: str, names: Sequence[Entity], before: Evidence | None, introduced: Mapping[str, Evidence]
) -> Span | None:
    """The sentence without which this one is not understood: that before, or an introduction."""
    first = text.find(names[0].text) if names else len(text)
    pronoun = _PERSON_BEFORE.search(_QUOTED.sub(lambda q: " " * len(q[0]), text), 0, first)
    if before and (points_back(text) or pronoun):
        return before.span
    for name in names[:1]:
        if len(name.words) == 1 and not text[:first].strip().lower().endswith(tuple(TITLES)):
            introduction = introduced.get(name.words[0])
            return introduction.span if introduction else None
    return None


def _weights(candidates: Sequence[_Candidate]) -> dict[str, float]:
    """The weight of each stem: how many sentences have it, and whether it names something."""
    number = Counter(word for one in candidates for word in one.stems)
    weights = {word: math.log1p(count) for word, count in number.items()}
    for word in frozenset().union(*(one.named for one in candidates)) & weights.keys():
        weights[word] += NAMED
    for word in frozenset().union(*(one.titled for one in candidates)) & weights.keys():
        weights[word] += TITLED
    return weights


def _value(
    one: _Candidate, weights: Mapping[str, float], said: frozenset[str], factor: float
) -> float:
    new = sum(weights[word] for word in one.stems - said)
    return factor * new / math.pow(max(1, len(one.stems)), 0.4)


def _is_repeated(one: _Candidate, weights: Mapping[str, float], said: frozenset[str]) -> bool:
    whole = sum(weights[word] for word in one.stems)
    return sum(weights[word] for word in one.stems & said) > REPEATED * whole
