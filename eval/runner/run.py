"""One run of a set: index it, ask every question, score, and write one folder.

A run can be stopped at any time and continued with the same command: outcomes are cached by all
they depend on (question, history, index, prompts, model, settings, code), and a cached one keeps
the seconds it took when it was made. Scores are computed anew each time. The folder is that of
`eval.data.run_folder` with `report.html`.
"""

from collections.abc import Callable
from typing import Any

from assistant.container import App
from assistant.core import console
from assistant.core.settings import Settings
from eval.data.caches import OutcomeCache
from eval.data.cases import load
from eval.data.results import CaseResult
from eval.data.run_folder import append_result, open_folder, write_results
from eval.reporting.report import report
from eval.runner.corpus_index import indexed_set
from eval.runner.plan import Options, identity_of, select_cases
from eval.runner.systems import attempt, system
from eval.scoring.case_scores import score
from eval.scoring.summary import summarise

STOPPED = 130


def run(settings: Settings, options: Options, app_of: Callable[[Settings], App] = App) -> int:
    """Run a set, write its folder with the report, print the table; returns the exit code.

    130 if it was stopped, 1 if a question failed.

    Raises:
        UserError: if the set, the models or the folder cannot be used.
    """
    chosen = load(options.set)
    cases = select_cases(options, chosen.cases)
    work = options.work or settings.cache / "eval"
    stopped = False
    with indexed_set(chosen, work, settings, app_of) as indexed, console.Bars() as bars:
        identity = identity_of(options, indexed)
        out = options.out or work / "runs" / f"{chosen.name}-{options.mode}-{identity.hash[:8]}"
        open_folder(out, identity, fresh=not options.cached)
        outcomes = OutcomeCache(work / "answers.sqlite", read=options.cached)
        indexed.open.callback(outcomes.close)
        ask = system(options, indexed, work)
        results: list[CaseResult] = []
        try:
            for case in cases:
                key = identity.key(case)
                outcome = outcomes.get(key)
                if outcome is None:
                    outcome = attempt(ask(), case)
                    outcomes.put(key, outcome)
                results.append(CaseResult(case, outcome, score(case, outcome)))
                append_result(out, results[-1])
                bars.step("asking", len(results), len(cases))
        except KeyboardInterrupt:
            stopped = True
        summary: dict[str, Any] = summarise(results, options.seed)
        summary["counts"]["planned"] = len(cases)
        write_results(out, results, summary)
    report(out)
    if stopped:
        console.note(f"Stopped after {len(results)} of {len(cases)}; the same command continues.")
        return STOPPED
    return 1 if any(result.outcome.error for result in results) else 0
