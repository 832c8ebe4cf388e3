"""The one JSON schema: of the CLI, the HTTP API, receipts, the server client and evaluation runs.

`to_json` writes every frozen value of the project; the objects that are not one key a field are
registered below. `turn_of` and `shown_of` read a conversation back. The shape of an answer is
documented in docs/using.md.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import singledispatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.core.answer import (
    Answer,
    Citation,
    Claim,
    Evidence,
    Features,
    ShownSentences,
    Turn,
)
from index.core.articles import Article

if TYPE_CHECKING:
    from index.retrieval.ranking import ScoredPassage

# keys of the JSON object `signs` and the attributes of `Features` they stand for
SIGNS = {"told": "entailment_logit", "fluent": "mean_logprob", "kind": "type_match"}


@singledispatch
def to_json(value: Any) -> Any:
    """A value as plain JSON values: one key a field, days as ISO 8601, sequences as lists."""
    if is_dataclass(value):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: to_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    return str(value) if isinstance(value, dt.date | Path) else value


@to_json.register
def _(answer: Answer) -> dict[str, Any]:
    return {
        "question": answer.question,
        "searched": answer.standalone_question,
        "kind": answer.kind,
        "in_rows": answer.in_rows,
        "answer": answer.text,
        "refused": answer.refused,
        "reason": to_json(answer.refusal),
        "claims": to_json(answer.claims),
        "quoted": to_json(answer.quoted),
        "citations": to_json(answer.citations),
        "evidence": to_json(answer.evidence),
        "read": to_json(answer.shown),
        "caveats": list(answer.caveats),
        "options": list(answer.options),
        "confidence": answer.confidence,
        "signs": to_json(answer.features),
        "cut": answer.finish_reason or None,
        "timings": to_json(answer.timings),
        "model": answer.model,
        "generation": answer.generation,
    }


@to_json.register
def _(turn: Turn) -> dict[str, Any]:
    return {
        "question": turn.question,
        "answer": turn.answer,
        "articles": list(turn.articles),
        "read": to_json(turn.shown),
    }


@to_json.register
def _(shown: ShownSentences) -> dict[str, Any]:
    sentences = [{"article": a, "start": start, "end": end} for a, start, end in shown.spans]
    return {"generation": shown.generation, "sentences": sentences, "goes_on": shown.continues}


@to_json.register
def _(features: Features) -> dict[str, Any]:
    return {key: getattr(features, name) for key, name in SIGNS.items()}


@to_json.register
def _(claim: Claim) -> dict[str, Any]:
    return {
        "label": claim.label or None,
        "text": claim.text,
        "kept": claim.supported,
        "computed": claim.computed or None,
        "citations": [citation.number for citation in claim.citations],
        "unsupported": list(claim.unsupported),
        "disagreement": claim.disagreement or None,
    }


@to_json.register
def _(citation: Citation) -> dict[str, Any]:
    return {
        "number": citation.number,
        **to_json(citation.article),
        "url": citation.article.url,
        "byline": citation.article.byline,
        "part": "title" if citation.evidence.is_title else "text",
        "quote": citation.quote,
        **_place(citation.evidence),
        "support": citation.support,
    }


@to_json.register
def _(item: Evidence) -> dict[str, Any]:
    return {
        **to_json(item.article),
        "text": item.text,
        **_place(item),
        "relevance": round(item.relevance, 3),
        "carried_by": to_json(item.carried_by),
    }


def _place(item: Evidence) -> dict[str, Any]:
    # imported late: a server client only reads answers and should not wait for it
    from index.text.relative_dates import days_of, format_days

    days = days_of(item.article, item.start, item.end)
    named = {when.phrase: format_days(when) for when in days}
    return {"days": named, "start": item.start, "end": item.end}


@to_json.register
def _(article: Article) -> dict[str, Any]:
    return {
        "article": article.id,
        "title": article.title,
        "published": to_json(article.stated_day),
        "source": article.source,
    }


def search_results(hits: Iterable[ScoredPassage]) -> list[dict[str, Any]]:
    """Search results as plain values, best first."""
    scores = ("dense_rank", "similarity", "lexical_rank", "bm25", "fused", "relevance")
    return [
        {
            "rank": number,
            "passage": hit.passage.id,
            **to_json(hit.passage.article),
            "text": hit.passage.text,
            "start": hit.passage.start,
            "end": hit.passage.end,
            **{name: getattr(hit, name) for name in scores},
            "carried_by": to_json(hit.carried_by),
        }
        for number, hit in enumerate(hits, 1)
    ]


class EventWriter:
    """The events of one answer; remembers what was written already."""

    def __init__(self) -> None:
        self._evidence = False
        self._claims = 0

    def new(self, answer: Answer) -> Iterator[dict[str, Any]]:
        """What is new: `evidence` once, a `claim` for each checked sentence, `answer` last."""
        if answer.evidence and not self._evidence:
            self._evidence = True
            asked = {"question": answer.question, "searched": answer.standalone_question}
            shown = {"evidence": to_json(answer.evidence), "quoted": to_json(answer.quoted)}
            yield {"event": "evidence", **asked, **shown}
        for claim in answer.claims[self._claims :]:
            yield {"event": "claim", **to_json(claim)}
        self._claims = len(answer.claims)
        if answer.final:
            yield {"event": "answer", **to_json(answer)}


def events(answers: Iterable[Answer]) -> Iterator[dict[str, Any]]:
    """The events of a stream of ever more complete answers."""
    writer = EventWriter()
    for answer in answers:
        yield from writer.new(answer)


def turn_of(row: Mapping[str, Any]) -> Turn:
    """A past exchange from its own JSON object, or from that of its answer, which has it all."""
    articles = row.get("articles")
    if articles is None:
        articles = dict.fromkeys(citation["article"] for citation in row.get("citations") or ())
    said = "\n- ".join((row["answer"], *(row.get("options") or ())))
    return Turn(row["question"], said, tuple(articles), shown_of(row.get("read")))


def shown_of(row: Mapping[str, Any] | None) -> ShownSentences | None:
    """What the model was shown, from the value of the key `read`."""
    if not row:
        return None
    spans = tuple((one["article"], one["start"], one["end"]) for one in row["sentences"])
    return ShownSentences(row["generation"], spans, row["goes_on"])
