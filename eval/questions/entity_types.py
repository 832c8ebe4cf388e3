"""Types of the entities of a question: person, place, day, year or number.

Numbers and days are recognised by their form, names by how the articles use them: people have
titles and speak, places follow "in". A name that is used both ways, or neither way, has no type.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from index.text.calendar_terms import MONTHS, NUMBER_WORDS, WEEKDAYS

# words before a name that belong to an office and not to the name
TITLES = frozenset(
    "mr mrs ms dr prof professor president minister prime senator sen gen general judge sir king"
    " queen prince princess captain coach ambassador mayor governor chancellor secretary director"
    " administrator manager representative spokesman spokeswoman chairman chief chair commissioner"
    " deputy vice lord lady justice pope bishop sheikh lieutenant colonel sergeant private pvt"
    " officer agent attorney editor author actor actress singer founder head".split()
)
_SCALE = "hundred|thousand|million|billion|trillion"
# what continues a number: "26 million", "5 per cent"
UNIT = re.compile(rf"\s?(?:%|(?:per cent|percent|{_SCALE})\b)", re.I)
_TITLE = rf"\b(?:{'|'.join(sorted(word.capitalize() for word in TITLES))})\.?\s"
_SPEAKS = (
    r"\s(?:said|says|told|added|asked|explained|wrote|stated|announced|replied|noted|himself|"
    r"herself|who|was born)\b|,\s(?:who|aged|\d{2}),?\s"
)
_IN = r"\b(?:[Ii]n|[Nn]ear)\s"
_PLACE_SHARE = 0.25  # of a name's mentions that follow "in" or "near", if it is a place's
_NUMBER = re.compile(
    rf"(?i)(?:[A-Z]{{0,3}}\s?[$€£¥]\s?)?\d[\d,.]*(?:\s?(?:%|per cent|percent|{_SCALE}))?|"
    rf"(?:{'|'.join(word for word, number in NUMBER_WORDS.items() if number > 1)})"
    rf"(?:\s(?:{_SCALE}))?"
)
_NAME = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


class EntityTypes:
    """Types of entities as `texts`, the whole index, use them."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._of_name = lru_cache(maxsize=None)(self._type_of_name)

    def of(self, text: str) -> str:
        """person, place, day, year or number; "" if it is none or ambiguous."""
        parts = text.split()
        if any(part.strip(",.") in MONTHS for part in parts):
            return "day" if re.search(r"\d", text) else ""
        if re.fullmatch(r"[12]\d{3}", text):
            return "year"
        if _NUMBER.fullmatch(text):
            return "number"
        named = all(_NAME.fullmatch(part) and part[0].isupper() for part in parts)
        if not named or len(parts) > 3 or set(parts) & set(WEEKDAYS):
            return ""
        return self._of_name(text)

    def _type_of_name(self, name: str) -> str:
        whole = rf"\b{re.escape(name)}\b"
        person = self._count(rf"(?:{_TITLE}{whole}|{whole}(?:{_SPEAKS}))")
        place = self._count(rf"{_IN}{whole}")
        if person:  # one word may be a firm's as well, three may begin with an office
            return "person" if len(name.split()) == 2 and not place else ""
        return "place" if place > 1 and place >= _PLACE_SHARE * self._count(whole) else ""

    def _count(self, pattern: str) -> int:
        return sum(len(re.findall(pattern, text)) for text in self._texts)
