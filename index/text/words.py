"""The words of a text in comparable form: what makes "U.S." and "US", "twelve" and "12" equal."""

import re
import unicodedata
from functools import cache, lru_cache
from itertools import product
from typing import Any

from index.text.calendar_terms import NUMBER_WORDS, ORDINALS

# "U.S.", "U. S." and "U.S"; with a space it is closed by a dot, as "plan B. A man" is not
_LETTERS = r"\b[^\W\d_](?:\. ?[^\W\d_])+\.|\b[^\W\d_](?:\.[^\W\d_])+\b"
WORD = re.compile(rf"\d+(?:[.,:]\d+)*(?:(?:st|nd|rd|th)\b)?|{_LETTERS}|[^\W_]+(?:['’][^\W_]+)*")
MAX_INITIALS = 5
# states and bodies that articles name in several ways
_SYNONYMS = {
    **{word: str(number) for word, number in (NUMBER_WORDS | ORDINALS).items()},
    **dict.fromkeys(("usa", "america", "american", "americans"), "us"),
    **dict.fromkeys(("uk", "british"), "britain"),
}
_SYNONYM_PHRASES = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (r"\bunited states(?: of america)?\b", "us"),
        (r"\bunited kingdom\b", "britain"),
        (r"\bunited nations\b", "un"),
        (r"\beuropean union\b", "eu"),
        # the North first: its full name ends with the South's (and has lost its possessive here)
        (r"\bdemocratic people republic of korea\b|\bnorth koreans?\b|\bdprk\b", "northkorea"),
        (r"\brepublic of korea\b|\bsouth koreans?\b|\brok\b|\bsouth korea\b", "southkorea"),
        (r"\bnorth korea\b", "northkorea"),
        (r"\bper cent\b|\bpercent\b|(?<=\d)\s?%", " percent"),
    )
)
COMMON = frozenset(
    "a about according after all also although an and another any are as at be because been"
    " before both but by can could did do does during each either even every few for from had has"
    " have he her here his how however i if in into is it its later many may might more most much"
    " my neither no nor not now of on once one only or other our over she should since so some"
    " such than that the their them then there these they this those though through to today"
    " tomorrow under until up upon was we were what when where whether which while who whom whose"
    " why will with would yes yesterday yet you your mr mrs ms dr sir".split()
)
"""Stop words; capitalised at the beginning of a sentence they name nothing."""


def fold(text: str) -> str:
    """Lower case, without accents, typographic quotes and possessives, one name for each state.

    >>> fold("Zürich’s U.S. envoys, South Koreans")
    'zurich us envoys, southkorea'
    """
    text = unicodedata.normalize("NFKD", text.replace("’", "'").replace("‘", "'"))
    text = "".join(c for c in text if not unicodedata.combining(c)).casefold()
    text = re.sub(_LETTERS, lambda found: re.sub(r"[. ]", "", found[0]), text)
    text = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", text)
    text = re.sub(r"(?<=[a-z])'s\b|(?<=s)'(?=\s|$)", "", text)
    for pattern, name in _SYNONYM_PHRASES:
        text = pattern.sub(name, text)
    return text


@lru_cache(maxsize=4096)
def words(text: str) -> tuple[str, ...]:
    """The comparable words of a text, in order.

    >>> words("The U.S. said twelve of Kim's 1,200 men")
    ('the', 'us', 'said', '12', 'of', 'kim', '1200', 'men')
    """
    return tuple(_comparable(word) for word in WORD.findall(fold(text)))


@lru_cache(maxsize=4096)
def initialisms(text: str) -> frozenset[str]:
    """The initials of up to five adjacent words of a text, in lower case: what may stand for them.

    They have capitals at both ends, or are three or more small content words.

    >>> sorted(initialisms("the chief executive officer, Ann Lee"))
    ['al', 'ceo']
    """
    found = set()
    for clause in re.split(r"[^\w\s'’-]", text):
        written = [word for word in WORD.findall(clause) if word[0].isalpha()]
        for run in (written, [word for word in written if word.lower() not in COMMON]):
            for start, size in product(range(len(run)), range(2, MAX_INITIALS + 1)):
                part = run[start : start + size]
                ends = {word[0].isupper() for word in (part[0], part[-1])}
                small = size > 2 and ends == {False} and COMMON.isdisjoint(part)
                if len(part) == size and (small or ends == {True}):
                    found.add("".join(word[0] for word in part).lower())
    return frozenset(found)


def abbreviations(text: str) -> frozenset[str]:
    """The comparable words of a text that are written in capitals alone.

    >>> sorted(abbreviations("The CEO of the U.N. agency"))
    ['ceo', 'un']
    """
    found = (word for word in WORD.findall(text) if word.isupper() and len(word) > 1)
    return frozenset(comparable for word in found for comparable in words(word))


def _comparable(word: str) -> str:
    if word[0].isdigit():
        word = re.sub(r"(?<=\d),(?=\d{3})", "", word)
        return re.sub(r"(?<=\d)(?:st|nd|rd|th)$", "", word)
    return _SYNONYMS.get(word, word)


@cache
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("english")


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """The stem of a comparable word (Snowball English).

    >>> stem("meetings") == stem("meeting")
    True
    """
    return str(_stemmer().stemWord(word))


def stems(text: str) -> frozenset[str]:
    """Stems of the words of a text, without stop words.

    >>> sorted(stems("The envoys were meeting"))
    ['envoy', 'meet']
    """
    return frozenset(stem(word) for word in words(text) if word not in COMMON)


def opening_word(sentence: str) -> str:
    """The first word of a sentence, capitalised because of its position; "" if there is none."""
    first = WORD.search(sentence)
    return first[0] if first else ""
