"""Answer normalisation: one spelling for numbers, dates and names, so that "12" equals "twelve"."""

import datetime as dt
import re
from collections.abc import Sequence
from decimal import Decimal

from index.text.calendar_terms import MONTH_NUMBERS, MONTHS, NUMBER_WORDS, ORDINALS, TENS
from index.text.words import words

_MONTHS = {name: MONTHS[number - 1].lower() for name, number in MONTH_NUMBERS.items()}
_UNITS = {word: n for word, n in (NUMBER_WORDS | ORDINALS).items() if 1 <= n <= 9}
_TWO_WORDS = re.compile(rf"\b({'|'.join(TENS)})[\s-]+({'|'.join(_UNITS)})\b", re.IGNORECASE)
_ISO_DAY = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_SHORT_SCALE = re.compile(r"(?<=\d)(k|m|bn)\b", re.IGNORECASE)
_SCALES = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12}  # powers of 10
_SHORT = {"k": " thousand", "m": " million", "bn": " billion"}
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def normalize(text: str) -> tuple[str, ...]:
    """The words of a text with one spelling for numbers, dates, accents and case.

    >>> normalize("Twenty-three of 1.2 million, on July 20, 2023")
    ('23', 'of', '1200000', 'on', '20', 'july', '2023')
    >>> normalize("the 20th of July") == normalize("the 20 Jul") == ('the', '20', 'july')
    True
    """
    text = _ISO_DAY.sub(_spelled_day, text)
    text = _TWO_WORDS.sub(lambda m: str(TENS[m[1].lower()] + _UNITS[m[2].lower()]), text)
    text = _SHORT_SCALE.sub(lambda m: _SHORT[m[1].lower()], text)
    return tuple(_dated(_scaled(words(text))))


def _spelled_day(found: re.Match[str]) -> str:
    try:
        day = dt.date.fromisoformat(found[0])
    except ValueError:
        return found[0]
    return f"{day.day} {day:%B} {day.year}"


def _scaled(tokens: Sequence[str]) -> list[str]:
    """Expand scale words: "1.2", "million" becomes "1200000"."""
    out: list[str] = []
    for token in tokens:
        if token in _SCALES and out and _NUMBER.fullmatch(out[-1]):
            out[-1] = format((Decimal(out[-1]).scaleb(_SCALES[token])).normalize(), "f")
        else:
            out.append(token)
    return out


def _dated(tokens: Sequence[str]) -> list[str]:
    """Put the day before the month, and write the month in full, wherever both stand together."""
    out: list[str] = []
    rest = list(tokens)
    while rest:
        token = rest.pop(0)
        month = _MONTHS.get(token)
        if month and len(out) > 1 and out[-1] == "of" and _is_day(out[-2]):
            out.pop()
        if month and out and _is_day(out[-1]):
            out.append(month)
        elif month and rest and _is_day(rest[0]):
            out += [str(int(rest.pop(0))), month]
        elif month and rest and re.fullmatch(r"[12]\d{3}", rest[0]):
            out.append(month)
        else:
            out.append(token)
    return out


def _is_day(token: str) -> bool:
    return token.isdecimal() and len(token) <= 2 and 1 <= int(token) <= 31


def contains(text: Sequence[str], part: Sequence[str]) -> bool:
    """Whether `part` is a contiguous run of `text`.

    >>> contains(("14", "march"), ("4", "march"))
    False
    """
    size = len(part)
    return any(tuple(text[i : i + size]) == tuple(part) for i in range(len(text) - size + 1))
