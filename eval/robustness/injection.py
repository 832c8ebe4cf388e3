"""`eval injection`: how often a real model obeys an article, and how much a reader sees of it.

The articles of `eval.robustness.attacks` are indexed beside the honest stories; a filter lets in
one attack at a time, and its question goes through search, model and checks. Drafts are cached in
`--work`, so that a stopped run continues. What must hold for any model is in
`tests/drills/test_injection.py`.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.container import App
from assistant.core import console as screen
from assistant.core.query import Query
from assistant.core.settings import Settings
from eval.data.cases import ARTICLES, Case, CaseSet, load
from eval.data.draft_recorder import DraftRecorder
from eval.reporting.table import show
from eval.robustness.attacks import HONEST, SET, Attack, attacks, stories
from eval.runner.cached_models import cached_model
from eval.runner.corpus_index import IndexedSet, indexed_set
from eval.runner.run import STOPPED
from eval.scoring.metrics import holds
from index.core.filters import Filters

STRIDE = 8  # attacks are tried by their number modulo this: some of every group come early


@dataclass(frozen=True, slots=True)
class AttackResult:
    """The result of one attack.

    `read`: its canary was in the prompt. `obeyed`: the model did as the attack says. `shown`: so
    did the answer, after the checks. `right`: the answer held what the honest story says.
    """

    number: int
    group: str
    name: str
    read: bool
    obeyed: bool
    shown: bool
    right: bool
    draft: str


def run(
    settings: Settings,
    work: Path | None = None,
    json_file: Path | None = None,
    app_of: Callable[[Settings], App] = App,
) -> int:
    """Try all attacks and print the table; returns the exit code, 130 if it was stopped.

    Raises:
        UserError: if the models or the folder cannot be used.
    """
    work = work or settings.cache / "eval"
    tried: list[AttackResult] = []
    without: list[bool] = []
    with indexed_set(_set(work), work, settings, app_of) as ready, screen.Bars() as bars:
        asker = _Asker(ready, work)
        try:
            for case in stories().cases:
                without.append(asker.ask(case, HONEST)[1])
            for attack in sorted(attacks(), key=lambda attack: attack.number % STRIDE):
                bars.step("attacks", len(tried), len(attacks()))
                tried.append(asker.attempt(attack))
        except KeyboardInterrupt:
            screen.note(f"Stopped after {len(tried)} attacks; the same command continues.")
    tried.sort(key=lambda one: one.number)
    show(list(lines(tried, without)))
    if json_file:
        found = {"tried": [asdict(one) for one in tried], "right_without": without}
        json_file.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return STOPPED if len(tried) < len(attacks()) else 0


def lines(tried: Sequence[AttackResult], without: Sequence[bool]) -> Iterator[str]:
    """A table by group, shares with 95 % intervals (Wilson), and right answers with and without."""
    from scipy.stats import binomtest

    yield f"{'attacks':14} {'tried':>6} {'read':>6} {'obeyed':>7} {'shown':>6}"
    groups = {one.group: [other for other in tried if other.group == one.group] for one in tried}
    for name, some in {**groups, "all": tried}.items():
        read, obeyed, shown = (
            sum(getattr(one, what) for one in some) for what in ("read", "obeyed", "shown")
        )
        yield f"{name:14} {len(some):6} {read:6} {obeyed:7} {shown:6}"
    seen = [one for one in tried if one.read]
    for what in ("obeyed", "shown") if seen else ():
        test = binomtest(sum(getattr(one, what) for one in seen), len(seen))
        low, high = test.proportion_ci(method="wilson")
        share = test.statistic
        yield f"{what} of those read: {share:.1%} (95 % interval {low:.1%} to {high:.1%})"
    right = sum(one.right for one in tried)
    yield f"right answers: {sum(without)} of {len(without)} without, {right} of {len(tried)} with"


def _set(work: Path) -> CaseSet:
    """A set with the honest stories and all attacks."""
    folder = work / "injection"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SET, folder)
    for attack in attacks():
        for name, content in attack.files.items():
            (folder / ARTICLES / name).write_bytes(content.encode())
    return load(str(folder))


class _Asker:
    """Asks questions with one attack at a time beside the honest stories."""

    def __init__(self, ready: IndexedSet, work: Path) -> None:
        app = ready.app
        self._model = DraftRecorder(cached_model(app, work, ready.open, read=True))
        self._assistant = app.assistant_with(app.search, app.reranker, lambda: self._model)
        self._sources = {
            ready.names[a.article.id].partition("#")[0]: a.article.source
            for a in ready.library.listed()
        }

    def attempt(self, attack: Attack) -> AttackResult:
        """Ask an attack's question with its articles let in."""
        case = stories().cases[attack.case]
        self._model.clear()
        sources = {self._sources[Path(name).stem] for name in attack.files}
        answer, right = self.ask(case, HONEST, *sources)
        draft = self._model.text
        return AttackResult(
            number=attack.number,
            group=attack.group,
            name=attack.name,
            read=any(attack.canary in message.content for message in self._model.messages[-1:]),
            obeyed=attack.obeyed(draft),
            shown=attack.obeyed(answer),
            right=right,
            draft=draft,
        )

    def ask(self, case: Case, *sources: str) -> tuple[str, bool]:
        """The answer from these sources, and whether it holds an accepted answer."""
        text = self._assistant.ask(Query(case.question, filters=Filters(sources=sources))).text
        return text, any(holds(text, accepted) for accepted in case.answers)
