"""Generates questions from the user's own articles: the model words them, code filters them.

A question is accepted if its answer is in one sentence of its passage alone, if it can be
understood without the article, if the search finds the passage and if the model, shown the
passage, gives the same answer. Near misses, which no article answers, are added. The file is a
set's `questions.jsonl` with the provenance of each line, made to be read and edited.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
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
from index.core.errors import NothingIndexedError, UsageError, UserError

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
            raise NothingIndexedError
        work = app.settings.cache / "eval"
        reranker, search = cached_search(app, work, stack, read=request.cached)
        model = cached_model(app, work, stack, read=request.cached)
        questions = QuestionFilter(search, reranker, model)
        texts = [f"{a.title}\n{a.text}\n{a.source}" for _, a in library.articles()]
        passages = list(library.passages(library.passage_ids()).values())
        proposals = candidates(passages, EntityTypes(texts), request.seed)
        accepted: list[Accepted] = []
        reasons: Counter[str] = Counter()
        for candidate in islice(proposals, MOST_PROPOSALS * request.count):
            found = questions.check(replace(candidate, question=word_question(candidate, model)))
            if isinstance(found, Accepted):
                accepted.append(found)
            else:
                reasons[found] += 1
            bars.step("asking", len(accepted), request.count)
            if len(accepted) >= request.count:
                break
        generation = app.search.generation
        provenance = {"model": model.name, "seed": request.seed, "generation": generation}
    rows = [_row(number, one, provenance) for number, one in enumerate(accepted, 1)]
    rows += list(_near_misses(request, rows, texts, provenance))
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    try:
        request.out.write_text("".join(lines), "utf-8")
    except OSError as problem:
        raise UserError(f"{request.out} cannot be written: {problem.strerror}.") from None
    tried = len(accepted) + reasons.total()
    share = f", {100 * len(accepted) / tried:.0f} %" if tried else ""
    console.say(f"{tried} proposed, {len(accepted)} accepted{share}")
    for reason, count in reasons.most_common():
        console.say(f"{count:6} {reason}")
    console.say(f"{len(lines)} questions: {request.out}")
    return 0


def _row(number: int, accepted: Accepted, provenance: dict[str, Any]) -> dict[str, Any]:
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
    return as_row(case) | {"provenance": provenance | found}


def _near_misses(
    request: Request,
    rows: Sequence[dict[str, Any]],
    texts: Sequence[str],
    provenance: dict[str, Any],
) -> Iterator[dict[str, Any]]:
    swapper = EntitySwapper(texts, request.seed)
    most = request.count // 4 if request.near_misses is None else request.near_misses
    swaps = ((row["id"], swapper.swap(row["question"], row["answers"][0])) for row in rows)
    made = ((of, swapped) for of, swapped in swaps if swapped)
    for number, (of, swapped) in enumerate(islice(made, most), 1):
        case = Case(
            id=f"u{number:03}",
            question=swapped.question,
            answerable=False,
            type="unanswerable",
            tags=("generated", "near_miss"),
        )
        change = {"of": of, "kind": swapped.kind, "was": swapped.was, "now": swapped.now}
        yield as_row(case) | {"provenance": provenance | change}
