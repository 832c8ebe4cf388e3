"""Comparisons of two or three articles: the same aspects side by side, each cell with its proof."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from assistant.core.answer import Answer, Claim, Evidence, Kind, Refusal
from assistant.kinds.comparisons.aspects import Found, days, decisions, numbers, people, places
from assistant.kinds.comparisons.sides import Side, sides_of, split_sides, with_other_words
from assistant.kinds.digest.salience import plain, salient
from assistant.kinds.question_kind import Citer, Request, with_claims
from assistant.kinds.scope import ABOUT, as_evidence
from index.core.articles import CAPTION
from index.text.grammar import Parser
from index.text.query_dates import time_words
from index.text.words import stems

READ = 40  # sentences of an article that are looked at; parsing one takes 2 to 4 ms
TOP = 8  # sentences that mostly say when and where
PERSONS, NUMBERS = 6, 4  # of a side

_TELL = "I can compare two or three articles; name them."
_SIDES = r"(?P<sides>.+)"
_ON = re.compile(
    r"(?i) (?P<on>on|regarding|concerning|in terms of|with (?:regard|respect) to|as to|over"
    r"|when it comes to|in how|in what) "
)
_WHERE = r"(?:in|on|at) (?:what|which) (?:ways?|respects?|points?|aspects?|details?|regards?)"
_UNLIKE = r"(?:differ(?:ent|ed)?|disagree[ds]?|diverge[ds]?|contradict each other|conflict|unlike)"
_THEN = (  # "A versus B: where do they differ?"
    r"(?:(?:[,:;.?!–-]+ ?| (?:and )?)(?:where|how|what|in (?:what|which)|on (?:what"
    r"|which))\b.{0,40}?"
    r"\b(?:differ\w*|disagree|compare|contrasts?|separates|apart)\b.{0,40})?"
)
# what is told of something, and may be told in another way later
_ACCOUNT = (
    r"(?:the|an?|his|her|their|its|[\w.'’-]+['’]s) (?:[\w'’-]+ ){0,3}?"
    r"(?:explanations?|accounts?|versions?|story|stories|descriptions?|positions?|stance|statements?"
    r"|views?|plans?|offers?|demands?|theory|theories|wording|tone|line|schedule|timetable|reports?"
    r"|reporting|coverage|articles?|terms|proposals?|assessments?|findings|details)"
)
_OF_ACCOUNT = re.compile(r"(?i)^the (?:[\w-]+ ){1,3}?(?:of|about) (?=the |(?-i:[A-Z]))")
_CHANGED = r"(?:change[ds]?|shift(?:ed)?|evolve[ds]?|develop(?:ed)?|differ(?:ed)?|var(?:y|ied))"
_DIFFER = (
    r"(?:differences?|distinctions?|contrasts?|discrepanc(?:y|ies)|contradictions?"
    r"|inconsistenc(?:y|ies)|disagreements?|changes?)"
)
_COMPARE = (
    r"(?:compare and contrast|compare|contrast"
    r"|(?:make|give|draw|show|write)(?: me)? a comparison (?:of|between))"
)
_ASKS = tuple(
    re.compile(rf"(?i)^(?:(?:please|so|and|now|can you|could you)\W+)*{pattern}\W*(?:please\W*)?$")
    for pattern in (
        rf"(?:(?:what|which|where|tell|list|show|give|explain|describe|find|name|(?:are|is) there)"
        r"\b.{0,40}?\b)?"
        rf"{_DIFFER} (?:between|among) {_SIDES}",
        r"(?:what|how|where|in (?:what|which) ways?)(?: (?:do|does|did))? (?P<sides>.+?)"
        r" (?:differ|disagree)(?: (?:on|about|over|regarding|concerning|as to|in terms of|in how)"
        r" (?P<aspect>(?!from\b).+))?",
        r"how (?:do|does|did|is|are|was|were) (?P<one>.+?) (?:differ|different) from (?P<two>.+?)",
        rf"(?:what|how)(?:['’]s| is| are| was| were| has)? (?:different|changed|differs?|differed)"
        rf" (?:between|from) {_SIDES}",
        r"how (?:is|are|was|were) (?P<sides>.+?) different",
        r"how (?:do|does|did) (?P<sides>.+?) compare(?: (?:with|to) (?P<two>.+?))?",
        rf"{_COMPARE} {_SIDES}",
        r"(?:which|what) (?:points?|things|details?|figures?|numbers|facts|questions?) (?:do"
        r"|does|did|are)"
        rf" (?P<sides>.+?) {_UNLIKE} (?:on|in|about|over)",
        rf"(?P<sides>.+?),? (?:vs\.?|versus) (?P<two>.+?){_THEN}",
        rf"{_WHERE} (?:do|does|did|are|is|were|was) (?P<sides>.+?) {_UNLIKE}"
        r"(?: (?:from|to|than) (?P<two>.+?))?",
        r"what(?:['’]s| is| was| are| were| has)? (?:new or )?(?:different|changed) (?:about"
        r"|in|with)"
        r" (?P<one>.+?),? (?:compared|in comparison) (?:with|to) (?P<two>.+?)",
        r"(?:put|set|place|hold) (?P<one>.+?) (?:against|beside|next to|side by side with)"
        r" (?P<two>.+?)",
        r"(?:what(?:['’]s| is| was)|how (?:big|large|wide) (?:is|was)) the gap between"
        r" (?P<one>what .+?)"
        r" and (?P<two>what .+?)",
        rf"(?:how|in what way|has|have)(?: (?:did|does|do|has|have))? (?P<first>{_ACCOUNT}(?:"
        rf" .+?)?)"
        rf" {_CHANGED} (?:between|from) (?P<then>.+?) (?:and|to) (?P<now>.+?)",
        rf"(?:how|in what way)(?: (?:did|does|do|has|have))? (?P<told>{_ACCOUNT}(?: .+?)?)"
        rf" {_CHANGED}(?: over (?:time|the .+)| later| (?:since|after|with|following)(?: .+)?)?",
        rf"(?:has|have|did) (?P<told>{_ACCOUNT} .+?) {_CHANGED}(?: over (?:time|the .+)| later)?",
        r"what (?:was|has been|did they|had to be) (?:changed?|corrected?|amended|revised|updated)"
        r" in the (?:corrected |updated |revised |new )?(?:article|report|story)"
        r"(?: (?:on|about|of) (?P<told>.+?))?",
        r"what (?:did|does) the (?:correction|corrected (?:article|report|story)) (?:to|of|on"
        r"|about)"
        r" (?P<told>.+?) (?:change|correct|say differently)",
    )
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The sides that are compared, as they are named, and the aspect, "" for all.

    One side is several articles ("the two meetings").
    """

    kind: ClassVar[Kind] = "comparison"
    sides: tuple[str, ...]
    aspect: str = ""

    @classmethod
    def recognise(cls, question: str) -> Self | None:
        """A question for what sets definite things apart: "soccer and football" are none.

        >>> Comparison.recognise("What is the difference between the 2022 and the 2023 meeting?")
        Comparison(sides=('the 2022 meeting', 'the 2023 meeting'), aspect='')
        >>> Comparison.recognise("How do the two articles differ on the death toll?")
        Comparison(sides=('the two articles',), aspect='the death toll')
        >>> Comparison.recognise("What is the difference between soccer and football?")
        """
        bare = " ".join(question.split())
        for ask in _ASKS:
            if found := ask.match(bare):
                return cls._of(found.groupdict())
        return None

    @classmethod
    def _of(cls, named: Mapping[str, str | None]) -> Self | None:
        if told := named.get("told"):
            return cls((f"the two articles on {_OF_ACCOUNT.sub('', told)}",))
        if what := named.get("first"):
            return cls(tuple(f"{what} in {named[when]}" for when in ("then", "now")))
        parts = [named.get(name) for name in ("one", "sides", "two")]
        text = " and ".join(part for part in parts if part)
        aspect = named.get("aspect") or ""
        if not aspect:
            text, aspect = _without_aspect(text)
        sides = split_sides(text)
        return cls(sides, aspect.strip(" ?.,")) if sides else None

    def answers(self, request: Request, answer: Answer) -> Iterator[Answer]:
        """Rows by aspect, a cell for each side; or what can be compared."""
        sides, aspect = sides_of(self.sides, request), self.aspect
        if aspect and len(self.sides) == 1 and len(sides) != 2:  # "the two articles on the flood"
            sides, aspect = sides_of((f"{self.sides[0]} on {aspect}",), request), ""
        parser = request.parts.parser()
        if not 2 <= len(sides) <= 3:
            yield replace(answer, refusal=Refusal("unsupported", _TELL))
            return
        cite = Citer()
        claims = [*_on_aspect(aspect, sides, request, cite)]
        if not claims and parser:
            claims = [*_rows(sides, request, parser, cite)]
        if not claims:
            claims = [*_main_points(sides, request, cite)]
        caveats = _caveats(sides, claims)
        if len(self.sides) == 1 and len(sides) == 3 and "three" not in self.sides[0].lower():
            caveats = (f"Three articles are about {self.sides[0]}.", *caveats)
        yield replace(with_claims(answer, tuple(claims)), caveats=caveats)


def _without_aspect(text: str) -> tuple[str, str]:
    """The sides and the aspect behind them: "on the toll", but not "on Friday" of a side."""
    for found in reversed(list(_ON.finditer(text))):
        before, aspect = text[: found.start()], text[found.end() :]
        if split_sides(before) and found[0] not in before and not time_words(found[0] + aspect):
            return before, aspect
    return text, ""


def _sentences(side: Side, request: Request) -> list[Evidence]:
    passages = request.parts.searcher.passages_of([side.article.id], request.filters)
    found = as_evidence(passages)
    return [item for item in found if side.words <= stems(item.text)] if side.words else found


def _cell(side: Side, found: Sequence[Found], label: str, cite: Citer) -> Claim:
    proofs = dict.fromkeys(one.evidence for one in found)
    text = ", ".join(dict.fromkeys(one.text for one in found))
    return cite.claim(f"{side.name}: {text}", *proofs, label=label)


def _on_aspect(
    aspect: str, sides: Sequence[Side], request: Request, cite: Citer
) -> Iterator[Claim]:
    """For one aspect: the sentence of each side that the reranker finds nearest to it."""
    if not aspect:
        return
    for side in sides:
        items = _sentences(side, request)
        asked = stems(aspect)
        items.sort(key=lambda item: -len(asked & stems(item.text)))
        items = items[:TOP]
        if not items:
            continue
        scores = request.parts.reranker.score(aspect, [plain(item) for item in items])
        score, best = max(zip(scores, items, strict=True), key=lambda one: one[0])
        if score >= ABOUT or asked & stems(best.text):
            yield cite.claim(f"{side.name}: {plain(best)}", best, label=aspect)


def _main_points(sides: Sequence[Side], request: Request, cite: Citer) -> Iterator[Claim]:
    for side in sides:
        for item in salient(_sentences(side, request), 1):
            yield cite.claim(f"{side.name}: {plain(item)}", item, label="Main point")


def _rows(sides: Sequence[Side], request: Request, parser: Parser, cite: Citer) -> Iterator[Claim]:
    """The rows in which the sides differ, then what is the same."""
    texts = [_sentences(side, request)[:READ] for side in sides]
    event = _event(sides)
    tops = [_about_event(items, event)[:TOP] for items in texts]
    when = [list(days(items))[:1] for items in tops]
    where = [_first_each(places(items, parser), 1) for items in tops]
    who = [_first_each(people(items, parser), PERSONS) for items in texts]
    decided = [_first_each(decisions(items, parser), 1) for items in texts]
    same: list[Claim] = []
    for label, values in (("When", when), ("Where", where), ("Who", who)):
        yield from _differing(label, sides, values, cite)
        same += _shared(label, values, cite)
    yield from _differing_numbers(sides, [list(numbers(items, parser)) for items in texts], cite)
    yield from _differing("Decided", sides, decided, cite)
    if not all(decided):
        yield from _main_points(sides, request, cite)
    yield from same


def _event(sides: Sequence[Side]) -> frozenset[str]:
    """The stems that all sides are named with, as "meeting"; with what an article says for it."""
    return with_other_words(frozenset.intersection(*(stems(side.asked) for side in sides)))


def _about_event(items: Sequence[Evidence], event: frozenset[str]) -> list[Evidence]:
    """Those about the event first, captions last, else in reading order."""
    return sorted(
        items, key=lambda item: (item.text.startswith(CAPTION), not event & stems(item.text))
    )


def _first_each(found: Iterator[Found], most: int) -> list[Found]:
    """Of equal values the first."""
    kept: dict[frozenset[str], Found] = {}
    for one in found:
        kept.setdefault(one.key, one)
    return list(kept.values())[:most]


def _differing(
    label: str, sides: Sequence[Side], values: Sequence[Sequence[Found]], cite: Citer
) -> Iterator[Claim]:
    """A cell for each side that has what not all have."""
    shared = _keys_of_all(values)
    for side, found in zip(sides, values, strict=True):
        if own := [one for one in found if one.key not in shared]:
            yield _cell(side, own, label, cite)


def _shared(label: str, values: Sequence[Sequence[Found]], cite: Citer) -> Iterator[Claim]:
    keys = _keys_of_all(values)
    both = [one for one in values[0] if one.key in keys]
    if both:
        proofs = [one.evidence for found in values for one in found if one.key in keys]
        text = ", ".join(one.text for one in both)
        number = "Both" if len(values) == 2 else "All"
        yield cite.claim(f"{number}: {text}", *dict.fromkeys(proofs), label=label)


def _keys_of_all(values: Sequence[Sequence[Found]]) -> frozenset[frozenset[str]]:
    return frozenset.intersection(*(frozenset(one.key for one in found) for found in values))


def _differing_numbers(
    sides: Sequence[Side], values: Sequence[Sequence[Found]], cite: Citer
) -> Iterator[Claim]:
    """Of each side the first few that the others do not give, best what they count otherwise."""
    for side, found in zip(sides, values, strict=True):
        others = [one for other in values if other is not found for one in other]
        texts = {one.text for one in others}
        own = {one.text: one for one in reversed(found) if one.text not in texts}
        best = sorted(reversed(own.values()), key=lambda one: -_alike(one, others))
        if best:
            yield _cell(side, best[:NUMBERS], "Numbers", cite)


def _alike(one: Found, others: Sequence[Found]) -> int:
    """How many words the sentence of another number shares, two more if it counts the same."""
    context = stems(one.evidence.text)
    shared = (
        len(context & stems(other.evidence.text)) + 2 * bool(one.key & other.key)
        for other in others
    )
    return max(shared, default=0)


def _caveats(sides: Sequence[Side], claims: Sequence[Claim]) -> tuple[str, ...]:
    """Which aspects were found for other sides only."""
    labels = list(dict.fromkeys(claim.label for claim in claims))
    said = {(claim.label, claim.text.partition(": ")[0]) for claim in claims}
    alone = [label for label in labels if not {(label, "Both"), (label, "All")} & said]
    missing = []
    for side in sides:
        if lacks := [label.lower() for label in alone if (label, side.name) not in said]:
            missing.append(f"Not found for {side.name}: {', '.join(lacks)}.")
    return tuple(missing)
