"""Generates questions from the user's own articles: the model words them, code filters them.

A question is accepted if its answer is in one sentence of its passage alone, if it can be
understood without the article, if the search finds the passage and if the model, shown the
passage, gives the same answer. Near misses, which no article answers, are added. The file is a
set's `questions.jsonl` with the provenance of each line, made to be read and edited.
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
from assistant.core import console
from assistant.core.settings import Settings
from eval.data.cases import Case, Gold, article_name, as_row
from eval.questions.entity_types import EntityTypes
from eval.questions.proposals import candidates, word_question
from eval.questions.question_filter import Accepted, QuestionFilter
from eval.questions.unanswerable import EntitySwapper
from eval.runner.cached_models import cached_model, cached_search
from index.core.errors import UsageError, UserError
from index.storage.article_store import ArticleStore

_CASE_TYPES = {  # of an answer's type, as the sample set names them
    "person": "who",
    "place": "where",
    "day": "when",
    "year": "when",
    "number": "howmany",
    "money": "howmany",
}
MOST_PROPOSALS = 25  # for each question of the request


@dataclass(frozen=True, slots=True)
class Request:
    """How many questions and near misses (default: a quarter), the file, the seed of the choice."""

    count: int
    near_misses: int | None
    out: Path
    seed: int = 0
    cached: bool = True


def generate(request: Request, settings: Settings, app_of: Callable[[Settings], App] = App) -> int:
    """Make questions from the index of the settings and write them; returns the exit code.

    Raises:
        UsageError: if the file exists, or nothing is requested.
        UserError: if nothing is indexed, or the models cannot be used.
    """
    if request.count < 1 or (request.near_misses or 0) < 0:
        raise UsageError("--n wants 1 or more, --near-misses 0 or more.")
    if request.out.exists():
        raise UsageError(f"{request.out} exists, and may have been edited. Give another --out.")
    with ExitStack() as stack, console.Bars() as bars:
        app = app_of(settings)
        stack.callback(app.close)
        library = app.search.library
        if library is None:
            raise UserError("Nothing is indexed yet. Run 'assistant ingest FOLDER'.")
        generator = _Generator(request, app, library, stack)
        generator.run(bars.step)
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in generator.rows()]
    try:
        request.out.write_text("".join(lines), "utf-8")
    except OSError as problem:
        raise UserError(f"{request.out} cannot be written: {problem.strerror}.") from None
    accepted, reasons = len(generator.accepted), generator.reasons
    tried = accepted + reasons.total()
    share = f", {100 * accepted / tried:.0f} %" if tried else ""
    console.say(f"{tried} proposed, {accepted} accepted{share}")
    for reason, count in reasons.most_common():
        console.say(f"{count:6} {reason}")
    console.say(f"{len(lines)} questions: {request.out}")
    return 0


class _Generator:
    """Filters proposals until enough are accepted; makes near misses of those."""

    def __init__(self, request: Request, app: App, library: ArticleStore, stack: ExitStack) -> None:
        self._request = request
        self._passages = list(library.passages(library.passage_ids()).values())
        self._texts = [f"{a.title}\n{a.text}\n{a.source}" for _, a in library.articles()]
        work = app.settings.cache / "eval"
        reranker, search = cached_search(app, work, stack, read=request.cached)
        self._model = cached_model(app, work, stack, read=request.cached)
        self._filter = QuestionFilter(search, reranker, self._model)
        self._provenance = {
            "model": self._model.name,
            "seed": request.seed,
            "generation": app.search.generation,
        }
        self.accepted: list[Accepted] = []
        self.reasons: Counter[str] = Counter()

    def run(self, progress: Callable[[str, int, int], None]) -> None:
        """Propose and check until enough are accepted, or no more can be."""
        count, types = self._request.count, EntityTypes(self._texts)
        proposals = candidates(self._passages, types, self._request.seed)
        for candidate in islice(proposals, MOST_PROPOSALS * count):
            if len(self.accepted) >= count:
                break
            proposal = replace(candidate, question=word_question(candidate, self._model))
            found = self._filter.check(proposal)
            if isinstance(found, Accepted):
                self.accepted.append(found)
            else:
                self.reasons[found] += 1
            progress("asking", len(self.accepted), count)

    def rows(self) -> list[dict[str, Any]]:
        """The lines of the file: the accepted questions, then the near misses."""
        rows = [self._row(number, one) for number, one in enumerate(self.accepted, 1)]
        return [*rows, *self._near_misses(rows)]

    def _row(self, number: int, accepted: Accepted) -> dict[str, Any]:
        proposal = accepted.proposal
        passage, sentence = proposal.passage, proposal.sentence
        case = Case(
            id=f"g{number:03}",
            question=proposal.question,
            answerable=True,
            answers=(proposal.answer,),
            evidence=(Gold(article_name(passage.article.path), sentence),),
            type=_CASE_TYPES[proposal.type],
            tags=("generated",),
        )
        found = {"passage": passage.id, "sentence": sentence, "rank": accepted.rank}
        return as_row(case) | {"provenance": self._provenance | found}

    def _near_misses(self, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        swapper = EntitySwapper(self._texts, self._request.seed)
        most = self._request.near_misses
        most = self._request.count // 4 if most is None else most
        number = 0
        for row in rows:
            if number >= most:
                break
            swapped = swapper.swap(row["question"], row["answers"][0])
            if swapped is None:
                continue
            number += 1
            case = Case(
                id=f"u{number:03}",
                question=swapped.question,
                answerable=False,
                type="unanswerable",
                tags=("generated", "near_miss"),
            )
            change = {key: value for key, value in asdict(swapped).items() if key != "question"}
            yield as_row(case) | {"provenance": self._provenance | {"of": row["id"]} | change}
