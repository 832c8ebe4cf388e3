"""An Answer as JSON: the object of `ask --json` and the events of `--stream --json`.

The shape is documented in the README and is the same for programs over HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from assistant.answer import Answer, Citation, Claim, Evidence
from index.articles import Article


def as_json(answer: Answer) -> dict[str, Any]:
    """The whole answer as plain values."""
    return {
        "question": answer.question,
        "searched": answer.searched,
        "answer": answer.text,
        "refused": answer.refused,
        "reason": asdict(answer.refusal) if answer.refusal else None,
        "claims": [_claim(claim) for claim in answer.claims],
        "citations": [_citation(citation) for citation in answer.citations],
        "evidence": [_evidence(item) for item in answer.evidence],
        "caveats": list(answer.caveats),
        "confidence": answer.confidence,
        "cut": answer.cut or None,
        "timings": asdict(answer.timings),
        "model": answer.model,
        "generation": answer.generation,
    }


def events(answers: Iterable[Answer]) -> Iterator[dict[str, Any]]:
    """What is new, as it comes: `evidence` once, a `claim` a checked sentence, `answer` last."""
    told_evidence = False
    told_claims = 0
    for answer in answers:
        if answer.evidence and not told_evidence:
            told_evidence = True
            yield {"event": "evidence", "evidence": [_evidence(item) for item in answer.evidence]}
        for claim in answer.claims[told_claims:]:
            yield {"event": "claim", **_claim(claim)}
        told_claims = len(answer.claims)
        if answer.final:
            yield {"event": "answer", **as_json(answer)}


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "text": claim.text,
        "kept": claim.kept,
        "citations": [citation.number for citation in claim.citations],
        "unsupported": list(claim.unsupported),
    }


def _citation(citation: Citation) -> dict[str, Any]:
    return {
        "number": citation.number,
        **_about(citation.article),
        "quote": citation.quote,
        "start": citation.evidence.start,
        "end": citation.evidence.end,
        "support": citation.support,
    }


def _evidence(item: Evidence) -> dict[str, Any]:
    return {
        **_about(item.article),
        "text": item.text,
        "start": item.start,
        "end": item.end,
        "relevance": round(item.relevance, 3),
    }


def _about(article: Article) -> dict[str, Any]:
    return {
        "article": article.id,
        "title": article.title,
        "published": article.published.isoformat() if article.published else None,
        "source": article.source,
    }
