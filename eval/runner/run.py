"""One run of a set: index it, ask every question, score, and write one folder.

A run can be stopped at any time and continued with the same command: what is finished is taken
from its folder. Outcomes are also cached by all they depend on (question, history, index, prompts,
model, settings, code), so that a run is never made twice; a cached one keeps the seconds it took
when it was made. Scores are computed anew each time.

The folder holds `config.json`, `cases.jsonl` (one object a line, in the set's order),
`summary.json` and `report.html`; `eval.data.results` reads it back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from assistant.container import App
from assistant.core import console
from assistant.core.settings import Settings
from eval.data.caches import OutcomeCache
from eval.data.cases import load
from eval.data.results import CaseResult
from eval.data.run_folder import RunFolder
from eval.reporting.report import report
from eval.runner.corpus_index import indexed_set
from eval.runner.plan import Options, identity_of, select_cases
from eval.runner.systems import attempt, system
from eval.scoring.scores import score
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
        folder = RunFolder(out, identity, fresh=not options.cached)
        outcomes = OutcomeCache(work / "answers.sqlite", read=options.cached)
        indexed.open.callback(outcomes.close)
        results = {
            case.id: CaseResult(case, done, score(case, done))
            for case in cases
            if (done := folder.finished.get(case.id))
        }
        folder.write_cases(results.values())
        ask = system(options, indexed, work)
        try:
            for case in cases:
                if case.id not in results:
                    key = identity.key(case)
                    outcome = outcomes.get(key)
                    if outcome is None:
                        outcome = attempt(ask(), case)
                        outcomes.put(key, outcome)
                    results[case.id] = CaseResult(case, outcome, score(case, outcome))
                    folder.append(results[case.id])
                bars.step("asking", len(results), len(cases))
        except KeyboardInterrupt:
            stopped = True
        finished = [results[case.id] for case in cases if case.id in results]
        folder.write_cases(finished)
        summary: dict[str, Any] = summarise(finished, options.seed)
        summary["counts"]["planned"] = len(cases)
        folder.write_summary(summary)
    report(out)
    if stopped:
        console.note(f"Stopped after {len(finished)} of {len(cases)}; the same command continues.")
        return STOPPED
    return 1 if any(result.outcome.error for result in finished) else 0
