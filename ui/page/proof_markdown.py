"""The proof beside an answer: the sentences that the model reads, a card for each article."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ui.page.answer_markdown import Json, facts
from ui.page.escaping import about, article_address, count, escaped


@dataclass(frozen=True, slots=True)
class Card:
    """The evidence of one article: `lead`, the cited or best, is marked; the `rest` is folded."""

    lead: Sequence[Json]
    rest: Sequence[Json]
    cited: bool


def proof_markdown(answer: Json, *, final: bool) -> str:
    """The cards of an answer: those with a cited sentence first; at the end the others are folded.

    "" while nothing is found.
    """
    numbers = {(c["article"], c["start"]): c["number"] for c in answer["citations"]}
    cards = _cards([*answer["evidence"], *_titles(answer)], numbers)
    if not cards:
        return ""
    proves = final and bool(numbers)
    nearest = "The nearest passages" if answer["refused"] else "What the model reads"
    shown = [card for card in cards if card.cited or not proves]
    others = [card for card in cards if not card.cited] if proves else []
    parts = [f"## {'Proof' if proves else nearest}", *(_card(card, numbers) for card in shown)]
    if others:
        body = "\n\n".join(_card(card, numbers) for card in others)
        parts.append(_folded(count(len(others), "more article") + " read", f"\n\n{body}\n\n"))
    if final:
        parts.append(f"<small>{facts(answer)}</small>")
    return "\n\n".join(parts)


def _card(card: Card, numbers: Mapping[tuple[str, int], int]) -> str:
    first = card.lead[0]
    others = dict.fromkeys(other["source"] or other["title"] for other in _carriers(first))
    carried = f"<small>Also carried by {escaped(', '.join(others))}</small>" if others else ""
    parts = [
        f"### [{escaped(first['title'] or 'Untitled')}]({article_address(first)})",
        f"<small>{about(first)}</small>",
        carried,
        *(_sentence(row, numbers.get((row["article"], row["start"]))) for row in card.lead),
    ]
    if card.rest:
        body = "".join(f"<p>{escaped(row['text'])}</p>" for row in card.rest)
        parts.append(_folded(count(len(card.rest), "more sentence") + " read", body))
    return "\n\n".join(filter(None, parts))


def _sentence(row: Json, number: int | None) -> str:
    title = "Title: " if row.get("part") == "title" else ""
    days = (
        f"“{escaped(phrase)}”: {escaped(day)}" for phrase, day in (row.get("days") or {}).items()
    )
    told = f" <small>{'; '.join(days)}</small>" if row.get("days") else ""
    text = f"{title}{escaped(row['text'])}"
    return f"<mark><b>{int(number)}</b> {text}</mark>{told}" if number else f"{text}{told}"


def _folded(heading: str, body: str) -> str:
    return f"<details><summary>{heading}</summary>{body}</details>"


def _carriers(row: Json) -> Sequence[Json]:
    return row.get("carried_by") or ()


def _titles(answer: Json) -> list[Json]:
    """The cited titles of articles in the evidence, as rows of it."""
    read = {row["article"] for row in answer["evidence"]}
    return [
        {**citation, "text": citation["quote"]}
        for citation in answer["citations"]
        if citation.get("part") == "title" and citation["article"] in read
    ]


def _cards(evidence: Sequence[Json], numbers: Mapping[tuple[str, int], int]) -> list[Card]:
    """The evidence by article: cited ones by their number, then in the order of the evidence."""
    articles: dict[str, list[Json]] = {}
    for row in evidence:
        articles.setdefault(row["article"], []).append(row)
    cards = []
    for rows in articles.values():
        rows.sort(key=lambda row: row["start"])
        cited = [row for row in rows if (row["article"], row["start"]) in numbers]
        cited.sort(key=lambda row: numbers[row["article"], row["start"]])
        lead = cited or [max(rows, key=lambda row: float(row["relevance"]))]
        cards.append(Card(lead, [row for row in rows if row not in lead], bool(cited)))
    return sorted(cards, key=lambda card: not card.cited)
