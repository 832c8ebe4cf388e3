"""Thresholds that a run must reach, for CI: one line a threshold, exit 8 when one is missed."""

import math
from collections.abc import Sequence
from pathlib import Path

from eval.data.run_folder import load_run
from eval.reporting.table import show
from eval.scoring.metric_descriptions import format_value
from index.core.errors import UsageError, UserError

MISSED = 8  # the exit code


def gate(folder: Path, least: Sequence[str], most: Sequence[str]) -> int:
    """Print a line for each threshold; returns the exit code.

    Args:
        folder: The run that is judged.
        least: Thresholds from below, each as `metric=number`.
        most: Thresholds from above.

    Raises:
        UsageError: if there is no threshold, or one cannot be read or names no metric of the run.
        UserError: if the run was stopped.
    """
    run = load_run(folder)
    bars = [("min", *_parsed("min", text)) for text in least]
    bars += [("max", *_parsed("max", text)) for text in most]
    if not bars:
        raise UsageError("A gate needs a bar: --min answer=0.85 or --max false_refusal=0.05.")
    if run.unasked:
        raise UserError(
            f"{run.name} was stopped with {run.unasked} questions left. "
            "The same command continues it."
        )
    if unknown := sorted({metric for _, metric, _ in bars} - run.metrics.keys()):
        raise UsageError(
            f"This run has no metric {', '.join(unknown)}. "
            f"It has: {', '.join(sorted(run.metrics))}."
        )
    code = 0
    for kind, metric, limit in bars:
        value = run.metrics[metric]
        # what was not measured misses its threshold
        reached = value is not None and (value >= limit if kind == "min" else value <= limit)
        measured = "not measured" if value is None else format_value(metric, value)
        word = "ok    " if reached else "MISSED"
        show([f"{word}  {metric}  {measured}  ({kind} {format_value(metric, limit)})"])
        code = code if reached else MISSED
    return code


def _parsed(kind: str, text: str) -> tuple[str, float]:
    """Metric and limit of `metric=number`.

    >>> _parsed("min", "answer=0.85")
    ('answer', 0.85)
    """
    metric, _, number = text.partition("=")
    try:
        limit = float(number)
    except ValueError:
        limit = math.nan
    if not metric or not math.isfinite(limit):
        raise UsageError(f"--{kind} {text}: write METRIC=NUMBER, such as answer=0.85.")
    return metric, limit
