"""Questions from the user's own articles: the model words them, code keeps the sound ones.

A question is kept if its answer stands in one sentence of its passage alone, if it can be
understood without the article, if the search finds the passage and if the model, shown the
passage, gives the same answer. Beside them stand near misses, which no article answers. The file
is a set's `questions.jsonl` with the provenance of each line, made to be read and edited.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from assistant.container import App
from assistant.core import console as screen
from assistant.core.settings import Settings
from eval.data.caches import drafts_of, scores_of
from eval.data.cases import Case, CaseSet, Gold, as_row
from eval.questions.entity_types import Kinds
from eval.questions.proposals import ask_for, candidates
from eval.questions.question_filter import Kept, Sieve
from eval.questions.unanswerable import NearMiss, Swapper
from index.core.errors import UsageError, UserError
from index.storage.article_store import ArticleStore

_TYPES = {  # as the sample set names them
    "person": "who",
    "place": "where",
    "day": "when",
    "year": "when",
    "number": "howmany",
    "money": "howmany",
}
PER_KEPT = 25  # proposals looked at for each question that is wanted, before it is given up


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many questions, how many near misses beside them, where to, and from which seed."""

    count: int
    near_misses: int
    out: Path
    seed: int = 0
    cached: bool = True


def generate(wanted: Wanted, settings: Settings, app_of: Callable[[Settings], App] = App) -> int:
    """Make questions from the index of the settings and write them; returns the exit code.

    Raises:
        UsageError: if the file exists, or nothing is wanted.
        UserError: if nothing is indexed, or the models cannot be used.
    """
    if wanted.count < 1 or wanted.near_misses < 0:
        raise UsageError("--n wants 1 or more, --near-misses 0 or more.")
    if wanted.out.exists():
        raise UsageError(f"{wanted.out} exists, and may have been edited. Give another --out.")
    with ExitStack() as stack, screen.Bars() as bars:
        app = app_of(settings)
        stack.callback(app.close)
        library = app.search.library
        if library is None:
            raise UserError("Nothing is indexed yet. Run 'assistant ingest FOLDER'.")
        made = _Making(wanted, app, library, stack)
        made.run(bars.step)
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in made.rows()]
    try:
        wanted.out.write_text("".join(lines), "utf-8")
    except OSError as problem:
        raise UserError(f"{wanted.out} cannot be written: {problem.strerror}.") from None
    screen.say(made.told())
    screen.say(f"{len(lines)} questions: {wanted.out}")
    return 0


class _Making:
    """Proposals through the sieve until enough are kept; near misses of those kept."""

    def __init__(self, wanted: Wanted, app: App, library: ArticleStore, stack: ExitStack) -> None:
        self._wanted = wanted
        self._generation = app.search.generation
        self._passages = list(library.passages(library.passage_ids()).values())
        self._texts = [f"{a.title}\n{a.text}\n{a.source}" for _, a in library.articles()]
        self._kinds = Kinds(self._texts)
        work = app.settings.cache / "eval"
        scores = scores_of(app, work, read=wanted.cached)
        stack.callback(scores.close)
        self._model = drafts_of(app, work, read=wanted.cached)
        stack.callback(self._model.close)
        search = app.search_with(scores)
        stack.callback(search.close)
        self._sieve = Sieve(search, scores, self._model)
        self.kept: list[Kept] = []
        self.reasons: Counter[str] = Counter()

    def run(self, progress: Callable[[str, int, int], None]) -> None:
        """Propose and check until enough are kept, or no more can be."""
        most = PER_KEPT * self._wanted.count
        for candidate in islice(candidates(self._passages, self._kinds, self._wanted.seed), most):
            if len(self.kept) >= self._wanted.count:
                break
            proposal = replace(candidate, question=ask_for(candidate, self._model))
            found = self._sieve.check(proposal)
            if isinstance(found, Kept):
                self.kept.append(found)
            else:
                self.reasons[found] += 1
            progress("asking", len(self.kept), self._wanted.count)

    def rows(self) -> list[dict[str, Any]]:
        """The lines of the file: the kept ones, then the near misses."""
        answerable = [self._row(number, kept) for number, kept in enumerate(self.kept, 1)]
        return [*answerable, *self._near_misses(answerable)]

    def told(self) -> str:
        """The yield in one line, and one line a reason of rejection."""
        tried = len(self.kept) + self.reasons.total()
        share = f", {100 * len(self.kept) / tried:.0f} %" if tried else ""
        lines = [f"{tried} proposed, {len(self.kept)} kept{share}"]
        return "\n".join([*lines, *(f"{n:6} {why}" for why, n in self.reasons.most_common())])

    def _row(self, number: int, kept: Kept) -> dict[str, Any]:
        proposal = kept.proposal
        article = proposal.passage.article
        case = Case(
            id=f"g{number:03}",
            question=proposal.question,
            answerable=True,
            answers=(proposal.answer,),
            evidence=(Gold(_name(article.path), proposal.sentence),),
            type=_TYPES[proposal.kind],
            tags=("generated",),
        )
        provenance = self._provenance() | {
            "passage": proposal.passage.id,
            "sentence": proposal.sentence,
            "rank": kept.rank,
        }
        return as_row(case) | {"provenance": provenance}

    def _near_misses(self, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        swapper = Swapper(self._texts, self._wanted.seed)
        made: list[tuple[str, NearMiss]] = []
        for row in rows:
            if len(made) >= self._wanted.near_misses:
                break
            if missed := swapper.swap(row["question"], row["answers"][0]):
                made.append((row["id"], missed))
        for number, (of, missed) in enumerate(made, 1):
            case = Case(
                id=f"u{number:03}",
                question=missed.question,
                answerable=False,
                type="unanswerable",
                tags=("generated", "near_miss"),
            )
            swapped = {key: value for key, value in asdict(missed).items() if key != "question"}
            yield as_row(case) | {"provenance": self._provenance() | {"of": of} | swapped}

    def _provenance(self) -> dict[str, Any]:
        return {
            "model": self._model.name,
            "seed": self._wanted.seed,
            "generation": self._generation,
        }


def _name(path: str) -> str:
    return CaseSet("", Path(), ()).name_of(path)
