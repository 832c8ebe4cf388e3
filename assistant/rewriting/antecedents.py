"""For what "he", "it", "there" and "that day" stand: by the question before and its answer.

All return "" where nothing, or more than one thing, comes into question.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from assistant.rewriting.mentions import DAY, YEAR, Mention, mentions
from index.text.grammar import Parser
from index.text.words import stem, stems

MAX_OFFICE = 6  # words of "the minister of …"

_WHO = re.compile(r"(?i)^(?:\w+ )?whom?\b")
_WHAT = re.compile(r"(?i)^(?:which|what)\b(?! (?:day|year|time|month)\b)")
_IS = re.compile(r"(?i)^what (?:is|are|was|were)\b")
# of which of the two "it" speaks after "What is the distance to the sun?" nobody knows
_OF = re.compile(r"(?i)^what (?:is|are|was|were) the \w+ (?:of|to|for|between)\b")
_OFFICE = re.compile(r"(?i)^who (?:is|was) ((?:the|[\w.]+['’]s) [^,;]+?)\W*$")
_IS_CALLED = re.compile(r"\b(?:is|was|are|were|by)\s+(.+?)\W*$")
_FULL_NAME = re.compile(r"(?:[A-Z][\w.'’-]*\s){1,3}[A-Z][\w'’-]*")
_ORDER = {"first": 0, "former": 0, "second": 1, "third": 2, "latter": -1, "last": -1}


@dataclass(frozen=True, slots=True)
class Antecedents:
    """What was `asked` and `answered`: the mentions of a question and those new in its answer."""

    question: str
    answer: str
    parser: Parser | None
    asked: tuple[Mention, ...]
    answered: tuple[Mention, ...]

    @classmethod
    def of(cls, question: str, answer: str, parser: Parser | None) -> Antecedents:
        """Those of a question that stands alone, and of the first sentence of its answer."""
        known, asked = stems(question), mentions(question, parser)
        written = {one.text for one in asked}
        answered = []
        for one in mentions(answer, parser, 1):
            if not stems(one.text) <= known:
                answered.append(one)
            elif one.kind == "person" and one.text not in written:
                asked.append(one)  # "kim gunn" of the question
        return cls(question, answer, parser, tuple(asked), tuple(answered))

    def person(self) -> str:
        """The person of whom "he" or "she" speaks."""
        asked, answered = _persons(self.asked), _persons(self.answered)
        asked = [one for one in asked if not self._of_a_pair(one)]
        asked = [one for one in asked if one.role == "subject"] or asked
        if _WHO.search(self.question):
            return self._called(answered) or _only(asked) or self._office()
        subjects = any(one.role == "subject" for one in self.asked)
        return _only(asked) or _only(o for o in answered if o.role == "subject" or not subjects)

    def several(self) -> str:
        """Those of whom "they" speaks."""
        if self.parser is None and not _WHO.search(self.question):
            return ""
        if _WHO.search(self.question):
            row, persons = self.row(), {one.text for one in _persons(self.answered)}
            return f"{', '.join(row[:-1])} and {row[-1]}" if row and persons.issuperset(row) else ""
        if _WHAT.search(self.question):
            answered = [o for o in self.answered if o.plural or o.kind == "organisation"]
            if answered:
                return _only(answered)
        plural = [one for one in self.asked if one.plural and _is_thing(one)]
        plural += [one for one in self.asked if " and " in one.text and one.kind == "person"]
        plural = [one for one in plural if one.role == "subject"] or plural
        return _only(plural) or _only(o for o in self.asked if o.kind == "organisation")

    def thing(self, taken: Collection[str] = ()) -> str:
        """That of which "it" speaks, except what is `taken` by another word of the question."""
        if self.parser is None:
            return ""
        office = self._office()
        asked = [one for one in self.asked if not one.plural and one.text not in office]
        asked = [one for one in asked if one.kind not in ("person", "day")]
        if self._asks_for_a_thing():
            answered = [one for one in self.answered if _is_thing(one) and not one.plural]
            answered = [one for one in answered if one.text not in taken]
            if answered or not self.answer:
                return _only(answered)
        for role in ("subject", "object", ""):
            if found := [one for one in asked if one.role == role and one.text not in taken]:
                sure = all(map(_is_thing, found)) and not _OF.search(self.question)
                return _only(found) if sure else ""
        return ""

    def place(self) -> str:
        """The place of which "there" speaks."""
        return self.of_kind("place")

    def of_kind(self, kind: str) -> str:
        """The only mention of a kind, the question's before the answer's."""
        for each in (self.asked, self.answered):
            if found := [one for one in each if one.kind == kind]:
                return _only(found)
        return ""

    def day(self) -> str:
        """The day of which "then" speaks, the answer's before the question's."""
        for text in (self.answer, self.question):
            if found := {match[0] for match in DAY.finditer(text)}:
                return found.pop() if len(found) == 1 else ""
        return ""

    def year(self) -> str:
        """The year of which "that year" speaks."""
        for text in (self.answer, self.question):
            if found := {match[0] for match in YEAR.finditer(text)}:
                return found.pop() if len(found) == 1 else ""
        return ""

    def with_head(self, noun: str) -> str:
        """The whole phrase to which "the talks" or "that match" refers."""
        return _only(
            one
            for one in (*self.asked, *self.answered)
            if one.role != "complement"
            and stem(one.head) == stem(noun)
            and one.text.casefold() != f"the {noun}"
        )

    def row(self) -> list[str]:
        """The names that an answer gives in a row: "A, B and C"."""
        names = [one for one in mentions(self.answer, self.parser, 1) if one.named]
        row: list[Mention] = []
        for one in names:
            between = self.answer[row[-1].start + len(row[-1].text) : one.start] if row else ""
            if row and not re.fullmatch(r", and |, | and ", between):
                if len(row) > 1:
                    break
                row = []
            row.append(one)
        return [one.text for one in row] if len(row) > 1 else []

    def in_order(self, which: str) -> str:
        """The "first", "second" … of that row; of two only the "former" and the "latter"."""
        row, place = self.row(), _ORDER[which]
        if place >= len(row) or (which in ("former", "latter") and len(row) != 2):
            return ""
        return row[place] if row else ""

    def _of_a_pair(self, one: Mention) -> bool:
        """Whether a person of the question is spoken of with others ("Ann and Bert Beil")."""
        name = re.escape(one.text)
        return bool(re.search(rf"{name} and (?=[A-Z])|[A-Z][\w’'-]* and {name}", self.question))

    def _called(self, persons: list[Mention]) -> str:
        """The person that someone "is" by the answer, or else its only one."""
        complement = _IS_CALLED.search(self.answer)
        called = [one for one in persons if complement and one.text in complement[1]]
        return _only(called) or _only([o for o in persons if o.role == "subject"] or persons)

    def _office(self) -> str:
        """The minister of "Who is the minister?"."""
        found = _OFFICE.match(self.question)
        return found[1] if found and len(found[1].split()) <= MAX_OFFICE else ""

    def _asks_for_a_thing(self) -> bool:
        """True for "Which ship sank?" and "What is he selling?", not for "What is a ship?"."""
        if not _WHAT.search(self.question):
            return False
        if not _IS.search(self.question):
            return True
        return has_verb(self.question, self.parser)


def has_verb(question: str, parser: Parser | None) -> bool:
    """True if a question surely has another verb than "be"."""
    return parser is not None and any(r.verb != "be" for r in parser.parse(question).relations)


def _persons(found: Sequence[Mention]) -> list[Mention]:
    """The persons; or else the full names of which it is not known what they are."""
    persons = [one for one in found if one.kind == "person"]
    return persons or [one for one in found if not one.kind and _FULL_NAME.fullmatch(one.text)]


def _is_thing(one: Mention) -> bool:
    definite = one.named or one.role == "subject" or one.text.startswith("the ")
    named_place = one.kind == "place" and one.role not in ("subject", "object")
    return (
        definite
        and one.role != "complement"
        and one.kind not in ("person", "day")
        and not named_place
    )


def _only(found: Iterable[Mention]) -> str:
    """The text of the only one; of those that hold each other's words the longest."""
    each = list(found)
    texts = {
        stems(one.text): one.text
        for one in each
        if not any(stems(one.text) < stems(other.text) for other in each)
    }
    return next(iter(texts.values())) if len(texts) == 1 else ""
