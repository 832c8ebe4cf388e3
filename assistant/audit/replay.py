"""Ask again what a receipt tells of, and say whether the answer is the same and what differs.

The generation of the index is used that the answer was made from. Where it is gone, the sentences
are looked for by their hashes in the one of today; where some are not there either, the question
is put as if it were new.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from assistant.audit.receipt import Receipt, Sentence, text_hash
from assistant.audit.receipt_builder import index_hash, receipt
from assistant.backends.serialization import turn_of
from assistant.core.answer import Answer
from assistant.core.query import Query
from assistant.core.settings import Settings, keys, with_values
from assistant.models.catalogue import catalogue
from index.core.articles import Passage
from index.core.errors import UsageError, UserError
from index.core.filters import NO_FILTERS, Filters
from index.retrieval.hybrid_search import Searcher
from index.retrieval.ranking import ScoredPassage
from index.storage.generations import Store
from index.storage.manifest import Generation
from index.text.query_dates import Period, periods

if TYPE_CHECKING:
    from assistant.container import App
    from index.storage.article_store import ArticleStore

Way = Literal["generation", "hashes", "anew"]
# What a receipt may set. Never an address, a file or a key: it may be somebody else's.
_HARMLESS = ("engine.template", "engine.context_tokens", "engine.threads", "engine.gpu_layers")
_COMPARED = ("evidence", "prompt", "model", "answer")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was; `then` and `now` are short and for people."""

    what: str
    then: str
    now: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of a replay.

    `way` tells where the evidence was looked for, `generation` is the one it was found in.
    `differences` are those of evidence, prompt, model and answer; `circumstances` others that may
    explain them.
    """

    then: Receipt
    now: Receipt
    way: Way
    generation: str
    differences: tuple[Difference, ...]
    circumstances: tuple[Difference, ...]

    @property
    def matched(self) -> bool:
        """True if evidence, prompt, model and answer are the same."""
        return not self.differences


def replay(then: Receipt, app: App) -> Replayed:
    """Answer the question of a receipt again, with its settings, and compare.

    The settings that a person gives as flags come before those of the receipt.

    Raises:
        UserError: if the index or the model cannot be used.
    """
    again = type(app)(_settings(then, app.settings))
    try:
        way, answer = _answered(then, again)
        query = _query(then)
        told = receipt(answer, again, history=query.history, strict=query.strict)
    finally:
        again.close()
    now = Receipt.model_validate(told)
    return Replayed(
        then,
        now,
        way,
        answer.generation,
        tuple(_differences(then, now)),
        tuple(_circumstances(then, now)),
    )


def lines(found: Replayed) -> Iterator[str]:
    """What came of a replay, for a terminal; the last line is the verdict."""
    then, name = found.then, found.then.made.generation or "no index"
    yield {
        "generation": f"{name} is still here and was asked again.",
        "hashes": f"{name} is gone; {found.generation} has its sentences, by their hashes.",
        "anew": f"{name} is gone, or some of its sentences; {found.generation} was asked anew.",
    }[found.way]
    differing = [difference.what for difference in found.differences]
    if same := [what for what in _COMPARED if what not in differing]:
        yield f"same: {', '.join(same)}"
    for difference in found.differences:
        yield f"differs: {difference.what}"
        yield f"  then: {difference.then}"
        yield f"  now: {difference.now}"
    for difference in found.circumstances:
        yield f"also: {difference.what} {difference.then}, now {difference.now}"
    if then.answer.get("cut") in ("deadline", "cancelled"):
        yield "The answer was stopped before its end, and how far it came is not in the receipt."
    yield "Reproduced." if found.matched else "Not reproduced."


def _settings(then: Receipt, now: Settings) -> Settings:
    """The settings of the receipt, as far as it may set any, under the flags of the person."""
    kept = then.made.settings
    values = {
        **{f"answer.{name}": value for name, value in kept.get("answer", {}).items()},
        **{key: kept.get("engine", {}).get(key.partition(".")[2]) for key in _HARMLESS},
    }
    model = kept.get("engine", {}).get("model")
    if model in catalogue() and not now.engine.url:
        values["engine.model"] = model
    given = {
        key: value
        for key, value in values.items()
        if value is not None and key in keys() and now.origins.get(key) != "flag"
    }
    try:
        return with_values(now, given, now.origins)
    except UsageError as problem:
        raise UserError(
            f"The receipt is of other settings than this version has: {problem}"
        ) from None


# ── where the evidence is ─────────────────────────────────────────────────────────────────────


class _Pinned(Store):
    """A store that shows one of its generations as the published one."""

    def __init__(self, store: Store, generation: Generation) -> None:
        super().__init__(store.root)
        self._pinned = generation

    def current_name(self) -> str | None:
        return self._pinned.name


class _Recorded:
    """A search that finds the passages of a receipt, and nothing else."""

    def __init__(self, found: Sequence[ScoredPassage], search: Searcher) -> None:
        self._found = list(found)
        self._search = search
        self.generation = search.generation

    def search(
        self, question: str, k: int, *, filters: Filters = NO_FILTERS, also: Sequence[str] = ()
    ) -> list[ScoredPassage]:
        return self._found

    def passages_of(self, articles: Sequence[str], filters: Filters) -> list[Passage]:
        return self._search.passages_of(articles, filters)

    def periods(self, question: str, filters: Filters) -> list[Period]:
        days = [hit.passage.article.published for hit in self._found]
        return periods(question, filters.as_of or max((day for day in days if day), default=None))


def _answered(then: Receipt, app: App) -> tuple[Way, Answer]:
    query = _query(then)
    name = then.made.generation
    if name in app.store.names() and index_hash(app, name) == then.made.index:
        app.store = _Pinned(app.store, app.store.whole(name))
        return "generation", app.assistant.ask(query)
    library = app.search.library
    found = list(_by_hash(then.evidence, library)) if library and then.evidence else []
    if found and all(found):
        recorded = _Recorded([hit for hit in found if hit], app.search)
        assistant = app.assistant_with(recorded, app.reranker, app.model)
        return "hashes", assistant.ask(query)
    return "anew", app.assistant.ask(query)


def _by_hash(evidence: Sequence[Sentence], library: ArticleStore) -> Iterator[ScoredPassage | None]:
    """For each passage of the evidence itself, or None if a sentence of it is gone or changed."""
    seen: set[str] = set()
    for item in evidence:
        passages = library.passages(library.passage_ids(item.article)).values()
        passage = next((p for p in passages if p.start <= item.start and item.end <= p.end), None)
        if passage is None or text_hash(passage.article.text[item.start : item.end]) != item.sha256:
            yield None
        elif passage.id not in seen:
            seen.add(passage.id)
            carried = tuple(library.carried_by(item.article))
            yield ScoredPassage(passage, None, None, None, None, 0.0, item.relevance, carried)


def _query(then: Receipt) -> Query:
    asked = then.asked
    history = tuple(turn_of(before.model_dump()) for before in asked.history)
    try:
        filters = Filters.from_json(asked.model_dump())
    except ValueError:
        raise UserError("A date in the receipt's filters is not valid.") from None
    return Query(asked.question, history, filters, asked.strict)


# ── what differs ──────────────────────────────────────────────────────────────────────────────


def _differences(then: Receipt, now: Receipt) -> Iterator[Difference]:
    if _places(then) != _places(now):
        same = len(set(_places(then)) & set(_places(now)))
        yield Difference(
            "evidence",
            f"{len(then.evidence)} sentences",
            f"{len(now.evidence)} sentences, {same} of them the same",
        )
    if then.prompt != now.prompt:
        yield Difference("prompt", _size(then), _size(now))
    if then.model != now.model:
        yield Difference("model", _named(then), _named(now))
    if _said(then) != _said(now):
        yield Difference("answer", _told(then), _told(now))


def _circumstances(then: Receipt, now: Receipt) -> Iterator[Difference]:
    for what, one, other in (
        ("index generation", then.made.generation, now.made.generation),
        ("templates of the prompt", then.made.prompts, now.made.prompts),
        ("version", then.made.version, now.made.version),
        ("code", then.made.code, now.made.code),
        ("confidence", str(then.answer.get("confidence")), str(now.answer.get("confidence"))),
    ):
        if one != other:
            yield Difference(what, one or "none", other or "none")
    for section, values in now.made.settings.items():
        before = then.made.settings.get(section, {})
        for name, value in values.items():
            if before.get(name) != value:
                yield Difference(f"{section}.{name}", str(before.get(name)), str(value) or "none")


def _places(of: Receipt) -> list[tuple[str, int, int, str]]:
    return [(item.article, item.start, item.end, item.sha256) for item in of.evidence]


def _said(of: Receipt) -> dict[str, Any]:
    """The answer without its confidence, which depends on all that was searched as well."""
    return {key: value for key, value in of.answer.items() if key != "confidence"}


def _size(of: Receipt) -> str:
    letters = sum(len(message.content) for message in of.prompt)
    return f"{letters:,} characters, {text_hash(str(of.prompt))[:12]}"


def _named(of: Receipt) -> str:
    return f"{of.model.name or 'none'} {of.model.sha256[:12]}".strip()


def _told(of: Receipt) -> str:
    reason = of.answer.get("reason")
    refusal = reason.get("reason", "") if isinstance(reason, dict) else ""
    return str(of.answer.get("answer") or refusal)
