"""Failures of a run: each case that went wrong, in which ways, and the evidence it had."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from eval.data.cases import Gold
from eval.data.results import CaseResult, Run

KINDS = (  # of failure, the gravest first
    *("error", "wrong answer", "answered, though unanswerable", "refused, though answerable"),
    *("wrong citation", "unsupported entities", "evidence not found"),
)
Pieces = tuple[tuple[str, bool], ...]  # of a text; True where it is gold evidence


@dataclass(frozen=True, slots=True)
class ShownEvidence:
    """A sentence or passage of evidence; `cited` is its citation's number, if it is cited."""

    pieces: Pieces
    about: str
    cited: int | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """One case that went wrong; `missing` is the gold evidence that the model was not shown."""

    result: CaseResult
    kinds: tuple[str, ...]
    evidence: tuple[ShownEvidence, ...]
    missing: tuple[Gold, ...]


def failure_summary(found: Sequence[Failure], cases: int) -> str:
    """How many cases failed, and how, in one line."""
    if not found:
        return f"None of {cases} questions failed."
    counts = Counter(kind for failure in found for kind in failure.kinds)
    kinds = ", ".join(f"{kind} {counts[kind]}" for kind in KINDS if counts[kind])
    return f"{len(found)} of {cases} questions failed: {kinds}."


def failures(run: Run) -> list[Failure]:
    """The cases that went wrong, in the order of the set."""
    return [_failure(result, kinds) for result in run.results if (kinds := kinds_of(result))]


def kinds_of(result: CaseResult) -> tuple[str, ...]:
    """In which ways a case went wrong; lost evidence counts beside others, or with no answer."""
    found = set(_faults(result))
    if _evidence_lost(result) and (found or result.outcome.output is None):
        found.add("evidence not found")
    return tuple(kind for kind in KINDS if kind in found)


def _faults(result: CaseResult) -> Iterator[str]:
    values, output, answerable = result.values, result.outcome.output, result.case.answerable
    if result.outcome.error is not None:
        yield "error"
    if output is None:
        return
    if output.get("refused"):
        if answerable:
            yield "refused, though answerable"
        return
    if not answerable:
        yield "answered, though unanswerable"
    elif values.get("answer", 1.0) < 1:
        yield "wrong answer"
    if values.get("citation_precision", 1.0) < 1 or values.get("citation_gold", 1.0) == 0:
        yield "wrong citation"
    if values.get("unsupported", 0.0) > 0:
        yield "unsupported entities"


def _evidence_lost(result: CaseResult) -> bool:
    """Whether some gold evidence was not shown or, where only retrieval was run, not found."""
    values = result.values
    if "quote_shown" in values:
        return values["quote_shown"] < 1
    for start in ("quote_recall", "recall"):
        if recalls := [value for name, value in values.items() if name.startswith(start)]:
            return max(recalls) < 1
    return False


def _failure(result: CaseResult, kinds: tuple[str, ...]) -> Failure:
    golds = result.case.quotes
    evidence = tuple(_evidence(result, [gold.quote for gold in golds]))
    texts = ["".join(text for text, _ in item.pieces) for item in evidence]
    shown = [any(gold for text in texts for _, gold in marked(text, [g.quote])) for g in golds]
    missing = tuple(gold for gold, was_shown in zip(golds, shown, strict=True) if not was_shown)
    return Failure(result, kinds, evidence, missing)


def _evidence(result: CaseResult, quotes: Sequence[str]) -> Iterator[ShownEvidence]:
    output = result.outcome.output or {}
    cited = {
        (c.get("article"), c.get("start"), c.get("end"), c.get("quote")): c["number"]
        for c in output.get("citations", ())
    }
    for item in output.get("evidence") or result.outcome.retrieved:
        text, parts = item.get("text", ""), [item.get("title") or item.get("article")]
        if output.get("evidence"):
            parts += [item.get("source"), item.get("published")]
        about = ", ".join(part for part in parts if part)
        if output.get("evidence") and (relevance := item.get("relevance")) is not None:
            about += f" (relevance {relevance:.2f})"
        key = (item.get("article"), item.get("start"), item.get("end"), text)
        yield ShownEvidence(marked(text, quotes), about, cited.get(key))


def marked(text: str, quotes: Sequence[str]) -> Pieces:
    """The text in pieces, True for those that are in a quote.

    >>> marked("He said so. Kim  Gunn came.", ["Kim Gunn came."])
    (('He said so. ', False), ('Kim  Gunn came.', True))
    >>> marked("Kim Gunn came.", ["First. Kim Gunn came. Then"])
    (('Kim Gunn came.', True),)
    """
    marks = [False] * len(text)
    whole = " ".join(text.split()).casefold()
    for quote in filter(None, map(str.split, quotes)):
        for found in re.finditer(r"\s+".join(map(re.escape, quote)), text, re.IGNORECASE):
            marks[found.start() : found.end()] = [True] * len(found[0])
        if whole and whole in " ".join(quote).casefold():  # the quote holds the text
            marks = [True] * len(text)
    pieces, start = [], 0
    for mark, group in groupby(marks):
        end = start + len(list(group))
        pieces.append((text[start:end], mark))
        start = end
    return tuple(pieces)
