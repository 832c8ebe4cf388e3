"""Bars that a run must reach, for CI: one line a bar, exit 8 when one is missed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from eval.data.run_records import Run, shown
from index.core.errors import UsageError, UserError

MISSED = 8  # the exit code


@dataclass(frozen=True, slots=True)
class Bar:
    """A metric and the least (`min`) or most (`max`) it may be."""

    metric: str
    kind: Literal["min", "max"]
    limit: float

    def held(self, value: float | None) -> bool:
        """Tell whether `value` reaches the bar; what was not measured does not.

        >>> Bar("answer", "min", 0.85).held(0.85), Bar("answer", "min", 0.85).held(None)
        (True, False)
        """
        if value is None or math.isnan(value):
            return False
        return value >= self.limit if self.kind == "min" else value <= self.limit

    def line(self, value: float | None) -> str:
        """The bar and how it stands, in one line.

        >>> Bar("false_refusal", "max", 0.05).line(0.08)
        'MISSED  false_refusal  8.0 %  (max 5.0 %)'
        """
        word = "ok    " if self.held(value) else "MISSED"
        measured = "not measured" if value is None else shown(self.metric, value)
        return f"{word}  {self.metric}  {measured}  ({self.kind} {shown(self.metric, self.limit)})"


def parse(kind: Literal["min", "max"], words: Iterable[str]) -> list[Bar]:
    """Bars from `metric=number` as they stand on the command line.

    >>> parse("min", ["answer=0.85"])
    [Bar(metric='answer', kind='min', limit=0.85)]
    """
    bars = []
    for word in words:
        metric, _, number = word.partition("=")
        try:
            limit = float(number)
        except ValueError:
            limit = math.nan
        if not metric or not math.isfinite(limit):
            raise UsageError(f"--{kind} {word}: write METRIC=NUMBER, such as answer=0.85.")
        bars.append(Bar(metric, kind, limit))
    return bars


def lines(run: Run, bars: Iterable[Bar]) -> tuple[list[str], int]:
    """A line for each bar, and the exit code."""
    bars = list(bars)
    if not bars:
        raise UsageError("A gate needs a bar: --min answer=0.85 or --max false_refusal=0.05.")
    if run.unasked:
        raise UserError(
            f"{run.name} was stopped with {run.unasked} questions left. The same command goes on."
        )
    _known(run.metrics, bars)
    code = 0 if all(bar.held(run.metrics[bar.metric]) for bar in bars) else MISSED
    return [bar.line(run.metrics[bar.metric]) for bar in bars], code


def _known(metrics: Mapping[str, object], bars: Iterable[Bar]) -> None:
    unknown = sorted({bar.metric for bar in bars} - metrics.keys())
    if unknown:
        raise UsageError(
            f"This run has no metric {', '.join(unknown)}. It has: {', '.join(sorted(metrics))}."
        )
