"""The rows of a comparison: what the articles say of each side, word for word."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, product

from assistant.core.answer import Claim, Evidence
from assistant.kinds.comparisons.aspects import Found, days, decisions, places
from assistant.kinds.comparisons.sides import Side
from assistant.kinds.comparisons.subjects import by_relevance, with_other_words
from assistant.kinds.comparisons.values import DEAD, INJURED
from assistant.kinds.digest.salience import plain, points_back, salient
from assistant.kinds.question_kind import Citer, Parts
from assistant.kinds.scope import ABOUT, UNSCORED
from index.core.articles import CAPTION
from index.text.entities import entities
from index.text.grammar import SPEECH_VERBS, Parser
from index.text.relative_dates import format_day
from index.text.words import WORD, fold, stem, stems, words

READ = 30  # sentences of an article that are compared; parsing one takes 2 to 4 ms
SENTENCES = 3  # of a side on one aspect
OF_ALL = 6  # of a side where no aspect is asked for
NEAR = 3.0  # logits below the best sentence of a side: says less of the aspect
ON_IT = 0.0  # logits of a sentence that is on the aspect, however much more another one is
OPENING = 3  # sentences of an article that tell of the whole event
POINTS = 7  # sentences of a whole article
LEAST = 2 * ABOUT  # of reranker and selector together
PAIRS = 3  # of sentences of two articles that say the like
ALIKE = 0.4  # what the words that two sentences share are worth, for them to be one row
SHORTEST = 4  # words of a sentence that says something

_SENTENCE = re.compile(r"(?s)^[^a-z].*[.!…][)\]\"'”’]*$")  # no caption, heading or question
_HE_SAID = re.compile(r"[,”\"]+ (?:he|she|they|it) (?:said|says|added|told|wrote)\b")
_SPEECH = frozenset(map(stem, (*SPEECH_VERBS, "said", "told", "people")))


def on_aspect(aspect: str, sides: Sequence[Side], parts: Parts, cite: Citer) -> Iterator[Claim]:
    """For one aspect the nearest sentences of each side; without one, what is said of it."""
    scored = [
        side.items if side.article is None else by_relevance(side.topic, aspect, side.items, parts)
        for side in sides
    ]
    for side, items in zip(sides, _apart(scored), strict=True):
        for item in _nearest(aspect, side, items):
            day = item.article.stated_day
            label = aspect or (format_day(day) if day else "Undated")
            yield sentence_row(side.name, item, label, cite)


def _apart(scored: Sequence[Sequence[Evidence]]) -> list[list[Evidence]]:
    """Each sentence for the side that it says most of."""
    best: dict[tuple[str, int, int], float] = {}
    for items in scored:
        for item in items:
            best[item.span] = max(best.get(item.span, item.relevance), item.relevance)
    return [[item for item in items if item.relevance >= best[item.span]] for items in scored]


def _nearest(aspect: str, side: Side, items: Sequence[Evidence]) -> list[Evidence]:
    if not items or items[0].relevance < LEAST:
        return []
    near_by, most = (NEAR, SENTENCES) if aspect else (2 * NEAR, OF_ALL)
    least = max(LEAST, min(items[0].relevance - near_by, ON_IT))
    near = [item for item in items if item.relevance >= least and _tells(item)]
    return sorted(near[:most], key=lambda one: (str(one.article.published or ""), one.start))


def _tells(item: Evidence) -> bool:
    return len(item.text.split()) >= SHORTEST and bool(_SENTENCE.match(plain(item)))


def sentence_row(
    name: str,
    item: Evidence,
    label: str,
    cite: Citer,
    above: tuple[str, int, int] | None = None,
) -> Claim:
    """A sentence, with the one before it if it begins with "She" or the like.

    Not if that is the row `above`.
    """
    proofs = [item]
    text = plain(item)
    if (
        (points_back(text) or _HE_SAID.search(text))
        and (before := _before(item))
        and before.span != above
    ):
        proofs = [before, item]
    text = " ".join(plain(one) for one in proofs)
    return cite.claim(f"{name}: {text}" if name else text, *proofs, label=label)


def _before(item: Evidence) -> Evidence | None:
    """The sentence before one in its passage."""
    spans = item.passage.sentences
    place = spans.index((item.start, item.end))
    return Evidence(item.passage, *spans[place - 1], UNSCORED) if place else None


def of_articles(sides: Sequence[Side], parser: Parser | None, cite: Citer) -> Iterator[Claim]:
    """What sets whole articles apart: day and place where they are sure, then sentences."""
    told = [[item for item in side.items[:READ] if _is_told(item)] for side in sides]
    same = frozenset.intersection(*(frozenset(words(one.text) for one in items) for items in told))
    texts = [[item for item in items if words(item.text) not in same] for items in told]
    if parser:
        yield from _facts(sides, texts, parser, cite)
    rows = [("Main point", [salient(items, 1) for items in texts])]
    if parser:
        rows.append(("Decided", [_decided(items, parser) for items in texts]))
    shown: set[tuple[str, int, int]] = set()
    for label, found in [*rows, *_pairs(texts)]:
        for side, items in zip(sides, found, strict=True):
            yield from _not_yet(side.name, items, label, shown, cite)
    for side, items in zip(sides, texts, strict=True):
        more = [item for item in items if item.span not in shown]
        more = more[: max(0, POINTS - len(items) + len(more))]
        yield from _not_yet(side.name, more, "Also", shown, cite)
    every = "Both" if len(sides) == 2 else "All"
    for text in same:
        proofs = [next(item for item in items if words(item.text) == text) for items in told]
        yield cite.claim(f"{every}: {plain(proofs[0])}", *proofs, label="The same")


def _not_yet(
    name: str,
    items: Sequence[Evidence],
    label: str,
    shown: set[tuple[str, int, int]],
    cite: Citer,
) -> Iterator[Claim]:
    """Rows for the sentences that are not among the `shown`, to which they are added."""
    above = None
    for item in items:
        if item.span not in shown:
            row = sentence_row(name, item, label, cite, above)
            shown |= {citation.evidence.span for citation in row.citations}
            above = item.span
            yield row


def _is_told(item: Evidence) -> bool:
    return not item.text.startswith(CAPTION) and _tells(item)


def _decided(items: Sequence[Evidence], parser: Parser) -> list[Evidence]:
    return [one.evidence for one in decisions(items, parser)][:2]


def _pairs(
    texts: Sequence[Sequence[Evidence]],
) -> list[tuple[str, list[list[Evidence]]]]:
    """Sentences of two sides with the most rare words in common, and what these words are.

    Names and words of speech do not count: who speaks twice says two things.
    """
    known = {item.span: _things(item) for items in texts for item in items}
    counted = Counter(word for things in known.values() for word in things)
    found = []
    for one, other in combinations(range(len(texts)), 2):
        for left, right in product(texts[one], texts[other]):
            if shared := known[left.span] & known[right.span]:
                value = sum(1 / counted[word] for word in shared)
                size = (len(known[left.span]) * len(known[right.span])) ** 0.25
                numbers = 2 if _numbered(left) and _numbered(right) else 1
                found.append((numbers * value / size, {one: left, other: right}, shared))
    found.sort(key=lambda pair: -pair[0])
    used: set[tuple[str, int, int]] = set()
    rows: list[tuple[str, list[list[Evidence]]]] = []
    for value, pair, shared in found:
        spans = {item.span for item in pair.values()}
        if len(rows) == PAIRS or value < ALIKE:
            break
        if not spans & used:
            used |= spans
            cells = [[pair[at]] if at in pair else [] for at in range(len(texts))]
            rows.append((_label(next(iter(pair.values())).text, shared, counted), cells))
    return rows


def _things(item: Evidence) -> frozenset[str]:
    named = stems(" ".join(one.text for one in entities(plain(item)) if not one.quotation))
    return stems(plain(item)) - named - _SPEECH


def _numbered(item: Evidence) -> bool:
    return any(word.isdigit() for word in words(plain(item)))


def _label(text: str, shared: frozenset[str], counted: Counter[str]) -> str:
    """The words that two sentences have in common, as one has them: at most two."""
    rare = sorted(shared, key=lambda word: counted[word])[:2]
    written = dict.fromkeys(word for word in WORD.findall(text) if stem(fold(word)) in rare)
    label = ", ".join(list(written)[:2])
    return f"{label[:1].upper()}{label[1:]}" or "Also"


def _facts(
    sides: Sequence[Side], texts: Sequence[Sequence[Evidence]], parser: Parser, cite: Citer
) -> Iterator[Claim]:
    """When and where the events of the sides were, as far as their sentences state it.

    And how many were killed and injured, where more than one side begins with it: further below
    stand the numbers of single places.
    """
    event = with_other_words(frozenset.intersection(*(stems(side.topic) for side in sides)))
    named = frozenset.intersection(*(stems(side.items[0].article.title) for side in sides))
    told = [[item for item in items if event & stems(item.text)][:3] for items in texts]
    finders: tuple[tuple[str, Callable[[Sequence[Evidence]], Iterator[Found]]], ...] = (
        ("When", lambda items: days(items, parser)),
        ("Where", lambda items: places(items, parser)),
    )
    for label, find in finders:
        for side, items in zip(sides, told, strict=True):
            found = [one for one in find(items) if not one.key <= named]
            if found:
                yield _value(side, found[0], label, cite)
    for label, casualties in (("Dead", DEAD), ("Injured", INJURED)):
        values = [next(casualties.found(items[:OPENING]), None) for items in texts]
        if sum(one is not None for one in values) > 1:
            for side, value in zip(sides, values, strict=True):
                if value:
                    yield _value(side, value, label, cite)


def _value(side: Side, found: Found, label: str, cite: Citer) -> Claim:
    return cite.claim(f"{side.name}: {found.text}", found.evidence, label=label)
