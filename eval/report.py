"""One run as a person reads it: a table for the terminal and one self-contained HTML page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from statistics import median

from eval import page, plots
from eval.runs import (
    Case,
    Claim,
    Quote,
    Run,
    Sentence,
    is_share,
    lower_is_better,
    shown,
    timing,
)

# the metrics that a person looks at first, if the run has them; the others follow
FIRST = (
    *("answer", "answer_precision", "rejection", "false_refusal", "balanced_accuracy"),
    *("citation_precision", "citation_recall", "citation_gold", "quote_shown"),
    *("recall@1", "recall@5", "quote_recall@5", "mrr", "quote_mrr", "ndcg@10"),
)
CARDS = 12
BARS = 6
ENDS = ("seconds_total", "seconds_end")  # the time a person waits, by the names it may have
KINDS = (  # of failure, the gravest first
    *("error", "wrong answer", "answered, though unanswerable", "refused, though answerable"),
    *("wrong citation", "unsupported particulars", "evidence not found"),
)


@dataclass(frozen=True, slots=True)
class Card:
    """One figure with its interval; `at`, `low` and `width` are places on a scale of 0..100."""

    name: str
    value: str
    interval: str
    share: bool
    at: str = ""
    low: str = ""
    width: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing (empty without Matplotlib) and the same figures as a table."""

    title: str
    svg: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Pictures under one heading."""

    title: str
    text: str
    pictures: tuple[Picture, ...]
    wide: bool = False


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


# ── terminal ──────────────────────────────────────────────────────────────────────────────────


def lines(run: Run) -> list[str]:
    """The run as a table for a terminal."""
    if not run.metrics:
        return [_about(run), "", "Nothing was measured."]
    width = max(len(name) for name in run.metrics)
    rows = [
        f"{name:{width}}  {shown(name, value):>8}  {_interval(run, name)}".rstrip()
        for name, value in run.metrics.items()
    ]
    return [_about(run), "", *rows, "", _told(failures(run), len(run.cases))]


def _about(run: Run) -> str:
    asked = f"{len(run.cases)} questions"
    if run.unasked:
        asked = f"stopped after {len(run.cases)} of {len(run.cases) + run.unasked} questions"
    parts = [asked, *(run.said(key) for key in ("model", "started"))]
    return " · ".join(part for part in parts if part)


def _interval(run: Run, metric: str) -> str:
    interval = run.summary.intervals.get(metric)
    return f"{shown(metric, interval[0])} – {shown(metric, interval[1])}" if interval else ""


def _told(found: Sequence[Failure], cases: int) -> str:
    if not found:
        return f"None of {cases} questions failed."
    counts = Counter(kind for failure in found for kind in failure.kinds)
    kinds = ", ".join(f"{kind} {counts[kind]}" for kind in KINDS if counts[kind])
    return f"{len(found)} of {cases} questions failed: {kinds}."


# ── page ──────────────────────────────────────────────────────────────────────────────────────


def html(run: Run) -> str:
    """The whole report as one HTML page."""
    found = failures(run)
    groups = [group for group in (_types(run), _refusing(run), _waiting(run)) if group.pictures]
    worse_high = [name for name in run.metrics if is_share(name) and lower_is_better(name)]
    return page.render(
        "report.html",
        title=f"Evaluation: {run.said('set') or run.name}",
        about=_about(run),
        cards=[_card(run, name) for name in ordered(run)[:CARDS]],
        lower=f"Lower is better: {', '.join(worse_high)}." if worse_high else "",
        groups=groups,
        drawn=plots.available(),
        told=_told(found, len(run.cases)),
        failures=found,
        kinds=[kind for kind in KINDS if any(kind in failure.kinds for failure in found)],
        types=sorted({failure.case.type for failure in found} - {""}),
        table=[(name, shown(name, v), _interval(run, name)) for name, v in run.metrics.items()],
        config=run.settings.items(),
    )


def ordered(run: Run) -> list[str]:
    """Every metric that was measured, those first that a person looks at first."""
    measured = [name for name, value in run.metrics.items() if value is not None]
    place = {name: number for number, name in enumerate(FIRST)}
    return sorted(measured, key=lambda n: (n.startswith("seconds_"), place.get(n, len(place))))


def _card(run: Run, metric: str) -> Card:
    value = run.metrics[metric] or 0.0
    interval = run.summary.intervals.get(metric)
    low, high = interval or (0.0, 0.0)
    return Card(
        name=metric,
        value=shown(metric, value),
        interval=_interval(run, metric) or "no interval",
        share=is_share(metric) and 0 <= value <= 1,
        at=f"{3 + 94 * value:.2f}",
        low=f"{3 + 94 * low:.2f}" if interval else "",
        width=f"{94 * (high - low):.2f}",
    )


def _types(run: Run) -> Group:
    """Bars by type of question."""
    counts = Counter(case.type for case in run.cases)
    by_type = run.summary.by_type
    names = sorted(by_type, key=lambda name: (-counts[name], name))
    shares = [name for name in ordered(run) if is_share(name)]
    metrics = [m for m in shares if any(by_type[t].get(m) is not None for t in names)]
    pictures = [
        _bars(
            metric, [(n, by_type[n].get(metric), _applying(run, n, metric)) for n in names], place
        )
        for place, metric in enumerate(metrics[:BARS])
    ]
    text = "How each kind of question fared; behind the bar, of how many questions."
    return Group("By type of question", text, tuple(pictures) if len(names) > 1 else ())


def _applying(run: Run, kind: str, metric: str) -> int:
    """Of how many cases of a type a metric is the mean; all of them where it is none of cases."""
    cases = [case for case in run.cases if case.type == kind]
    return sum(metric in case.values for case in cases) or len(cases)


def _bars(metric: str, types: Sequence[tuple[str, float | None, int]], number: int) -> Picture:
    applies = [row for row in types if row[1] is not None]
    rows = tuple((name, shown(metric, value), str(count)) for name, value, count in applies)
    alt = f"{metric} by type: " + "; ".join(f"{name} {value}" for name, value, _ in rows)
    drawn = [(name, value, f"{shown(metric, value)}  of {n}") for name, value, n in applies]
    svg = _svg(lambda: plots.bars(drawn, f"type{number}", alt))
    return Picture(metric, svg, ("Type", metric, "Questions"), rows)


def _refusing(run: Run) -> Group:
    """The risk–coverage curve."""
    points = risk_coverage(run)
    text = (
        "If the assistant answered only the questions it is surest of (by the best relevance among "
        "the evidence): the share it would answer, and the share of those answers that is wrong. "
        "The dot is where it stands now. A good score rises late."
    )
    if len(points) < 2:
        return Group("Knowing when to refuse", text, ())
    kept = [points[round(step * (len(points) - 1) / 10)] for step in range(11)]
    rows = tuple((f"{100 * c:.0f} %", f"{100 * r:.1f} %") for c, r in dict.fromkeys(kept))
    alt = "Risk over coverage: " + "; ".join(f"{r} wrong at {c} answered" for c, r in rows)
    svg = _svg(lambda: plots.curve(points, "risk", alt))
    picture = Picture("Risk and coverage", svg, ("Answered", "Wrong"), rows)
    return Group("Knowing when to refuse", text, (picture,), wide=True)


def risk_coverage(run: Run) -> list[tuple[float, float]]:
    """(share of questions answered, share of those answers that is wrong), the surest first.

    El-Yaniv and Wiener, JMLR 11:1605, 2010. Only what was answered can be right or wrong, so the
    curve ends at the coverage of the run; equal scores make one point.
    """
    asked = [case for case in run.cases if case.output is not None]
    answered = [
        (case.confidence, wrong)
        for case in asked
        if case.confidence is not None and (wrong := _wrong(case)) is not None
    ]
    answered.sort(key=lambda pair: -pair[0])
    points, so_far, wrong_so_far = [], 0, 0.0
    for _, group in groupby(answered, key=lambda pair: pair[0]):
        wrongs = [wrong for _, wrong in group]
        so_far, wrong_so_far = so_far + len(wrongs), wrong_so_far + sum(wrongs)
        points.append((so_far / len(asked), wrong_so_far / so_far))
    return points


def _wrong(case: Case) -> float | None:
    """How wrong an answer is, 0..1; None where none was given or it was not judged."""
    if case.output is None or case.output.refused:
        return None
    if not case.answerable:
        return 1.0
    score = case.scores.get("answer")
    return None if score is None or score.value is None else 1.0 - score.value


def _waiting(run: Run) -> Group:
    """Histograms of the time to the end and to the first word."""
    times: dict[str, list[float]] = {}
    for case in run.cases:
        for name, value in case.seconds.items():
            if value is not None:
                times.setdefault(timing(name), []).append(value)
    names = sorted(times, key=lambda name: (name not in ENDS, -sum(times[name])))
    pictures = [_histogram(name, times[name]) for name in names[:2]]
    return Group("Time", "How long the questions took.", tuple(pictures), wide=True)


def _histogram(metric: str, seconds: list[float]) -> Picture:
    ranked = sorted(seconds)
    slow = ranked[min(len(ranked) - 1, int(0.95 * len(ranked)))]
    marks = [("half", median(ranked)), ("95 of 100", slow)]
    rows = [("fastest", ranked[0]), *marks, ("slowest", ranked[-1])]
    told = tuple((name, shown(metric, value)) for name, value in rows)
    alt = f"{metric} of {len(ranked)} questions: " + "; ".join(" ".join(row) for row in told)
    labels = [(f"{name}: {shown(metric, value)}", value) for name, value in marks]
    svg = _svg(lambda: plots.histogram(seconds, labels, metric, alt))
    return Picture(metric, svg, ("Questions", "Within"), told)


def _svg(draw: Callable[[], str]) -> str:
    """A drawing, which escapes its own text; empty without Matplotlib."""
    from markupsafe import Markup

    return Markup(draw()) if plots.available() else ""


# ── failures ──────────────────────────────────────────────────────────────────────────────────


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
