"""The particulars of a sentence: its names, numbers, dates and quotations, in comparable form.

A wrong particular is what hurts a reader of the news, so they are compared word for word, after
folding what is only spelling: case, accents, possessives, "U.S." and "US", "twelve" and "12".
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

_WORD = re.compile(
    r"\d+(?:[.,:]\d+)*(?:(?:st|nd|rd|th)\b)?|(?:[^\W\d_]\.){2,}|[^\W_]+(?:['’][^\W_]+)*"
)
# the same, but for states whose name is folded as a whole, "of" included
_NAME_OR_WORD = re.compile(
    r"\b(?:Democratic People['’]s )?Republic of Korea\b|\bUnited States of America\b|"
    + _WORD.pattern
)
_ADDRESS = re.compile(r"\b(?:https?://|www\.|javascript:)[^\s)\]>\"”]+", re.IGNORECASE)
_QUOTED = re.compile(r"[“\"]([^“”\"]{8,400})[”\"]")
_NUMBER_WORDS = (
    {
        word: str(value)
        for value, word in enumerate(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
            " fifteen sixteen seventeen eighteen nineteen twenty".split()
        )
    }
    | {
        word: str(value)
        for value, word in enumerate(
            "first second third fourth fifth sixth seventh eighth ninth tenth".split(), 1
        )
    }
    | {
        "thirty": "30",
        "forty": "40",
        "fifty": "50",
        "sixty": "60",
        "seventy": "70",
        "eighty": "80",
        "ninety": "90",
    }
)
# one spelling for states and bodies that articles name in several ways
_SAME = {
    "usa": "us",
    "uk": "britain",
    "british": "britain",
    "america": "us",
    "american": "us",
    "americans": "us",
}
_SAME_PHRASES = (
    (re.compile(r"\bunited states(?: of america)?\b"), "us"),
    (re.compile(r"\bunited kingdom\b"), "britain"),
    (re.compile(r"\bunited nations\b"), "un"),
    (re.compile(r"\beuropean union\b"), "eu"),
    # the North first: its full name ends with the South's (and has lost its possessive here)
    (
        re.compile(r"\bdemocratic people republic of korea\b|\bnorth koreans?\b|\bdprk\b"),
        "northkorea",
    ),
    (re.compile(r"\brepublic of korea\b|\bsouth koreans?\b|\brok\b"), "southkorea"),
    (re.compile(r"\bsouth korea\b"), "southkorea"),
    (re.compile(r"\bnorth korea\b"), "northkorea"),
    (re.compile(r"\bper cent\b|\bpercent\b|(?<=\d)\s?%"), " percent"),
)
# words that begin a sentence with a capital, or stand in capitals, and name nothing
COMMON = frozenset(
    "a about according after all also although an and another any are as at be because been"
    " before both but by can could did do does during each either even every few for from had has"
    " have he her here his how however i if in into is it its later many may might more most much"
    " my neither no nor not now of on once one only or other our over she should since so some"
    " such than that the their them then there these they this those though through to today"
    " tomorrow under until up upon was we were what when where whether which while who whom whose"
    " why will with would yes yesterday yet you your mr mrs ms dr sir".split()
)


@dataclass(frozen=True, slots=True)
class Entity:
    """A name, number or quotation: as written, and its comparable words.

    A `quotation`, or a web address, has to stand in a text word for word.
    """

    text: str
    words: tuple[str, ...]
    quotation: bool = False


def fold(text: str) -> str:
    """Lower case without accents, curly marks or several names for one state."""
    text = unicodedata.normalize("NFKD", text.replace("’", "'").replace("‘", "'"))
    text = "".join(c for c in text if not unicodedata.combining(c)).casefold()
    text = re.sub(r"\b((?:[a-z]\. ?){2,})", _initials, text)
    text = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", text)
    text = re.sub(r"(?<=[a-z])'s\b|(?<=s)'(?=\s|$)", "", text)
    for pattern, name in _SAME_PHRASES:
        text = pattern.sub(name, text)
    return text


def _initials(found: re.Match[str]) -> str:
    closed = found[1].replace(".", "").replace(" ", "")
    return f"{closed} " if found[1].endswith(" ") else closed


@lru_cache(maxsize=4096)
def words(text: str) -> tuple[str, ...]:
    """The comparable words of a text, in order.

    >>> words("The U.S. said twelve of Kim's 1,200 men")
    ('the', 'us', 'said', '12', 'of', 'kim', '1200', 'men')
    """
    return tuple(_comparable(word) for word in _WORD.findall(fold(text)))


def _comparable(word: str) -> str:
    if word[0].isdigit():
        word = re.sub(r"(?<=\d),(?=\d{3})", "", word)
        return re.sub(r"(?<=\d)(?:st|nd|rd|th)$", "", word)
    return _NUMBER_WORDS.get(word, _SAME.get(word, word))


@cache
def _stemmer() -> object:
    import snowballstemmer

    return snowballstemmer.stemmer("english")


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """The stem of a comparable word (Snowball English).

    >>> stem("meetings") == stem("meeting")
    True
    """
    found: str = _stemmer().stemWord(word)  # type: ignore[attr-defined]
    return found


def stems(text: str) -> frozenset[str]:
    """Stems of the words of a text that carry meaning."""
    return frozenset(stem(word) for word in words(text) if word not in COMMON)


def entities(sentence: str) -> list[Entity]:
    """Names, numbers and quotations of one sentence, in order of appearance, names as whole runs.

    >>> [p.text for p in entities("He told Sung Kim that 12 ships left Busan on July 20.")]
    ['Sung Kim', '12', 'Busan', 'July 20']
    """
    found = [
        Entity(quoted[1], words(quoted[1]), quotation=True)
        for quoted in _QUOTED.finditer(sentence)
        if len(words(quoted[1])) >= 3
    ] + [
        Entity(address[0], words(address[0]), quotation=True)
        for address in _ADDRESS.finditer(sentence)
    ]
    run: list[re.Match[str]] = []
    outside = sentence
    for whole in (_QUOTED, _ADDRESS):
        outside = whole.sub(lambda found: " " * len(found[0]), outside)
    for token in _NAME_OR_WORD.finditer(outside):
        if run and not _joined(outside, run[-1], token):
            found.append(_of_run(outside, run))
            run = []
        if _particular(token, outside):
            run.append(token)
        elif run:
            found.append(_of_run(outside, run))
            run = []
    if run:
        found.append(_of_run(outside, run))
    return [particular for particular in found if particular.words]


def _particular(token: re.Match[str], sentence: str) -> bool:
    word = token[0]
    if word[0].isdigit():
        return True
    if word.casefold() in _NUMBER_WORDS:
        return word.casefold() not in ("one", "first", "second")  # mostly no number in prose
    if not word[0].isupper():
        return False
    if word == "May":  # a month or a person, unless it opens a wish or a question
        after, before = sentence[token.end() :], sentence[: token.start()]
        return bool(re.match(r" \d", after) or re.search(r"\w", before))
    plain = word.split("'")[0].split("’")[0].casefold()
    return plain not in COMMON


def _joined(sentence: str, last: re.Match[str], token: re.Match[str]) -> bool:
    return sentence[last.end() : token.start()] in (" ", "-", ". ", ", ") and not (
        # "Kim, Japan" are two names, "July 20, 2023" is one date
        sentence[last.end() : token.start()] == ", " and not token[0][0].isdigit()
    )


def _of_run(sentence: str, run: list[re.Match[str]]) -> Entity:
    text = sentence[run[0].start() : run[-1].end()]
    return Entity(text, words(text))


def opening_word(sentence: str) -> str:
    """The first word of a sentence: capitalised by position, not by being a name."""
    first = _WORD.search(sentence)
    return first[0] if first else ""
