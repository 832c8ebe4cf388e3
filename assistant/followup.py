"""Question and history to a question that stands alone, by rules and with no model call."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answer import Turn
from assistant.particulars import COMMON, opening_word, particulars, words

# "there" and "that" are left out: they mostly point nowhere ("Is there …", "the law that …")
_POINTS_BACK = re.compile(
    r"\b(?:he|him|his|she|her|hers|they|them|their|theirs|it|its|this|those|these|one|ones|then|same|former|latter)\b",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"^(?:and|but|or|so|also|then|what about|how about|why not)\b", re.IGNORECASE)
_DAY_OR_NUMBER = re.compile(
    r"\d|^(?:\w+day|January|February|March|April|May|June|July|August|September|October|November"
    r"|December)$"
)
CARRIED = 4  # names from the exchange before
SHORT = 3  # meaningful words; a question with fewer and no name of its own cannot stand alone


def standalone(question: str, history: Sequence[Turn]) -> str:
    """The question with what it leaves unsaid, taken from the last exchange, in brackets.

    >>> turn = Turn("Who is the ROK special representative?", "Kim Gunn is.")
    >>> standalone("Where did he meet his counterparts?", [turn])
    'Where did he meet his counterparts? (Kim Gunn, ROK)'
    >>> standalone("How many ships sank off Busan?", [turn])
    'How many ships sank off Busan?'
    """
    if not history or not leans_back(question):
        return question
    last = history[-1]
    carried = _subjects(last.answer, only=1) + _subjects(last.question)
    if not carried:
        carried = [word for word in words(last.question) if word not in COMMON]
    own = set(words(question))
    unsaid = [name for name in dict.fromkeys(carried) if not own.issuperset(words(name))]
    return f"{question} ({', '.join(unsaid[:CARRIED])})" if unsaid else question


def leans_back(question: str) -> bool:
    """Tell whether a question needs the exchange before it."""
    if _POINTS_BACK.search(question) or _GOES_ON.search(question.strip()):
        return True
    meaningful = [word for word in words(question) if word not in COMMON]
    return len(meaningful) < SHORT and not _subjects(question)


def _subjects(text: str, only: int | None = None) -> list[str]:
    """Names in the first `only` sentences; days and numbers are no subject to go on about."""
    from index.passages import sentences

    found: list[str] = []
    for start, end in sentences(text)[:only]:
        sentence = text[start:end]
        opening = opening_word(sentence)
        found.extend(
            p.text
            for p in particulars(sentence)
            if not p.quotation
            and not _DAY_OR_NUMBER.search(p.text)
            and (p.text != opening or len(p.words) > 1 or len(sentence) < 40)
        )
    return found
