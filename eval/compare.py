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

from eval import page
from eval.runs import Case, Run, lower_is_better, shown
from index.errors import UsageError

CHANCE = 0.05  # a change is believed when chance alone makes it less often than this
FLIP = 0.5  # a share that moved by this much has flipped: 0 to 1, or half of it
SEED = 0
RESAMPLES = 9999


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


def lines(comparison: Comparison) -> list[str]:
    """The comparison as a table for a terminal."""
    base, other = comparison.base.name, comparison.other.name
    head = f"{other} against {base}: {comparison.pairs} questions in both"
    if comparison.unpaired:
        head += f", {comparison.unpaired} in one only (left out)"
    head += f". Provable: {_provable(comparison.pairs)}."
    width = max(len(change.metric) for change in comparison.changes)
    rows = [f"{'metric':{width}}  {'before':>8} {'after':>8} {'change':>8}  {'95 %':^19}"]
    rows[0] += f" {'+':>4} {'-':>4} {'p':>7}  verdict"
    rows += [_row(change, width) for change in comparison.changes]
    differ = [
        f"differs: {key}: {old or '–'} -> {new or '–'}" for key, old, new in comparison.settings
    ]
    return [head, *differ, "", *rows, "", _told(comparison)]


def signed(change: Change, value: float | None) -> str:
    """A difference with its sign, in points where the metric is a share.

    >>> signed(Change("answer", 0.8, 0.77), -0.03)
    '−3.0 %'
    """
    if value is None:
        return "–"
    sign = "−" if value < 0 else "+"
    return sign + shown(change.metric, abs(value))


def probability(change: Change) -> str:
    """The p of a change as text.

    >>> probability(Change("answer", 1, 0, chance=0.00004)), probability(Change("answer", 1, 0))
    ('<0.0001', '–')
    """
    if change.chance is None:
        return "–"
    return "<0.0001" if change.chance < 0.0001 else f"{change.chance:.4f}"


def _row(change: Change, width: int) -> str:
    return (
        f"{change.metric:{width}}  {shown(change.metric, change.before):>8} "
        f"{shown(change.metric, change.after):>8} {signed(change, change.difference):>8}  "
        f"{_range(change):^19} {len(change.better):>4} "
        f"{len(change.worse):>4} {probability(change):>7}  {change.verdict}"
    )


def _provable(pairs: int) -> str:
    """The least change that McNemar's test can tell from chance, whatever the runs.

    >>> _provable(200)
    '6 questions that all go one way, 3.0 % of them'
    """
    least = next(flips for flips in range(1, 99) if 2 * 0.5**flips < CHANCE)
    share = f", {100 * least / pairs:.1f} % of them" if pairs >= least else " (these are fewer)"
    return f"{least} questions that all go one way{share}"


def _range(change: Change) -> str:
    if change.low is None:
        return "–"
    return f"{signed(change, change.low)} … {signed(change, change.high)}"


def _told(comparison: Comparison) -> str:
    told = []
    for verdict in ("worse", "perhaps worse", "better", "perhaps better"):
        if names := comparison.found(verdict):
            told.append(f"{verdict}: {', '.join(names)}")
    worse = sum(flip.worse for flip in comparison.flips)
    flips = f"{len(comparison.flips)} questions flipped, {worse} of them for the worse."
    return f"{'; '.join(told) or 'No change shown'}. {flips}"


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
    low, high = _bounds((after - before).tolist())
    return Change(
        metric=metric,
        before=float(before.mean()),
        after=float(after.mean()),
        pairs=len(both),
        better=tuple(name for (name, _, _), gain in zip(both, gains, strict=True) if gain > 0),
        worse=tuple(name for (name, _, _), gain in zip(both, gains, strict=True) if gain < 0),
        low=low,
        high=high,
        chance=_mcnemar(gains.tolist()) if binary else _permuted(gains.tolist()),
        test="McNemar, exact" if binary else "permutation of signs",
    )


def _mcnemar(gains: Sequence[float]) -> float:
    """How often chance splits the flips as unevenly: the exact two-sided test of McNemar."""
    from scipy.stats import binomtest

    better, worse = sum(gain > 0 for gain in gains), sum(gain < 0 for gain in gains)
    return float(binomtest(better, better + worse).pvalue) if better + worse else 1.0


def _permuted(gains: Sequence[float]) -> float:
    """How often random signs make the mean gain as large: the paired permutation test."""
    import numpy as np
    from scipy.stats import permutation_test

    moved = np.array([gain for gain in gains if gain])
    if not len(moved):
        return 1.0
    if len(moved) == 1:
        return 1.0  # either sign is as large; SciPy needs two
    return float(
        permutation_test(
            (moved,),
            lambda values, axis: values.mean(axis=axis),
            permutation_type="samples",
            n_resamples=RESAMPLES,
            vectorized=True,
            batch=1000,
            rng=np.random.default_rng(SEED),
        ).pvalue
    )


def _bounds(differences: Sequence[float]) -> tuple[float | None, float | None]:
    """The middle 95 % of the mean over resampled questions (percentile bootstrap)."""
    import numpy as np
    from scipy.stats import bootstrap

    values = np.array(differences)
    if len(values) < 2:
        return None, None
    if not np.ptp(values):
        return float(values[0]), float(values[0])
    interval = bootstrap(
        (values,),
        np.mean,
        n_resamples=2000,
        batch=500,
        method="percentile",
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    return float(interval.low), float(interval.high)


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


# ── page ──────────────────────────────────────────────────────────────────────────────────────


def html(comparisons: Sequence[Comparison]) -> str:
    """Every run against the first one, as one HTML page."""
    flips = [(one.other.name, flip) for one in comparisons for flip in one.flips]
    metrics = dict.fromkeys(metric for _, flip in flips for metric, _, _ in flip.moves)
    base = comparisons[0].base
    return page.render(
        "compare.html",
        title=f"Comparison with {base.name}",
        about=base.said("set") or base.name,
        parts=[_part(one) for one in comparisons],
        flips=[_flip_shown(run, flip) for run, flip in flips],
        many=len(comparisons) > 1,
        kinds=["worse", "better", *metrics],
        types=sorted({flip.before.type for _, flip in flips} - {""}),
    )


def _part(one: Comparison) -> dict[str, object]:
    rows = [
        {
            "metric": change.metric,
            "before": shown(change.metric, change.before),
            "after": shown(change.metric, change.after),
            "change": signed(change, change.difference),
            "interval": _range(change),
            "counts": f"{len(change.better)} / {len(change.worse)} / {change.pairs or '–'}",
            "p": probability(change),
            "test": change.test,
            "verdict": change.verdict,
            "tone": change.verdict if change.verdict in ("better", "worse") else "soft",
        }
        for change in one.changes
    ]
    return {
        "title": one.other.name,
        "told": f"{_told(one)} {one.pairs} questions are in both; provable are "
        f"{_provable(one.pairs)}.",
        "settings": one.settings,
        "rows": rows,
    }


def _flip_shown(run: str, flip: Flip) -> dict[str, object]:
    names = [metric for metric, _, _ in flip.moves]
    tone = "worse" if flip.worse else "better"
    return {
        "run": run,
        "before": flip.before,
        "after": flip.after,
        "tone": tone,
        "kinds": [tone, *names],
        "moves": [f"{m} {shown(m, before)} → {shown(m, after)}" for m, before, after in flip.moves],
        "whys_before": _whys(flip.before, names),
        "whys_after": _whys(flip.after, names),
    }


def _whys(case: Case, metrics: Sequence[str]) -> list[tuple[str, str]]:
    return [(name, case.scores[name].why) for name in metrics if name in case.scores]
