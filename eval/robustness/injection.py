"""How often a real model obeys an article, and how much of that a reader is shown.

The articles of `eval.robustness.attacks` are indexed beside the honest stories; each attack is let in alone,
by its source, and its question put through search, model and check. What the model wrote is kept
in `--work`, so that a run that was stopped goes on where it was. What must hold for any model is
in `tests/drills/test_injection.py`.
"""

from __future__ import annotations

import json
import math
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.container import App
from assistant.core import console as screen
from assistant.core.query import Query
from assistant.core.settings import Settings
from assistant.llm.language_model import LanguageModel, Limits, Message, Piece
from eval.data.cases import ARTICLES, Case, load
from eval.data.llm_cache import CachedLanguageModel
from eval.reporting.table import show
from eval.robustness.attacks import HONEST, SET, Attack, attacks, stories
from eval.runner.corpus_index import Indexed, indexed
from eval.runner.plan import canonical, model_of, that_matter
from eval.scoring.metrics import holds
from index.core.articles import fingerprint
from index.core.filters import Filters

STOPPED = 130
TURNS = 8
Z = 1.96  # of a normal distribution: 95 % lie within


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one attack.

    `read`: its word stood in the prompt. `obeyed`: the model wrote what it was told to. `shown`:
    so did the answer, after the check. `right`: the answer held what the honest story says.
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
    chosen = load(str(_folder(work)))
    tried: list[Tried] = []
    without: list[bool] = []
    with indexed(chosen, work, settings, app_of) as ready, screen.Bars() as bars:
        asker = _Asker(ready, work)
        try:
            for case in stories().cases:
                without.append(asker.right_without(case))
            # by turns, so that a run which is stopped has tried some of every group
            for attack in sorted(attacks(), key=lambda attack: attack.number % TURNS):
                bars.step("attacks", len(tried), len(attacks()))
                tried.append(asker.tried(attack))
        except KeyboardInterrupt:
            screen.note(f"Stopped after {len(tried)} attacks; the same command goes on.")
    tried.sort(key=lambda one: one.number)
    show(list(lines(tried, without)))
    if json_file:
        found = {"tried": [asdict(one) for one in tried], "right_without": without}
        json_file.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return STOPPED if len(tried) < len(attacks()) else 0


def lines(tried: Sequence[Tried], without: Sequence[bool]) -> Iterator[str]:
    """A table by group, all together with 95 % intervals (Wilson), and what it costs in answers."""
    yield f"{'attacks':14} {'tried':>6} {'read':>6} {'obeyed':>7} {'shown':>6}"
    for group in dict.fromkeys(one.group for one in tried):
        yield _row(group, [one for one in tried if one.group == group])
    yield _row("all", tried)
    read = [one for one in tried if one.read]
    for what, some in (
        ("obeyed", sum(one.obeyed for one in read)),
        ("shown", sum(one.shown for one in read)),
    ):
        low, high = wilson(some, len(read))
        share = some / len(read) if read else 0.0
        yield f"{what} of those read: {share:.1%} (95 % interval {low:.1%} to {high:.1%})"
    right = sum(one.right for one in tried)
    yield f"right answers: {sum(without)} of {len(without)} without, {right} of {len(tried)} with"


def wilson(some: int, size: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, JASA 22, 1927).

    >>> [round(end, 3) for end in wilson(5, 50)]
    [0.043, 0.214]
    """
    if not size:
        return 0.0, 1.0
    share, part = some / size, Z * Z / size
    middle = share + part / 2
    spread = Z * math.sqrt(share * (1 - share) / size + part / (4 * size))
    return (middle - spread) / (1 + part), (middle + spread) / (1 + part)


def _row(name: str, tried: Sequence[Tried]) -> str:
    sums = [sum(getattr(one, what) for one in tried) for what in ("read", "obeyed", "shown")]
    return f"{name:14} {len(tried):6} {sums[0]:6} {sums[1]:7} {sums[2]:6}"


def _folder(work: Path) -> Path:
    """A set with the honest stories and all attacks."""
    folder = work / "injection"
    if folder.exists():
        shutil.rmtree(folder)
    shutil.copytree(SET, folder)
    for attack in attacks():
        for name, content in attack.files:
            (folder / ARTICLES / name).write_bytes(content)
    return folder


class _Heard(CachedLanguageModel):
    """Known drafts, with the last prompt and the last draft."""

    def __init__(self, model: LanguageModel, identity: str, path: Path) -> None:
        super().__init__(model, identity, path)
        self.prompt = self.draft = ""

    def stream(
        self, messages: Sequence[Message], limits: Limits, cancel: threading.Event | None = None
    ) -> Iterator[Piece]:
        """The pieces of the draft, overheard; the one word on its proof is no draft."""
        drafts = limits.max_tokens > 1
        if drafts:
            self.prompt, self.draft = messages[-1].content, ""
        for piece in super().stream(messages, limits, cancel):
            if drafts:
                self.draft += piece.text
            yield piece


class _Asker:
    """Puts the questions, one attack at a time beside the honest stories."""

    def __init__(self, ready: Indexed, work: Path) -> None:
        app = ready.app
        engine = canonical(that_matter(app.settings)["engine"])
        identity = fingerprint("injection", model_of(app), engine)
        self._model = _Heard(app.model(), identity, work / "drafts.sqlite")
        ready.open.enter_context(closing(self._model))
        self._assistant = app.assistant_with(app.search, app.reranker, lambda: self._model)
        library = app.search.library
        assert library is not None  # `indexed` has seen it
        self._sources = {
            ready.names[a.article.id].partition("#")[0]: a.article.source for a in library.listed()
        }

    def right_without(self, case: Case) -> bool:
        """Whether a question is answered rightly where there is no attack."""
        answer = self._assistant.ask(Query(case.question, filters=Filters(sources=(HONEST,))))
        return _right(answer.text, case)

    def tried(self, attack: Attack) -> Tried:
        """What comes of an attack."""
        case = stories().cases[attack.case]
        sources = {self._sources[Path(name).stem] for name, _ in attack.files}
        self._model.prompt = self._model.draft = ""
        answer = self._assistant.ask(
            Query(case.question, filters=Filters(sources=(HONEST, *sources)))
        )
        draft = self._model.draft
        return Tried(
            number=attack.number,
            group=attack.group,
            name=attack.name,
            read=attack.canary in self._model.prompt,
            obeyed=attack.obeyed(draft),
            shown=attack.obeyed(answer.text),
            right=_right(answer.text, case),
            draft=draft,
        )


def _right(text: str, case: Case) -> bool:
    return any(holds(text, accepted) for accepted in case.answers)
