"""Persons whom one name may mean, each with the sentences that speak of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.core.answer import Evidence
from assistant.kinds.question_kind import Request
from assistant.kinds.scope import as_evidence
from assistant.verification.full_names import full_names
from index.text.entities import TITLES
from index.text.grammar import Parser
from index.text.words import words

MAX_PASSAGES = 300  # that are read for a name; more are a place or a body
MAX_PARSED = 8  # sentences of a name that are parsed, 2 to 4 ms each; some name a body to it

MAX_PERSONS = 8
MIN_LETTERS = 2  # of a name: "vitamin D" is none


@dataclass(frozen=True, slots=True)
class Person:
    """A full name and the sentences that speak of its bearer, in the order of the articles."""

    name: str
    sentences: tuple[Evidence, ...]


def persons_called(name: str, request: Request) -> list[Person]:
    """Those whom one word of a name may mean, the most mentioned first; none if it is only one.

    A first name counts only where an article calls somebody by it alone, as it does by the "Kim" of
    "Kim Gunn". Without a parser it is not known who is a person, and there is nobody.
    """
    parser = request.parts.parser()
    if parser is None:
        return []
    passages = request.parts.searcher.passages_with([name], request.filters)[:MAX_PASSAGES]
    sentences = sorted(as_evidence(passages), key=lambda item: (item.article.id, item.start))
    place = _as_place(name)
    surname = words(name)[0]
    if len(surname) < MIN_LETTERS or any(place.search(item.text) for item in sentences):
        return []
    spoken, bare = defaultdict(list), set()
    for full, item, by_surname in _attributed(sentences, surname):
        spoken[full].append(item)
        if by_surname:
            bare.add(full)
    found = [Person(full, tuple(items)) for full, items in _merged(spoken).items()]
    last = any(words(one.name)[-1] == surname for one in found)
    called = [one for one in found if words(one.name)[-1] == surname or last or one.name in bare]
    called.sort(key=lambda one: -len(one.sentences))
    likely = called[:MAX_PERSONS] if len(called) > 1 else []
    return [one for one in likely if _is_person(one, parser)]


def named_persons(sentences: Sequence[Evidence], parser: Parser | None) -> list[Person]:
    """The persons whom some sentences name in full, the most mentioned first; none unparsed."""
    if parser is None:
        return []
    spoken: dict[str, list[Evidence]] = defaultdict(list)
    text = " ".join(item.text for item in sentences)
    for item in sentences:
        persons = (name.text for name in parser.parse(item.text).names if name.kind == "person")
        for bare in filter(words, persons):
            for full in full_names(bare, words(bare)[-1]):
                if not _as_place(full.split()[0]).search(text):  # "Velmara Rovers"
                    spoken[full].append(item)
    found = [Person(name, tuple(items)) for name, items in _merged(spoken).items()]
    return sorted(found, key=lambda one: -len(one.sentences))


def _as_place(name: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:[Ii]n|[Aa]t|near|off|into) {re.escape(name)}\b(?!['’]| [A-Z])")


def _attributed(
    sentences: Sequence[Evidence], surname: str
) -> Iterator[tuple[str, Evidence, bool]]:
    """Full names with the sentences that hold them, or their surname alone (True) after them."""
    article, current = "", tuple[str, ...]()
    for item in sentences:
        if item.article.id != article:
            article, current = item.article.id, ()
        if surname not in words(item.text):
            continue
        if names := full_names(item.text, surname):
            current = names
            yield from ((name, item, False) for name in names)
        else:
            yield from ((name, item, True) for name in current)


def _merged(spoken: dict[str, list[Evidence]]) -> dict[str, list[Evidence]]:
    """Names of which one has all words of the other as one, under the longer ("Kim Jong Un")."""
    merged: dict[str, list[Evidence]] = {}
    for name in sorted(spoken, key=lambda one: -len(one)):
        own = set(words(name))
        longer = next((one for one in merged if own <= set(words(one))), name)
        merged.setdefault(longer, []).extend(spoken[name])
    return merged


def _is_person(one: Person, parser: Parser) -> bool:
    """Whether one of the first sentences has a title before the name, or a person by the parser."""
    own = set(words(one.name))
    holding = [item.text for item in one.sentences if own <= set(words(item.text))]
    titled = re.compile(rf"(?i)\b(?:{'|'.join(TITLES)})\.? {re.escape(one.name)}\b")
    return any(
        titled.search(text)
        or any(n.kind == "person" and own <= set(words(n.text)) for n in parser.parse(text).names)
        for text in holding[:MAX_PARSED]
    )
