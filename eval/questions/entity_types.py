"""What a particular is: a person, a place, a day, a year or a number.

Numbers and days are told by their form, names by how the articles use them: people have titles and
speak, places stand behind "in". A name that is used both ways, or neither way, has no kind.
"""

from __future__ import annotations

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
# a number goes on with it: "26 million", "5 per cent"
UNIT = re.compile(
    r"\s?(?:%|(?:per cent|percent|hundred|thousand|million|billion|trillion)\b)", re.I
)
_TITLE = rf"\b(?:{'|'.join(sorted(word.capitalize() for word in TITLES))})\.?\s"
_SPEAKS = (
    r"\s(?:said|says|told|added|asked|explained|wrote|stated|announced|replied|noted|himself|"
    r"herself|who|was born)\b|,\s(?:who|aged|\d{2}),?\s"
)
_IN = r"\b(?:[Ii]n|[Nn]ear)\s"
_PLACE_SHARE = 0.25  # of a name's mentions that follow "in" or "near", if it is a place's
_NUMBER = re.compile(
    r"(?:[A-Z]{0,3}\s?[$€£¥]\s?)?\d[\d,.]*(?:\s?(?:%|per cent|percent|hundred|thousand|million|"
    r"billion|trillion))?|"
    rf"(?:{'|'.join(word for word, n in NUMBER_WORDS.items() if n >= 2)})(?:\s(?:hundred|thousand|million|billion|trillion))?",
    re.IGNORECASE,
)


class Kinds:
    """Tells kinds by `texts`, all that an index holds."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._of_name = lru_cache(maxsize=None)(self._kind_of_name)

    def of(self, text: str) -> str:
        """person, place, day, year or number; "" if it is none or cannot be told."""
        said = text.split()
        month = any(part.strip(",.") in MONTHS for part in said)
        if month:
            return "day" if re.search(r"\d", text) else ""
        if re.fullmatch(r"[12]\d{3}", text):
            return "year"
        if _NUMBER.fullmatch(text):
            return "number"
        named = all(re.fullmatch(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", part) for part in said)
        capital = all(part[0].isupper() for part in said)
        if not named or not capital or len(said) > 3 or set(said) & set(WEEKDAYS):
            return ""
        return self._of_name(text)

    def _kind_of_name(self, name: str) -> str:
        whole = rf"\b{re.escape(name)}\b"
        person = self._count(rf"(?:{_TITLE}{whole}|{whole}(?:{_SPEAKS}))")
        place = self._count(rf"{_IN}{whole}")
        if person:  # one word may be a firm's as well, three may begin with an office
            return "person" if len(name.split()) == 2 and not place else ""
        return "place" if place > 1 and place >= _PLACE_SHARE * self._count(whole) else ""

    def _count(self, pattern: str) -> int:
        return sum(len(re.findall(pattern, text)) for text in self._texts)
