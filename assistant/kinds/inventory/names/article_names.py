"""The persons, places and organisations that some sentences name, each once, with their proof.

The parser's small model errs, so its kinds are votes: what stands around a name votes too.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field

from assistant.core.answer import Evidence
from assistant.kinds.inventory.names.coordinated_names import names_written
from assistant.kinds.inventory.names.name_signs import (
    context,
    is_credit,
    is_general,
    is_part,
    is_personal,
    is_ranked,
    kind_of_words,
    role_of,
    tidy,
)
from index.text.entities import entities
from index.text.grammar import Name, NameKind, Parser
from index.text.states import is_state
from index.text.words import WORD, initialisms, words

PARSED = 300  # sentences of one question, about 3 ms each
ENOUGH = 2  # sentences after which a name's kind is known
MAX_ABBREVIATION = 4  # letters; longer words in capitals are those of a dateline

_DIRECTIONS = frozenset(("north", "south", "east", "west"))
_NAMES: frozenset[NameKind] = frozenset(("person", "place", "organisation", "other"))

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A name with what the article says it is ("", if nothing), and the sentences it stands in.

    `proof` is the sentence with the full name, and with the role where there is one.
    """

    name: str
    kind: NameKind
    role: str
    proof: Evidence
    sentences: tuple[Evidence, ...]


@dataclass(slots=True)
class _Group:
    """One name: its uses as (what is written, where), votes on its kind, and signs of a person."""

    uses: list[tuple[str, Evidence]] = field(default_factory=list)
    votes: Counter[NameKind] = field(default_factory=Counter)
    signs: int = 0

    @property
    def articles(self) -> set[str]:
        """Ids of the articles it stands in."""
        return {item.article.id for _, item in self.uses}

    def add(self, other: _Group) -> None:
        """Take over what is known of another name of the same."""
        self.uses += other.uses
        self.votes += other.votes
        self.signs += other.signs


def worth_parsing(
    sentences: Iterable[Evidence], wanted: Callable[[str], bool] = lambda _: False
) -> tuple[list[Evidence], bool]:
    """The sentences with names that are not known from others, and whether these are all.

    Those with a name whose text is `wanted` are taken as well.
    """
    seen: Counter[Key] = Counter()
    chosen: list[Evidence] = []
    for item in sentences:
        named = [one.words for one in entities(item.text) if not one.text[0].isdigit()]
        known = all(seen[key] >= ENOUGH for key in named)
        if not named or (known and not wanted(item.text)):
            continue
        if len(chosen) == PARSED:
            return chosen, False
        chosen.append(item)
        seen.update(named)
    return chosen, True


def names_in_sentences(sentences: Sequence[Evidence], parser: Parser) -> list[Named]:
    """The names of all kinds, the most mentioned first.

    "Kim" is Sung Kim in an article that names no other Kim in full before it; a single name that
    may be several persons' is left out.
    """
    groups = _groups(sentences, parser)
    common = {word for item in sentences for word in WORD.findall(item.text) if word.islower()}
    kinds = {key: _kind(key, groups, common) for key in groups}
    _merge_persons(groups, kinds)
    _merge_bodies(groups, kinds)
    found = [_named(group, kinds[key]) for key, group in groups.items()]
    return sorted(found, key=lambda one: -len(one.sentences))


def _groups(sentences: Sequence[Evidence], parser: Parser) -> dict[Key, _Group]:
    """The names by their comparable words, in the order in which they are first read."""
    groups: dict[Key, _Group] = defaultdict(_Group)
    for item in sentences:
        for name in _names(item.text, parser):
            written = tidy(name.text) if name.kind in _NAMES else ""
            if not written or (name.kind == "organisation" and is_part(item.text, name)):
                continue
            group = groups[words(written)]
            group.uses.append((written, item))
            group.votes[name.kind] += 1
            votes = context(item.text, name.start, name.end, written)
            group.votes += votes
            group.signs += votes["person"]
    return groups


def _names(text: str, parser: Parser) -> list[Name]:
    """The names that the parser finds, and those behind a rank; none of a photographer."""
    found = list(parser.parse(text).names)
    found += [
        Name(one.name, one.start, one.end, "person")
        for one in names_written(text)
        if is_ranked(text, one.start)
        and not any(name.start < one.end and one.start < name.end for name in found)
    ]
    return [one for one in found if not is_credit(text, one.start, one.end)]


def _kind(key: Key, groups: dict[Key, _Group], common: Container[str]) -> NameKind:
    """The kind with the most votes.

    A person has to look like one, and a single word must not be a `common` one elsewhere.
    """
    group = groups[key]
    if is_state(" ".join(key)):
        return "place"
    if len(key) == 1 and (key[0] in common or is_general(key[0])):
        return "other"
    votes = group.votes + kind_of_words(key)
    if surname := len(key) > 1 and groups.get(key[-1:]):
        votes["person"] += surname.signs
    if not all(is_personal(written) for written, _ in group.uses) or not (
        len(key) > 1 or group.signs
    ):
        del votes["person"]
    best = max(votes.values(), default=0)
    order: tuple[NameKind, ...] = ("person", "place", "organisation", "other")
    return next((kind for kind in order if best and votes[kind] == best), "other")


def _merge_persons(groups: dict[Key, _Group], kinds: dict[Key, NameKind]) -> None:
    """Join the ways in which a person is written; drop single names that may be several's."""
    full: list[Key] = []
    for key in sorted((k for k in groups if kinds[k] == "person" and len(k) > 1), key=len):
        if same := next((one for one in full if _is_same_person(key, one)), None):
            groups[same].add(groups.pop(key))
        else:
            full.append(key)
    for key in [one for one in groups if len(one) == 1 and not is_state(one[0])]:
        of = [one for one in full if key[0] in (one[0], one[-1])]
        near = [one for one in of if groups[key].articles & groups[one].articles]
        if not of or (kinds[key] == "place" and not near):
            continue
        group = groups.pop(key)
        if len(near or of) == 1:
            groups[(near or of)[0]].uses += [("", item) for _, item in group.uses]


def _is_same_person(one: Key, other: Key) -> bool:
    """The same first and last name, in either order, of which one may have more between.

    >>> _is_same_person(("takehiro", "funakoshi"), ("funakoshi", "takehiro"))
    True
    >>> _is_same_person(("george", "w", "bush"), ("george", "h", "w", "bush"))
    False
    """
    ends = {one[0], one[-1]} == {other[0], other[-1]}
    return ends and (not one[1:-1] or not other[1:-1])


def _merge_bodies(groups: dict[Key, _Group], kinds: dict[Key, NameKind]) -> None:
    """Join "KCNA" and "the Foreign Ministry" with their full names; "the North" is no name."""
    for key in [one for one in groups if kinds[one] != "person"]:
        if len(key) == 1 and key[0] in _DIRECTIONS:
            del groups[key]
            continue
        longer = (one for one in groups if len(one) > len(key) and kinds[one] == "organisation")
        same = (one for one in longer if _stands_for(key, groups[key], one, groups[one]))
        if full := next(same, None):
            groups[full].add(groups.pop(key))


def _stands_for(key: Key, group: _Group, full: Key, longer: _Group) -> bool:
    if len(key) == 1 and group.uses[0][0].isupper():
        return key[0] in initialisms(longer.uses[0][0])
    return len(key) > 1 and bool(group.articles & longer.articles) and full[-len(key) :] == key


def _named(group: _Group, kind: NameKind) -> Named:
    """A group as it is told: by its full name that is written most, and where its role stands."""
    written = Counter(one for one, _ in group.uses if one)
    longest = max(len(words(one)) for one in written)
    name = max(
        (one for one in written if kind != "person" or len(words(one)) == longest),
        key=lambda one: (not (one.isupper() and len(one) > MAX_ABBREVIATION), written[one]),
    )
    proofs = [(item, role_of(item.text, name, kind)) for one, item in group.uses if one == name]
    proof, role = next(((item, role) for item, role in proofs if role), proofs[0])
    sentences = tuple({item.span: item for _, item in group.uses}.values())
    return Named(name, kind, role, proof, sentences)
