"""An Answer as JSON and back: the object of `ask --json`, the events of `--stream --json`.

The shape is documented in docs/http-api.md and is the same for programs over HTTP.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
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


def as_json(answer: Answer) -> dict[str, Any]:
    """The whole answer as plain values."""
    return {
        "question": answer.question,
        "searched": answer.standalone_question,
        "answer": answer.text,
        "refused": answer.refused,
        "reason": asdict(answer.refusal) if answer.refusal else None,
        "claims": [_claim(claim) for claim in answer.claims],
        "citations": [_citation(citation) for citation in answer.citations],
        "evidence": [_evidence(item) for item in answer.evidence],
        "read": _shown(answer.shown),
        "caveats": list(answer.caveats),
        "confidence": answer.confidence,
        "signs": _signs(answer.features),
        "cut": answer.finish_reason or None,
        "timings": asdict(answer.timings),
        "model": answer.model,
        "generation": answer.generation,
    }


def events(answers: Iterable[Answer]) -> Iterator[dict[str, Any]]:
    """What is new, as it comes: `evidence` once, a `claim` a checked sentence, `answer` last."""
    telling = Telling()
    for answer in answers:
        yield from telling.new(answer)


class Telling:
    """Remembers what of an answer was told already."""

    def __init__(self) -> None:
        self._evidence = False
        self._claims = 0

    def new(self, answer: Answer) -> Iterator[dict[str, Any]]:
        """The events that a more complete answer brings."""
        if answer.evidence and not self._evidence:
            self._evidence = True
            evidence = [_evidence(item) for item in answer.evidence]
            asked = {"question": answer.question, "searched": answer.standalone_question}
            yield {"event": "evidence", **asked, "evidence": evidence}
        for claim in answer.claims[self._claims :]:
            yield {"event": "claim", **_claim(claim)}
        self._claims = len(answer.claims)
        if answer.final:
            yield {"event": "answer", **as_json(answer)}


def answers(told: Iterable[Mapping[str, Any]]) -> Iterator[Answer]:
    """The way back: ever more complete answers from their `events`, for whoever shows them.

    Of an article only the sentences that were sent are known, and its id stands for its path.
    """
    answer = Answer("")
    for event in told:
        if event["event"] == "evidence":
            evidence = tuple(_evidence_of(event["evidence"]))
            asked, searched = event["question"], event["searched"]
            answer = replace(
                answer, question=asked, standalone_question=searched, evidence=evidence
            )
        elif event["event"] == "claim":
            answer = replace(answer, claims=(*answer.claims, _claim_of(event, {})))
        else:
            answer = _answer_of(event)
        yield answer


def _answer_of(told: Mapping[str, Any]) -> Answer:
    proofs = _evidence_of([{**c, "text": c["quote"], "relevance": 0.0} for c in told["citations"]])
    cited = {
        citation["number"]: Citation(citation["number"], proof, citation["support"])
        for citation, proof in zip(told["citations"], proofs, strict=True)
    }
    return Answer(
        question=told["question"],
        standalone_question=told["searched"],
        evidence=tuple(_evidence_of(told["evidence"])),
        claims=tuple(_claim_of(claim, cited) for claim in told["claims"]),
        refusal=Refusal(**told["reason"]) if told["reason"] else None,
        caveats=tuple(told["caveats"]),
        confidence=told["confidence"],
        features=_features(told["signs"]),
        finish_reason=told["cut"] or "",
        timings=Timings(**told["timings"]),
        model=told["model"],
        generation=told["generation"],
        shown=shown_of(told.get("read")),
        final=True,
    )


def _claim_of(told: Mapping[str, Any], cited: Mapping[int, Citation]) -> Claim:
    unknown = Evidence(Passage(Article("", "", ""), ((0, 0),)), 0, 0, 0.0)
    citations = (cited.get(number, Citation(number, unknown, 0.0)) for number in told["citations"])
    unsupported = tuple(told["unsupported"])
    return Claim(told["text"], tuple(citations), unsupported, told["computed"] or "")


def _evidence_of(told: Sequence[Mapping[str, Any]]) -> Iterator[Evidence]:
    texts: dict[str, str] = {}
    for item in told:  # each sentence at its place, blanks between
        known, start, end = texts.get(item["article"], ""), item["start"], item["end"]
        texts[item["article"]] = known[:start].ljust(start) + item["text"] + known[end:]
    for item in told:
        article = _article_of(item, texts[item["article"]])
        span = (item["start"], item["end"])
        carried_by = tuple(_article_of(other, "") for other in item.get("carried_by", ()))
        yield Evidence(Passage(article, (span,)), *span, item["relevance"], carried_by)


def _article_of(told: Mapping[str, Any], text: str) -> Article:
    day = dt.date.fromisoformat(told["published"]) if told["published"] else None
    return Article(told["article"], told["title"], text, day, told["source"])


def turn(past: Turn) -> dict[str, Any]:
    """A past exchange as plain values."""
    return {
        "question": past.question,
        "answer": past.answer,
        "articles": list(past.articles),
        "read": _shown(past.shown),
    }


def turn_of(told: Mapping[str, Any]) -> Turn:
    """A past exchange from the values of `turn`, or of `as_json`, which has them too."""
    articles = told.get("articles")
    if articles is None:
        articles = dict.fromkeys(citation["article"] for citation in told.get("citations") or ())
    return Turn(told["question"], told["answer"], tuple(articles), shown_of(told.get("read")))


def _shown(shown: ShownSentences | None) -> dict[str, Any] | None:
    if shown is None:
        return None
    sentences = [{"article": a, "start": start, "end": end} for a, start, end in shown.spans]
    return {"generation": shown.generation, "sentences": sentences, "goes_on": shown.continues}


def shown_of(told: Mapping[str, Any] | None) -> ShownSentences | None:
    """What the model was shown, from the value of the key `read`."""
    if not told:
        return None
    sentences = tuple((one["article"], one["start"], one["end"]) for one in told["sentences"])
    return ShownSentences(told["generation"], sentences, told["goes_on"])


def found(hits: Iterable[ScoredPassage]) -> list[dict[str, Any]]:
    """Search results as plain values, best first."""
    return [
        {
            "rank": number,
            "passage": hit.passage.id,
            **_about(hit.passage.article),
            "text": hit.passage.text,
            "start": hit.passage.start,
            "end": hit.passage.end,
            "dense_rank": hit.dense_rank,
            "similarity": hit.similarity,
            "lexical_rank": hit.lexical_rank,
            "bm25": hit.bm25,
            "fused": hit.fused,
            "relevance": hit.relevance,
            "carried_by": [_about(article) for article in hit.carried_by],
        }
        for number, hit in enumerate(hits, 1)
    ]


def _signs(features: Features | None) -> dict[str, float] | None:
    return {k: getattr(features, name) for k, name in SIGNS.items()} if features else None


def _features(signs: Mapping[str, float] | None) -> Features | None:
    return Features(**{name: signs[k] for k, name in SIGNS.items()}) if signs else None


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "text": claim.text,
        "kept": claim.supported,
        "computed": claim.computed or None,
        "citations": [citation.number for citation in claim.citations],
        "unsupported": list(claim.unsupported),
    }


def _citation(citation: Citation) -> dict[str, Any]:
    return {
        "number": citation.number,
        **_about(citation.article),
        "quote": citation.quote,
        "days": _days(citation.evidence),
        "start": citation.evidence.start,
        "end": citation.evidence.end,
        "support": citation.support,
    }


def _evidence(item: Evidence) -> dict[str, Any]:
    return {
        **_about(item.article),
        "text": item.text,
        "days": _days(item),
        "start": item.start,
        "end": item.end,
        "relevance": round(item.relevance, 3),
        "carried_by": [_about(article) for article in item.carried_by],
    }


def _days(item: Evidence) -> dict[str, str]:
    # whoever only reads answers back (`assistant.backends.server_client`) should not wait for the search's imports
    from assistant.core.evidence_text import relative_days
    from index.text.relative_dates import format_days

    return {when.phrase: format_days(when) for when in relative_days(item)}


def _about(article: Article) -> dict[str, Any]:
    return {
        "article": article.id,
        "title": article.title,
        "published": article.published.isoformat() if article.published else None,
        "source": article.source,
    }
