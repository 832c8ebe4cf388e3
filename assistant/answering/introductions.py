"""Finds the sentence that says who "Kim" or "he" is: a model that has not read it must guess."""

import re
from collections.abc import Sequence
from functools import lru_cache

from assistant.core.answer import Evidence
from index.text.entities import entities

_PRONOUN = re.compile(r"(?i)^\W*(?:he|she|his|her)\b")


def introductions(sentences: Sequence[Evidence]) -> dict[tuple[str, int, int], Evidence]:
    """By its span, for each sentence that needs it: the one that introduces whom it is about.

    That is the nearest one before it in its article, among `sentences`, with a full name: any for a
    pronoun that begins a sentence, and "Kim Gunn" for a "Kim" that is its first name.
    """
    found = {}
    before: list[Evidence] = []
    for item in sorted(sentences, key=lambda item: (item.article.id, item.start)):
        if before and before[-1].article.id != item.article.id:
            before = []
        if introduction := _introduction(item, before):
            found[item.span] = introduction
        before.append(item)
    return found


def _introduction(item: Evidence, before: Sequence[Evidence]) -> Evidence | None:
    if _PRONOUN.match(item.text):
        return next((e for e in reversed(before) if any(map(_is_full, _names(e.text)))), None)
    names = _names(item.text)
    if not names or _is_full(names[0]):
        return None
    [bare] = names[0]
    if any(_is_full(name) and bare in name for name in names):
        return None
    introduced = (e for e in reversed(before) if any(_ends(name, bare) for name in _names(e.text)))
    return next(introduced, None)


def _is_full(name: tuple[str, ...]) -> bool:
    return len(name) > 1


def _ends(name: tuple[str, ...], bare: str) -> bool:
    return _is_full(name) and name[-1] == bare


@lru_cache(maxsize=4_096)
def _names(sentence: str) -> tuple[tuple[str, ...], ...]:
    """The words of each name in a sentence, in reading order, without numbers and quotations."""
    return tuple(
        name.words
        for name in entities(sentence)
        if not name.quotation and not any(map(str.isdigit, name.text))
    )
