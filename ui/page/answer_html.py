"""HTML of a question and its answer: cited sentences, evidence cards, caveats, buttons.

Made from the JSON object of an answer (docs/http-api.md), which the browser keeps, so a reopened
page shows what it showed before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from ui.page.render import count, progress, render
from ui.service.answer_stream import Step

Json = Mapping[str, Any]  # an answer, or a part of one, as plain JSON values

_FINISH_REASONS = {
    "cancelled": "You stopped this answer; what was ready is shown.",
    "deadline": "The time for an answer was over; what was ready is shown.",
    "length": "The answer was longer than it may be; what was ready is shown.",
}
_INCOMPLETE = {"cancelled": "Stopped", "deadline": "Out of time"}
_REFUSED = {"empty_index": "Nothing is indexed yet", "unsure": "Not sure enough to answer"}


@dataclass(frozen=True, slots=True)
class Card:
    """The evidence of one article: `lead`, the cited or best, in bold, the `rest` collapsed."""

    lead: Sequence[Json]
    rest: Sequence[Json]
    cited: bool

    @property
    def carried_by(self) -> list[str]:
        """Other sources that carry the same text; together they count as one."""
        others = self.lead[0].get("carried_by") or ()
        return list(dict.fromkeys(other["source"] or other["title"] for other in others))


def turn(answer: Json, key: str, *, pending: str = "", status: Markup | None = None) -> Markup:
    """One exchange; `key` is its id in the page, `status` is None once the answer is final."""
    numbers = {(c["article"], c["start"]): c["number"] for c in answer["citations"]}
    refused, finish_reason, searched = answer["refused"], answer["cut"], answer["searched"]
    final = status is None
    notes = list(answer["caveats"])
    if finish_reason and not refused:
        notes.append(_FINISH_REASONS.get(finish_reason, "The answer ended early."))
    heading = detail = ""
    if refused:
        code, reason = answer["reason"]["code"], answer["reason"]["reason"]
        heading = _INCOMPLETE.get(finish_reason) or _REFUSED.get(code, "Not in these articles")
        detail = reason.removeprefix("Not in these articles: ")
        detail = detail[:1].upper() + detail[1:]
    show_cited = final and bool(numbers)
    nearest = "The nearest passages" if refused else "What the model reads"
    return render(
        "exchange",
        answer=answer,
        key=key,
        final=final,
        status=status,
        pending=pending,
        understood=searched if searched != answer["question"] else "",
        heading=heading,
        detail=detail,
        cited={citation["number"]: citation for citation in answer["citations"]},
        supported=[claim for claim in answer["claims"] if claim["kept"]],
        rejected=[claim for claim in answer["claims"] if not claim["kept"]],
        notes=notes,
        facts=_facts(answer),
        numbers=numbers,
        cards=_cards([*answer["evidence"], *_titles(answer)], numbers),
        show_cited=show_cited,
        evidence_heading="Proof" if show_cited else nearest,
    )


def status(step: Step) -> Markup:
    """Progress of a running question: place in the queue, tokens read, seconds left."""
    reading = step.reading
    if step.ahead:
        return progress(f"{count(step.ahead, 'question')} before yours")
    if reading and reading.done < reading.total:
        left = f", about {max(1, round(step.left_s))} s" if step.left_s is not None else ""
        return progress(f"Reading {reading.total} tokens{left}", reading.done, reading.total)
    if step.answer.pending or step.answer.claims or (step.answer.evidence and reading):
        text = "Writing"
    else:
        text = "Reading the sentences" if step.answer.evidence else "Searching the articles"
    return render("status", text=text)


def failed(question: str, message: str, key: str) -> Markup:
    """A question that failed, with the message and a button to edit it."""
    return render("failed", question=question, message=message, key=key)


def _facts(answer: Json) -> list[str]:
    timings = answer["timings"]
    facts = [f"{timings['total_s']:.1f} s"]
    if answer["confidence"] is not None:
        facts.append(f"confidence {answer['confidence']:.0%}")
    if cached := timings.get("cached_tokens"):
        facts.append(f"{cached:,} of {timings['prompt_tokens']:,} tokens read before")
    facts += [answer["model"]] if answer["model"] else []
    facts += [f"index {answer['generation']}"] if answer["generation"] else []
    return facts


def _titles(answer: Json) -> list[Json]:
    """The cited titles of articles in the evidence, as rows of it."""
    read = {row["article"] for row in answer["evidence"]}
    return [
        {**citation, "text": citation["quote"]}
        for citation in answer["citations"]
        if citation.get("part") == "title" and citation["article"] in read
    ]


def _cards(evidence: Sequence[Json], numbers: Mapping[tuple[str, int], int]) -> list[Card]:
    """The evidence by article, in the order of the articles' first sentences."""
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
    return cards
