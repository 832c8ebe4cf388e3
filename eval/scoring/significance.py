"""Confidence intervals and paired tests, all of SciPy."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

SEED = 0
RESAMPLES = 2_000  # of a bootstrap interval
PERMUTATIONS = 9_999

Statistic = Callable[..., Any]  # as `numpy.mean`: samples and `axis` to figures


def bootstrap_interval(
    *samples: Sequence[float], statistic: Statistic = np.mean, seed: int = SEED
) -> tuple[float, float]:
    """The 95 % interval of a statistic (percentile bootstrap; Efron, Ann. Statist. 7(1), 1979).

    Several samples are resampled independently of each other.

    >>> low, high = bootstrap_interval([0, 1] * 50)
    >>> 0.39 < low < 0.42 and 0.58 < high < 0.61
    True
    >>> bootstrap_interval([1.0])
    (1.0, 1.0)
    """
    from scipy.stats import bootstrap

    if all(len(set(sample)) == 1 for sample in samples):  # SciPy needs two observations
        value = float(statistic(*[np.array(sample[:1], float) for sample in samples], axis=-1))
        return value, value
    found = bootstrap(
        [np.resize(sample, max(2, len(sample))) for sample in samples],
        statistic,
        n_resamples=RESAMPLES,
        batch=500,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return float(found.low), float(found.high)


def mcnemar(gains: Sequence[float]) -> float:
    """The p of McNemar's exact two-sided test: how often chance splits the flips as unevenly."""
    from scipy.stats import binomtest

    better, worse = sum(gain > 0 for gain in gains), sum(gain < 0 for gain in gains)
    return float(binomtest(better, better + worse).pvalue) if better + worse else 1.0


def sign_flip_test(gains: Sequence[float]) -> float:
    """The p of the paired permutation test: how often random signs make the mean gain as large."""
    from scipy.stats import permutation_test

    moved = np.array([gain for gain in gains if gain])
    if len(moved) < 2:  # either sign is as large; SciPy needs two
        return 1.0
    return float(
        permutation_test(
            (moved,),
            lambda values, axis: values.mean(axis=axis),
            permutation_type="samples",
            n_resamples=PERMUTATIONS,
            vectorized=True,
            batch=1000,
            rng=np.random.default_rng(SEED),
        ).pvalue
    )


def auc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Area under the ROC curve: how often a positive scores above a negative (Mann-Whitney U).

    >>> auc([0.9, 0.5], [0.5, 0.1])
    0.875
    """
    from scipy.stats import mannwhitneyu

    found = mannwhitneyu(positive, negative, method="asymptotic").statistic
    return float(found / (len(positive) * len(negative)))
