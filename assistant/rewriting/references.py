"""Replaces what refers to the turns before, in place, by what it stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.rewriting.antecedents import Antecedents
from assistant.rewriting.follow_up_detection import CONTINUES, POINTS_BACK
from assistant.rewriting.mentions import Mention, mentions

_PERSON = re.compile(r"(?i)\b(?:(?P<own>his|hers)|(?P<her>her)|he|she|him)\b(?!['’])")
_SEVERAL = re.compile(r"(?i)\b(?:(?P<own>theirs?)|they|them)\b(?!['’])")
_THING = re.compile(r"(?i)\b(?:(?P<own>its)|it)\b(?!['’])")
_PLACE = re.compile(
    r"(?i)(?<!is )(?<!are )(?<!was )(?<!were )\b(?P<how>from |in )?there(?=\W*$| with\b)"
)
_DAY = re.compile(r"(?i)\b(?:(?:on |in |at )?that (?P<unit>day|year|time)|(?<!^)then(?=\W*$))\b")
_NOUN = re.compile(
    r"(?i)\b(?:this|that|these|those|the) (?P<noun>[a-z]+)\b"
    r"(?! (?:of|that|who|which|in|at|for|from|to|about)\b)"
)
_ONE_OF = re.compile(
    r"(?i)\bthe (?P<which>first|second|third|last|former|latter)(?: one\b|(?=\W*$)|(?= [a-z]+ed\b))"
)
_HER_OWN = re.compile(
    r"^ (?!(?:in|at|on|to|for|from|by|with|when|after|before|and|or|as|then|there|about)\b)\w"
)
# "it" of the weather and of "is it true that", which stands for nothing
EMPTY_IT = re.compile(
    r"(?i)\b(?:is|was|does|did|will|would|has) it (?:still |also )?"
    r"(?:true|possible|likely|legal|necessary|clear|known|take|mean|rain|snow)\b"
    r"|\bit (?:is|was|takes?|took|seems?|rains?|snows?)\b"
    r"|\b(?:makes?|made|making) it (?:not|so|such|easi|easy|hard|difficult|possib|impossib|necess"
    r"|likel|clear|differ|better|worse|unique|import)"
)
_GOES = re.compile(
    r"(?i)\b(?:go|goes|going|went|gone|come|came|travel\w*|fly|flew|mov\w+|get|got|sent|taken"
    r"|returned?) $"
)
_DAY_IN_MONTH = re.compile(r"\b\d{1,2}(?!\d)|day\b", re.I)
_CLASSES = {
    "place": "city town village country state place region area island",
    "organisation": "company firm organisation organization group agency party club",
    "person": "man woman",
}
_KIND_OF = {noun: kind for kind, nouns in _CLASSES.items() for noun in nouns.split()}


@dataclass(frozen=True, slots=True)
class _Draft:
    """A question with what was `put` in so far, and the pronouns that are `bound` by it."""

    text: str
    put: tuple[str, ...] = ()
    bound: str = r"\b\B"

    def with_name(
        self, found: re.Match[str], name: str, before: str = "", bound: str = ""
    ) -> _Draft:
        """With a name in place of what was found; later pronouns of its kind mean the name."""
        text = f"{self.text[: found.start()]}{before}{name}{self.text[found.end() :]}"
        return _Draft(text, (*self.put, name), f"{self.bound}|{bound}" if bound else self.bound)


def resolve(question: str, known: Antecedents) -> str:
    """The question with all references replaced; "" if there are none or one is not sure."""
    draft = _Draft(question)
    for step in (_one_of, _person, _day, _place, _noun, _several, _thing):
        draft = step(draft, known)
    rest = re.sub(rf"(?i)\b(?:{draft.bound})\b", "", draft.text)
    unsure = POINTS_BACK.search(rest) or CONTINUES.search(rest)
    return draft.text if draft.put and not unsure else ""


def _person(draft: _Draft, known: Antecedents) -> _Draft:
    found = _PERSON.search(draft.text)
    name = found and known.person()
    if not found or not name:
        return draft
    own = found["own"] or (found["her"] and _HER_OWN.search(draft.text[found.end() :]))
    if any(own or one.kind == "person" for one in _before(draft, found, known)):
        return draft
    male = found[0].lower() in ("he", "him", "his")
    bound = "he|him|his|himself" if male else "she|hers?|herself"
    return draft.with_name(found, _own(name) if own else name, bound=bound)


def _several(draft: _Draft, known: Antecedents) -> _Draft:
    found = _SEVERAL.search(draft.text)
    name = found and known.several()
    if not found or not name or any(one.plural for one in _before(draft, found, known)):
        return draft
    return draft.with_name(found, _own(name) if found["own"] else name, bound="they|them|theirs?")


def _thing(draft: _Draft, known: Antecedents) -> _Draft:
    found = _THING.search(draft.text)
    name = found and known.thing(draft.put)
    if not found or not name or EMPTY_IT.search(draft.text):
        return draft
    subject = any(
        found["own"] or (one.role == "subject" and one.kind != "person")
        for one in _before(draft, found, known)
    )
    if subject:
        return draft
    return draft.with_name(found, _own(name) if found["own"] else name, bound="its?")


def _before(draft: _Draft, found: re.Match[str], known: Antecedents) -> list[Mention]:
    """What the question itself speaks of before a pronoun, which may mean that.

    Not "the book" of "the book Ann Abt read for it".
    """
    put = "|".join(map(re.escape, draft.put)) or r"\b\B"
    return [
        one
        for one in mentions(draft.text, known.parser)
        if one.start < found.start()
        and one.kind != "day"
        and not any(one.text in name for name in draft.put)
        and not re.search(rf"{re.escape(one.text)} (?:{put})\b", draft.text)
    ]


def _place(draft: _Draft, known: Antecedents) -> _Draft:
    found = _PLACE.search(draft.text)
    name = found and known.place()
    if not found or not name:
        return draft
    before = draft.text[: found.start()]
    how = found["how"] or ("to " if _GOES.search(before) else _preposition(name, known))
    return draft.with_name(found, name, how)


def _preposition(place: str, known: Antecedents) -> str:
    """The preposition before a place, "in" if it had none of place."""
    for text in (known.question, known.answer):
        if found := re.search(rf"(?i)\b(in|at|on|near|off) {re.escape(place)}", text):
            return f"{found[1].lower()} "
    return "in "


def _day(draft: _Draft, known: Antecedents) -> _Draft:
    found = _DAY.search(draft.text)
    day = found and (known.year() if found["unit"] == "year" else known.day())
    if not found or not day:
        return draft
    return draft.with_name(found, day, "on " if _DAY_IN_MONTH.search(day) else "in ")


def _noun(draft: _Draft, known: Antecedents) -> _Draft:
    """The name for "the city", the whole phrase for "those talks"."""
    for found in _NOUN.finditer(draft.text):
        noun = found["noun"].lower()
        kind = _KIND_OF.get(noun, "")
        name = known.with_head(noun)
        if not name and kind:
            own = any(one.kind == kind for one in mentions(draft.text, known.parser))
            name = "" if own else known.person() if kind == "person" else known.of_kind(kind)
        if name and name not in draft.put:
            return draft.with_name(found, name)
    return draft


def _one_of(draft: _Draft, known: Antecedents) -> _Draft:
    found = _ONE_OF.search(draft.text)
    name = found and known.in_order(found["which"].lower())
    return draft.with_name(found, name) if found and name else draft


def _own(name: str) -> str:
    return f"{name}’" if name.endswith("s") else f"{name}’s"
