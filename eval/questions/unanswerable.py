"""Near misses: unanswerable questions, made by swapping one entity for one of no article.

The swap stays within the entity's type (a person for a person, a place for a place, a day, a
number), so that only reading tells the two questions apart.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from eval.data.normalize import normalize
from eval.questions.entity_types import UNIT, EntityTypes
from index.text.entities import entities
from index.text.words import COMMON, words

# common names; those that an index does not hold can be put into a question
_GIVEN = "Alma Bruno Carla Dmitri Elif Farid Greta Henrik Ines Jonas Katya Leandro Mirela".split()
_FAMILY = (
    "Abernathy Bjarnason Castellanos Dragomir Eriksen Fitzroy Grabowski Hashimoto Ivanescu"
    " Jankowski Kowalczyk Lindqvist Moreau Nakagawa Okonkwo Pavlenko Quintero Rasmussen"
).split()
_PLACES = (
    "Ljubljana Montevideo Windhoek Ulaanbaatar Suva Reykjavik Antananarivo Tegucigalpa Vilnius"
    " Bratislava Thimphu Asmara Paramaribo Chisinau Dushanbe Nouakchott Vientiane Bergen Turku"
).split()
_ATTEMPTS = 200


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A question of which one entity was swapped: its type, what it was, what it is now."""

    question: str
    kind: str
    was: str
    now: str


class EntitySwapper:
    """Swaps entities for what is in none of `texts` (all titles and texts of an index)."""

    def __init__(self, texts: Sequence[str], seed: int) -> None:
        self._texts = texts
        self._types = EntityTypes(texts)
        self._random = random.Random(seed)

    def swap(self, question: str, answer: str) -> NearMiss | None:
        """The question with one entity swapped, or None if none can be."""
        fixed = set(normalize(answer))
        found = [
            (kind, text)
            for text in _with_units(question)
            if not fixed & set(normalize(text)) and (kind := self._types.of(text))
        ]
        self._random.shuffle(found)
        for kind, was in found:
            for _ in range(_ATTEMPTS):
                now = self._another(kind, was)
                if now and not self.holds(now):
                    return NearMiss(question.replace(was, now), kind, was, now)
        return None

    def holds(self, text: str) -> bool:
        """Whether an article has it: a name by any of its words, else as a whole."""
        parts = normalize(text)
        if any(word[0].isdigit() for word in parts):
            run = f" {' '.join(parts)} "
            return any(run in known for known in self._normalized)
        return any(word in self._vocabulary for word in parts if word not in COMMON)

    def _another(self, kind: str, was: str) -> str:
        if kind == "person":
            return f"{self._random.choice(_GIVEN)} {self._random.choice(_FAMILY)}"
        if kind == "place":
            return self._random.choice(_PLACES)
        if kind == "day":
            return re.sub(r"\d+", lambda m: self._number(m[0], 28), was, count=1)
        return re.sub(r"\d[\d,.]*", lambda m: self._number(m[0]), was, count=1)

    def _number(self, was: str, most: int | None = None) -> str:
        """Another number of as many digits; a year stays near."""
        plain = was.replace(",", "")
        if not plain.isdecimal():
            whole, dot, rest = plain.partition(".")
            return f"{self._number(whole)}{dot}{rest}" if whole.isdecimal() else was
        if re.fullmatch(r"[12]\d{3}", plain) and "," not in was:
            return str(int(plain) + self._random.choice([-9, -7, -5, -4, -3, 3, 4, 5, 7, 9]))
        low, high = 10 ** (len(plain) - 1), 10 ** len(plain) - 1
        if most and len(plain) <= 2:
            low, high = 1, most
        value = self._random.randint(low, high)
        return f"{value:,}" if "," in was else str(value)

    @cached_property
    def _normalized(self) -> list[str]:
        return [f" {' '.join(normalize(text))} " for text in self._texts]

    @cached_property
    def _vocabulary(self) -> frozenset[str]:
        return frozenset(word for text in self._texts for word in words(text))


def _with_units(question: str) -> Iterator[str]:
    """The entities of a question, numbers with their unit."""
    for entity in entities(question):
        end = question.find(entity.text) + len(entity.text)
        unit = UNIT.match(question, end) if entity.text[-1].isdigit() else None
        yield entity.text + (unit[0] if unit else "")
