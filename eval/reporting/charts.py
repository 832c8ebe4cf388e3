"""Charts of a report: metrics by question type, risk and coverage, and times.

Each is a drawing of a few shapes, which the template writes as SVG in the page's colours, and the
same figures as a table.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from statistics import median

from eval.data.results import CaseResult, Run, timing
from eval.scoring.metric_info import format_value, is_share, ordered

MOST_BARS = 6  # charts of one metric by type
BINS = 24  # of a histogram
ENDS = ("seconds_total", "seconds_end")  # the time a person waits, by the names it may have
# the plot area of a curve or histogram, in units of the drawing
LEFT, TOP, WIDTH, HEIGHT = 48.0, 28.0, 480.0, 220.0


@dataclass(frozen=True, slots=True)
class Drawing:
    """Shapes by their coordinates, with a class of the style sheet each; `points` of a line."""

    width: float
    height: float
    rects: list[tuple[float, float, float, float, str]] = field(default_factory=list)
    lines: list[tuple[float, float, float, float, str]] = field(default_factory=list)
    texts: list[tuple[float, float, str, str, str]] = field(default_factory=list)
    points: list[tuple[float, float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing and the same figures as a table."""

    title: str
    drawing: Drawing
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def label(self) -> str:
        """The figures for a screen reader."""
        return f"{self.title}: " + "; ".join(" ".join(row) for row in self.rows)


@dataclass(frozen=True, slots=True)
class Group:
    """Charts under one heading."""

    title: str
    text: str
    charts: tuple[Chart, ...]
    wide: bool = False


def groups(run: Run) -> list[Group]:
    """Every group that has something to show."""
    return [group for group in (_by_type(run), _refusals(run), _times(run)) if group.charts]


def _by_type(run: Run) -> Group:
    counts = Counter(result.case.type for result in run.results)
    by_type = run.summary.by_type
    types = sorted(by_type, key=lambda name: (-counts[name], name))
    metrics = [m for m in ordered(run) if is_share(m)]
    metrics = [m for m in metrics if any(by_type[kind].get(m) is not None for kind in types)]
    charts = [_bars(run, metric, types) for metric in metrics[:MOST_BARS]]
    text = "Each metric by type of question; behind the bar, of how many questions."
    return Group("By type of question", text, tuple(charts) if len(types) > 1 else ())


def _bars(run: Run, metric: str, types: Sequence[str]) -> Chart:
    rows: list[tuple[str, ...]] = []
    drawing = Drawing(440, 10)
    for kind in types:
        value = run.summary.by_type[kind].get(metric)
        if value is None:
            continue
        results = [result for result in run.results if result.case.type == kind]
        count = sum(metric in result.values for result in results) or len(results)
        y = 26.0 * len(rows) + 4
        label = " ".join(kind.split()) or "(none)"
        label = label if len(label) <= 20 else f"{label[:19]}…"
        drawing.texts.append((132, y + 13, "end", "fill-ink", label))
        drawing.rects.append((140, y + 3, 200, 12, "fill-line"))
        drawing.rects.append((140, y + 3, 200 * min(1.0, max(0.0, value)), 12, "fill-accent"))
        text = f"{format_value(metric, value)}  of {count}"
        drawing.texts.append((348, y + 13, "start", "fill-soft", text))
        rows.append((kind, format_value(metric, value), str(count)))
    drawing = Drawing(440, 26 * len(rows) + 8, drawing.rects, [], drawing.texts)
    return Chart(metric, drawing, ("Type", metric, "Questions"), tuple(rows))


def _refusals(run: Run) -> Group:
    points = risk_coverage(run)
    text = (
        "If the assistant answered only the questions it is surest of: the share it would answer, "
        "and the share of those answers that is wrong. "
        "The right end is where it stands now. A good score rises late."
    )
    if len(points) < 2:
        return Group("Knowing when to refuse", text, ())
    some = [points[round(step * (len(points) - 1) / 10)] for step in range(11)]
    rows = tuple((f"{100 * c:.0f} %", f"{100 * r:.1f} %") for c, r in dict.fromkeys(some))
    top = max(0.1, *(risk for _, risk in points)) * 1.15
    drawing = _axes(
        "share of questions answered",
        "share of answers that are wrong",
        [(value, f"{100 * value:.0f} %") for value in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)],
        [(value / top, f"{100 * value:.0f} %") for value in _ticks(top)],
    )
    drawing.points.extend((_x(coverage), _y(risk / top)) for coverage, risk in points)
    chart = Chart("Risk and coverage", drawing, ("Answered", "Wrong"), rows)
    return Group("Knowing when to refuse", text, (chart,), wide=True)


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


def _times(run: Run) -> Group:
    times: dict[str, list[float]] = {}
    for result in run.results:
        for name, value in result.outcome.seconds.items():
            times.setdefault(timing(name), []).append(value)
    names = sorted(times, key=lambda name: (name not in ENDS, -sum(times[name])))
    charts = tuple(_histogram(name, times[name]) for name in names[:2])
    return Group("Time", "How long the questions took.", charts, wide=True)


def _histogram(metric: str, seconds: list[float]) -> Chart:
    ranked = sorted(seconds)
    p95 = ranked[min(len(ranked) - 1, int(0.95 * len(ranked)))]
    marks = [("half", median(ranked)), ("95 of 100", p95)]
    rows = [("fastest", ranked[0]), *marks, ("slowest", ranked[-1])]
    end = max(ranked[-1], 0.1) * 1.25
    size = (ranked[-1] - ranked[0]) / BINS or end / BINS
    counts = Counter(min(BINS - 1, int((value - ranked[0]) / size)) for value in ranked)
    top = max(counts.values()) * 1.18
    drawing = _axes(
        "seconds",
        "questions",
        [(value / end, f"{value:g}") for value in _ticks(end)],
        [(value / top, f"{value:g}") for value in _ticks(top) if value == int(value)],
    )
    for place, count in counts.items():
        x, y = _x((ranked[0] + (place + 0.06) * size) / end), _y(count / top)
        width = 0.88 * size / end * WIDTH
        drawing.rects.append((x, y, width, TOP + HEIGHT - y, "fill-accent"))
    for number, (name, value) in enumerate(marks):
        x = _x(value / end)
        drawing.lines.append((x, TOP, x, TOP + HEIGHT, "stroke-ink dashed"))
        label = f"{name}: {format_value(metric, value)}"
        drawing.texts.append((x + 5, TOP + 12 + 16 * number, "start", "fill-ink", label))
    table = tuple((name, format_value(metric, value)) for name, value in rows)
    return Chart(metric, drawing, ("Questions", "Within"), table)


def _x(share: float) -> float:
    return LEFT + WIDTH * share


def _y(share: float) -> float:
    return TOP + HEIGHT * (1 - share)


def _ticks(end: float) -> list[float]:
    """Round values from 0 up to `end`, at most six.

    >>> _ticks(0.115), _ticks(12.5)
    ([0.0, 0.05, 0.1], [0.0, 5.0, 10.0])
    """
    unit = 10.0 ** math.floor(math.log10(end / 5))
    step = next(unit * factor for factor in (1, 2, 5, 10) if end <= 5.5 * unit * factor)
    return [round(number * step, 6) for number in range(int(end / step) + 1)]


def _axes(
    x_title: str,
    y_title: str,
    x_ticks: Iterable[tuple[float, str]],
    y_ticks: Iterable[tuple[float, str]],
) -> Drawing:
    """An empty plot with its grid; ticks are (place 0..1, label)."""
    drawing = Drawing(560, 300)
    for share, label in y_ticks:
        y = _y(share)
        drawing.lines.append((LEFT, y, LEFT + WIDTH, y, "stroke-line"))
        drawing.texts.append((LEFT - 8, y + 4, "end", "fill-soft", label))
    for share, label in x_ticks:
        drawing.texts.append((_x(share), TOP + HEIGHT + 20, "middle", "fill-soft", label))
    drawing.texts.append((LEFT + WIDTH / 2, TOP + HEIGHT + 42, "middle", "fill-soft", x_title))
    drawing.texts.append((LEFT, 16, "start", "fill-soft", y_title))
    return drawing
