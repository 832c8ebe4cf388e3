"""Offices of persons: a draft's "Governor Lenz" where the article has "Mayor Pavo Lenz"."""

import re
from collections.abc import Iterator

from assistant.checking.claim_parts import parts_of
from index.text.grammar import ParsedSentence
from index.text.words import COMMON, WORD, stem, words

REACH = 7  # words between a name and its office
ROLES = frozenset(
    stem(word)
    for word in (
        "mayor president minister premier ambassador professor judge king queen prince princess"
        " captain coach governor chancellor secretary director senator general chief envoy"
        " representative councillor commissioner chairman chairwoman chair leader spokesman"
        " spokeswoman spokesperson manager engineer lawyer doctor analyst economist owner founder"
        " officer inspector sheriff bishop pope archbishop treasurer deputy head speaker author"
        " writer singer actor actress architect scientist researcher striker goalkeeper midfielder"
        " defender editor reporter journalist prosecutor attorney congressman congresswoman"
        " congressperson"
    ).split()
)
_ALIKE = tuple(
    frozenset(map(stem, group.split()))
    for group in (
        "chairman chairwoman chair head leader president chief director",
        "spokesman spokeswoman spokesperson representative officer",
        "coach manager",
        "premier minister",
        "lawyer attorney",
        "author writer",
        "scientist researcher professor doctor",
        "envoy ambassador representative",
        "journalist reporter editor",
        "actor actress",
        "leader captain",
    )
)
"""Roles that one person is called by in turn; told apart only if the proof itself has the other."""


def office_conflicts(
    claim: ParsedSentence, proof: str, article: str
) -> Iterator[tuple[int, int, str]]:
    """Stretches of a claim that give a person another office than the article, and why.

    Nothing is said where the article gives the person none, or this one anywhere.
    """
    for part in parts_of(claim):
        if part.kind not in ("person", "other") or part.words[-1] in COMMON:
            continue
        surname = part.words[-1]
        known = set(_roles(article, surname))
        stated = set(_roles(proof, surname)) or known
        for start, end, role in _stated_roles(claim.text, part.start, part.end):
            alike = any({role, other} <= group for group in _ALIKE for other in stated)
            if stated and role not in known and not alike:
                says = _written(proof, stated) or _written(article, stated)
                yield start, end, f"the article says {says}, not {claim.text[start:end]}"


def _stated_roles(text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """The office directly before a name, or right behind its comma."""
    before = list(WORD.finditer(text[:start]))[-1:]
    behind = re.match(r",? (?:the |a |an )?(?:\w+ )?(\w+)(?= of|,| for)", text[end:])
    spans = [found.span() for found in before if text[found.end() : start] == " "]
    spans += [(end + behind.start(1), end + behind.end(1))] if behind else []
    # titles before a name are part of the entity, so the part begins behind them
    for first, last in spans:
        role = stem(words(text[first:last])[0])
        if role in ROLES:
            yield first, last, role


def _roles(text: str, surname: str) -> Iterator[str]:
    """The offices within `REACH` words of a surname, in the same sentence part."""
    found = words(text)
    for at, word in enumerate(found):
        if word == surname:
            for other in found[max(0, at - REACH) : at + REACH]:
                if stem(other) in ROLES:
                    yield stem(other)


def _written(text: str, roles: set[str]) -> str:
    return next((w[0] for w in WORD.finditer(text) if stem(words(w[0])[0]) in roles), "")
