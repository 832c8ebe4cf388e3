"""Fits the weights of `assistant.verification.confidence` to runs with known answers.

The runs are made with `--setting answer.strict=0`, so that nothing is refused as unsure and every
answer shows whether it was right. The fit is a logistic regression (Cox, 1958) with a ridge
penalty on standardised features; its figures are of ten-fold cross-validation.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

from assistant.backends.serialization import SIGNS
from eval.data.results import CaseResult, Run
from eval.data.run_folder import load_run
from eval.reporting.table import show
from eval.scoring.metrics import holds
from eval.scoring.significance import auc
from index.core.errors import UsageError

RIDGE = 2.0
FOLDS = 10

Floats = npt.NDArray[np.float64]
Point = tuple[float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Fit:
    """Weights in the units of the features, and how well they separate right from wrong answers.

    `auc` is cross-validated. The points of `curve` are (threshold, right answers of all
    answerable questions, right of those given, unanswerable refused, answerable refused).
    """

    weights: dict[str, float]
    bias: float
    auc: float
    curve: tuple[Point, ...]

    def lines(self) -> Iterator[str]:
        """The fit as text."""
        yield f"area under the ROC curve, cross-validated: {self.auc:.3f}"
        yield "weights " + ", ".join(f"{name} {w:.4f}" for name, w in self.weights.items())
        yield f"bias {self.bias:.4f}"
        yield "threshold  right  of all given right  unanswerable refused  false refusals"
        for threshold, right, given, refused, false in self.curve:
            yield f"{threshold:9.2f} {right:6.3f} {given:19.3f} {refused:21.3f} {false:15.3f}"


@dataclass(frozen=True, slots=True)
class _Judged:
    """A result; `features` is None for what was computed: that is never unsure."""

    answerable: bool
    right: bool
    answered: bool
    features: tuple[float, ...] | None


def calibrate_runs(folders: Sequence[Path]) -> None:
    """Print the fit to some run folders."""
    show(list(calibrate([load_run(folder) for folder in folders]).lines()))


def calibrate(runs: Sequence[Run]) -> Fit:
    """Fit to the answers of runs; UsageError without features, or if all are right or wrong."""
    judged = [_judge(result) for run in runs for result in run.results if result.outcome.output]
    usable = [one for one in judged if one.features is not None]
    right = np.array([one.right for one in usable], np.float64)
    if not usable or right.min() == right.max():
        raise UsageError(
            "The runs hold no features of right and wrong answers. "
            "Make them anew: assistant eval run --setting answer.strict=0."
        )
    features = np.array([one.features for one in usable], np.float64)
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
    scaled = (features - mean) / spread
    held_out = _cross_validated(scaled, right)
    weights = _fitted(scaled, right)
    per_unit = weights[1:] / spread
    return Fit(
        weights=dict(zip(SIGNS.values(), map(float, per_unit), strict=True)),
        bias=float(weights[0] - per_unit @ mean),
        auc=auc(held_out[right == 1].tolist(), held_out[right == 0].tolist()),
        curve=tuple(_curve(judged, held_out)),
    )


def _judge(result: CaseResult) -> _Judged:
    case, output = result.case, result.outcome.output or {}
    claims = output.get("claims", [])
    text = " ".join(claim["text"] for claim in claims if claim.get("kept", True))
    groups = case.all_of or (case.answers,)
    right = all(any(holds(text, one) for one in group) for group in groups)
    signs = output.get("signs")
    features = tuple(signs[name] for name in SIGNS) if signs and text else None
    return _Judged(case.answerable, right and case.answerable, bool(output.get("answer")), features)


def _fitted(scaled: Floats, right: Floats) -> Floats:
    """Weights of the regression, the bias first, which has no penalty."""
    inputs = np.column_stack([np.ones(len(scaled)), scaled])
    penalty = np.array([0.0, *[RIDGE] * scaled.shape[1]])

    def loss(weights: Floats) -> tuple[float, Floats]:
        """Penalised negative log-likelihood and its gradient."""
        logits = inputs @ weights
        value = np.logaddexp(0, logits).sum() - right @ logits + penalty @ weights**2 / 2
        return float(value), inputs.T @ (expit(logits) - right) + penalty * weights

    found = minimize(loss, np.zeros(inputs.shape[1]), jac=True, method="BFGS", tol=1e-9)
    return np.asarray(found.x, np.float64)


def _cross_validated(scaled: Floats, right: Floats) -> Floats:
    """The probability of each answer to be right, by weights that have not seen it."""
    fold = np.random.default_rng(0).permutation(len(right)) % FOLDS
    held_out = np.zeros(len(right))
    for number in range(FOLDS):
        inside = fold == number
        if inside.any():
            weights = _fitted(scaled[~inside], right[~inside])
            held_out[inside] = expit(weights[0] + scaled[inside] @ weights[1:])
    return held_out


def _curve(judged: Sequence[_Judged], held_out: Floats) -> Iterator[Point]:
    probabilities = iter(held_out)
    sure = [1.0 if one.features is None else float(next(probabilities)) for one in judged]
    answerable = max(1, sum(one.answerable for one in judged))
    unanswerable = max(1, sum(not one.answerable for one in judged))
    for threshold in np.arange(10) / 10:
        given = [
            one for one, p in zip(judged, sure, strict=True) if one.answered and p >= threshold
        ]
        right = sum(one.right for one in given)
        answered = sum(one.answerable for one in given)
        yield (
            float(threshold),
            right / answerable,
            right / max(1, len(given)),
            1 - (len(given) - answered) / unanswerable,
            1 - answered / answerable,
        )
