"""What a sentence tells in one breath ("wheat, rice and maize"), where it answers a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.core.answer import Evidence
from assistant.kinds.comparisons.subjects import by_relevance
from assistant.kinds.inventory.names.article_names import Named
from assistant.kinds.inventory.names.name_signs import tidy
from assistant.kinds.inventory.names.rows import Row
from assistant.kinds.question_kind import Request
from assistant.kinds.scope import as_evidence
from index.text.grammar import Enumeration, NameKind, Parser
from index.text.words import stems

PASSAGES = 8  # of which sentences are read
READ = 5  # sentences, the most relevant
NEAR = 4.0  # logits below the most relevant
SURE, LIKELY = 4.0, 1.0  # logits of a sentence that answers with two, with three or more members
GOVERNED = 2.0  # logits for each asked word that governs an enumeration


@dataclass(frozen=True, slots=True)
class _Group:
    members: tuple[str, ...]
    item: Evidence
    value: float


def enumerated(kind: NameKind | None, request: Request, parser: Parser) -> list[Row]:
    """What the sentences that answer the question enumerate; [] if that is not sure.

    Of several enumerations it is the one whose governing words are asked for. `kind` is that of
    the names asked for, None for what may have none.
    """
    hits = request.parts.searcher.search(request.question, PASSAGES, filters=request.filters)
    items = as_evidence([hit.passage for hit in hits])
    ranked = by_relevance(request.question, "", items, request.parts)
    groups = [
        group
        for item in ranked[:READ]
        if item.relevance >= ranked[0].relevance - NEAR
        for group in _groups(item, kind, stems(request.question), parser)
        if item.relevance >= (SURE if len(group.members) == 2 else LIKELY)
    ]
    if not groups:
        return []
    best = max(groups, key=lambda one: one.value)
    item = best.item
    return [(Named(name, kind or "other", "", item, (item,)), item) for name in best.members]


def _groups(
    item: Evidence, kind: NameKind | None, asked: frozenset[str], parser: Parser
) -> Sequence[_Group]:
    found = []
    for one in parser.parse(item.text).enumerations:
        bare = dict.fromkeys(map(_bare, one.members))
        members = tuple(name for name in bare if name and not stems(name) <= asked)
        if len(members) > 1 and _is_of(one, kind):
            governed = sum(bool(stems(word) & asked) for word in one.above)
            value = item.relevance + GOVERNED * governed + len(members) / 10
            found.append(_Group(members, item, value))
    return found


def _is_of(group: Enumeration, kind: NameKind | None) -> bool:
    """Whether the members may be of a kind: all are names, none of another kind by the parser."""
    known = [one for one in group.kinds if one]
    if kind in (None, "other"):
        return not {"day", "number"} & set(known)
    named = all(name.split()[-1][0].isupper() for name in group.members)
    return named and set(known) <= {kind, "other"}


def _bare(member: str) -> str:
    return tidy(member) if any(map(str.isupper, member)) else member
