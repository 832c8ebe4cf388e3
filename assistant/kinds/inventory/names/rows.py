"""Rows of a list: names or phrases, each with the sentence that proves it."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.core.answer import Evidence
from assistant.kinds.inventory.names.article_names import Named
from assistant.kinds.inventory.names.asked_things import AskedNoun
from assistant.kinds.inventory.names.list_conditions import Condition
from assistant.kinds.inventory.names.noun_phrases import phrases, same_phrase
from assistant.kinds.question_kind import Request
from index.text.grammar import Parser

SCORED = 20  # sentences that the reranker reads, about 15 ms each
NEAR = 5.0  # logits below the best article

Row = tuple[Named, Evidence]


def of_one_event(rows: Sequence[Row], request: Request) -> list[Row]:
    """Each name once, of no article on another event: far from the question, as it is reranked."""
    items = list({item.span: item for _, item in rows}.values())[:SCORED]
    texts = [f"{item.article.title}. {item.text}" for item in items]
    best: dict[str, float] = {}
    for item, logit in zip(
        items, request.parts.reranker.score(request.question, texts), strict=True
    ):
        best[item.article.id] = max(logit, best.get(item.article.id, logit))
    enough = max(best.values(), default=0.0) - NEAR
    found: dict[str, Row] = {}
    for row in rows:
        if best.get(row[1].article.id, enough) >= enough:
            found.setdefault(row[0].name, row)
    return list(found.values())


def things(
    sentences: Sequence[Evidence], noun: AskedNoun, condition: Condition | None, parser: Parser
) -> list[Row]:
    """The phrases that end with an asked noun ("two cruise missiles"), each once."""
    found: dict[frozenset[str], Row] = {}
    for item in sentences:
        if condition and not condition.is_said_in(item.text):
            continue
        verbs = {relation.start for relation in parser.parse(item.text).relations}
        for phrase in phrases(item.text, noun.pattern, verbs):
            key = same_phrase(phrase.name or phrase.text)
            if key and not any(key <= other for other in found):
                found = {other: row for other, row in found.items() if not other < key}
                name, role = (phrase.name, phrase.text) if phrase.name else (phrase.text, "")
                found[key] = (Named(name, "other", role, item, (item,)), item)
    return list(found.values())
