"""The figures of a run from the scores of its cases, and how sure they are."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eval.scoring.metrics import balanced_accuracy

ROUNDS = 2_000  # resamples of a bootstrap interval


def summarise(rows: Sequence[Mapping[str, Any]], seed: int) -> dict[str, Any]:
    """Figures, 95 % intervals, counts and figures by question type, from the rows of cases.jsonl.

    Shares and counts are means over the cases they apply to, times are medians.
    """
    values = _columns(rows)
    figures: dict[str, float] = {}
    intervals: dict[str, tuple[float, float]] = {}
    for name, column in values.items():
        samples = resampled(column, seed, median=_is_time(name))
        figures[name] = _figure(name, column)
        intervals[name] = interval(samples)
    if "rejection" in values and "false_refusal" in values:
        figures["balanced_accuracy"] = _balanced(values)
        rejection, refusal = (
            resampled(values[n], seed + i)  # two independent samples
            for i, n in enumerate(("rejection", "false_refusal"))
        )
        intervals["balanced_accuracy"] = interval((rejection + 1 - refusal) / 2)
    types = sorted({str(row["type"]) for row in rows})
    return {
        "metrics": figures,
        "intervals": intervals,
        "counts": _counts(rows, values),
        "by_type": {kind: _of_type(rows, kind) for kind in types},
    }


def _columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[float]]:
    columns: dict[str, list[float]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: str(row["id"])):
        for name, found in row["scores"].items():
            if found["value"] is not None:
                columns[name].append(found["value"])
        for name, seconds in row["seconds"].items():
            columns[f"seconds_{name}"].append(seconds)
    if "answer" not in columns:  # nothing but refusals could be judged: no answer can be right
        columns.pop("answer_precision", None)
    return dict(columns)


def _of_type(rows: Sequence[Mapping[str, Any]], kind: str) -> dict[str, float]:
    columns = _columns([row for row in rows if row["type"] == kind])
    return {name: _figure(name, column) for name, column in columns.items()}


def _figure(name: str, column: Sequence[float]) -> float:
    if _is_time(name):
        middle = sorted(column)
        half = len(middle) // 2
        return round((middle[half] + middle[~half]) / 2, 3)
    return round(mean(column), 6)


def _is_time(name: str) -> bool:
    return name.startswith("seconds_")


def _balanced(values: Mapping[str, Sequence[float]]) -> float:
    rejection, refusal = mean(values["rejection"]), mean(values["false_refusal"])
    return round(balanced_accuracy(rejection, refusal), 6)


def _counts(
    rows: Sequence[Mapping[str, Any]], values: Mapping[str, Sequence[float]]
) -> dict[str, Any]:
    return {
        "cases": len(rows),
        "answerable": sum(bool(row["answerable"]) for row in rows),
        "unanswerable": sum(not row["answerable"] for row in rows),
        "errors": sum(row["error"] is not None for row in rows),
        "replayed": sum(bool(row.get("replayed")) for row in rows),
        "scored": {name: len(column) for name, column in values.items()},
    }


# ── how sure ──────────────────────────────────────────────────────────────────────────────────


def mean(values: Sequence[float]) -> float:
    """The mean, summed exactly so that the order of cases does not matter.

    >>> mean([0, 1])
    0.5
    """
    return math.fsum(values) / len(values)


def resampled(
    values: Sequence[float], seed: int, *, median: bool = False
) -> npt.NDArray[np.float64]:
    """The mean (or median) of each of `ROUNDS` resamples of the values, with replacement.

    Source: Efron, Bootstrap Methods, Annals of Statistics 7(1), 1979.

    >>> bool((resampled([1, 1, 1], seed=0) == 1).all())
    True
    """
    chance = np.random.default_rng(seed)
    sample = np.asarray(values, np.float64)
    statistic = np.median if median else np.mean
    size = len(sample)
    step = max(1, 1_000_000 // size)
    parts = []
    for start in range(0, ROUNDS, step):
        rounds = min(step, ROUNDS - start)
        parts.append(statistic(sample[chance.integers(0, size, (rounds, size))], axis=1))
    return np.concatenate(parts)


def interval(resamples: npt.NDArray[np.float64]) -> tuple[float, float]:
    """The middle 95 % of resampled figures (percentile bootstrap).

    >>> low, high = interval(resampled([0, 1] * 50, seed=0))
    >>> 0.39 < low < 0.42 and 0.58 < high < 0.61
    True
    """
    low, high = np.percentile(resamples, [2.5, 97.5])
    return round(float(low), 6), round(float(high), 6)
