"""Names that articles give to one question: who holds an office, who won, where it was.

A false alarm here harms more than silence, so only what can have one answer is compared: an office,
a deed that one person does, the place of an event. Each name has to stand beside the question's own
word ("mayor Pavo Lenz", "Lise Amsel won"), in a sentence that says the same of the same names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from assistant.core.answer import Claim, Evidence
from index.text.calendar_terms import CALENDAR_NAMES
from index.text.entities import Entity, entities
from index.text.query_dates import Period, asks_newest, overlap, periods
from index.text.words import fold, stem, stems, words

STRONG = (
    0.0  # logits of a sentence that answers; those of wikinews_dev that only touch it have less
)
AS_STRONG = 6.0  # and at most this much less than the cited one
SAID = 0.6  # of the question's stems have to stand in each sentence, its title and its paper's name
SPELLED = 0.8  # as alike are two spellings of one name ("Johnnie", "Johnny")

_OFFICE = re.compile(
    r"^(?i:(?:and )?(?:who(?:['’]s| is| was| are| were| became)|what (?:is|was) the name of)"
    r"(?: now| currently| then)?) (?:the |[A-Z][\w-]*(?: [A-Z][\w-]*)*['’]s? )"
    r"(?P<office>(?:[\w-]+ )*?[a-z][\w-]*)"
    r"(?= (?:of|for|in|at|to|on|from|by|now|currently|today|when|during|that|since|until)\b|\W*$)",
)
_HOLDS = re.compile(
    r"^(?:and )?who (?:currently |now )?(?P<verb>leads|heads|chairs|coaches)\b", re.I
)
_DEED = re.compile(
    r"^(?:and )?who (?:first )?(?P<verb>won|wrote|designed|founded|invented|discovered|directed"
    r"|composed|painted|drew|built|killed|succeeded|replaced|defeated|beat)\b",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"^(?:and )?(?:where (?:was|were|will|did|is|are)|(?:in|at) (?:which|what) (?:\w+ )?"
    r"(?:city|town|village|country|place|state|stadium))\b",
    re.IGNORECASE,
)
_NOT_THEN = re.compile(
    r"\b(?:former|formerly|ex|deputy|vice|acting|then|would be|future|assistant|no|not)[ -]$",
    re.IGNORECASE,
)
# between a name and its office ("Lenz, who has been the city's new mayor"), names apart
_LINKS = frozenset(
    "who is was has had been became be as the a an new current of for in its their and city country"
    " town special elected named appointed".split()
)
_BY = re.compile(r" (?:\w+ ){0,2}by ", re.IGNORECASE)
_IN = re.compile(r"\b(?:in|at|near)(?: the (?:city|town|village) of)? $", re.IGNORECASE)
# capitalised words before a name that are none of it
_TITLES = frozenset(
    "mayor president minister prime ambassador mr mrs ms dr prof professor sir judge king queen"
    " prince princess captain coach governor chancellor secretary director senator general chief"
    " special representative envoy councillor commissioner chairman author".split()
)
# parts of names that are no person's and no place's
_BODY = frozenset(
    "university council ministry party court police association company institute committee"
    " department agency union team club times gazette post news group government office"
    " republic democrats".split()
).union(CALENDAR_NAMES)


@dataclass(frozen=True, slots=True)
class Named:
    """A name and the sentence that gives it."""

    name: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a question asks for: the stem of an office or a deed, or the place of an event."""

    anchor: str
    kind: str  # office, deed or place


def other_names(question: str, claim: Claim, evidence: Sequence[Evidence]) -> list[Named]:
    """The name of a claim and those that other articles give in its place; empty if none does.

    The claim's own comes first.
    """
    asked = _asked(question)
    if asked is None:
        return []
    said = set(words(claim.text))
    own = [
        Named(name, citation.evidence)
        for citation in claim.citations
        for name in _names(question, asked, citation.evidence)
        if said.issuperset(words(name)) or said & set(words(name)[-1:])
    ]
    if len({_key(named.name) for named in own}) != 1:
        return []
    mine = own[0]
    found = [mine]
    for item in sorted(evidence, key=lambda e: -e.relevance):
        if any(item.article.id == named.evidence.article.id for named in found):
            continue
        names = _names(question, asked, item)
        if len({_key(name) for name in names}) == 1 and _another(
            question, mine, Named(names[0], item)
        ):
            found.append(Named(names[0], item))
    return found if len(found) > 1 else []


def _asked(question: str) -> _Asked | None:
    if office := _OFFICE.match(question):
        return _Asked(stem(words(office["office"])[-1]), "office")
    if holds := _HOLDS.match(question):
        return _Asked(stem(holds["verb"].lower()), "office")
    if deed := _DEED.match(question):
        return _Asked(stem(deed["verb"].lower()), "deed")
    return _Asked("", "place") if _PLACE.match(question) else None


def _names(question: str, asked: _Asked, item: Evidence) -> list[str]:
    """The names that a sentence gives to what is asked."""
    wanted = stems(question)
    known = stems(f"{item.article.title} {item.text} {item.article.source}")
    if not wanted or len(wanted & known) < SAID * len(wanted):
        return []
    found = []
    end = 0
    for particular in entities(item.text):
        start = item.text.find(particular.text, 0 if particular.quotation else end)
        if start < 0 or particular.quotation:
            continue
        end = start + len(particular.text)
        name = _bare(particular, question)
        if name and _given(asked, item.text, start, end, particular):
            found.append(name)
    return found


def _bare(particular: Entity, question: str) -> str:
    """A name without titles; "" if it is a number, a body, or named by the question itself."""
    parts = particular.text.split()
    while parts and (fold(parts[0]).strip(".,") in _TITLES):
        parts = parts[1:]
    said = [word for part in parts for word in words(part)]
    none = any(word[0].isdigit() or word in _BODY for word in said)
    if not said or none or len(said) > 4 or set(said) & set(words(question)):
        return ""
    return " ".join(parts)


def _given(asked: _Asked, text: str, start: int, end: int, named: Entity) -> bool:
    if asked.kind == "place":
        return bool(_IN.search(text[:start]))
    if asked.kind == "office" and asked.anchor in {stem(word) for word in named.words[:-1]}:
        return not _NOT_THEN.search(text[:start])  # "Mayor Pavo Lenz"
    return any(
        _beside(asked, text, (start, end), (word.start(), word.end()))
        for word in re.finditer(r"[^\W_]+", text)
        if stem(fold(word[0])) == asked.anchor and not start <= word.start() < end
    )


def _beside(asked: _Asked, text: str, name: tuple[int, int], anchor: tuple[int, int]) -> bool:
    if name[0] < anchor[0]:
        return _links(text[name[1] : anchor[0]]) and not _NOT_THEN.search(text[: anchor[0]])
    between = text[anchor[1] : name[0]]
    if asked.kind == "deed":
        return bool(_BY.fullmatch(between))
    return _links(between) and not _NOT_THEN.search(text[: anchor[0]])


def _links(between: str) -> bool:
    """Tell whether no more stands between a name and a word than what links them."""
    linking = re.sub(r"\b[A-Z][\w-]*", "", between)
    return not re.search(r"[^\w\s,'’-]", linking) and _LINKS.issuperset(words(linking))


def _another(question: str, mine: Named, other: Named) -> bool:
    """Tell whether two names are given in each other's place, and are not one name."""
    weaker, stronger = sorted((mine.evidence.relevance, other.evidence.relevance))
    if weaker < STRONG or stronger - weaker > AS_STRONG or _one_name(mine.name, other.name):
        return False
    if any(not _both_in(period, mine, other) for period in periods(question, None)):
        return False
    older, newer = sorted((mine, other), key=lambda n: str(n.evidence.article.published or ""))
    # who follows in an office is named beside the one before, but only later
    told = [(older, newer)] if asks_newest(question) else [(older, newer), (newer, older)]
    return not any(_mentions(one.evidence, another.name) for one, another in told)


def _both_in(period: Period, mine: Named, other: Named) -> bool:
    return all(
        overlap(period, named.evidence.text, named.evidence.article.published) > 0
        for named in (mine, other)
    )


def _mentions(item: Evidence, name: str) -> bool:
    return set(words(name)) <= set(words(f"{item.article.title} {item.article.text}"))


def _one_name(one: str, other: str) -> bool:
    if set(words(one)) & set(words(other)):
        return True
    return SequenceMatcher(None, fold(one), fold(other)).ratio() >= SPELLED


def _key(name: str) -> str:
    return words(name)[-1]
