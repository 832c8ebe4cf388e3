"""Compares two runs of the same questions: what got better, what got worse, and how surely.

Cases are paired by id, so the difficulty of a question cancels out and small changes show. Each
metric has a paired test, the exact one of McNemar where it is 0 or 1 (Psychometrika 12:153, 1947)
and else a sign-flip permutation test of the mean (Fisher 1935). With many metrics one in twenty
would seem changed by chance, so a verdict without "perhaps" has passed the correction of Benjamini
and Hochberg (JRSS B 57:289, 1995) over all metrics of its kind.

The assistant is deterministic: that a question flipped is a fact. The tests ask whether as much
would show with other questions of the kind; a small set can prove large changes only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from eval.data.results import CaseResult, Run
from eval.scoring.metric_descriptions import is_time, lower_is_better
from eval.scoring.significance import bootstrap_interval, mcnemar, sign_flip_test
from index.core.errors import UsageError

ALPHA = 0.05  # significance level
FLIP = 0.5  # a share that moved by this much has flipped: 0 to 1, or half of it

Pair = tuple[CaseResult, CaseResult]


@dataclass(frozen=True, slots=True)
class Change:
    """One metric in both runs, over the `pairs` of cases where it applies in both.

    `better` and `worse` are the ids of the cases that moved; `low` and `high` the 95 % interval of
    the difference; `p` is of the paired test, `corrected` that p for a look at many metrics. The
    last four are None where a metric is no mean over cases.
    """

    metric: str
    before: float
    after: float
    pairs: int = 0
    better: tuple[str, ...] = ()
    worse: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    p: float | None = None
    corrected: float | None = None
    test: str = "no test: no mean over cases"

    @property
    def difference(self) -> float:
        """The change of the metric, whichever way is better."""
        return self.after - self.before

    @property
    def verdict(self) -> str:
        """better, worse, perhaps better, perhaps worse, or no change shown."""
        if self.p is None or self.corrected is None or self.p >= ALPHA:
            return "no change shown"
        way = "worse" if (self.difference < 0) != lower_is_better(self.metric) else "better"
        return way if self.corrected < ALPHA else f"perhaps {way}"


@dataclass(frozen=True, slots=True)
class Flip:
    """A question whose scores flipped; `moves` are (metric, before, after)."""

    before: CaseResult
    after: CaseResult
    moves: tuple[tuple[str, float, float], ...]

    @property
    def worse(self) -> bool:
        """Whether any of the scores got worse."""
        return any((b > a) != lower_is_better(metric) for metric, b, a in self.moves)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A run against the one before it; `unpaired` counts the cases of one run only."""

    base: Run
    other: Run
    changes: tuple[Change, ...]
    flips: tuple[Flip, ...]
    pairs: int
    unpaired: int

    @property
    def settings(self) -> list[tuple[str, str, str]]:
        """The settings in which the runs differ: name, before, after."""
        before, after = self.base.settings, self.other.settings
        rows = [(key, before.get(key, ""), after.get(key, "")) for key in before | after]
        return [row for row in rows if row[0] != "started" and row[1] != row[2]]

    def metrics_with(self, verdict: str) -> list[str]:
        """The metrics with this verdict."""
        return [change.metric for change in self.changes if change.verdict == verdict]


def compare(base: Run, other: Run) -> Comparison:
    """Pair the cases of two runs and test every metric; UsageError if no question is in both."""
    after = {result.case.id: result for result in other.results}
    pairs = [
        (result, after[result.case.id])
        for result in base.results
        if result.case.id in after and result.case.question == after[result.case.id].case.question
    ]
    if not pairs:
        raise UsageError(f"{base.name} and {other.name} have no question in common.")
    shared = [name for one, two in pairs for name in one.values if name in two.values]
    names = sorted(dict.fromkeys(shared), key=is_time)
    tested = _corrected([_tested(name, pairs) for name in names])
    untested = [
        Change(metric, value, after_value)
        for metric, value in base.metrics.items()
        if metric not in names
        and value is not None
        and (after_value := other.metrics.get(metric)) is not None
    ]
    return Comparison(
        base=base,
        other=other,
        changes=(*tested, *untested),
        flips=tuple(flip for pair in pairs if (flip := _flip(*pair)).moves),
        pairs=len(pairs),
        unpaired=len(base.results) + len(other.results) - 2 * len(pairs),
    )


def _tested(metric: str, pairs: Sequence[Pair]) -> Change:
    import numpy as np

    both = [
        (one.case.id, one.values[metric], two.values[metric])
        for one, two in pairs
        if metric in one.values and metric in two.values
    ]
    ids, before, after = zip(*both, strict=True)
    change = np.array(after) - np.array(before)
    gains = (-change if lower_is_better(metric) else change).tolist()
    binary = {*before, *after} <= {0.0, 1.0}
    low, high = bootstrap_interval(change.tolist()) if len(ids) > 1 else (None, None)
    return Change(
        metric=metric,
        before=float(np.mean(before)),
        after=float(np.mean(after)),
        pairs=len(ids),
        better=tuple(name for name, gain in zip(ids, gains, strict=True) if gain > 0),
        worse=tuple(name for name, gain in zip(ids, gains, strict=True) if gain < 0),
        low=low,
        high=high,
        p=mcnemar(gains) if binary else sign_flip_test(gains),
        test="McNemar, exact" if binary else "permutation of signs",
    )


def _corrected(changes: Sequence[Change]) -> list[Change]:
    """The changes with p corrected over all of their kind, quality or time, that moved at all.

    A metric that moved in no case could not have been found, so it is no look (Tarone 1990).
    """
    from scipy.stats import false_discovery_control

    found: dict[str, float] = {}
    for timed in (False, True):
        moved = [c for c in changes if is_time(c.metric) == timed and (c.better or c.worse)]
        if moved:
            corrected = false_discovery_control([change.p for change in moved])
            found |= {c.metric: float(p) for c, p in zip(moved, corrected, strict=True)}
    return [replace(change, corrected=found.get(change.metric, 1.0)) for change in changes]


def _flip(before: CaseResult, after: CaseResult) -> Flip:
    moves = [
        (metric, value, after.values[metric])
        for metric, value in before.values.items()
        if metric in after.values
        and max(value, after.values[metric]) <= 1
        and not is_time(metric)
        and abs(value - after.values[metric]) >= FLIP
    ]
    return Flip(before, after, tuple(moves))
