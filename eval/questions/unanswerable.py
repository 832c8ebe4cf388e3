"""Questions that nearly could be answered: one particular swapped for one that no article holds.

The swap stays within its kind (a person for a person, a place for a place, a day, a number), so
that only reading tells the two questions apart.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from eval.data.normalize import normalize
from eval.questions.entity_types import UNIT, Kinds
from index.text.entities import entities
from index.text.words import COMMON, words

# ordinary names; whichever of them an index does not hold can be put into a question
_GIVEN = "Alma Bruno Carla Dmitri Elif Farid Greta Henrik Ines Jonas Katya Leandro Mirela".split()
_FAMILY = (
    "Abernathy Bjarnason Castellanos Dragomir Eriksen Fitzroy Grabowski Hashimoto Ivanescu"
    " Jankowski Kowalczyk Lindqvist Moreau Nakagawa Okonkwo Pavlenko Quintero Rasmussen"
).split()
_PLACES = (
    "Ljubljana Montevideo Windhoek Ulaanbaatar Suva Reykjavik Antananarivo Tegucigalpa Vilnius"
    " Bratislava Thimphu Asmara Paramaribo Chisinau Dushanbe Nouakchott Vientiane Bergen Turku"
).split()
_TRIES = 200


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A question of which one particular was swapped: its kind, what it was, what it is."""

    question: str
    kind: str
    was: str
    now: str


class Swapper:
    """Swaps particulars for what stands in none of `texts` (all titles and texts of an index)."""

    def __init__(self, texts: Sequence[str], seed: int) -> None:
        self._texts = texts
        self._kinds = Kinds(texts)
        self._chance = random.Random(seed)

    def swap(self, question: str, answer: str) -> NearMiss | None:
        """The question with one particular swapped, or None if none can be."""
        kept = set(normalize(answer))
        found = [
            (kind, text)
            for text in _parts(question)
            if not kept & set(normalize(text)) and (kind := self._kinds.of(text))
        ]
        self._chance.shuffle(found)
        for kind, was in found:
            for _ in range(_TRIES):
                now = self._another(kind, was)
                if now and not self.held(now):
                    return NearMiss(question.replace(was, now), kind, was, now)
        return None

    def held(self, text: str) -> bool:
        """Whether an article holds it: a name by any of its words, else as a whole."""
        said = normalize(text)
        numeric = any(word[0].isdigit() for word in said)
        if numeric:
            run = f" {' '.join(said)} "
            return any(run in told for told in self._comparable)
        return any(word in self._vocabulary for word in said if word not in COMMON)

    def _another(self, kind: str, was: str) -> str:
        if kind == "person":
            return f"{self._chance.choice(_GIVEN)} {self._chance.choice(_FAMILY)}"
        if kind == "place":
            return self._chance.choice(_PLACES)
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
            return str(int(plain) + self._chance.choice([-9, -7, -5, -4, -3, 3, 4, 5, 7, 9]))
        low, high = 10 ** (len(plain) - 1), 10 ** len(plain) - 1
        if most and len(plain) <= 2:
            low, high = 1, most
        value = self._chance.randint(low, high)
        return f"{value:,}" if "," in was else str(value)

    @cached_property
    def _comparable(self) -> list[str]:
        return [f" {' '.join(normalize(text))} " for text in self._texts]

    @cached_property
    def _vocabulary(self) -> frozenset[str]:
        return frozenset(word for text in self._texts for word in words(text))


def _parts(question: str) -> Iterator[str]:
    """The particulars of a question, numbers with their unit."""
    for part in entities(question):
        end = question.find(part.text) + len(part.text)
        unit = UNIT.match(question, end) if part.text[-1].isdigit() else None
        yield part.text + (unit[0] if unit else "")
