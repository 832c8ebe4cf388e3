"""What went wrong in a run: each case that failed, in which ways, and the evidence it had."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from eval.data.run_records import Case, Claim, Quote, Run, Sentence, shown

KINDS = (  # of failure, the gravest first
    *("error", "wrong answer", "answered, though unanswerable", "refused, though answerable"),
    *("wrong citation", "unsupported particulars", "evidence not found"),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """One sentence or passage of evidence, in pieces of which some prove the answer."""

    pieces: tuple[tuple[str, bool], ...]
    about: str
    cited: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """One case that went wrong, and in which ways."""

    case: Case
    kinds: tuple[str, ...]
    evidence: tuple[Shown, ...] = ()
    missing: tuple[Quote, ...] = ()
    scores: tuple[tuple[str, str, str], ...] = ()
    struck: tuple[Claim, ...] = field(default=())

    @property
    def seconds(self) -> float:
        """How long the answer took."""
        return max((value for value in self.case.seconds.values() if value), default=0.0)

    @property
    def confidence(self) -> float:
        """How sure the assistant was."""
        value = self.case.confidence
        return -1e9 if value is None else value


def told(found: Sequence[Failure], cases: int) -> str:
    """How many failed, and how, in one line."""
    if not found:
        return f"None of {cases} questions failed."
    counts = Counter(kind for failure in found for kind in failure.kinds)
    kinds = ", ".join(f"{kind} {counts[kind]}" for kind in KINDS if counts[kind])
    return f"{len(found)} of {cases} questions failed: {kinds}."


def failures(run: Run) -> list[Failure]:
    """The cases that went wrong, in the order of the set."""
    return [_failure(case, kinds) for case in run.cases if (kinds := kinds_of(case))]


def kinds_of(case: Case) -> tuple[str, ...]:
    """In which ways a case went wrong; lost evidence is one beside others, or with no answer."""
    found = set(_faults(case))
    if _evidence_lost(case) and (found or case.output is None):
        found.add("evidence not found")
    return tuple(kind for kind in KINDS if kind in found)


def _faults(case: Case) -> Iterator[str]:
    values = case.values
    if case.error is not None:
        yield "error"
    if case.output is None:
        return
    if case.output.refused:
        if case.answerable:
            yield "refused, though answerable"
        return
    if not case.answerable:
        yield "answered, though unanswerable"
    elif values.get("answer", 1.0) < 1:
        yield "wrong answer"
    if values.get("citation_precision", 1.0) < 1 or values.get("citation_gold", 1.0) == 0:
        yield "wrong citation"
    if values.get("unsupported", 0.0) > 0:
        yield "unsupported particulars"


def _evidence_lost(case: Case) -> bool:
    """True if not all of the gold evidence was shown or, where only retrieval was run, found."""
    values = case.values
    if "quote_shown" in values:
        return values["quote_shown"] < 1
    for start in ("quote_recall", "recall"):
        if recalls := [value for name, value in values.items() if name.startswith(start)]:
            return max(recalls) < 1
    return False


def _failure(case: Case, kinds: tuple[str, ...]) -> Failure:
    quotes = [quote.quote for quote in case.gold.evidence if quote.quote.strip()]
    evidence = _evidence(case, quotes)
    texts = [" ".join("".join(text for text, _ in item.pieces).split()) for item in evidence]
    missing = tuple(
        quote
        for quote in case.gold.evidence
        if quote.quote.strip() and not any(marked(text, [quote.quote])[1] for text in texts)
    )
    return Failure(
        case=case,
        kinds=kinds,
        evidence=evidence,
        missing=missing,
        scores=tuple((n, shown(n, score.value), score.why) for n, score in case.scores.items()),
        struck=tuple(claim for claim in case.output.claims if not claim.kept)
        if case.output
        else (),
    )


def _evidence(case: Case, quotes: Sequence[str]) -> tuple[Shown, ...]:
    if case.output is None or not case.output.evidence:
        return tuple(
            Shown(marked(found.text, quotes)[0], _place(found.title or found.article))
            for found in case.retrieved
        )
    cited = {(c.article, c.start, c.end, c.quote): c.number for c in case.output.citations}
    return tuple(
        Shown(marked(item.text, quotes)[0], _source(item), _numbers(item, cited))
        for item in case.output.evidence
    )


def _numbers(item: Sentence, cited: dict[tuple[str, int, int, str], int]) -> tuple[int, ...]:
    number = cited.get((item.article, item.start, item.end, item.text))
    return () if number is None else (number,)


def _source(item: Sentence) -> str:
    told = _place(item.title or item.article, item.source, item.published)
    return told if item.relevance is None else f"{told} (relevance {item.relevance:.2f})"


def _place(*parts: str | None) -> str:
    return ", ".join(part for part in parts if part)


def marked(text: str, quotes: Sequence[str]) -> tuple[tuple[tuple[str, bool], ...], bool]:
    """The text in pieces, those True that stand in a quote; and whether there is any.

    >>> marked("He said so. Kim  Gunn came.", ["Kim Gunn came."])
    ((('He said so. ', False), ('Kim  Gunn came.', True)), True)
    >>> marked("Kim Gunn came.", ["First. Kim Gunn came. Then"])
    ((('Kim Gunn came.', True),), True)
    """
    proving = [False] * len(text)
    for quote in quotes:
        for start, end in _spans(text, quote):
            proving[start:end] = [True] * (end - start)
    pieces, place = [], 0
    for proves, group in groupby(proving):
        length = len(list(group))
        pieces.append((text[place : place + length], proves))
        place += length
    return tuple(pieces), any(proving)


def _spans(text: str, quote: str) -> Iterator[tuple[int, int]]:
    """Where the quote stands, whatever the spaces; everywhere, if the quote holds the text."""
    words = quote.split()
    if not words:
        return
    for found in re.finditer(r"\s+".join(map(re.escape, words)), text, re.IGNORECASE):
        yield found.span()
    whole = " ".join(text.split()).casefold()
    if whole and whole in " ".join(words).casefold():
        yield 0, len(text)
