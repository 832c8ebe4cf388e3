"""Questions with several parts: "When and where was he born?", "In which two places …?"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from index.text.calendar_terms import CALENDAR_NAMES
from index.text.entities import Entity, entities
from index.text.words import stems, words

MAX_PARTS = 3
OWN_WORDS = 0.5  # of the stems that only one part has: an answer with fewer leaves that part out

_WORD = r"(?:who(?:m|se)?|what|when|where|why|how|which)"
_BEFORE = r"(?:(?:in|at|by|on|from|to|for|with|of|since|until|under|against|after) )?"
_TWICE = re.compile(rf"(?i)^({_BEFORE}{_WORD})(?:, | and |, and )({_BEFORE}{_WORD}) (?!to\b)(.+)$")
_NEXT = re.compile(rf"(?i),? and (?:also )?(?={_BEFORE}{_WORD}\b)|\? +(?=\w)")
_ASKS = re.compile(
    rf"(?i)^(?:(?:and|so|also),? )?{_BEFORE}(?:{_WORD}|is|are|was|were|do|does|did|has|have|had"
    r"|will|can|could|would)\b"
)
_ALONE = re.compile(rf"(?i)^{_BEFORE}{_WORD}$")
_EMBEDDED = re.compile(rf"(?i) {_WORD} and {_WORD}\b")
_OPENING = re.compile(rf"(?i)^{_BEFORE}{_WORD} ")
_NUMBER = re.compile(r"(?i)\b(?:which|what) (two|three|four|five) (?P<noun>[a-z]+)")
_TRAILING = re.compile(r" (?:in|at|during|after|on|of|from|by) (?:the )?[^,]*[A-Z][^,]*$")
_COUNT = {"two": 2, "three": 3, "four": 4, "five": 5}

_MAX_QUESTION = 300  # characters; `_EACH` takes time in proportion to their square
# "Who sat there, as captain and as first officer?", "Who got the prizes for A and B?"
_EACH = re.compile(
    r"(?i)^(?P<asks>(?:who|whom|what|which|where|when|how (?:many|much))\b.+?),?"
    r" (?P<role>as|for|in|at|on|from|to|during) (?P<one>[^,]+?),? and (?P=role) (?P<other>[^,]+)$"
)
_OF_EACH = re.compile(
    r"(?i)^(?P<asks>who\b.+? the) (?P<noun>prizes|awards|medals|titles|roles|posts|parts|seats"
    r"|offices|races) (?P<role>for|of|in|as) (?P<one>[^,]+?) and (?P<other>(?!the prize)[^,]+)$"
)
_ENDS = re.compile(
    r"(?i)^(?P<asks>(?:when|where|how) (?:did|does|do|will) .+?) (?P<one>start|begin|open)"
    r" and (?P<other>end|finish|close|stop)$"
)

_ASKS_NUMBER = re.compile(r"(?i)\bhow (?:many|much|old|long|far|tall|deep|high|often|large|big)\b")
_ASKS_DAY = re.compile(r"(?i)^(?:\w+ )?(?:when|(?:what|which) (?:year|day|date)s?)\b")
_ASKS_NAME = re.compile(r"(?i)^(?:\w+ )?(?:who|whom|whose|where|which)\b")


@dataclass(frozen=True, slots=True)
class SeveralParts:
    """What a question asks for: its parts as questions, or a `number` of different answers."""

    parts: tuple[str, ...]
    number: int = 1

    @classmethod
    def recognise(cls, question: str) -> Self | None:
        """The parts of a question; None if it has one.

        >>> SeveralParts.recognise("When and where was Bram Illich born?").parts
        ('When was Bram Illich born?', 'Where was Bram Illich born?')
        >>> SeveralParts.recognise("Who met in Tokyo, and what did they decide?").parts
        ('Who met in Tokyo?', 'What did they decide?')
        >>> SeveralParts.recognise("In which two places did the envoys meet?")
        SeveralParts(parts=('In which place did the envoys meet?',), number=2)
        >>> SeveralParts.recognise("Who met Kim Gunn and Sung Kim?")
        """
        text = question.strip()
        parts = _parts(text)
        if len(parts) > 1:
            return cls(tuple(parts[:MAX_PARTS]))
        number = _NUMBER.search(text)
        if number and _ASKS.match(text):
            one = _singular(number["noun"])
            return cls(
                (f"{text[: number.start(1)]}{one}{text[number.end() :]}",),
                _COUNT[number[1].lower()],
            )
        return None

    def lacking(self, answer: str) -> tuple[str, ...]:
        """The parts that an answer seems to leave out; all if it has fewer answers than asked for.

        A name, number or day answers one part. Other parts are answered by their own words.

        >>> asked = SeveralParts.recognise("Who leads the service, and how old is she?")
        >>> asked.lacking("Nadia Korvin leads the service.")
        ('How old is she?',)
        """
        found = [one for one in entities(answer) if not one.quotation and not self._asked(one)]
        days = [one for one in found if _is_day(one)]
        numbers = [one for one in found if one not in days and _has_digit(one)]
        names = [one for one in found if one not in days and one not in numbers]
        if self.number > 1:
            distinct = {one.words for one in max(days, numbers, names, key=len)}
            return self.parts if len(distinct) < self.number else ()
        left = {"number": len(numbers), "day": len(days), "name": len(names)}
        lacking = []
        for part in sorted(self.parts, key=lambda part: -self._share(part, answer)):
            kind = _kind(part)
            if kind in left and left[kind] > 0:
                left[kind] -= 1
            elif kind in left or self._share(part, answer) < OWN_WORDS:
                lacking.append(part)
        return tuple(part for part in self.parts if part in lacking)

    def _share(self, part: str, answer: str) -> float:
        """The share of the stems that only this part has which stand in an answer, 0..1."""
        others = (stems(other) for other in self.parts if other != part)
        own = stems(part).difference(*others)
        return len(own & stems(answer)) / max(1, len(own))

    def _asked(self, entity: Entity) -> bool:
        return {word for part in self.parts for word in words(part)}.issuperset(entity.words)


def _parts(text: str) -> list[str]:
    bare = text.rstrip(" ?.!")
    if twice := _TWICE.match(bare):
        return [_question(f"{twice[at]} {twice[3]}") for at in (1, 2)]
    if both := _for_each(bare):
        return both
    parts = [part.strip(" ,") for part in _NEXT.split(bare) if part.strip(" ,")]
    if len(parts) < 2 or not all(map(_ASKS.match, parts)) or _EMBEDDED.search(bare):
        return [text]
    opening = _OPENING.match(parts[0])
    rest = parts[0][opening.end() :] if opening else f"{parts[0][0].lower()}{parts[0][1:]}"
    parts = [
        f"{part} {rest}" if at and _ALONE.match(part) else part for at, part in enumerate(parts)
    ]
    where = _TRAILING.search(parts[-1])
    if where and not re.search(r" [A-Z]", parts[0]):  # "How many died and how many fled in Ossel?"
        parts[0] += where[0]
    return list(map(_question, parts))


def _for_each(bare: str) -> list[str]:
    """The questions for each of two that one question joins; none if it does not.

    >>> _for_each("Who won the prizes for art and music")
    ['Who won the prize for art?', 'Who won the prize for music?']
    """
    if len(bare) > _MAX_QUESTION:
        return []
    found = next(filter(None, (form.match(bare) for form in (_EACH, _OF_EACH, _ENDS))), None)
    if found is None:
        return []
    named = found.groupdict()
    noun = f" {_singular(named['noun'])}" if named.get("noun") else ""
    role = f" {named['role']}" if named.get("role") else ""
    return [_question(f"{named['asks']}{noun}{role} {named[at]}") for at in ("one", "other")]


def _singular(noun: str) -> str:
    """One of a noun in the plural: the model makes up a second place if it is asked for places."""
    if noun.endswith("ies"):
        return f"{noun[:-3]}y"
    return re.sub(r"(?<!s)s$", "", noun)


def _question(part: str) -> str:
    return f"{part[:1].upper()}{part[1:]}?"


def _kind(part: str) -> str:
    if _ASKS_NUMBER.search(part):
        return "number"
    if _ASKS_DAY.search(part):
        return "day"
    return "name" if _ASKS_NAME.search(part) else "other"


def _has_digit(entity: Entity) -> bool:
    return any(word[0].isdigit() for word in entity.words)


def _is_day(entity: Entity) -> bool:
    year = re.fullmatch(r"(?:1[5-9]|20)\d\d", entity.words[-1])
    return bool(year) or any(word in CALENDAR_NAMES for word in entity.words)
