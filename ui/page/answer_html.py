"""HTML of a question and its answer: cited sentences, evidence cards, caveats, buttons.

Made from the JSON object of an answer (docs/http-api.md), which the browser keeps, so a reopened
page shows what it showed before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from ui.page.render import Html, join, tag
from ui.service.answer_stream import Step

Json = Mapping[str, Any]  # an answer, or a part of one, as plain JSON values

_FINISH_REASONS = {
    "cancelled": "You stopped this answer; what was ready is shown.",
    "deadline": "The time for an answer was over; what was ready is shown.",
    "length": "The answer was longer than it may be; what was ready is shown.",
}
_INCOMPLETE = {"cancelled": "Stopped", "deadline": "Out of time"}
_NOT_FOUND = "Not in these articles"
_REFUSED = {"empty_index": "Nothing is indexed yet", "unsure": "Not sure enough to answer"}


def turn(answer: Json, key: str, *, pending: str = "", status: Html | None = None) -> Html:
    """One exchange; `key` is its id in the page, `status` is None once the answer is final."""
    final = status is None
    parts = [
        tag("p", tag("b", "Understood as: "), answer["searched"], class_="understood")
        if answer["searched"] not in ("", answer["question"])
        else "",
        status or "",
        _refused(answer) if answer["refused"] else _sentences(answer, pending),
        _caveats(answer) if final else "",
        _footer(answer) if final else "",
    ]
    return tag(
        "article",
        tag("h2", answer["question"], class_="asked"),
        tag(
            "div",
            tag("div", *parts, class_="said", aria_live="polite", aria_busy=str(not final).lower()),
            _evidence(answer, final=final),
            class_="columns",
        ),
        class_="turn refused" if answer["refused"] else "turn",
        data_turn=key,
        data_final=final,
    )


def status(step: Step) -> Html:
    """Progress of a running question: place in the queue, tokens read, seconds left."""
    if step.ahead:
        text = f"{_count(step.ahead, 'question')} before yours"
    elif step.reading and step.reading.done < step.reading.total:
        left = f", about {max(1, round(step.left_s))} s" if step.left_s is not None else ""
        text = f"Reading {step.reading.total} tokens{left}"
    elif step.answer.pending or step.answer.claims:
        text = "Writing"
    elif step.answer.evidence:
        text = "Reading the sentences beside" if not step.reading else "Writing"
    else:
        text = "Searching the articles"
    bar = (
        tag("progress", max=step.reading.total, value=step.reading.done, aria_label="Read so far")
        if step.reading and step.reading.done < step.reading.total
        else ""
    )
    return tag("div", tag("p", text, " …"), bar, class_="status")


def problem(question: str, message: str, key: str) -> Html:
    """A question that failed, with the message and a button to edit it."""
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
    """A date as newspapers write it; "" for an unknown one.

    >>> written_day("2022-09-08"), written_day(None)
    ('8 September 2022', '')
    """
    if not day:
        return ""
    date = dt.date.fromisoformat(day)
    return f"{date.day} {date:%B %Y}"


def about(article: Json) -> Html:
    """Source and date in one line."""
    source = [article["source"], " · "] if article["source"] else []
    when = article["published"]
    shown = tag("time", written_day(when), datetime=when) if when else "undated"
    return tag("p", *source, shown, class_="meta")


def _sentences(answer: Json, pending: str) -> Html:
    cited = {citation["number"]: citation for citation in answer["citations"]}
    claims = [
        join(
            [
                claim["text"],
                tag("small", " (computed)", class_="soft") if claim.get("computed") else "",
                *(_mark(cited[n]) for n in claim["citations"] if n in cited),
                " ",
            ]
        )
        for claim in answer["claims"]
        if claim["kept"]
    ]
    writing = [tag("span", pending, class_="pending")] if pending else []
    return tag("p", *claims, *writing, class_="answer") if claims or writing else Html()


def _mark(citation: Json) -> Html:
    """A citation number: hovering shows its quote, clicking opens the article there."""
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


def _refused(answer: Json) -> Html:
    reason = answer["reason"]
    heading = _INCOMPLETE.get(answer["cut"]) or _REFUSED.get(reason["code"], _NOT_FOUND)
    detail = reason["reason"].removeprefix("Not in these articles: ")
    return tag(
        "div",
        tag("h3", heading),
        tag("p", detail[:1].upper() + detail[1:]),
        class_="refusal",
    )


def _caveats(answer: Json) -> Html:
    """Caveats, why the answer ended early, and rejected sentences."""
    notes = list(answer["caveats"])
    if answer["cut"] and not answer["refused"]:
        notes.append(_FINISH_REASONS.get(answer["cut"], "The answer ended early."))
    parts = [tag("ul", *(tag("li", note) for note in notes), class_="caveats")] if notes else []
    rejected = [claim for claim in answer["claims"] if not claim["kept"]]
    if rejected:
        rows = (
            tag("li", tag("s", claim["text"]), _missing(claim["unsupported"])) for claim in rejected
        )
        heading = f"{_count(len(rejected), 'sentence')} rejected: no article proves it"
        parts.append(tag("details", tag("summary", heading), tag("ul", *rows), class_="struck"))
    return join(parts)


def _missing(entities: Sequence[str]) -> Html:
    if not entities:
        return Html()
    return tag("small", " — not found: ", ", ".join(map(str, entities)))


def _footer(answer: Json) -> Html:
    timings = answer["timings"]
    facts = [f"{timings['total_s']:.1f} s"]
    if answer["confidence"] is not None:
        facts.append(f"confidence {answer['confidence']:.0%}")
    if known := timings.get("cached_tokens"):
        facts.append(f"{known:,} of {timings['prompt_tokens']:,} tokens read before")
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


def _button(action: str, label: str, *, pressed: bool | None = None) -> Html:
    return tag(
        "button",
        label,
        type="button",
        data_do=action,
        aria_pressed=None if pressed is None else str(pressed).lower(),
    )


def _evidence(answer: Json, *, final: bool) -> Html:
    """Evidence cards beside an answer: cited articles first, then the others that were read."""
    numbers = {(c["article"], c["start"]): c["number"] for c in answer["citations"]}
    groups = [
        list(rows)
        for _, rows in groupby(
            sorted(answer["evidence"], key=_article_order(answer["evidence"])),
            key=lambda item: item["article"],
        )
    ]
    cards = [(_card(rows, numbers), any(_span(row) in numbers for row in rows)) for rows in groups]
    if not cards:
        return Html()
    if not final or not numbers:
        heading = "The nearest passages" if answer["refused"] else "What the model reads"
        body: Iterable[Html] = [card for card, _ in cards]
        return _section(heading, body)
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
    return _section("Proof", [card for card, cited in cards if cited], more)


def _section(heading: str, cards: Iterable[Html], more: Html | str = "") -> Html:
    return tag("section", tag("h3", heading), *cards, more, class_="proofs", aria_label=heading)


def _article_order(evidence: Sequence[Json]) -> Any:
    """A sort key: groups sentences by article, in the order of the articles' first sentences."""
    order: dict[str, int] = {}
    for item in evidence:
        order.setdefault(item["article"], len(order))
    return lambda item: (order[item["article"]], item["start"])


def _card(rows: Sequence[Json], numbers: Mapping[tuple[str, int], int]) -> Html:
    """One article with its cited sentences in bold; without citations, its most relevant one."""
    cited = {place for row in rows if (place := _span(row)) in numbers}
    strong = cited or {_span(max(rows, key=lambda row: float(row["relevance"])))}
    proving = sorted(
        (row for row in rows if _span(row) in strong), key=lambda row: numbers.get(_span(row), 0)
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
        _carried_by(first.get("carried_by") or ()),
        *(_sentence(row, numbers.get(_span(row))) for row in proving),
        _more([row for row in rows if _span(row) not in strong]),
        class_="card cited" if cited else "card",
    )


def _sentence(row: Json, number: int | None) -> Html:
    lead = tag("span", number, class_="number") if number is not None else ""
    means = [f"“{phrase}”: {meant}" for phrase, meant in (row.get("days") or {}).items()]
    days = tag("small", " ", "; ".join(means)) if means else ""
    return tag("p", lead, tag("strong", row["text"]), days, class_="sentence")


def _carried_by(others: Sequence[Json]) -> Html:
    """Other sources that carry the same text; together they count as one."""
    names = list(dict.fromkeys(other["source"] or other["title"] for other in others))
    return tag("p", "Also carried by ", ", ".join(names), class_="meta") if names else Html()


def _more(rows: Sequence[Json]) -> Html:
    """The other sentences of an article that the model read, collapsed."""
    if not rows:
        return Html()
    summary = tag("summary", f"{_count(len(rows), 'more sentence')} read")
    return tag("details", summary, *(tag("p", row["text"], class_="sentence") for row in rows))


def _span(row: Json) -> tuple[str, int]:
    return row["article"], row["start"]


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
