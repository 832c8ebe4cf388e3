"""Charts of a report: metrics by question type, risk and coverage, and times.

Templates write them as tables with bars and as small SVG drawings in the page's colours; the
figures of every drawing are also there as a table.
"""

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from eval.data.results import CaseResult, Run
from eval.scoring.metric_descriptions import format_value, is_share, ordered

MOST_BARS = 6  # metrics shown by type
BINS = 24  # of a histogram


@dataclass(frozen=True, slots=True)
class Bar:
    """One metric of one question type; `width` in percent, `count` the questions behind it."""

    type: str
    value: str
    width: float
    count: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """A line of `points` or the `bins` of a histogram, in a box of 100 by 100 from its top left.

    `bins` are (left, top, width, height), `marks` the places of vertical lines; `axis` is what the
    horizontal axis says at its start, middle and end. `rows` are the same figures as a table.
    """

    title: str
    text: str
    axis: tuple[str, str, str]
    head: tuple[str, str]
    rows: tuple[tuple[str, str], ...]
    points: tuple[tuple[float, float], ...] = ()
    bins: tuple[tuple[float, float, float, float], ...] = ()
    marks: tuple[float, ...] = ()

    @property
    def label(self) -> str:
        """The figures for a screen reader."""
        return f"{self.title}: " + "; ".join(" ".join(row) for row in self.rows)


def bars_by_type(run: Run) -> dict[str, list[Bar]]:
    """The main metrics by question type, the most frequent type first; empty with one type."""
    counts = Counter(result.case.type for result in run.results)
    by_type = run.summary.by_type
    types = sorted(by_type, key=lambda kind: (-counts[kind], kind))
    metrics = [
        metric
        for metric in ordered(run)
        if is_share(metric) and any(by_type[kind].get(metric) is not None for kind in types)
    ]
    found: dict[str, list[Bar]] = {}
    for metric in metrics[:MOST_BARS] if len(types) > 1 else ():
        scored = Counter(result.case.type for result in run.results if metric in result.values)
        found[metric] = [
            Bar(kind, format_value(metric, value), round(100 * value, 1), scored[kind])
            for kind in types
            if (value := by_type[kind].get(metric)) is not None
        ]
    return found


def risk_drawing(run: Run) -> Drawing | None:
    """The risk–coverage curve; None below two points."""
    points = risk_coverage(run)
    if len(points) < 2:
        return None
    top = max(0.1, *(risk for _, risk in points)) * 1.15
    some = [points[round(step * (len(points) - 1) / 10)] for step in range(11)]
    return Drawing(
        title="Risk and coverage",
        text=f"Share of answers that are wrong, from 0 to {100 * top:.0f} %",
        axis=("0 %", "share of questions answered", "100 %"),
        head=("Answered", "Wrong"),
        rows=tuple((f"{100 * c:.0f} %", f"{100 * r:.1f} %") for c, r in dict.fromkeys(some)),
        points=tuple((round(100 * c, 1), round(100 * (1 - r / top), 1)) for c, r in points),
    )


def risk_coverage(run: Run) -> list[tuple[float, float]]:
    """(share of questions answered, share of those answers that is wrong), the surest first.

    El-Yaniv and Wiener, JMLR 11:1605, 2010. Only what was answered can be right or wrong, so the
    curve ends at the coverage of the run; equal scores make one point.
    """
    asked = [result for result in run.results if result.outcome.output is not None]
    answered = [
        (result.confidence, wrong)
        for result in asked
        if result.confidence is not None and (wrong := _wrong(result)) is not None
    ]
    answered.sort(key=lambda pair: -pair[0])
    points, count, wrong_count = [], 0, 0.0
    for _, group in groupby(answered, key=lambda pair: pair[0]):
        wrongs = [wrong for _, wrong in group]
        count, wrong_count = count + len(wrongs), wrong_count + sum(wrongs)
        points.append((count / len(asked), wrong_count / count))
    return points


def _wrong(result: CaseResult) -> float | None:
    """How wrong an answer is, 0..1; None where none was given or it was not judged."""
    if result.outcome.output is None or result.outcome.output.get("refused"):
        return None
    if not result.case.answerable:
        return 1.0
    score = result.scores.get("answer")
    return None if score is None or score.value is None else 1.0 - score.value


def time_drawings(run: Run) -> list[Drawing]:
    """Histograms of the time to the end and of the next longest one."""
    times: dict[str, list[float]] = {}
    for result in run.results:
        for name, value in result.outcome.seconds.items():
            times.setdefault(name, []).append(value)
    names = sorted(times, key=lambda name: (name != "total", -sum(times[name])))
    return [_histogram(f"seconds_{name}", sorted(times[name])) for name in names[:2]]


def _histogram(metric: str, seconds: list[float]) -> Drawing:
    low, high = seconds[0], seconds[-1]
    p95 = seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))]
    size = (high - low) / BINS or 1.0
    counts = Counter(min(BINS - 1, int((value - low) / size)) for value in seconds)
    top = max(counts.values())
    half = median(seconds)
    rows = [("fastest", low), ("half", half), ("95 of 100", p95), ("slowest", high)]
    return Drawing(
        title=metric,
        text=f"Questions, up to {top} a bar; lines: half within {format_value(metric, half)}, "
        f"95 of 100 within {format_value(metric, p95)}",
        axis=(format_value(metric, low), "seconds", format_value(metric, high)),
        head=("Questions", "Within"),
        rows=tuple((name, format_value(metric, value)) for name, value in rows),
        bins=tuple(
            (
                round(100 * place / BINS, 2),
                round(100 - 90 * count / top, 1),
                round(88 / BINS, 2),
                round(90 * count / top, 1),
            )
            for place, count in sorted(counts.items())
        ),
        marks=tuple(round(100 * (value - low) / (BINS * size), 1) for value in (half, p95)),
    )
