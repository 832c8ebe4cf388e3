"""Values that a sentence states of something: a number of things, the holder of an office.

Found by rules, so that a whole archive can be read; what is doubtful is left out, such as a part of
a total ("seven of the dead", "three more bodies").
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile

from index.text.calendar_terms import CALENDAR_NAMES, MONTH_NUMBERS, NUMBER_WORDS
from index.text.entities import TITLES, entities
from index.text.words import COMMON, fold, stem, stems, words

CLAUSE = 9  # words on either side of a number that say what is counted

_SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_WRITTEN = "|".join(
    sorted((word for word in NUMBER_WORDS if word != "zero"), key=len, reverse=True)
)
_COUNTED = re.compile(
    rf"(?<![\w.,:/$€£-])(?P<money>(?:US)?[$€£] ?)?(?P<number>\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?"
    rf"|\b(?i:{_WRITTEN})\b)(?:[ -](?P<scale>hundred|thousand|million|billion|trillion))?"
    r"(?P<percent> ?%| per ?cent\b)?(?P<thing>(?: [a-z][a-z’'-]*){0,3})(?![\w-])"
)
_BOUND = re.compile(
    r"(?i)\b(at least|more than|over|up to|fewer than|less than|nearly|almost|about|around|some"
    r"|approximately|roughly|as many as|no more than|under)(?: [$€£])?$"
)
# a part of a total, or an order and no count
_PART = re.compile(
    r"(?i)\b(another|other|further|additional|these|those|his|her|their|of (?:the|whom|them)|the"
    r"|by|from|for|every|each|per|aged|last|first|past|next|between|page|line|group|no\.?|number"
    r"|chapter|article|section|phase|level|of|to|than|and|or|in|at|on) $"
)
_REACHING = re.compile(
    r"(?i)(?:up to|risen to|rises? to|rose to|climb\w* to|reach\w*|fell to|hit|stands? at"
    r"|stood at|to|toll of|total of|number of|at) $"
)
_OF_WHOLE = re.compile(
    r"(?i)^(?: \w+)? (?:more|other|others|further|additional|of (?:the|them|those))\b"
)
_DEEDS = {
    name: word
    for word, names in {
        "dead": "die dead death toll kill fatal fatality victim body",
        "hurt": "injure injury wound hurt hospitalise hospitalize",
        "missing": "miss unaccounted",
        "arrested": "arrest detain custody",
        "displaced": "evacuate displace homeless flee evacuation",
    }.items()
    for name in map(stem, names.split())
}
_PEOPLE = frozenset(
    map(stem, "people person men man women woman resident citizen civilian".split())
)
_NOT_THINGS = frozenset(
    map(stem, "year month week day hour minute second time pm am old percentage".split())
)
_NOT_NAMES = CALENDAR_NAMES | MONTH_NUMBERS.keys() | TITLES

_DATELINE = re.compile(r"^[A-Z]{2}.{0,60}? [-–—]{1,2} ")

_OFFICES = (
    "prime minister|(?:foreign|finance|interior|defen[cs]e|health|justice|education|transport"
    "|energy|environment) (?:minister|secretary)|president|chancellor|mayor|governor|premier"
    "|chief executive(?: officer)?|CEO|head coach|police chief|secretary[ -]general|king|queen"
    "|attorney general|archbishop|bishop"
)
_NAME = r"(?P<name>[A-Z][\w’'-]+(?: (?:[A-Z][\w’'-]+|de|van|von|al|bin|del|da|dos)){1,3})"
_PLACE = r"(?P<place>[A-Z][\w-]+(?: [A-Z][\w-]+){0,2})"
_NOT_NOW = (
    r"(?<!former )(?<!deputy )(?<!vice )(?<!acting )(?<!ex-)(?<!then )(?<!then-)(?<!interim )"
)
_HOLDERS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b{_PLACE}['’]s? (?P<office>(?i:{_OFFICES})),? {_NAME}",
        rf"{_NOT_NOW}\b(?P<office>(?i:{_OFFICES})) of (?:the )?{_PLACE},? {_NAME}",
        rf"\b{_NAME}, (?:the )?(?:current |new )?(?P<office>(?i:{_OFFICES})) of (?:the )?{_PLACE}",
        rf"\b{_NAME} (?:is|was elected|became|was sworn in as|has been elected) (?:the )?"
        rf"(?:new )?(?P<office>(?i:{_OFFICES})) of (?:the )?{_PLACE}",
        rf"\b{_PLACE} (?P<office>(?:{_OFFICES.title()})) {_NAME}",
    )
)


@dataclass(frozen=True, slots=True)
class Count:
    """A number of something, as a sentence states it.

    `value` is the number with its scale, `text` as written with the thing; `unit` the stems of what
    is counted ("people" and the like are left out beside a deed), `deed` what happened to it
    ("dead") or "". `around` are the stems of the clause. `bound`: "at least" and the like, or "".
    """

    value: float
    text: str
    unit: frozenset[str]
    deed: str
    around: frozenset[str]
    bound: str = ""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds an office of a place or a body, by one sentence."""

    office: str
    place: str
    name: str


def counts(sentence: str) -> Iterator[Count]:
    """The numbers of a sentence with what they count; totals only.

    >>> [(c.value, c.deed) for c in counts("The flood killed at least 12 people in Brask.")]
    [(12.0, 'dead')]
    >>> list(counts("Seven of the dead lived there; three more bodies were found in 2023."))
    []
    """
    for found in _COUNTED.finditer(sentence):
        before, after = sentence[: found.start()], sentence[found.end("number") :]
        if _OF_WHOLE.match(after) or (_PART.search(before) and not _REACHING.search(before)):
            continue
        things = [stem(word) for word in words(found["thing"]) if word not in COMMON]
        around = _around(sentence, found)
        if found["money"] or found["percent"]:
            things = [(found["money"] or found["percent"]).strip(), *things[:0]]
        elif not things and not _REACHING.search(before):
            continue
        if _NOT_THINGS & set(things) or _is_year(found):
            continue
        bound = _BOUND.search(before.rstrip())
        yield Count(
            value=_value(found),
            text=_text(found),
            unit=frozenset(things[:2]) - _DEEDS.keys() - _PEOPLE,
            deed=_deed(things, around),
            around=frozenset([*around[0][-CLAUSE:], *around[1][:CLAUSE]]) - set(things),
            bound=bound[1].lower() if bound else "",
        )


def _around(sentence: str, found: re.Match[str]) -> tuple[list[str], list[str]]:
    """The stems of the number's clause, before it and behind it, in order."""
    before = re.split(r"[;:.] |, (?:and|but|while) ", sentence[: found.start()])[-1]
    after = re.split(r"[;:.] |, (?:and|but|while) ", sentence[found.end("number") :])[0]
    return _plain_stems(before), _plain_stems(after)


def _plain_stems(text: str) -> list[str]:
    return [stem(word) for word in words(text) if word not in COMMON and not word[0].isdigit()]


def _deed(things: list[str], around: tuple[list[str], list[str]]) -> str:
    """What happened to those that are counted; "" if nothing, or more than one thing, did."""
    own = {_DEEDS[one] for one in things if one in _DEEDS}
    found = own or {_DEEDS[one] for part in around for one in part if one in _DEEDS}
    return next(iter(found)) if len(found) == 1 else ""


def _text(found: re.Match[str]) -> str:
    """The number with what is counted, up to the verb or preposition that follows."""
    number = found[0][: len(found[0]) - len(found["thing"])]
    things = takewhile(
        lambda word: word not in COMMON and stem(word) not in _DEEDS, found["thing"].split()
    )
    return " ".join([number.strip(), *things])


def _value(found: re.Match[str]) -> float:
    written = found["number"].replace(",", "").lower()
    number = float(NUMBER_WORDS.get(written, written))
    return number * _SCALES.get(found["scale"] or "", 1.0)


def _is_year(found: re.Match[str]) -> bool:
    return bool(re.fullmatch(r"(?:1[5-9]|20)\d\d", found["number"])) and not found["scale"]


def holders(sentence: str) -> Iterator[Holder]:
    """Who holds which office, where the sentence says of what.

    >>> list(holders("Tavrin's mayor, Ilse Dorran, spoke."))
    [Holder(office='mayor', place='tavrin', name='Ilse Dorran')]
    """
    for pattern in _HOLDERS:
        for found in pattern.finditer(sentence):
            yield Holder(fold(found["office"]), fold(found["place"]), found["name"])


def names_in(sentence: str) -> frozenset[tuple[str, ...]]:
    """The names of a sentence in comparable words, without numbers, days, titles, quotations.

    Those of a dateline ("TAVRIN, Velmara - …") are left out: they say where it was written.
    """
    found = set()
    sentence = _DATELINE.sub("", sentence)
    for entity in entities(sentence):
        if entity.quotation:
            continue
        kept = tuple(w for w in entity.words if w not in _NOT_NAMES and not w[0].isdigit())
        if (
            kept
            and not COMMON.issuperset(kept)
            and (len(kept) > 1 or not _opens(sentence, entity.text))
        ):
            found.add(kept)
    return frozenset(found)


def _opens(sentence: str, name: str) -> bool:
    """Whether one word opens the sentence, which may be capitalised because of that."""
    return sentence.startswith(name) and " " not in name


@lru_cache(maxsize=4096)
def content(text: str) -> frozenset[str]:
    """The stems of a text without numbers."""
    return frozenset(one for one in stems(text) if not one[0].isdigit())
