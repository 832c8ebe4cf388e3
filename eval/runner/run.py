"""One run of a set: index it, ask every question, score, and keep all of it in one folder.

A run can be stopped at any time and started again with the same words: what is finished is taken
from its folder. OutcomeCache are kept by fingerprint as well (question, history, index, prompts, model,
settings, code), so that two runs that differ in nothing cost one; a kept answer keeps the seconds
it took when it was made. What reranker and model said is kept too, for runs in which only other
steps differ (`eval.runner.systems`). Scores are made anew each time.

The folder holds `config.json`, `cases.jsonl` (one object a line, in the set's order),
`summary.json` and `report.html`; `eval.data.run_records` reads it back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from assistant.container import App
from assistant.core import console as screen
from assistant.core.settings import Settings
from eval.data.answer_cache import OutcomeCache
from eval.data.cases import Case, load
from eval.data.run_folder import Folder, row_of
from eval.reporting.report import tell
from eval.runner.corpus_index import indexed
from eval.runner.plan import Identity, Options, asked_of, identity_of
from eval.runner.systems import Ask, asker, tried
from eval.scoring.summary import summarise

STOPPED = 130


def run(options: Options, settings: Settings, app_of: Callable[[Settings], App] = App) -> int:
    """Run a set, write its folder with the report, print the table; returns the exit code.

    130 if it was stopped, 1 if a question failed.

    Raises:
        UserError: if the set, the models or the folder cannot be used.
    """
    chosen = load(options.set)
    cases = asked_of(options, chosen.cases)
    work = options.work or settings.cache / "eval"
    with indexed(chosen, work, settings, app_of) as ready, screen.Bars() as bars:
        identity = identity_of(options, ready)
        folder = options.out or work / "runs" / f"{chosen.name}-{options.mode}-{identity.hash[:8]}"
        kept = Folder(folder, identity, fresh=not options.cached)
        answers = OutcomeCache(work / "answers", read=options.cached)
        todo = _Todo(cases, kept, answers, identity, options.seed)
        stopped = todo.run(asker(options, ready, work), bars.step)
    tell(folder)
    if stopped:
        screen.note(f"Stopped after {len(todo.rows)} of {len(cases)}; the same command goes on.")
        return STOPPED
    return 1 if any(row["error"] for row in todo.rows) else 0


class _Todo:
    """The cases of a run, asked one after the other; `rows` are the finished ones."""

    def __init__(
        self,
        cases: Sequence[Case],
        kept: Folder,
        answers: OutcomeCache,
        identity: Identity,
        seed: int,
    ) -> None:
        self._cases = cases
        self._kept = kept
        self._answers = answers
        self._identity = identity
        self._seed = seed
        self.rows: list[dict[str, Any]] = []

    def run(self, asker: Callable[[], Ask], progress: Callable[[str, int, int], None]) -> bool:
        """Ask what is left; True if it was stopped. What is finished is kept either way."""
        known = {case.id: self._kept.finished.get(case.id) for case in self._cases}
        self.rows = [row_of(case, done) for case in self._cases if (done := known[case.id])]
        self._kept.begin(self.rows)
        stopped = False
        try:
            for case in self._cases:
                if known[case.id] is None:
                    self._one(case, asker)
                progress("asking", len(self.rows), len(self._cases))
        except KeyboardInterrupt:
            stopped = True
        place = {case.id: number for number, case in enumerate(self._cases)}
        self.rows.sort(key=lambda row: place[row["id"]])
        self._kept.close(self.rows, self.summary())
        return stopped

    def _one(self, case: Case, asker: Callable[[], Ask]) -> None:
        key = self._identity.key(case)
        outcome = self._answers.get(key)
        if outcome is None:
            outcome = tried(asker(), case)
            self._answers.put(key, outcome)
        row = row_of(case, outcome)
        self.rows.append(row)
        self._kept.append(row)

    def summary(self) -> dict[str, Any]:
        """The figures of what is finished."""
        summary = summarise(self.rows, self._seed)
        summary["counts"]["planned"] = len(self._cases)
        return summary
