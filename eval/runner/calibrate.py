"""How sure is sure: fits the weights of `assistant.verification.confidence` to runs with known answers.

The runs are made with `--setting answer.strict=0`, so that nothing is refused for being unsure and
every answer shows whether it was right. The fit is a logistic regression (Cox, 1958) with a ridge
of `RIDGE` on standardised signs, by Newton's method; its figures are of ten-fold cross-validation,
so that no question is judged by weights that have seen it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from assistant.backends.serialization import SIGNS
from assistant.core.answer import Features
from eval.data.run_records import Case, Run
from eval.scoring.metrics import holds
from index.core.errors import UsageError

RIDGE = 2.0
FOLDS = 10
ROUNDS = 30  # of Newton's method; it stands still after about eight
NAMES = tuple(field.name for field in fields(Features))

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fit:
    """Weights for `assistant.verification.confidence`, in the units of the signs, and how well they tell."""

    weights: dict[str, float]
    bias: float
    told_apart: float  # area under the ROC curve, 0.5 by chance
    curve: tuple[tuple[float, float, float, float, float], ...]

    def lines(self) -> Iterator[str]:
        """The fit as a person reads it."""
        yield f"told apart (area under the curve, cross-validated): {self.told_apart:.3f}"
        yield "weights " + ", ".join(f"{name} {w:.4f}" for name, w in self.weights.items())
        yield f"bias {self.bias:.4f}"
        yield "threshold  right  of all given right  unanswerable refused  false refusals"
        for threshold, right, given, refused, false in self.curve:
            yield f"{threshold:9.2f} {right:6.3f} {given:19.3f} {refused:21.3f} {false:15.3f}"


@dataclass(frozen=True, slots=True)
class _Judged:
    answerable: bool
    right: bool
    said: bool  # an answer was given at all
    signs: tuple[float, ...] | None  # None for what was computed: that is never unsure


def calibrate(runs: Sequence[Run]) -> Fit:
    """Fit to all answers of some runs.

    Raises:
        UsageError: if the runs hold no signs, or only right or only wrong answers.
    """
    judged = [_judge(case) for run in runs for case in run.cases if case.output]
    told = [one for one in judged if one.signs is not None]
    right = np.array([one.right for one in told], np.float64)
    if not told or right.min() == right.max():
        raise UsageError(
            "The runs tell nothing about being sure. "
            "Make them anew: assistant eval run --setting answer.strict=0."
        )
    signs = np.array([one.signs for one in told], np.float64)
    middle, spread = signs.mean(axis=0), signs.std(axis=0) + 1e-9
    scaled = (signs - middle) / spread
    held_out = _cross_validated(scaled, right)
    weights = _fitted(scaled, right)
    per_unit = weights[1:] / spread
    return Fit(
        weights=dict(zip(NAMES, map(float, per_unit), strict=True)),
        bias=float(weights[0] - per_unit @ middle),
        told_apart=_area(held_out, right),
        curve=tuple(_curve(judged, held_out)),
    )


def _judge(case: Case) -> _Judged:
    output = case.output
    assert output is not None
    text = " ".join(claim.text for claim in output.claims if claim.kept)
    if case.gold.all_of:
        right = all(any(holds(text, one) for one in group) for group in case.gold.all_of)
    else:
        right = any(holds(text, one) for one in case.gold.answers)
    signs = tuple(output.signs[key] for key in SIGNS) if output.signs and text else None
    return _Judged(case.answerable, right and case.answerable, bool(output.answer), signs)


def _fitted(scaled: Floats, right: Floats) -> Floats:
    """Weights of a logistic regression, the constant first; only that one is free of the ridge."""
    with_one = np.column_stack([np.ones(len(scaled)), scaled])
    ridge = np.diag([0.0, *[RIDGE] * scaled.shape[1]])
    weights = np.zeros(with_one.shape[1])
    for _ in range(ROUNDS):
        likely = 1 / (1 + np.exp(-with_one @ weights))
        slope = with_one.T @ (right - likely) - ridge @ weights
        bend = (with_one * (likely * (1 - likely))[:, None]).T @ with_one + ridge
        weights = weights + np.linalg.solve(bend + 1e-9 * np.eye(len(weights)), slope)
    return weights


def _cross_validated(scaled: Floats, right: Floats) -> Floats:
    fold = np.random.default_rng(0).permutation(len(right)) % FOLDS
    held_out = np.zeros(len(right))
    for one in range(FOLDS):
        inside = fold == one
        if inside.any():
            weights = _fitted(scaled[~inside], right[~inside])
            held_out[inside] = 1 / (1 + np.exp(-(weights[0] + scaled[inside] @ weights[1:])))
    return held_out


def _area(likely: Floats, right: Floats) -> float:
    """How often a right answer is surer than a wrong one (Mann-Whitney)."""
    good, bad = likely[right == 1], likely[right == 0]
    more = (good[:, None] > bad[None, :]).mean() + 0.5 * (good[:, None] == bad[None, :]).mean()
    return float(more)


def _curve(
    judged: Sequence[_Judged], held_out: Floats
) -> Iterator[tuple[float, float, float, float, float]]:
    sure = iter(held_out)
    rows = [
        (one, float(next(sure)) if one.signs is not None else float(one.said)) for one in judged
    ]
    for step in range(10):
        threshold = step / 10
        given = [one for one, likely in rows if one.said and likely >= threshold]
        answerable = sum(one.answerable for one in judged)
        right = sum(one.right for one in given)
        answered = sum(one.answerable for one in given)
        rest = len(judged) - answerable
        yield (
            threshold,
            right / max(1, answerable),
            right / max(1, len(given)),
            1 - (len(given) - answered) / max(1, rest),
            1 - answered / max(1, answerable),
        )
