"""Tests of paired values: is a difference more than chance would make?"""

from __future__ import annotations

from collections.abc import Sequence

SEED = 0
RESAMPLES = 9999


def mcnemar(gains: Sequence[float]) -> float:
    """How often chance splits the flips as unevenly: the exact two-sided test of McNemar."""
    from scipy.stats import binomtest

    better, worse = sum(gain > 0 for gain in gains), sum(gain < 0 for gain in gains)
    return float(binomtest(better, better + worse).pvalue) if better + worse else 1.0


def permuted(gains: Sequence[float]) -> float:
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


def bounds(differences: Sequence[float]) -> tuple[float | None, float | None]:
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
