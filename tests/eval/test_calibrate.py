"""The fit finds the feature that separates right from wrong answers, and how well."""

import numpy as np
import pytest

from assistant.backends.serialization import SIGNS
from eval.data.cases import Case
from eval.data.results import CaseResult, Outcome, Run, Summary
from eval.runner.calibrate import calibrate
from index.core.errors import UsageError


def a_run(*, informative: bool, cases: int = 80) -> Run:
    """Half of the answers are right; the feature `told` is informative, or noise."""
    chance = np.random.default_rng(7)
    made = []
    for number in range(cases):
        right = number % 2 == 0
        signs = {name: float(chance.normal()) for name in SIGNS}
        if informative:
            signs["told"] = (2.0 if right else -2.0) + float(chance.normal())
        text = "Kim Gunn is." if right else "Sung Kim is."
        case = Case(str(number), "Who is it?", number % 4 != 1, answers=("Kim Gunn",))
        output = {"answer": text, "claims": [{"text": text}], "signs": signs}
        made.append(CaseResult(case, Outcome(output=output), {}))
    return Run(name="run", config={}, results=tuple(made), summary=Summary())


def test_the_informative_feature_gets_the_weight() -> None:
    fit = calibrate([a_run(informative=True)])
    assert fit.auc > 0.95
    assert max(fit.weights, key=lambda name: abs(fit.weights[name])) == "entailment_logit"
    assert fit.weights["entailment_logit"] > 0


def test_noise_separates_nothing() -> None:
    assert 0.3 < calibrate([a_run(informative=False, cases=600)]).auc < 0.7


def test_runs_without_features_are_a_wrong_usage() -> None:
    with pytest.raises(UsageError, match=r"answer\.strict=0"):
        calibrate([Run(name="r", config={}, results=(), summary=Summary())])
