"""What the sides of a comparison are called: split apart, with their words of order and time."""

from __future__ import annotations

import re
from dataclasses import dataclass

from index.text.calendar_terms import MONTH_PATTERN, ORDINALS, WEEKDAY_PATTERN
from index.text.entities import entities
from index.text.words import stems

MOST = 3
LATEST = -1
"""The place of the last one in a row of days."""

_UNIT = (
    rf"(?:spring|summer|autumn|fall|winter|year|week|month|night|weekend|{MONTH_PATTERN}"
    rf"|{WEEKDAY_PATTERN})"
)
_OLD = (
    r"(?:earl(?:ier|iest)|oldest|older|original(?:ly)?|initial(?:ly)?|previous|preliminary"
    r"|provisional|(?-i:old))"
)
_NEW = (
    r"(?:later|latest|newest|newer|final(?:ly)?|revised|updated|current|eventual(?:ly)?"
    rf"|last(?! {_UNIT})|(?-i:new))"
)
_ORDER = re.compile(
    rf"(?i)(?:\b(?P<number>{'|'.join(ORDINALS)})\b|\b(?P<old>{_OLD})\b|\b(?P<new>{_NEW}"
    r"|in the end|at last)\b|\b(?P<before>before|prior to)\b|\b(?P<after>after|following)\b)"
)
_SEVERAL = re.compile(
    r"(?i)^(?:both|all|the two|the three|two|three|these|those|them|each"
    r"|the (?:articles|reports|stories|texts))\b"
)
_OWNED = re.compile(r"(?i)^\w[\w’' -]*['’]s? (?:two|three|both) \w+")
_SPAN = re.compile(
    r"(?i)\b(?:two|three|these|those|past|last) (?:year|month|week|day|decade|hour)s\b"
)
_DEFINITE = re.compile(
    r"(?i)^(?:the|this|that|these|those|both|article|them|it|its|their|his|her|what|how much)\b"
)
_AND = re.compile(r",? (?:and|versus|vs\.?) |, ")
_JOINT = re.compile(r",? (?:and|with|to|from|versus|vs\.?) |, ")
_NAMES_ONE = re.compile(rf"(?i)^(?:\d{{4}}|{'|'.join(ORDINALS)}|{_OLD}|{_NEW})$")
# "the 2023" of "the 2023 meeting of envoys"
_NAME_BEFORE = re.compile(
    rf"^(?:(?i:the|this|that) )?(?:(?:\d[\w.]*|[A-Z][\w’'-]*|(?i:{'|'.join(ORDINALS)}"
    rf"|{_OLD}|{_NEW}))(?: |$))*"
)
_OF_NAME = re.compile(r"^(?P<of>.* (?:of|by|in|on|at|for|from|against) (?:the )?)[A-Z][\w’'. -]*$")
_BARE_NAME = re.compile(r"^(?:[A-Z][\w’'-]*\.?(?: |$))+$")
_PREPOSITION = r"(?:of|in|at|on|from|with|by|for|near|off|against|between|under)"
_PRONOUN = re.compile(rf"(?i)^(?:that|those|the ones?) (?={_PREPOSITION} )")
_HEAD = re.compile(rf"(?i)^.+?(?= {_PREPOSITION} )")  # "the fire" of "the fire in Marn"
_OWNER = re.compile(r"^[^,]+?['’]s?(?= )")
_OWNED_BY_IT = re.compile(r"(?i)^(?:its|his|her|their) ")
_ONE = re.compile(r"(?i)^(?P<before>(?:the )?\d{4}) ones?$")
_SAYS = re.compile(
    r"(?i)what .*\b(?:said|says|told|thinks?|thought|claim(?:s|ed)|promise[sd]|wants?|wanted"
    r"|propose[sd]|believe[sd]?|demand(?:s|ed)|predict(?:s|ed))\b"
)
_ASKED_BEHIND = re.compile(
    r"(?i)(?:[:;?.–—-]|,)\s+(?:how|where|in (?:what|which)|what|on what)\b(?P<rest>.*)$"
)
_ASPECT_BEHIND = re.compile(
    r"(?i)\b(?:their|about|on|over|regarding|concerning|d(?:o|oes|id) (?:they|each|either|both"
    r"|the two)(?! (?:differ|disagree|compare|diverge)\b)) (?P<aspect>.+?)"
    r"(?: (?:differ|different|disagree|compare|diverge|say|said))?\W*$"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A side as it is asked for, and without its words of order ("the first", "in the end").

    `place` is that in a row of days: 0 for the earliest, `LATEST`, None where none is asked for.
    """

    text: str
    topic: str
    place: int | None = None

    @property
    def is_speaker(self) -> bool:
        """Whether only sentences with its name are about it: "Kim Gunn", "what Kim said"."""
        return self.is_name or bool(_SAYS.match(self.topic))

    @property
    def is_name(self) -> bool:
        """Whether it is nothing but a name: "Kim Gunn", but not "the raid on Marn"."""
        return not stems(self.topic) - stems(" ".join(one.text for one in entities(self.topic)))


def wanted(side: str) -> Wanted:
    """A side with what its words of order mean.

    >>> wanted("the second round of the talks")
    Wanted(text='the second round of the talks', topic='round of the talks', place=1)
    >>> wanted("what was agreed in the end"), wanted("the count last autumn").place
    (Wanted(text='what was agreed in the end', topic='what was agreed', place=-1), None)
    """
    found = _ORDER.search(side)
    if not found:
        return Wanted(side, _without_the(side))
    if found["number"]:
        place = ORDINALS[found["number"].lower()] - 1
    else:
        place = 0 if found["old"] or found["before"] else LATEST
    if found["before"] or found["after"]:  # "before the strike" stays what it is about
        return Wanted(side, _without_the(side), place)
    rest = " ".join((side[: found.start()] + side[found.end() :]).split())
    return Wanted(side, _without_the(rest), place)


def _without_the(text: str) -> str:
    return re.sub(r"(?i)^(?:the|this|that)\b ?", "", text)


def without_question(text: str) -> tuple[str, str]:
    """The sides without the question behind them, and the aspect that it asks for.

    >>> without_question("Lenz and Quill: how do their promises differ")
    ('Lenz and Quill', 'promises')
    >>> without_question("Lenz and Quill: where do they differ")
    ('Lenz and Quill', '')
    >>> without_question("Lenz versus Quill: what did they promise?")
    ('Lenz versus Quill', 'promise')
    """
    behind = _ASKED_BEHIND.search(text)
    if not behind:
        return text, ""
    aspect = _ASPECT_BEHIND.search(behind["rest"])
    return text[: behind.start()], aspect["aspect"] if aspect else ""


def split_sides(text: str) -> tuple[str, ...]:
    """The sides that a text names; () if they are no definite things.

    >>> split_sides("the Tokyo and Karuizawa meetings")
    ('the Tokyo meetings', 'Karuizawa meetings')
    >>> split_sides("the promises of Lenz and Quill")
    ('the promises of Lenz', 'the promises of Quill')
    >>> split_sides("the vote of 2008 and that of 2011")
    ('the vote of 2008', 'the vote of 2011')
    >>> split_sides("Tern's offer for Bolt and its offer for Nut")
    ("Tern's offer for Bolt", "Tern's offer for Nut")
    >>> split_sides("the 2008 vote in Marn and the 2011 one")
    ('the 2008 vote in Marn', 'the 2011 vote in Marn')
    >>> split_sides("both articles"), split_sides("primary and secondary sources")
    (('both articles',), ())
    """
    text = text.strip(" ?.!,:")
    if _SPAN.search(text):
        return ()
    if (_SEVERAL.match(text) or _OWNED.match(text)) and not _names_two(text):
        return (text,)
    joints = (_AND, _JOINT)  # "the talks with Lor and the talks with Marn" are two sides
    parts = next((found for joint in joints if (found := _definite_parts(joint, text))), None)
    if parts is None:
        return ()
    owner = _OF_NAME.match(parts[0])
    if owner and all(map(_BARE_NAME.match, parts[1:])):
        return (parts[0], *(f"{owner['of']}{part}" for part in parts[1:]))
    noun = _NAME_BEFORE.sub("", parts[-1]) or _NAME_BEFORE.sub("", parts[0])
    parts = [f"{part} {noun}" if noun and _lacks_noun(part) else part for part in parts]
    return (parts[0], *(_with_noun(part, parts[0]) for part in parts[1:]))


def _with_noun(part: str, first: str) -> str:
    """A side with the noun or the owner of the first one where it has a pronoun for it."""
    owner = _OWNER.match(first)
    if owner and (found := _OWNED_BY_IT.match(part)):
        return f"{owner[0]} {part[found.end() :]}"
    head = _HEAD.match(first)
    if head and (found := _PRONOUN.match(part)):
        return f"{head[0]} {part[found.end() :]}"
    if found := _ONE.match(part):
        return f"{found['before']} {_NAME_BEFORE.sub('', first)}"
    return part


def _definite_parts(joint: re.Pattern[str], text: str) -> list[str] | None:
    parts = [part.strip(" ?.!,:") for part in joint.split(text)]
    return parts if 2 <= len(parts) <= MOST + 1 and all(map(_is_definite, parts)) else None


def _names_two(text: str) -> bool:
    """Whether what is joined are two sides: "the two offers to the union" are one."""
    return bool(re.search(r",? (?:and|with|versus|vs\.?) |, ", text))


def _is_definite(part: str) -> bool:
    named = any(word[0].isupper() or word[0].isdigit() for word in part.split())
    indefinite = re.match(r"(?i)(?:an?|(?:the )?others?)\b", part)
    return bool((named or _DEFINITE.match(part)) and not indefinite)


def _lacks_noun(part: str) -> bool:
    rest = [word for word in part.split() if word.lower() not in ("the", "this", "that", "those")]
    return all(_NAMES_ONE.match(word) or word[0].isupper() for word in rest)
