"""Phrases that end with a certain noun, with the words before it that belong to it."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from index.text.words import COMMON, words

MOST_WORDS = 5  # before the noun

_RUN = r"(?P<name>(?!The )[A-Z][\w-]*(?: [A-Z0-9][\w-]*)*)"
_NAMED = re.compile(rf"{_RUN}, (?:an?|the) $")
_NAME = re.compile(rf",? (?:called |named |the )?{_RUN}\b")
_TOKEN = re.compile(r"[^\W_][\w'’.-]*")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun with the words before it; `name` is that of the thing, where one stands beside it."""

    text: str
    name: str = ""


def phrases(sentence: str, nouns: str, verbs: Collection[int] = ()) -> Iterator[Phrase]:
    """The phrases of a sentence that end with one of `nouns`, a regular expression.

    They begin behind a stop word, a sign, or a verb, of which `verbs` are the offsets.

    >>> text = "The North launched two cruise missiles, and later a solid-fuel missile."
    >>> [phrase.text for phrase in phrases(text, "missiles?", {10})]
    ['two cruise missiles', 'solid-fuel missile']
    >>> list(phrases("The USS Marlow, an old submarine, met the ferry Tern.", "submarines?|ferry"))
    [Phrase(text='old submarine', name='USS Marlow'), Phrase(text='ferry', name='Tern')]
    """
    for found in re.finditer(rf"(?i)\b(?:{nouns})\b", sentence):
        start = found.start()
        tokens = list(_TOKEN.finditer(sentence, 0, start))[-MOST_WORDS:]
        for token in reversed(tokens):
            between = sentence[token.end() : start]
            compound = between in ("", "-")
            if between not in (" ", "", "-") or (_ends(token, verbs) and not compound):
                break
            start = token.start()
        before, after = _NAMED.search(sentence, 0, start), _NAME.match(sentence, found.end())
        named = before or after
        yield Phrase(sentence[start : found.end()], named["name"] if named else "")


def _ends(token: re.Match[str], verbs: Collection[int]) -> bool:
    """Whether a word is no part of the phrase behind it."""
    comparable = words(token[0])
    return token.start() in verbs or not comparable or comparable[0] in COMMON


def same_phrase(phrase: str) -> frozenset[str]:
    """What two phrases for the same have in common: their words in the singular, without numbers.

    >>> same_phrase("Two cruise missiles") == same_phrase("cruise missile")
    True
    """
    plain = (word for word in words(phrase) if not word.isdigit() and word not in COMMON)
    return frozenset(word.removesuffix("s") for word in plain)
