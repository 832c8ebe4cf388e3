"""Different names that articles give for one thing: who holds an office, who won, where it was.

A false alarm harms more than silence, so only what can have one answer is compared: an office, a
deed of one person, the place of an event. Each name has to be beside the question's own word
("mayor Pavo Lenz", "Lise Amsel won"), in a sentence with most of the question's stems.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from assistant.core.answer import Claim, Evidence
from index.text.calendar_terms import CALENDAR_NAMES
from index.text.entities import TITLES, Entity, entities
from index.text.query_dates import overlap, periods
from index.text.question import AnalysedQuestion
from index.text.words import fold, stem, stems, words

STRONG = 0.0  # logits of a sentence that answers; those of wikinews_dev that only touch on it: less
AS_STRONG = 6.0  # logits below the cited sentence
SHARED = 0.6  # of the question's stems that a sentence with its title and source needs
SPELLING = 0.8  # similarity of two spellings of one name ("Johnnie", "Johnny")

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
    r"(?i)^(?:and )?who (?:first )?(?P<verb>won|wrote|designed|founded|invented|discovered|directed"
    r"|composed|painted|drew|built|killed|succeeded|replaced|defeated|beat)\b"
)
_PLACE = re.compile(
    r"(?i)^(?:and )?(?:where (?:was|were|will|did|is|are)|(?:in|at) (?:which|what) (?:\w+ )?"
    r"(?:city|town|village|country|place|state|stadium))\b"
)
# directly before an office, or one word before it ("deputy head coach"), it is another one
_MODIFIER = re.compile(
    r"(?i)\b(former|formerly|ex|deputy|vice|acting|interim|associate|assistant|then|would be"
    r"|future|no|not)[ -](?:\w+ )?$"
)
# between a name and its office ("Lenz, who has been the city's new mayor"), names apart
_LINKS = frozenset(
    "who is was has had been became be as the a an new current of for in its their and city country"
    " head town special elected named appointed".split()
)
_BY = re.compile(r" (?:\w+ ){0,2}by ", re.IGNORECASE)
_IN = re.compile(r"\b(?:in|at|near)(?: the (?:city|town|village) of)? $", re.IGNORECASE)
# parts of names that are neither a person's nor a place's
_ORGANISATIONS = frozenset(
    "university council ministry party court police association company institute committee"
    " department agency union team club times gazette post news group government office"
    " republic democrats".split()
).union(CALENDAR_NAMES)


class ConflictingName(NamedTuple):
    """A name and the sentence that gives it."""

    name: str
    evidence: Evidence

    @property
    def surname(self) -> str:
        """The last word in comparable form."""
        return words(self.name)[-1]


class _Asked(NamedTuple):
    """What a question asks for: the stem of an office or a deed, or the place of an event.

    `modifier` is that of the office in lower case ("deputy"), or "".
    """

    anchor: str
    kind: str  # office, deed or place
    modifier: str = ""


def conflicting_names(
    question: AnalysedQuestion, claim: Claim, evidence: Sequence[Evidence]
) -> list[ConflictingName]:
    """The name of a claim first, then those of other articles in its place; empty if none does."""
    asked = _asked(question.text)
    if asked is None:
        return []
    claimed = set(words(claim.text))
    own = [
        name
        for citation in claim.citations
        for name in _names(question, asked, citation.evidence)
        if claimed.issuperset(words(name.name)) or name.surname in claimed
    ]
    if len({name.surname for name in own}) != 1:
        return []
    found = own[:1]
    for item in sorted(evidence, key=lambda e: -e.relevance):
        if any(item.article.id == name.evidence.article.id for name in found):
            continue
        names = _names(question, asked, item)
        if len({name.surname for name in names}) == 1 and _conflict(question, own[0], names[0]):
            found.append(names[0])
    return found if len(found) > 1 else []


def _asked(question: str) -> _Asked | None:
    if office := _OFFICE.match(question):
        before = question[: office.end("office") - len(re.split("[ -]", office["office"])[-1])]
        return _Asked(stem(words(office["office"])[-1]), "office", _modifier(before))
    if holds := _HOLDS.match(question):
        return _Asked(stem(holds["verb"].lower()), "office")
    if deed := _DEED.match(question):
        return _Asked(stem(deed["verb"].lower()), "deed")
    return _Asked("", "place") if _PLACE.match(question) else None


def _names(question: AnalysedQuestion, asked: _Asked, item: Evidence) -> list[ConflictingName]:
    """The names that a sentence gives for what is asked."""
    known = stems(f"{item.article.title} {item.text} {item.article.source}")
    if not question.stems or len(question.stems & known) < SHARED * len(question.stems):
        return []
    found, end = [], 0
    for entity in entities(item.text):
        start = item.text.find(entity.text, end)
        if entity.quotation or start < 0:
            continue
        end = start + len(entity.text)
        name = _without_titles(entity, question)
        if name and _answers(asked, item.text, start, end, entity):
            found.append(ConflictingName(name, item))
    return found


def _without_titles(entity: Entity, question: AnalysedQuestion) -> str:
    """A name without titles; "" for a number, an organisation, or a name of the question."""
    parts = entity.text.split()
    while parts and fold(parts[0]).strip(".,") in TITLES:
        parts = parts[1:]
    left = [word for part in parts for word in words(part)]
    other = any(word[0].isdigit() or word in _ORGANISATIONS for word in left)
    if not left or other or len(left) > 4 or question.words.intersection(left):
        return ""
    return " ".join(parts)


def _answers(asked: _Asked, text: str, start: int, end: int, entity: Entity) -> bool:
    """Whether the name at `start`..`end` is given for what is asked."""
    if asked.kind == "place":
        return bool(_IN.search(text[:start]))
    if asked.kind == "office" and asked.anchor in {stem(word) for word in entity.words[:-1]}:
        inside = entity.text.split()[-2::-1]  # "Mayor Pavo Lenz", "Assistant Coach Lenz"
        office = next(word for word in inside if stem(fold(word)) == asked.anchor)
        return _modifier(text[: text.index(office, start)]) == asked.modifier
    return any(
        _beside(asked, text, (start, end), word.span())
        for word in re.finditer(r"[^\W_]+", text)
        if stem(fold(word[0])) == asked.anchor and not start <= word.start() < end
    )


def _beside(asked: _Asked, text: str, name: tuple[int, int], anchor: tuple[int, int]) -> bool:
    """Whether only linking words are between a name and the anchor."""
    if name[0] > anchor[0] and asked.kind == "deed":
        return bool(_BY.fullmatch(text[anchor[1] : name[0]]))
    first, second = sorted((name, anchor))
    linking = re.sub(r"\b[A-Z][\w-]*", "", text[first[1] : second[0]])
    only_links = not re.search(r"[^\w\s,'’-]", linking) and _LINKS.issuperset(words(linking))
    return only_links and _modifier(text[: anchor[0]]) == asked.modifier


def _modifier(before: str) -> str:
    """The word that makes another office of the one which follows, in lower case; or ""."""
    found = _MODIFIER.search(before)
    return found[1].lower() if found else ""


def _conflict(question: AnalysedQuestion, mine: ConflictingName, other: ConflictingName) -> bool:
    """Whether two names are given in each other's place, and are not one name."""
    weaker, stronger = sorted((mine.evidence.relevance, other.evidence.relevance))
    if weaker < STRONG or stronger - weaker > AS_STRONG or _same_name(mine.name, other.name):
        return False
    both = (mine.evidence, other.evidence)
    for period in periods(question.text, None):
        if not all(overlap(period, item.text, item.article.stated_day) > 0 for item in both):
            return False
    older, newer = sorted((mine, other), key=lambda n: str(n.evidence.article.stated_day or ""))
    # a successor in an office is named beside the predecessor, but only later
    pairs = [(older, newer)] if question.asks_newest else [(older, newer), (newer, older)]
    return not any(_mentions(one.evidence, another.name) for one, another in pairs)


def _mentions(item: Evidence, name: str) -> bool:
    return set(words(name)) <= set(words(f"{item.article.title} {item.article.text}"))


def _same_name(one: str, other: str) -> bool:
    common = set(words(one)) & set(words(other))
    return bool(common) or SequenceMatcher(None, fold(one), fold(other)).ratio() >= SPELLING
