"""What of a sentence can be compared with another: names, numbers and days, each with its place."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from index.text.calendar_terms import (
    CALENDAR_NAMES,
    MONTH_NUMBERS,
    NUMBER_WORDS,
    TENS,
    WEEKDAYS,
)
from index.text.entities import TITLES, Entity, entities
from index.text.grammar import NameKind, ParsedSentence
from index.text.query_dates import periods
from index.text.relative_dates import Period, days_in
from index.text.words import COMMON, WORD, stem, words

SCALES = {
    "dozen": 12.0,
    "hundred": 100.0,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "trillion": 1e12,
}
_MORE = re.compile(r"-(\w+)\b| and a half\b")
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_ROUGH = re.compile(
    r"(?i)\b(?:(?P<about>about|around|roughly|approximately|some|nearly|almost|close to"
    r"|an estimated|estimated|under|less than|fewer than|up to|at most|just)"
    r"|(?P<over>over|more than|at least|upwards of|in excess of))(?: an?| \$| US\$)? ?[$€£]?$"
)
_TOLERANCE = 0.12  # share by which a rounded number may differ from the exact one


@dataclass(frozen=True, slots=True)
class Part:
    """A name, a number or a day: characters `start`..`end` of its sentence.

    `words` are comparable ones without titles. `kind` of a name is the parser's, "other" where it
    tells none. `value` is that of a number; `counted` the stem of the noun behind it, or "".
    `rough` is "about" or "over" for a number that is only near, else "".
    """

    text: str
    start: int
    end: int
    words: tuple[str, ...]
    kind: NameKind
    value: float = 0.0
    counted: str = ""
    rough: str = ""


def parts_of(parsed: ParsedSentence) -> list[Part]:
    """The names, numbers and days of a sentence in reading order, without those in quotations.

    >>> [(p.text, p.kind) for p in parts_of(ParsedSentence("12 men left Busan on 5 May."))]
    [('12', 'number'), ('Busan', 'other'), ('5 May', 'day')]
    """
    found: list[Part] = []
    end = 0
    first = WORD.search(parsed.text)
    for entity in entities(parsed.text):
        if entity.quotation:
            continue
        start = parsed.text.find(entity.text, end)
        if start < 0:
            continue
        end = start + len(entity.text)
        if first and first.span() == (start, end) and _is_plain(parsed, first):
            continue
        found += _parts(parsed, entity, start)
    return sorted(found, key=lambda part: part.start)


def same_number(one: Part, other: Part) -> bool:
    """Whether two numbers agree, as far as either is exact.

    >>> over, exact = (parts_of(ParsedSentence(t))[0] for t in ("over 1,000 men", "1,024 men"))
    >>> same_number(over, exact)
    True
    """
    if one.value == other.value:
        return True
    near = abs(one.value - other.value) <= _TOLERANCE * max(one.value, other.value)
    if not near or not (one.rough or other.rough):
        return False
    rough, exact = (one, other) if one.rough else (other, one)
    return rough.rough != "over" or exact.value >= rough.value or bool(exact.rough)


def days_of_text(text: str, published: dt.date | None) -> list[Period]:
    """The days, months and years that a text names; relative ones where `published` is known."""
    found = periods(text, published)
    if published:
        relative = days_in(text, published)
        known = [(one.start, one.end) for one in found]
        found += [r for r in relative if all(r.end <= a or b <= r.start for a, b in known)]
    return found


def weekdays_of(text: str) -> set[str]:
    """The days of the week that a text names, in lower case."""
    return {day.lower() for day in WEEKDAYS} & set(words(text))


def _parts(parsed: ParsedSentence, entity: Entity, start: int) -> Iterator[Part]:
    tokens = [(w, start + w.start(), start + w.end()) for w in WORD.finditer(entity.text)]
    day = [t for t in tokens if _is_day_word(t[0][0], entity)]
    number = [t for t in tokens if t not in day and words(t[0][0])[0][0].isdigit()]
    names = [t for t in tokens if t not in day and t not in number]
    while names and words(names[0][0][0])[0] in TITLES:
        names = names[1:]
    if day:
        first, last = day[0][1], day[-1][2]
        text = parsed.text[first:last]
        yield Part(text, first, last, words(text), "day")
    end = 0
    for _, first, last in number if not names else ():
        if first >= end:
            yield (part := _number(parsed.text, first, last))
            end = part.end
    if names:
        first, last = names[0][1], tokens[-1][2] if not day else names[-1][2]
        text = re.sub(r"['’]s?$", "", parsed.text[first:last])
        yield Part(text, first, first + len(text), words(text), _kind(parsed, first, last))


def _is_plain(parsed: ParsedSentence, word: re.Match[str]) -> bool:
    """Whether the parser takes a sentence's first word for no name, which its capital hides."""
    read = bool(parsed.names or parsed.relations)
    named = any(name.start < word.end() for name in parsed.names)
    known = NUMBER_WORDS.keys() | MONTH_NUMBERS.keys() | set(CALENDAR_NAMES)
    return read and not named and word[0].isalpha() and word[0].lower() not in known


def _is_day_word(word: str, entity: Entity) -> bool:
    lower = word.lower()
    if lower in CALENDAR_NAMES or (lower in MONTH_NUMBERS and word[0].isupper()):
        return True
    if _YEAR.fullmatch(word):
        return True
    dated = any(part in MONTH_NUMBERS for part in entity.words)
    return dated and bool(re.fullmatch(r"\d{1,2}(?:st|nd|rd|th)?", word))


def _number(text: str, start: int, end: int) -> Part:
    written = words(text[start:end])[0]
    try:
        value = float(written)
    except ValueError:  # a score or a time of day: "3:2"
        return Part(text[start:end], start, end, (written,), "number", counted=written)
    more, end = _more(text, start, end)
    if more:
        value += more
        written = f"{value:g}"
    behind = [w for w in WORD.finditer(text, end) if w.start() - end < 40][:4]
    before = text[max(0, start - 24) : start]
    rough = _ROUGH.search(before)
    if behind and (scale := SCALES.get(behind[0][0].lower())) and behind[0].start() - end <= 2:
        value, end, behind = value * scale, behind[0].end(), behind[1:]
    counted = next((stem(words(w[0])[0]) for w in behind if words(w[0])[0] not in COMMON), "")
    kind = "" if not rough else "over" if rough["over"] else "about"
    return Part(text[start:end], start, end, (written,), "number", value, counted, kind)


def _more(text: str, start: int, end: int) -> tuple[float, int]:
    """What "-one" or "and a half" adds to the number before it, and where it ends then."""
    found = _MORE.match(text, end)
    if found is None or found[1] is None:
        return (0.5, found.end()) if found else (0.0, end)
    unit = NUMBER_WORDS.get(found[1].lower(), 0) if text[start:end].lower() in TENS else 0
    return (unit, found.end()) if 0 < unit < 10 else (0.0, end)


def _kind(parsed: ParsedSentence, start: int, end: int) -> NameKind:
    over = [name for name in parsed.names if name.start < end and start < name.end]
    named = [name.kind for name in over if name.kind not in ("day", "number")]
    return named[0] if named else "other"
