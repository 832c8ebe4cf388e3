"""The one JSON schema: of the CLI, the HTTP API, receipts, the server client and evaluation runs.

`to_json` writes every frozen value of the project; the objects that are not one key a field are
registered below. `answers`, `answer_of`, `turn_of` and `shown_of` read them back. The shape of an
answer is documented in docs/using.md.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import singledispatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.core.answer import (
    Answer,
    Citation,
    Claim,
    Evidence,
    Features,
    Refusal,
    ShownSentences,
    Timings,
    Turn,
)
from index.core.articles import Article, Passage

if TYPE_CHECKING:
    from index.retrieval.ranking import ScoredPassage

# keys of the JSON object `signs` and the attributes of `Features` they stand for
SIGNS = {"told": "entailment_logit", "fluent": "mean_logprob", "kind": "type_match"}

# ── writing ───────────────────────────────────────────────────────────────────────────────────


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
        "answer": answer.text,
        "refused": answer.refused,
        "reason": to_json(answer.refusal),
        "claims": to_json(answer.claims),
        "citations": to_json(answer.citations),
        "evidence": to_json(answer.evidence),
        "read": to_json(answer.shown),
        "caveats": list(answer.caveats),
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
        "text": claim.text,
        "kept": claim.supported,
        "computed": claim.computed or None,
        "citations": [citation.number for citation in claim.citations],
        "unsupported": list(claim.unsupported),
    }


@to_json.register
def _(citation: Citation) -> dict[str, Any]:
    return {
        "number": citation.number,
        **to_json(citation.article),
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
            yield {"event": "evidence", **asked, "evidence": to_json(answer.evidence)}
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


# ── reading ───────────────────────────────────────────────────────────────────────────────────


class SentArticle(Article):
    """An article that was read from JSON: of its text only the cited sentences are known.

    Its id stands for its path, which is not sent.
    """

    __slots__ = ()

    @property
    def id(self) -> str:
        """The id that was sent."""
        return self.path


def answers(events: Iterable[Mapping[str, Any]]) -> Iterator[Answer]:
    """Ever more complete answers from their `events`; see `SentArticle`."""
    answer = Answer("")
    for event in events:
        if event["event"] == "evidence":
            evidence = tuple(_evidence_of(event["evidence"]))
            answer = Answer(event["question"], event["searched"], evidence)
        elif event["event"] == "claim":
            answer = replace(answer, claims=(*answer.claims, _claim_of(event, {})))
        else:
            answer = answer_of(event)
        yield answer


def answer_of(row: Mapping[str, Any]) -> Answer:
    """A final answer from its JSON object; see `SentArticle`."""
    quotes = [{**cited, "text": cited["quote"], "relevance": 0.0} for cited in row["citations"]]
    cited = {
        citation["number"]: Citation(citation["number"], quoted, citation["support"])
        for citation, quoted in zip(row["citations"], _evidence_of(quotes), strict=True)
    }
    signs, reason = row["signs"], row["reason"]
    return Answer(
        question=row["question"],
        standalone_question=row["searched"],
        evidence=tuple(_evidence_of(row["evidence"])),
        claims=tuple(_claim_of(claim, cited) for claim in row["claims"]),
        refusal=Refusal(**reason) if reason else None,
        caveats=tuple(row["caveats"]),
        confidence=row["confidence"],
        features=Features(**{SIGNS[key]: value for key, value in signs.items()}) if signs else None,
        finish_reason=row["cut"] or "",
        timings=Timings(**row["timings"]),
        model=row["model"],
        generation=row["generation"],
        shown=shown_of(row.get("read")),
        final=True,
    )


def turn_of(row: Mapping[str, Any]) -> Turn:
    """A past exchange from its own JSON object, or from that of its answer, which has it all."""
    articles = row.get("articles")
    if articles is None:
        articles = dict.fromkeys(citation["article"] for citation in row.get("citations") or ())
    return Turn(row["question"], row["answer"], tuple(articles), shown_of(row.get("read")))


def shown_of(row: Mapping[str, Any] | None) -> ShownSentences | None:
    """What the model was shown, from the value of the key `read`."""
    if not row:
        return None
    spans = tuple((one["article"], one["start"], one["end"]) for one in row["sentences"])
    return ShownSentences(row["generation"], spans, row["goes_on"])


def _claim_of(row: Mapping[str, Any], cited: Mapping[int, Citation]) -> Claim:
    unknown = Evidence(Passage(Article("", "", ""), ((0, 0),)), 0, 0, 0.0)
    citations = (cited.get(number, Citation(number, unknown, 0.0)) for number in row["citations"])
    unsupported = tuple(row["unsupported"])
    return Claim(row["text"], tuple(citations), unsupported, row["computed"] or "")


def _evidence_of(rows: Sequence[Mapping[str, Any]]) -> Iterator[Evidence]:
    texts: dict[str, str] = {}
    for row in rows:  # each sentence at its place, blanks between
        known, start, end = texts.get(row["article"], ""), row["start"], row["end"]
        texts[row["article"]] = known[:start].ljust(start) + row["text"] + known[end:]
    for row in rows:
        article = _article_of(row, texts[row["article"]])
        span = (row["start"], row["end"])
        carried_by = tuple(_article_of(other, "") for other in row.get("carried_by", ()))
        yield Evidence(Passage(article, (span,)), *span, row["relevance"], carried_by)


def _article_of(row: Mapping[str, Any], text: str) -> Article:
    day = dt.date.fromisoformat(row["published"]) if row["published"] else None
    return SentArticle(row["article"], row["title"], text, day, row["source"])
