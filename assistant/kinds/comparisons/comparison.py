"""Comparisons of articles, people, offers, counts: side by side, each row with its proof."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from assistant.core.answer import Answer, Claim, Kind, Refusal
from assistant.kinds.comparisons.changed_value import accounts
from assistant.kinds.comparisons.rows import of_articles, on_aspect
from assistant.kinds.comparisons.sides import Side, sides_of
from assistant.kinds.comparisons.wording import MOST, split_sides, wanted, without_question
from assistant.kinds.question_kind import Citer, Request, with_claims
from assistant.kinds.scope import is_all
from index.text.entities import entities
from index.text.query_dates import time_words

_TELL = "I can compare two or three articles or things; name them."
_SIDES = r"(?P<sides>.+)"
_ON = re.compile(
    r"(?i) (?P<on>on|regarding|concerning|in terms of|with (?:regard|respect) to|as to|over"
    r"|when it comes to|in how|in what) "
)
_WHERE = r"(?:in|on|at) (?:what|which) (?:ways?|respects?|points?|aspects?|details?|regards?)"
_UNLIKE = r"(?:differ(?:ent|ed)?|disagree[ds]?|diverge[ds]?|contradict each other|conflict|unlike)"
_THEN = (  # "A versus B: where do they differ?", "A versus B: how do their plans differ?"
    r"(?:(?:[,:;.?!–-]+ ?| (?:and )?)(?:where|how|what|in (?:what|which)|on (?:what|which))\b"
    r"(?: (?:do|does|did) (?:their|its) (?P<aspect>[^,:;?]+?)(?= (?:differ|disagree|compare)))?"
    r".{0,40}?\b(?:differ\w*|disagree|compare|contrasts?|separates|apart)\b.{0,40})?"
)
# what is told of something, and may be told in another way later
_ACCOUNT = (
    r"(?:the|an?|his|her|their|its|[\w.'’-]+['’]s) (?:[\w'’-]+ ){0,3}?"
    r"(?:explanations?|accounts?|versions?|story|stories|descriptions?|positions?|stance|statements?"
    r"|views?|plans?|offers?|demands?|theory|theories|wording|tone|line|schedule|timetable|reports?"
    r"|reporting|coverage|articles?|terms|proposals?|assessments?|findings|details)"
)
_OF_ALL = re.compile(r"(?i)\b(?:both|all|the|these|those|two|three) ")
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
        r" (?:differ|disagree)(?: (?:on|about|over|regarding|concerning|as to|in terms of|in how"
        r"|in) (?P<aspect>(?!from\b).+))?",
        r"how (?:do|does|did|is|are|was|were) (?P<one>.+?) (?:differ|different) from (?P<two>.+?)",
        rf"(?:what|how)(?:['’]s| is| are| was| were| has)? (?:different|changed|differs?|differed)"
        rf" (?:between|from) {_SIDES}",
        r"what (?:sets|separates|distinguishes|tells) (?P<one>.+?)(?: apart)? from (?P<two>.+?)",
        r"what (?:sets|separates|distinguishes) (?P<sides>.+?)(?: apart)?",
        r"how (?:is|are|was|were) (?P<sides>.+?) different",
        r"how (?:do|does|did) (?P<sides>.+?) compare(?: (?:with|to) (?P<two>.+?))?",
        rf"{_COMPARE} {_SIDES}",
        r"(?:which|what) (?:points?|things|details?|figures?|numbers|facts|questions?) (?:do"
        r"|does|did|are)"
        rf" (?P<sides>.+?) {_UNLIKE} (?:on|in|about|over)",
        rf"(?P<sides>.+?),? (?:vs\.?|versus) (?P<two>.+?){_THEN}",
        rf"(?P<one>[^,:;]+?) or (?P<two>[^,:;]+?)(?: as [^,:;]+?)?(?=[,:;–-]){_THEN}",
        r"(?P<sides>[^,:;]+ and [^,:;]+?)[,:;–-]*(?: in)? (?:compared|comparison|differences?"
        r"|contrasted)",
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
        text, behind = without_question(text)
        aspect = named.get("aspect") or behind
        if not aspect:
            text, aspect = _without_aspect(text)
        sides = split_sides(text)
        aspect = re.sub(r"(?i)^(?:their|its|the way(?: that)?|how) ", "", aspect.strip(" ?.,"))
        return cls(sides, aspect) if sides else None

    def answers(self, request: Request, answer: Answer) -> Iterator[Answer]:
        """Rows by aspect, a cell for each side; or what can be compared."""
        aspect, sides = self.aspect, sides_of(self.sides, self.aspect, request)
        if aspect and len(self.sides) == 1 and len(sides.found) != 2:
            # "the two articles on the flood"
            sides, aspect = sides_of((f"{self.sides[0]} on {aspect}",), "", request), ""
        if sides.missing:
            reason = f"The articles say nothing of {sides.missing}."
            yield replace(answer, refusal=Refusal("nothing_relevant", reason))
            return
        if not 2 <= len(sides.found) <= MOST:
            topic = _OF_ALL.sub("", self.sides[0])
            one = len(self.sides) == 1 and not is_all(topic)  # "the two offers", in any articles
            listed = accounts(topic, request, answer) if one else answer
            unclear = replace(answer, refusal=Refusal("unsupported", _TELL))
            yield listed if len(listed.claims) > 1 else unclear
            return
        claims = tuple(_claims(aspect, sides.found, request))
        told = {side.name for side in sides.found if any(_is_of(side, one) for one in claims)}
        if not told:
            names = " and ".join(side.name for side in sides.found)
            what = f" on {aspect}" if aspect else ""
            reason = f"The articles say nothing of {names}{what}."
            yield replace(answer, refusal=Refusal("nothing_relevant", reason))
            return
        lacking = [side.name for side in sides.found if side.name not in told]
        what = f" on {aspect}" if aspect else ""
        caveats = tuple(f"Nothing found for {name}{what}." for name in lacking)
        yield replace(with_claims(answer, claims), caveats=caveats)


def _claims(aspect: str, sides: Sequence[Side], request: Request) -> Iterator[Claim]:
    cite = Citer()
    if aspect or any(side.article is None for side in sides):
        yield from on_aspect(aspect, sides, request.parts, cite)
    else:
        yield from of_articles(sides, request.parts.parser(), cite)


def _is_of(side: Side, claim: Claim) -> bool:
    return claim.text.startswith(f"{side.name}: ")


def _without_aspect(text: str) -> tuple[str, str]:
    """The sides and the aspect behind them: "on the toll", but not "on Friday" of a side."""
    for found in reversed(list(_ON.finditer(text))):
        before, aspect = text[: found.start()], text[found.end() :]
        sides = split_sides(before)
        if not sides or found[0] in before or time_words(found[0] + aspect):
            continue
        # "the raid on Marn and the raid on Lor" are raids, "Kim and Lee on Lor" is an aspect
        if len(sides) < 2 or not entities(aspect) or all(wanted(side).is_name for side in sides):
            return before, aspect
    return text, ""
