"""The names of a sentence as they are written, and those that are told in one breath."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from assistant.kinds.inventory.names.name_signs import ROLES, tidy
from index.text.words import COMMON, fold

_CAPITAL = r"[A-ZÀ-ÖØ-Þ][\w&-]*(?:['’](?!s\b)\w*)?"
_RUN = rf"{_CAPITAL}(?: (?:(?:de|da|di|del|van|von|der|bin|al|el|la|le|dos|du) )?{_CAPITAL})*"
_WORD = (
    r"(?!(?:in|at|near|on|from|for|with|after|by|that|as|of|to|who|whose|which|where|when|while|but)"
    r"\b)[a-z][\w'’-]*"
)
_NAME = re.compile(_RUN)
_BEHIND = (
    r"(?: \([^)]*\))?(?: \d[\d.,]*\d| \d)?(?: (?:of|for|from) (?:the |respectively )?"
    + _RUN
    + r"(?= |,|;|\.|$))?"
    r"(?:, (?:(?:an?|the|who|whose|formerly|\d+)\b[^,;:.]*?|[a-z][^,;:.]*?)(?=,|;|\.|$))?"
)
_NEXT = re.compile(
    rf"{_BEHIND}(?:,? (?:and|or|as well as|along with|with|&) |, |; )"
    rf"(?P<words>(?:by )?(?:{_WORD},? ){{0,5}})(?:{_RUN}['’]s (?:[a-z][\w-]* ){{0,4}})?"
    rf"(?P<name>{_RUN})"
)
_FIRST = re.compile(rf"(?P<words>(?:{_WORD},? ){{0,5}})(?:{_RUN}['’]s )?(?P<name>{_RUN})")


@dataclass(frozen=True, slots=True)
class Written:
    """A name with its characters `start`..`end` of a sentence."""

    name: str
    start: int
    end: int


def names_written(text: str) -> list[Written]:
    """The runs of capitalised words, without titles and stop words before them.

    >>> [one.name for one in names_written("There Mayor Runa Feld met Hye-jin Park of Lund's")]
    ['Runa Feld', 'Hye-jin Park', 'Lund']
    """
    found = (_written(one.start(), one[0]) for one in _NAME.finditer(text))
    return [one for one in found if one.name]


def _written(start: int, run: str) -> Written:
    end, parts = start + len(run), run.split()
    while parts and (fold(parts[0]) in COMMON or _is_role(parts)):
        parts = parts[1:]
    name = tidy(" ".join(parts))
    return Written(name, end - len(" ".join(parts)), end)


def _is_role(parts: list[str]) -> bool:
    first = fold(parts[0]).strip(".").removesuffix("s")
    return len(parts) > 1 and parts[0][-1] not in "'’" and first in ROLES


def coordinated(text: str, start: int, verbs: Collection[int], own: int = -1) -> Iterator[Written]:
    """The names that follow at, or behind the name that ends at, `start`: "A, an actor, and B".

    It ends before the clause of another of `verbs` (offsets) than `own`.

    >>> text = "It killed Ann Lee, 31, Bo Rask and the pilot Ed Moe, and Cy Poe fled."
    >>> [one.name for one in coordinated(text, text.index(", 31"), {3, 64})]
    ['Bo Rask', 'Ed Moe']
    """
    found = _NEXT.match(text, start)
    while found:
        one = _written(found.start("name"), found["name"])
        between = range(start, found.start("name"))
        if any(verb in between and verb != own and not _inside(text, verb) for verb in verbs):
            return
        if any(verb != own and _follows(text, found.end("name"), verb) for verb in verbs):
            return
        if not one.name:
            return
        yield one
        start = found.end("name")
        found = _NEXT.match(text, start)


def listed(text: str, start: int, verbs: Collection[int], own: int = -1) -> Iterator[Written]:
    """The names of an enumeration that begins at `start`.

    >>> [one.name for one in listed("It hit the towns of Ombra, Tel Harun and Passo.", 20, ())]
    ['Ombra', 'Tel Harun', 'Passo']
    """
    if first := _FIRST.match(text, start):
        one = _written(first.start("name"), first["name"])
        yield one
        yield from coordinated(text, first.end("name"), verbs, own)


def _inside(text: str, verb: int) -> bool:
    """Whether a verb is that of a clause on the name before it."""
    return bool(re.search(r"(?:, | )(?:who|whose|which|that)\b[^,;]*$", text[:verb]))


def _follows(text: str, end: int, verb: int) -> bool:
    return verb > end and bool(re.fullmatch(r" (?:[a-z]+ ){0,2}", text[end:verb]))
