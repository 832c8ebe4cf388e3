"""How a question and its answer look: sentences with marks, and the cards that prove them.

Everything is made from the JSON object of an answer (docs/http-api.md), the one that programs get and
that the browser keeps, so that a page which is opened again shows what it showed before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from ui.page.render import Html, join, tag
from ui.service.answer_stream import Step

Kept = Mapping[str, Any]  # an answer, or a part of one, as plain JSON values

_CUT = {
    "cancelled": "You stopped this answer; what was ready is shown.",
    "deadline": "The time for an answer was over; what was ready is shown.",
    "length": "The answer was longer than it may be; what was ready is shown.",
}
_EARLY = {"cancelled": "Stopped", "deadline": "Out of time"}  # nobody knows what it would be
_NOT_HERE = "Not in these articles"
_REFUSED = {"empty_index": "Nothing is indexed yet", "unsure": "Not sure enough to answer"}


def turn(answer: Kept, key: str, *, pending: str = "", status: Html | None = None) -> Html:
    """One exchange; `key` names it in the page, `status` is None once it is final."""
    final = status is None
    said = [
        tag("p", tag("b", "Understood as: "), answer["searched"], class_="understood")
        if answer["searched"] not in ("", answer["question"])
        else "",
        status or "",
        _refused(answer) if answer["refused"] else _sentences(answer, pending),
        _beside(answer) if final else "",
        _foot(answer) if final else "",
    ]
    return tag(
        "article",
        tag("h2", answer["question"], class_="asked"),
        tag(
            "div",
            tag("div", *said, class_="said", aria_live="polite", aria_busy=str(not final).lower()),
            _proofs(answer, final=final),
            class_="columns",
        ),
        class_="turn refused" if answer["refused"] else "turn",
        data_turn=key,
        data_final=final,
    )


def status(step: Step) -> Html:
    """What is going on, with the numbers that are known."""
    if step.ahead:
        what = f"{_count(step.ahead, 'question')} before yours"
    elif step.reading and step.reading.done < step.reading.total:
        left = f", about {max(1, round(step.left_s))} s" if step.left_s is not None else ""
        what = f"Reading {step.reading.total} tokens{left}"
    elif step.answer.pending or step.answer.claims:
        what = "Writing"
    elif step.answer.evidence:
        what = "Reading the sentences beside" if not step.reading else "Writing"
    else:
        what = "Searching the articles"
    bar = (
        tag("progress", max=step.reading.total, value=step.reading.done, aria_label="Read so far")
        if step.reading and step.reading.done < step.reading.total
        else ""
    )
    return tag("div", tag("p", what, " …"), bar, class_="status")


def problem(question: str, message: str, key: str) -> Html:
    """A question that could not be answered, and what to do."""
    return tag(
        "article",
        tag("h2", question, class_="asked"),
        tag("p", message, class_="problem", role="alert"),
        tag("div", _button("edit", "Edit and ask again"), class_="tools"),
        class_="turn failed",
        data_turn=key,
        data_final=True,
    )


def written_day(day: str | None) -> str:
    """A date as newspapers write it; nothing is made up for one that is not known.

    >>> written_day("2022-09-08"), written_day(None)
    ('8 September 2022', '')
    """
    if not day:
        return ""
    date = dt.date.fromisoformat(day)
    return f"{date.day} {date:%B %Y}"


def about(article: Kept) -> Html:
    """Source and date in one line."""
    source = [article["source"], " · "] if article["source"] else []
    when = article["published"]
    shown = tag("time", written_day(when), datetime=when) if when else "undated"
    return tag("p", *source, shown, class_="meta")


def _sentences(answer: Kept, pending: str) -> Html:
    cited = {citation["number"]: citation for citation in answer["citations"]}
    claims = [
        join(
            [
                claim["text"],
                tag("small", " (reckoned)", class_="soft") if claim.get("computed") else "",
                *(_mark(cited[n]) for n in claim["citations"] if n in cited),
                " ",
            ]
        )
        for claim in answer["claims"]
        if claim["kept"]
    ]
    writing = [tag("span", pending, class_="pending")] if pending else []
    return tag("p", *claims, *writing, class_="answer") if claims or writing else Html()


def _mark(citation: Kept) -> Html:
    """The number of a citation; the page shows its quote, and opens the article there."""
    return tag(
        "button",
        citation["number"],
        type="button",
        class_="mark",
        aria_label=f"Source {citation['number']}: {citation['title']}",
        data_article=citation["article"],
        data_start=citation["start"],
        data_end=citation["end"],
        data_number=citation["number"],
        data_quote=citation["quote"],
        data_title=citation["title"],
        data_source=citation["source"],
    )


def _refused(answer: Kept) -> Html:
    reason = answer["reason"]
    heading = _EARLY.get(answer["cut"]) or _REFUSED.get(reason["code"], _NOT_HERE)
    detail = reason["reason"].removeprefix("Not in these articles: ")
    return tag(
        "div",
        tag("h3", heading),
        tag("p", detail[:1].upper() + detail[1:]),
        class_="refusal",
    )


def _beside(answer: Kept) -> Html:
    """What a reader should know beside the answer: caveats, what was cut, what was struck."""
    notes = list(answer["caveats"])
    if answer["cut"] and not answer["refused"]:
        notes.append(_CUT.get(answer["cut"], "The answer ended early."))
    parts = [tag("ul", *(tag("li", note) for note in notes), class_="caveats")] if notes else []
    struck = [claim for claim in answer["claims"] if not claim["kept"]]
    if struck:
        rows = (
            tag("li", tag("s", claim["text"]), _missing(claim["unsupported"])) for claim in struck
        )
        heading = f"{_count(len(struck), 'sentence')} struck: no article proves it"
        parts.append(tag("details", tag("summary", heading), tag("ul", *rows), class_="struck"))
    return join(parts)


def _missing(particulars: Sequence[str]) -> Html:
    if not particulars:
        return Html()
    return tag("small", " — not found: ", ", ".join(map(str, particulars)))


def _foot(answer: Kept) -> Html:
    cost = answer["timings"]
    facts = [f"{cost['total_s']:.1f} s"]
    if answer["confidence"] is not None:
        facts.append(f"confidence {answer['confidence']:.0%}")
    if known := cost.get("cached_tokens"):
        facts.append(f"{known:,} of {cost['prompt_tokens']:,} tokens read before")
    facts += [answer["model"]] if answer["model"] else []
    facts += [f"index {answer['generation']}"] if answer["generation"] else []
    return tag(
        "footer",
        tag(
            "div",
            _button("copy", "Copy"),
            _button("again", "Ask again"),
            _button("edit", "Edit"),
            _button("up", "Helpful", pressed=False),
            _button("down", "Not helpful", pressed=False),
            _button("receipt", "Receipt"),
            class_="tools",
        ),
        tag("p", " · ".join(facts), class_="facts"),
    )


def _button(does: str, says: str, *, pressed: bool | None = None) -> Html:
    return tag(
        "button",
        says,
        type="button",
        data_do=does,
        aria_pressed=None if pressed is None else str(pressed).lower(),
    )


def _proofs(answer: Kept, *, final: bool) -> Html:
    """The cards beside an answer: first those that it cites, then what else was read."""
    numbers = {(c["article"], c["start"]): c["number"] for c in answer["citations"]}
    groups = [
        list(rows)
        for _, rows in groupby(
            sorted(answer["evidence"], key=_first_place(answer["evidence"])),
            key=lambda item: item["article"],
        )
    ]
    cards = [(_card(rows, numbers), any(_place(row) in numbers for row in rows)) for rows in groups]
    if not cards:
        return Html()
    if not final or not numbers:
        heading = "The nearest passages" if answer["refused"] else "What the model reads"
        body: Iterable[Html] = [card for card, _ in cards]
        return _aside(heading, body)
    rest = [card for card, cited in cards if not cited]
    more = (
        tag(
            "details",
            tag("summary", f"{_count(len(rest), 'more article')} read"),
            *rest,
        )
        if rest
        else ""
    )
    return _aside("Proof", [card for card, cited in cards if cited], more)


def _aside(heading: str, cards: Iterable[Html], more: Html | str = "") -> Html:
    return tag("section", tag("h3", heading), *cards, more, class_="proofs", aria_label=heading)


def _first_place(evidence: Sequence[Kept]) -> Any:
    """A sort key that keeps the sentences of one article together, where its first one stood."""
    order: dict[str, int] = {}
    for item in evidence:
        order.setdefault(item["article"], len(order))
    return lambda item: (order[item["article"]], item["start"])


def _card(rows: Sequence[Kept], numbers: Mapping[tuple[str, int], int]) -> Html:
    """One article with its sentences; the proving ones in bold, before that the nearest one."""
    cited = {place for row in rows if (place := _place(row)) in numbers}
    strong = cited or {_place(max(rows, key=lambda row: float(row["relevance"])))}
    proving = sorted(
        (row for row in rows if _place(row) in strong), key=lambda row: numbers.get(_place(row), 0)
    )
    first = proving[0]
    return tag(
        "section",
        tag(
            "h4",
            tag(
                "button",
                first["title"] or "Untitled",
                type="button",
                class_="open",
                data_article=first["article"],
                data_start=first["start"],
                data_end=first["end"],
            ),
        ),
        about(first),
        _carried(first.get("carried_by") or ()),
        *(_sentence(row, numbers.get(_place(row))) for row in proving),
        _more([row for row in rows if _place(row) not in strong]),
        class_="card cited" if cited else "card",
    )


def _sentence(row: Kept, number: int | None) -> Html:
    lead = tag("span", number, class_="number") if number is not None else ""
    means = [f"“{phrase}”: {meant}" for phrase, meant in (row.get("days") or {}).items()]
    days = tag("small", " ", "; ".join(means)) if means else ""
    return tag("p", lead, tag("strong", row["text"]), days, class_="sentence")


def _carried(others: Sequence[Kept]) -> Html:
    """Where else the same text stands: one origin, which counts once."""
    names = list(dict.fromkeys(other["source"] or other["title"] for other in others))
    return tag("p", "Also carried by ", ", ".join(names), class_="meta") if names else Html()


def _more(rows: Sequence[Kept]) -> Html:
    """What else of an article the model reads, folded away."""
    if not rows:
        return Html()
    told = tag("summary", f"{_count(len(rows), 'more sentence')} read")
    return tag("details", told, *(tag("p", row["text"], class_="sentence") for row in rows))


def _place(row: Kept) -> tuple[str, int]:
    return row["article"], row["start"]


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
