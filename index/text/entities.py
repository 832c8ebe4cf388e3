"""Names, numbers, dates and quotations of a sentence, found by rules.

What matters in news is whether these are right, so they are compared word for word, after folding
differences of spelling only (see `index.text.words`).
"""

import re
from dataclasses import dataclass

from index.text.calendar_terms import NUMBER_WORDS, ORDINALS
from index.text.words import COMMON, WORD, words

# full names of states are one token, "of" included
_NAME_OR_WORD = re.compile(
    r"\b(?:Democratic People['’]s )?Republic of Korea\b|\bUnited States of America\b|"
    + WORD.pattern
)
_ADDRESS = re.compile(r"\b(?:https?://|www\.|javascript:)[^\s)\]>\"”]+", re.IGNORECASE)
_QUOTED = re.compile(r"[“\"]([^“”\"]{8,400})[”\"]")
# "one", "first" and "second" are mostly no number in prose
_NUMBERS = (NUMBER_WORDS.keys() | ORDINALS.keys()) - {"one", "first", "second"}
TITLES = frozenset(
    "mayor president minister prime ambassador mr mrs ms dr prof professor sir judge king queen"
    " prince princess captain coach governor chancellor secretary director senator general chief"
    " special representative envoy councillor commissioner chairman author".split()
)
"""Capitalised words before a name that are not part of it."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A name, number or quotation: as written, and its comparable words.

    A `quotation`, or a web address, has to be in a text word for word.
    """

    text: str
    words: tuple[str, ...]
    quotation: bool = False


def entities(sentence: str) -> list[Entity]:
    """Quotations and addresses of one sentence, then its names and numbers in reading order.

    A run of capitalised words and numbers is one entity.

    >>> [p.text for p in entities("He told Sung Kim that 12 ships left Busan on July 20.")]
    ['Sung Kim', '12', 'Busan', 'July 20']
    """
    found = [Entity(quoted[1], words(quoted[1]), True) for quoted in _QUOTED.finditer(sentence)]
    found = [quoted for quoted in found if len(quoted.words) >= 3]
    found += [Entity(link[0], words(link[0]), True) for link in _ADDRESS.finditer(sentence)]
    outside = sentence
    for verbatim in (_QUOTED, _ADDRESS):
        outside = verbatim.sub(lambda match: " " * len(match[0]), outside)
    runs: list[tuple[int, int]] = []
    for token in _NAME_OR_WORD.finditer(outside):
        if not _is_name_or_number(token, outside):
            continue
        if runs and _is_joined(outside[runs[-1][1] : token.start()], token[0]):
            runs[-1] = runs[-1][0], token.end()
        else:
            runs.append(token.span())
    found += [Entity(outside[a:b], words(outside[a:b])) for a, b in runs]
    return [entity for entity in found if entity.words]


def _is_name_or_number(token: re.Match[str], sentence: str) -> bool:
    word = token[0]
    if word[0].isdigit():
        return True
    if word.casefold() in NUMBER_WORDS or word.casefold() in ORDINALS:
        return word.casefold() in _NUMBERS
    if not word[0].isupper():
        return False
    if word == "May":  # a month or a person, unless it opens a wish or a question
        after, before = sentence[token.end() :], sentence[: token.start()]
        return bool(re.match(r" \d", after) or re.search(r"\w", before))
    return re.split("['’]", word)[0].casefold() not in COMMON


def _is_joined(between: str, word: str) -> bool:
    # "Kim, Japan" are two names, "July 20, 2023" is one date
    return between in (" ", "-", ". ") or (between == ", " and word[0].isdigit())
