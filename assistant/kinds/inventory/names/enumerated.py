"""What a sentence tells in one breath ("wheat, rice and maize"), where it answers a list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assistant.core.answer import Evidence
from assistant.kinds.comparisons.subjects import by_relevance
from assistant.kinds.digest.salience import plain
from assistant.kinds.inventory.names.article_names import Named
from assistant.kinds.inventory.names.coordinated_names import coordinated, names_written
from assistant.kinds.inventory.names.name_signs import is_personal, tidy
from assistant.kinds.inventory.names.rows import Row
from assistant.kinds.question_kind import Request
from assistant.kinds.scope import as_evidence
from assistant.verification.full_names import introduced
from assistant.verification.verifier import WORD, Verifier
from index.text.grammar import NameKind, ParsedSentence, Parser
from index.text.words import stems, words

PASSAGES = 8  # of which sentences are read
READ = 5  # sentences, the most relevant
NEAR = 8.0  # logits below the most relevant
# An enumeration is worth half the logits of its sentence, half a logit a member, and this times
# what the verifier takes for said of it (0..1): such a sentence may enumerate something else, too.
SAID = 6.0
NO_NAMES = 4.0  # less, where the members are no names
# Worth of an enumeration that answers. Of 140 lists of half of Quoref's and MultiSpanQA's questions
# 35 have as much, with F1 0.62.
SURE = 9.0


@dataclass(frozen=True, slots=True)
class Sought:
    """What the members of an enumeration have to be.

    `kind` is that of their names, "other" for things, None where it is not known; `named`: they
    have to have a name. There are to be `number` of them, 0 if it is not known.
    """

    kind: NameKind | None
    named: bool = False
    number: int = 0


@dataclass(frozen=True, slots=True)
class _Group:
    members: tuple[str, ...]
    item: Evidence
    worth: float


def enumerated(sought: Sought, request: Request, parser: Parser) -> list[Row]:
    """What the sentence that answers the question best enumerates; [] if that is not sure."""
    hits = request.parts.searcher.search(request.question, PASSAGES, filters=request.filters)
    items = as_evidence([hit.passage for hit in hits])
    ranked = by_relevance(request.question, "", items, request.parts)
    verifier = request.parts.verifier()
    groups = [
        _Group(members, item, _worth(members, item, request.question, verifier))
        for item in ranked[:READ]
        if item.relevance >= ranked[0].relevance - NEAR
        for members in _groups(item, sought, stems(request.question), parser)
    ]
    best = max(groups, key=lambda one: one.worth, default=None)
    if best is None or best.worth < SURE:
        return []
    return [_row(name, sought.kind or "other", best.item) for name in best.members]


def _worth(
    members: tuple[str, ...], item: Evidence, question: str, verifier: Verifier | None
) -> float:
    worth = (item.relevance + len(members)) / 2 - NO_NAMES * (not all(map(_is_name, members)))
    if verifier is None:
        return worth
    answer = f"{', '.join(members[:-1])} and {members[-1]}."
    # from the front: what is too long for the verifier ends within the members
    said = verifier.verify(f"{question} {answer}", [item]).words[len(WORD.findall(question)) :]
    return worth + SAID * sum(word.said for word in said) / max(1, len(said))


def _groups(
    item: Evidence, sought: Sought, asked: frozenset[str], parser: Parser
) -> Iterator[tuple[str, ...]]:
    """The enumerations of a sentence whose members may be what is asked for, each once."""
    parsed = parser.parse(plain(item))
    found = [one.members for one in parsed.enumerations]
    for first in names_written(parsed.text):
        more = coordinated(parsed.text, first.end, ())
        found.append((first.name, *(one.name for one in more)))
    for members in dict.fromkeys(_members(group, asked) for group in found):
        right = len(members) == sought.number if sought.number else len(members) > 1
        if right and _are(members, sought, parsed):
            yield members


def _members(group: tuple[str, ...], asked: frozenset[str]) -> tuple[str, ...]:
    """Those that the question does not name; where most are names, these alone.

    What stands between names in lower case is what one of them is: "Bo Rask, a pilot, and Cy Poe".
    """
    bare = dict.fromkeys((tidy(one) or one) if one != one.lower() else one for one in group)
    told = [one for one in bare if not stems(one) <= asked]
    names = [one for one in told if _is_name(one)]
    return tuple(names if 2 * len(names) > len(told) else told)


def _are(members: tuple[str, ...], sought: Sought, parsed: ParsedSentence) -> bool:
    """Whether the members may be what is sought, and are of one kind by the parser."""
    kinds = {words(tidy(name.text)): name.kind for name in parsed.names}
    known = {kinds[key] for key in map(words, members) if key in kinds} - {"other"}
    if sought.kind in (None, "other"):
        named = not sought.named or all(map(_is_name, members))
        others = {"day", "number"} | ({"person", "place"} if sought.kind else set())
        return named and len(known) < 2 and not known & others
    if sought.kind == "person" and not all(map(is_personal, members)):
        return False
    return all(map(_is_name, members)) and known <= {sought.kind}


def _is_name(member: str) -> bool:
    return member.split()[-1][0].isupper()


def _row(name: str, kind: NameKind, item: Evidence) -> Row:
    """A member, a person by the full name where the article introduces one alone by it."""
    if kind == "person" and len(words(name)) == 1:
        names, introduction = introduced(item, words(name)[0])
        if len(names) == 1:
            return Named(names[0], kind, "", introduction, (introduction, item)), item
    return Named(name, kind, "", item, (item,)), item
