"""What the report shows in pictures: question types, when to refuse, how long it took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from eval.data.run_records import Case, Run, is_share, ordered, shown, timing
from eval.reporting import plots

BARS = 6
ENDS = ("seconds_total", "seconds_end")  # the time a person waits, by the names it may have


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


def groups(run: Run) -> list[Group]:
    """Every group that has something to show."""
    return [group for group in (_types(run), _refusing(run), _waiting(run)) if group.pictures]


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
        "If the assistant answered only the questions it is surest of: the share it would answer, "
        "and the share of those answers that is wrong. "
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
