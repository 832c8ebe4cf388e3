"""Offices of persons: a draft's "Governor Lenz" where the article has "Mayor Pavo Lenz"."""

import re
from collections.abc import Iterator

from assistant.checking.claim_parts import Part, parts_of
from assistant.checking.part_checks import Mark
from index.text.grammar import ParsedSentence
from index.text.words import COMMON, WORD, stem, words

_AHEAD = re.compile(r"((?:\b[Tt]he |['’]s? )?)(?:\b[a-z]+ )?\b(\w+),? $")
_BEHIND = re.compile(
    r"(?:, | (?:is|was|becomes|became|as) )(?:(?:then|now) )?(?:who (?:is|was|used to be) )?"
    r"((?:(?:the|a|an|his|her|their)|(?:the )?(?:[A-Z][\w-]* )*[\w-]+['’]s?) (?:[\w-]+ ){0,4}?)?"
    r"([a-z]+)"
    r"(?= (?:of|for|in|at|from|who|to|with|on)\b|[,.;:!?]|$)"
)
_SENTENCE_END = re.compile(r"(?<=[.!?”\"])\s+")
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
        " congressperson teacher novelist poet painter musician composer historian biologist"
        " physicist chemist geologist engineer dentist nurse surgeon pilot attendant driver farmer"
        " fisherman postman sailor soldier passenger student banker accountant auditor adviser"
        " consultant priest activist producer critic politician lawmaker"
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
        "politician lawmaker senator councillor congressman congresswoman congressperson minister",
        "adviser consultant expert",
        "author writer novelist poet",
        "biologist physicist chemist geologist historian scientist researcher professor doctor",
    )
)
"""Roles that one person is called by in turn; told apart only if the proof itself has the other."""


def offices_checked(claim: ParsedSentence, proof: str, article: str) -> Iterator[Mark]:
    """What a claim calls a person and no sentence of the article that names the person does.

    It differs where the article has another office for the person instead.
    """
    for part in parts_of(claim):
        if part.kind in ("place", "number", "day") or part.words[-1] in COMMON:
            continue
        surname = part.words[-1]
        known = set(_roles(article, surname))
        stated = set(_roles(proof, surname)) or known
        for start, end in _descriptions(claim.text, part):
            role = stem(words(claim.text[start:end])[0])
            called = known | stated
            alike = any({role, other} <= group for group in _ALIKE for other in stated or called)
            before = words(claim.text[:start])[-1:]
            if role in known or (alike and (set(before) <= COMMON | set(words(article)))):
                continue
            says = _written(proof, stated) or _written(article, stated)
            if role in ROLES and says and not alike:
                reason = f"the article says {says}, not {claim.text[start:end]}"
                yield Mark(start, end, reason, differs=True)
            elif (part.kind == "person" or role in ROLES) and role not in _said_of(
                article, surname
            ):
                yield Mark(start, end, f"the article does not call {part.text} that")


def _descriptions(text: str, person: Part) -> Iterator[tuple[int, int]]:
    """The noun before a name, or the head of what stands behind it in apposition."""
    # titles before a name are part of the entity, so the part begins behind them
    ahead, behind = _AHEAD.search(text[: person.start]), _BEHIND.match(text[person.end :])
    spans = [(one, at) for one, at in ((ahead, 0), (behind, person.end)) if one]
    for found, at in spans:
        word = words(found[2])[0]
        if word not in COMMON and (found[1] or stem(word) in ROLES):
            yield at + found.start(2), at + found.end(2)


def _said_of(article: str, surname: str) -> set[str]:
    """The stems of all sentences of an article that name a person."""
    named = (one for one in _SENTENCE_END.split(article) if surname in words(one))
    return {stem(word) for one in named for word in words(one)}


def _roles(text: str, surname: str) -> Iterator[str]:
    """The offices within `REACH` words of a surname, in the same sentence."""
    for sentence in _SENTENCE_END.split(text):
        found = words(sentence)
        for at, word in enumerate(found):
            if word == surname:
                for other in found[max(0, at - REACH) : at + REACH]:
                    if stem(other) in ROLES:
                        yield stem(other)


def _written(text: str, roles: set[str]) -> str:
    return next((w[0] for w in WORD.finditer(text) if stem(words(w[0])[0]) in roles), "")
