"""Two runs of the same questions: what got better, what got worse, and whether it is chance.

Cases are paired by id, so the difficulty of a question cancels out and small changes show. Each
metric has a paired test, the exact one of McNemar where it is 0 or 1 (Biometrika/Psychometrika
12:153, 1947) and else a sign-flip permutation of the mean (Fisher 1935), both from SciPy. With
many metrics one in twenty would seem changed by chance, so a verdict without "perhaps" has passed
the correction of Benjamini and Hochberg (JRSS B 57:289, 1995) over all metrics of its kind.

The assistant is deterministic: that a question flipped is a fact. The tests ask whether as much
would show with other questions of the kind; a small set can prove large changes only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from eval.data.run_records import Case, Run, lower_is_better
from eval.scoring.significance import bounds, mcnemar, permuted
from index.core.errors import UsageError

CHANCE = 0.05  # a change is believed when chance alone makes it less often than this
FLIP = 0.5  # a share that moved by this much has flipped: 0 to 1, or half of it


@dataclass(frozen=True, slots=True)
class Change:
    """One metric in both runs, over the `pairs` cases where it applies in both.

    `low` and `high` bound the difference in 95 of 100 samples of questions; `chance` is the p of
    the paired test and `corrected` that p for a look at many metrics. They are None where a
    metric is no mean over cases.
    """

    metric: str
    before: float
    after: float
    pairs: int = 0
    better: tuple[str, ...] = ()
    worse: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    chance: float | None = None
    corrected: float | None = None
    test: str = "no test: no mean over cases"

    @property
    def difference(self) -> float:
        """How much was gained, or lost if negative, in the metric's own direction."""
        return self.after - self.before

    @property
    def verdict(self) -> str:
        """better, worse, perhaps better, perhaps worse, or no change shown."""
        if self.chance is None or self.corrected is None or self.chance >= CHANCE:
            return "no change shown"
        way = "worse" if (self.difference < 0) != lower_is_better(self.metric) else "better"
        return way if self.corrected < CHANCE else f"perhaps {way}"


@dataclass(frozen=True, slots=True)
class Flip:
    """A question whose scores flipped; `moves` are (metric, before, after)."""

    before: Case
    after: Case
    moves: tuple[tuple[str, float, float], ...]

    @property
    def worse(self) -> bool:
        """True if any of the scores got worse."""
        return any((b > a) != lower_is_better(metric) for metric, b, a in self.moves)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A run against the one before it."""

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
        keys = [key for key in before | after if key != "started"]
        told = [(key, before.get(key, ""), after.get(key, "")) for key in keys]
        return [row for row in told if row[1] != row[2]]

    def found(self, verdict: str) -> list[str]:
        """The metrics with this verdict."""
        return [change.metric for change in self.changes if change.verdict == verdict]


def compare(base: Run, other: Run) -> Comparison:
    """Pair the cases of two runs and test every metric."""
    after = {case.id: case for case in other.cases}
    pairs = [
        (case, after[case.id])
        for case in base.cases
        if case.id in after and case.question == after[case.id].question
    ]
    if not pairs:
        raise UsageError(f"{base.name} and {other.name} have no question in common.")
    tested = _corrected([_tested(metric, pairs) for metric in _metrics(pairs)])
    return Comparison(
        base=base,
        other=other,
        changes=(*tested, *_untested(base, other, {change.metric for change in tested})),
        flips=tuple(flip for pair in pairs if (flip := _flip(*pair)).moves),
        pairs=len(pairs),
        unpaired=len(base.cases) + len(other.cases) - 2 * len(pairs),
    )


def _metrics(pairs: Sequence[tuple[Case, Case]]) -> list[str]:
    found: dict[str, None] = {}
    for before, after in pairs:
        found |= dict.fromkeys(name for name in before.values if name in after.values)
    return sorted(found, key=lambda name: name.startswith("seconds_"))


def _tested(metric: str, pairs: Sequence[tuple[Case, Case]]) -> Change:
    import numpy as np

    both = [
        (b.id, b.values[metric], a.values[metric])
        for b, a in pairs
        if metric in b.values and metric in a.values
    ]
    before = np.array([b for _, b, _ in both])
    after = np.array([a for _, _, a in both])
    gains = before - after if lower_is_better(metric) else after - before
    binary = set(np.unique([before, after])) <= {0.0, 1.0}
    low, high = bounds((after - before).tolist())
    return Change(
        metric=metric,
        before=float(before.mean()),
        after=float(after.mean()),
        pairs=len(both),
        better=tuple(name for (name, _, _), gain in zip(both, gains, strict=True) if gain > 0),
        worse=tuple(name for (name, _, _), gain in zip(both, gains, strict=True) if gain < 0),
        low=low,
        high=high,
        chance=mcnemar(gains.tolist()) if binary else permuted(gains.tolist()),
        test="McNemar, exact" if binary else "permutation of signs",
    )


def _corrected(changes: Sequence[Change]) -> list[Change]:
    """The changes with p corrected over all of their kind, quality or time, that moved at all.

    A metric that moved in no case could not have been found, so it is no look (Tarone 1990).
    """
    from scipy.stats import false_discovery_control

    done: dict[str, float] = {}
    for timed in (False, True):
        moved = [
            change
            for change in changes
            if change.metric.startswith("seconds_") == timed and (change.better or change.worse)
        ]
        if moved:
            corrected = false_discovery_control([change.chance for change in moved])
            done |= {c.metric: float(p) for c, p in zip(moved, corrected, strict=True)}
    return [replace(change, corrected=done.get(change.metric, 1.0)) for change in changes]


def _untested(base: Run, other: Run, tested: set[str]) -> list[Change]:
    return [
        Change(metric, before, after)
        for metric, before in base.metrics.items()
        if metric not in tested
        and before is not None
        and (after := other.metrics.get(metric)) is not None
    ]


def _flip(before: Case, after: Case) -> Flip:
    moves = [
        (metric, value, after.values[metric])
        for metric, value in before.values.items()
        if metric in after.values
        and max(value, after.values[metric]) <= 1
        and not metric.startswith("seconds_")
        and abs(value - after.values[metric]) >= FLIP
    ]
    return Flip(before, after, tuple(moves))
