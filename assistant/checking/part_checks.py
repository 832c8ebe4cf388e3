"""Whether an article has a name, a number or a day of a draft, or another one in its place."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.checking.article_context import PREFIX, ArticleContext, has, neighbours
from assistant.checking.claim_parts import (
    Part,
    days_of_text,
    parts_of,
    same_number,
    weekdays_of,
)
from assistant.core.answer import Evidence
from assistant.verification.relations import other_name
from index.text.grammar import SPEECH_VERBS, ParsedSentence, Relation
from index.text.relative_dates import Period, format_days
from index.text.words import COMMON, stem, words

SMALL = 5  # a count up to this may be the writer's own ("both men", "three envoys")
_BOUND = re.compile(r"(?i)\b(?:until|till|by|since|before|after) (?=[A-Z\d])")
_DAY = dt.timedelta(1)
_AROUND = 4  # words on either side of a number that tell what it is


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of a claim (characters) that is not proved, and why.

    `differs`: the article has something else in its place.
    """

    start: int
    end: int
    reason: str
    differs: bool = False


Checked = tuple[Mark | None, Evidence | None]
"""What is wrong with a part, and the sentence beside the proof that is needed to prove it."""
_PROVED: Checked = (None, None)


def checked_part(
    part: Part, claim: ParsedSentence, parts: Sequence[Part], context: ArticleContext
) -> Checked:
    """Check one of the `parts` of a claim against a proof and what stands around it."""
    if part.kind == "day":
        return _day(part, context)
    if context.says(part):
        return _PROVED
    if part.kind == "number":
        return _number(part, claim.text, parts, context)
    return _name(part, claim, context)


def _instead(part: Part, other: str) -> Mark:
    return Mark(part.start, part.end, f"the article says {other}, not {part.text}", differs=True)


def _missing(part: Part) -> Mark:
    return Mark(part.start, part.end, f"the article does not say {part.text} there")


def _name(part: Part, claim: ParsedSentence, context: ArticleContext) -> Checked:
    if context.antecedent and part.kind in ("person", "other"):
        if set(part.words) & set(words(context.antecedent)):
            return None, next((e for e in context.before if has(part, e.text)), None)
        if part.kind == "person":
            return _instead(part, context.antecedent), None
    nearby = context.near(part)
    elsewhere = nearby or context.elsewhere(part)
    rivals = [one for one in context.parts if _is_rival(part, one, claim.text)]
    for rival in rivals:
        alike = part.kind == rival.kind != "other"
        alone = alike and (elsewhere is None or (part.kind == "person" and len(rivals) == 1))
        placed = _same_place(part, claim.text, rival, context.proof.text)
        if alone or placed or _same_role(part, claim, rival, context.parsed):
            return _instead(part, rival.text), None
    if _is_surname_known(part, context):
        return None, elsewhere
    if elsewhere and not rivals and (nearby or part.kind != "person"):
        return None, elsewhere
    return _missing(part), None


def _is_surname_known(part: Part, context: ArticleContext) -> bool:
    """Whether the proof has the surname of a full name that the article has."""
    surname = part.words[-1]
    return (
        len(part.words) > 1
        and surname in words(context.text)
        and has(part, f"{context.article.title}\n{context.article.text}")
    )


def has_rival(part: Part, claim: str, context: ArticleContext) -> bool:
    """Whether a proof has another name of the same kind that a claim has not."""
    return part.kind not in ("number", "day") and any(
        _is_rival(part, one, claim) for one in context.parts
    )


def _is_rival(part: Part, other: Part, claim: str) -> bool:
    """Whether a name of the proof is another one of the same kind, and the claim has it not."""
    if other.kind in ("number", "day") or has(other, claim):
        return False
    kinds = {part.kind, other.kind}
    return (
        (len(kinds) == 1 or "other" in kinds)
        and other_name(part.text, other.text)
        and part.words[-1] != other.words[-1]
    )


def _same_role(part: Part, claim: ParsedSentence, other: Part, proof: ParsedSentence) -> bool:
    """Whether both are the subject of the same verb, or of verbs of saying."""
    mine, theirs = (
        {
            "say" if r.verb in SPEECH_VERBS else stem(r.verb)
            for r in parsed.relations
            if _is_by(r, name)
        }
        for parsed, name in ((claim, part.text), (proof, other.text))
    )
    return bool(mine & theirs)


def _is_by(relation: Relation, name: str) -> bool:
    return relation.subject is not None and name in relation.subject.text


def _same_place(part: Part, claim: str, other: Part, proof: str) -> bool:
    """Whether two parts have a word of content on one side in common, or both neighbours."""
    mine = neighbours(claim, part.start, part.end)
    theirs = neighbours(proof, other.start, other.end)
    same = [a == b and a for a, b in zip(mine, theirs, strict=True)]
    return all(a == b for a, b in zip(mine, theirs, strict=True)) or any(
        word and word not in COMMON for word in same
    )


def _number(part: Part, claim: str, parts: Sequence[Part], context: ArticleContext) -> Checked:
    titled = parts_of(ParsedSentence(context.article.title))
    stated = [one for one in (*context.parts, *titled) if one.kind == "number"]
    if any(same_number(part, one) for one in stated):
        return _PROVED
    mine = [one for one in parts if one.kind == "number"]
    rivals = [one for one in stated if not any(same_number(one, other) for other in mine)]
    alone = len([one for one in mine if not any(same_number(one, s) for s in stated)]) == 1
    for rival in rivals:
        counted = part.counted and part.counted == rival.counted
        if counted or (alone and len(rivals) == 1):
            return _instead(part, rival.text), None
        if rival in context.parts and _same_place(part, claim, rival, context.proof.text):
            return _instead(part, rival.text), None
    if rivals and not has(part, context.article.text):
        return _instead(part, _nearest(part, claim, rivals, context).text), None
    for item in (*context.before, *context.after):
        near = [one for one in parts_of(ParsedSentence(item.text)) if one.kind == "number"]
        if any(same_number(part, one) for one in near):
            return None, item
    if part.value <= SMALL and part.value == int(part.value) and part.text.isalpha():
        return _PROVED
    return _missing(part), None


def _nearest(part: Part, claim: str, rivals: Sequence[Part], context: ArticleContext) -> Part:
    """The number that has most words around it in common with a part."""
    mine = _around(claim, part)
    return max(rivals, key=lambda one: len(mine & _around(context.proof.text, one)))


def _around(text: str, part: Part) -> set[str]:
    before, behind = words(text[: part.start])[-_AROUND:], words(text[part.end :])[:_AROUND]
    return {word[:PREFIX] for word in (*before, *behind) if word not in COMMON}


def _day(part: Part, context: ArticleContext) -> Checked:
    published = context.article.stated_day
    asked = days_of_text(f"in {part.text}", published)
    if not asked:
        return _weekday(part, context)
    wanted = asked[0]
    stated = _stated(context.proof, context)
    if any(_meet(wanted, one) for one in stated):
        return _PROVED
    if has(part, context.proof.text):
        return _PROVED
    for item in (*context.before, *context.after):
        if any(_meet(wanted, one) for one in _stated(item, context)):
            return None, item
    rivals = [one for one in stated if _is_fine(one) == _is_fine(wanted)]
    if rivals:
        return _instead(part, _written(rivals[0])), None
    if published and wanted.first - _DAY <= published <= wanted.last + _DAY:
        return None, context.proof.title
    if stated:
        return _instead(part, _written(stated[0])), None
    return _missing(part), None


def _weekday(part: Part, context: ArticleContext) -> Checked:
    wanted = weekdays_of(part.text)
    stated = weekdays_of(context.proof.text) | {
        f"{one.first:%A}".lower()
        for one in _stated(context.proof, context)
        if one.first == one.last
    }
    if not wanted or wanted & stated:
        return _PROVED
    if stated:
        return _instead(part, sorted(stated)[0].title()), None
    near = next((e for e in (*context.before, *context.after) if has(part, e.text)), None)
    published = context.article.stated_day
    if near or (published and f"{published:%A}".lower() in wanted):
        return None, near or context.proof.title
    return _missing(part), None


def _stated(item: Evidence, context: ArticleContext) -> list[Period]:
    """The days that a sentence names, and those until or since which it tells something."""
    text = _BOUND.sub("on ", item.text)
    return [
        one
        for one in days_of_text(text, context.article.stated_day)
        if one.last != dt.date.max and one.first != dt.date.min
    ]


def _meet(one: Period, other: Period) -> bool:
    return one.first <= other.last and other.first <= one.last


def _is_fine(period: Period) -> bool:
    return period.first == period.last


def _written(period: Period) -> str:
    if re.search(r"\d", period.phrase):
        return period.phrase
    return f"{period.phrase} ({format_days(period)})"
