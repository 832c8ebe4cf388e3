"""Metrics of a run from the scores of its cases, with 95 % confidence intervals."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from statistics import fmean, median
from typing import Any

import numpy as np

from eval.data.results import CaseResult
from eval.scoring.metric_descriptions import is_time
from eval.scoring.metrics import balanced_accuracy
from eval.scoring.significance import bootstrap_interval


def summarise(results: Sequence[CaseResult], seed: int) -> dict[str, Any]:
    """Metrics, intervals, counts and metrics by question type: the content of summary.json.

    Shares and counts are means over the cases they apply to, times are medians. The order of the
    cases does not matter (`fmean` sums exactly).
    """
    results = sorted(results, key=lambda result: result.case.id)
    values = _columns(results)
    metrics = {name: _figure(name, column) for name, column in values.items()}
    intervals = {
        name: _interval(column, statistic=np.median if is_time(name) else np.mean, seed=seed)
        for name, column in values.items()
    }
    if "rejection" in values and "false_refusal" in values:
        pair = (values["rejection"], values["false_refusal"])
        metrics["balanced_accuracy"] = round(balanced_accuracy(*map(fmean, pair)), 6)
        intervals["balanced_accuracy"] = _interval(
            *pair,
            statistic=lambda a, b, axis: balanced_accuracy(a.mean(axis=axis), b.mean(axis=axis)),
            seed=seed,
        )
    answerable = sum(result.case.answerable for result in results)
    return {
        "metrics": metrics,
        "intervals": intervals,
        "counts": {
            "cases": len(results),
            "answerable": answerable,
            "unanswerable": len(results) - answerable,
            "errors": sum(result.outcome.error is not None for result in results),
            "replayed": sum(result.outcome.replayed for result in results),
            "scored": {name: len(column) for name, column in values.items()},
        },
        "by_type": {
            kind: {
                name: _figure(name, column)
                for name, column in _columns([r for r in results if r.case.type == kind]).items()
            }
            for kind in sorted({result.case.type for result in results})
        },
    }


def _columns(results: Sequence[CaseResult]) -> dict[str, list[float]]:
    columns: dict[str, list[float]] = defaultdict(list)
    for result in results:
        for name, value in result.values.items():
            columns[name].append(value)
    if "answer" not in columns:  # nothing but refusals could be judged: no answer can be right
        columns.pop("answer_precision", None)
    return dict(columns)


def _figure(name: str, column: Sequence[float]) -> float:
    return round(median(column), 3) if is_time(name) else round(fmean(column), 6)


def _interval(
    *columns: Sequence[float], statistic: Callable[..., Any], seed: int
) -> tuple[float, float]:
    low, high = bootstrap_interval(*columns, statistic=statistic, seed=seed)
    return round(low, 6), round(high, 6)
