"""An answer as one message of the chat: running text, rows, a table, or a question asked back.

Made from the JSON object of an answer (docs/http-api.md), which the browser keeps, so a reopened
page shows what it showed before. Each number is a link to the sentence that proves what is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ui.page.escaping import about, article_address, count, escaped
from ui.service.answer_stream import Step

Json = Mapping[str, Any]  # an answer, or a part of one, as plain JSON values

MAX_SIDES = 4  # columns of a comparison; more do not fit
_SHARED = ("Both", "All")  # what a cell begins with that is true of every side
_CUT = {
    "cancelled": "You stopped this answer; what was ready is shown.",
    "deadline": "The time for an answer was over; what was ready is shown.",
    "length": "The answer was longer than it may be; what was ready is shown.",
}
_REFUSED = {
    "empty_index": "Nothing is indexed yet",
    "unsure": "Not sure enough to answer",
}


def answer_markdown(answer: Json, pending: str = "") -> str:
    """The message of an answer so far; `pending` is the sentence being written, not yet checked."""
    searched = answer["searched"]
    understood = f"*Understood as: {escaped(searched)}*" if searched != answer["question"] else ""
    body = _refusal(answer) if answer["refused"] else _body(answer, pending)
    parts = [understood if searched else "", body]
    if not pending:
        parts += [_notes(answer), _rejected(answer)]
    return "\n\n".join(filter(None, parts))


def quoted_markdown(answer: Json) -> str:
    """The sentence that very probably states the answer, until there is a wording; "" for none."""
    quoted = answer.get("quoted")
    if not quoted:
        return ""
    where = f"{escaped(quoted['title'] or 'Untitled')} — {about(quoted)}"
    return f"> “{escaped(quoted['quote'])}”<br><small>{where}</small>"


def status(step: Step) -> str:
    """Progress of a running question: place in the queue, tokens read, seconds left."""
    reading = step.reading
    left = f", about {max(1, round(step.left_s))} s" if step.left_s is not None else ""
    if step.ahead:
        return f"{count(step.ahead, 'question')} before yours{left}"
    if reading and reading.done < reading.total:
        return f"Reading {reading.total} tokens{left}"
    if step.answer.pending or step.answer.claims or (step.answer.evidence and reading):
        return "Writing"
    return "Reading the sentences" if step.answer.evidence else "Searching the articles"


def facts(answer: Json) -> str:
    """How long an answer took, how sure it is, and what produced it; on one line, escaped."""
    timings = answer["timings"]
    parts = [f"{timings['total_s']:.1f} s"]
    if answer["confidence"] is not None:
        parts.append(f"confidence {answer['confidence']:.0%}")
    if cached := timings.get("cached_tokens"):
        parts.append(f"{cached:,} of {timings['prompt_tokens']:,} tokens read before")
    parts += [str(answer["model"])] if answer["model"] else []
    parts += [f"index {answer['generation']}"] if answer["generation"] else []
    return escaped(" · ".join(parts))


def mark(citation: Json) -> str:
    """A citation's number, which opens the proving sentence; the quote shows on hovering."""
    title = "Title: " if citation.get("part") == "title" else ""
    quote = f"{title}“{escaped(citation['quote'])}” — {escaped(citation['title'])}"
    return f'[{int(citation["number"])}]({article_address(citation)} "{quote}, {about(citation)}")'


def _refusal(answer: Json) -> str:
    """Why there is no answer; one that was stopped is no refusal and does not look like one."""
    reason = str(answer["reason"]["reason"]).removeprefix("Not in these articles: ")
    reason = escaped(reason[:1].upper() + reason[1:])
    if answer["cut"] == "cancelled":
        return "*You stopped this answer before a sentence was ready.*"
    if answer["cut"] == "deadline":
        return f"*The time was over before a sentence was ready.* {reason}"
    heading = _REFUSED.get(answer["reason"]["code"], "Not in these articles")
    return f"## {heading}\n\n{reason}"


def _body(answer: Json, pending: str) -> str:
    cited = {citation["number"]: citation for citation in answer["citations"]}
    supported = [claim for claim in answer["claims"] if claim["kept"]]
    if not supported and not pending:
        # a line of the assistant's own, as a greeting; text that no article proves is no answer
        return "" if answer["claims"] else escaped(answer["answer"])
    if answer.get("kind") == "comparison" and (table := _table(supported, cited)):
        return table
    if answer.get("in_rows"):
        return "\n".join(f"* {_row(claim, cited)}" for claim in supported)
    text = [_said(claim["text"], claim, cited) for claim in supported]
    return " ".join([*text, f"*{escaped(pending)}*" if pending.strip() else ""]).strip()


def _row(claim: Json, cited: Mapping[int, Json]) -> str:
    label = f"**{escaped(claim['label'])}** — " if claim.get("label") else ""
    return label + _said(claim["text"], claim, cited)


def _said(text: str, claim: Json, cited: Mapping[int, Json]) -> str:
    computed = " *(computed)*" if claim.get("computed") else ""
    marks = "".join(f" {mark(cited[number])}" for number in claim["citations"] if number in cited)
    return f"{escaped(text)}{computed}{marks}"


def _table(claims: Sequence[Json], cited: Mapping[int, Json]) -> str:
    """Labels by sides, from claims "Side: text"; "" where they are no table.

    What is true of every side ("Both: …") stands in each column.
    """
    cells: dict[str, dict[str, str]] = {}
    sides: list[str] = []
    for claim in claims:
        side, colon, text = str(claim["text"]).partition(": ")
        if not colon or not claim.get("label"):
            return ""
        row = cells.setdefault(str(claim["label"]), {})
        row[side] = " ".join(filter(None, (row.get(side), _said(text, claim, cited))))
        if side not in (*_SHARED, *sides):
            sides.append(side)
    if not 2 <= len(sides) <= MAX_SIDES:
        return ""
    lines = [f"| | {' | '.join(map(escaped, sides))} |", "|---" * (len(sides) + 1) + "|"]
    for label, row in cells.items():
        shared = " ".join(row[name] for name in _SHARED if name in row)
        texts = (" ".join(filter(None, (row.get(side), shared))) or "—" for side in sides)
        lines.append(f"| **{escaped(label)}** | {' | '.join(texts)} |")
    return "\n".join(lines)


def _notes(answer: Json) -> str:
    notes = [str(note) for note in answer["caveats"]]
    if answer["cut"] and not answer["refused"]:
        notes.append(_CUT.get(answer["cut"], "The answer ended early."))
    return "\n>\n".join(f"> {escaped(note)}" for note in notes)


def _rejected(answer: Json) -> str:
    """The sentences that were left out, behind a heading that opens them."""
    rejected = [claim for claim in answer["claims"] if not claim["kept"]]
    if not rejected:
        return ""
    rows = []
    for claim in rejected:
        missing = ", ".join(claim["unsupported"])
        why = (f"not found: {missing}" if missing else "", claim.get("disagreement") or "")
        told = "".join(f" — {escaped(part)}" for part in why if part)
        rows.append(f"<li><s>{escaped(claim['text'])}</s>{told}</li>")
    heading = f"{count(len(rejected), 'sentence')} rejected: no article proves it"
    return f"<details><summary>{heading}</summary><ul>{''.join(rows)}</ul></details>"
