"""Asks the question of a receipt again and says whether the answer is the same, and what differs.

Uses the index generation that the answer was made from. Where it is gone, the receipt's sentences
are looked up in the published one; where some are gone too, the question is asked anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from assistant.audit.receipt import Receipt
from assistant.audit.receipt_builder import index_hash, receipt
from assistant.core.answer import Answer
from assistant.core.query import Query
from assistant.core.settings import Settings, keys, with_values
from assistant.models.catalogue import catalogue
from index.core.articles import fingerprint
from index.core.errors import UsageError, UserError
from index.core.filters import Filters
from index.retrieval.hybrid_search import FoundPassages
from index.retrieval.ranking import ScoredPassage
from index.storage.generations import GenerationStore
from index.storage.manifest import Generation
from index.text.query_dates import periods
from index.text.relative_dates import Period

if TYPE_CHECKING:
    from assistant.container import App
    from index.storage.article_store import ArticleStore

EvidenceSource = Literal["generation", "hashes", "anew"]
# What a receipt may set: never an address, a file or a key, because anybody can write one.
_HARMLESS = ("engine.template", "engine.context_tokens", "engine.threads", "engine.gpu_layers")
# keys of the answer's JSON object; its confidence depends on all that was searched as well
_ANSWER_KEYS = {"answer", "refused", "reason", "claims", "caveats", "cut"}
_LATER_KEYS = {"url", "byline"}  # of a citation, which older receipts lack


@dataclass(frozen=True, slots=True)
class Replayed:
    """Two receipts of one question; `source` is where the second one's evidence was found."""

    recorded: Receipt
    repeated: Receipt
    source: EvidenceSource

    @property
    def matched(self) -> bool:
        """True if evidence, prompt, model and answer are the same."""
        recorded, now = _compared(self.recorded), _compared(self.repeated)
        return all(recorded[what][0] == now[what][0] for what in recorded)


def replay(recorded: Receipt, app: App) -> Replayed:
    """Answer the question of a receipt again, with its settings, and compare.

    Settings that are given as flags come before those of the receipt.

    Raises:
        UserError: if the index or the model cannot be used.
    """
    query = recorded.query
    again = type(app)(_settings(recorded, app.settings))
    try:
        source, answer = _answered(recorded, query, again)
        made = receipt(answer, again, query)
    finally:
        again.close()
    return Replayed(recorded, Receipt.model_validate(made), source)


def lines(found: Replayed) -> Iterator[str]:
    """What came of a replay, for a terminal; the last line is the verdict."""
    before = found.recorded.answer.generation or "no index"
    today = found.repeated.answer.generation
    yield {
        "generation": f"{before} is still here and was asked again.",
        "hashes": f"{before} is gone; {today} has its sentences, by their hashes.",
        "anew": f"{before} is gone, or some of its sentences; {today} was asked anew.",
    }[found.source]
    recorded, now = _compared(found.recorded), _compared(found.repeated)
    if same := [what for what in recorded if recorded[what][0] == now[what][0]]:
        yield f"same: {', '.join(same)}"
    for what in recorded:
        if what not in same:
            yield f"differs: {what}"
            yield from (f"  then: {recorded[what][1]}", f"  now: {now[what][1]}")
    circumstances = _circumstances(found.recorded)
    for what, value in _circumstances(found.repeated).items():
        if (old := circumstances.get(what)) != value:
            yield f"also: {what} {old or 'none'}, now {value or 'none'}"
    if (found.recorded.answer.model_extra or {}).get("cut") in ("deadline", "cancelled"):
        yield "The answer was stopped before its end, and how far it came is not in the receipt."
    yield "Reproduced." if found.matched else "Not reproduced."


def _compared(of: Receipt) -> dict[str, tuple[object, str]]:
    """What has to be the same: each with its value and with words for a person."""
    answer, name, sha256 = of.answer.model_extra or {}, of.answer.model, of.hashes.get("model", "")
    places = [(item.article, item.start, item.end, item.text) for item in of.answer.evidence]
    letters = sum(len(message.get("content", "")) for message in of.prompt)
    text = answer.get("answer") or answer.get("reason")
    cited = [
        {key: value for key, value in one.items() if key not in _LATER_KEYS}
        for one in answer.get("citations") or ()
    ]
    return {
        "evidence": (places, f"{len(places)} sentences, {fingerprint(str(places))[:12]}"),
        "prompt": (of.prompt, f"{letters:,} characters, {fingerprint(str(of.prompt))[:12]}"),
        "model": ((name, sha256, of.seed), f"{name or 'none'} {sha256[:12]}".strip()),
        "answer": (
            ({key: answer.get(key) for key in _ANSWER_KEYS}, cited),
            str(text.get("reason") if isinstance(text, dict) else text),
        ),
    }


def _circumstances(of: Receipt) -> dict[str, str]:
    """What else may explain a difference."""
    return {
        "index generation": of.answer.generation,
        "templates of the prompt": of.hashes.get("prompts", ""),
        "version": of.version,
        "code": of.hashes.get("code", ""),
        "confidence": str(of.answer.confidence),
        **{
            f"{section}.{name}": str(value)
            for section, values in of.settings.items()
            for name, value in values.items()
        },
    }


def _settings(recorded: Receipt, now: Settings) -> Settings:
    """The settings of the receipt, as far as it may set any, under the flags of the person."""
    engine = recorded.settings.get("engine", {})
    values = {f"answer.{name}": v for name, v in recorded.settings.get("answer", {}).items()}
    values |= {key: engine.get(key.partition(".")[2]) for key in _HARMLESS}
    if engine.get("model") in catalogue() and not now.engine.url:
        values["engine.model"] = engine["model"]
    given = {
        key: value
        for key, value in values.items()
        if value is not None and key in keys() and now.origins.get(key) != "flag"
    }
    try:
        return with_values(now, given, dict.fromkeys(given, "receipt"))
    except UsageError as problem:
        raise UserError(str(problem)) from None


class _PinnedStore(GenerationStore):
    """A store that shows one of its generations as the published one."""

    def __init__(self, store: GenerationStore, generation: Generation) -> None:
        super().__init__(store.root)
        self._pinned = generation

    def current_name(self) -> str | None:
        return self._pinned.name


class _RecordedSearch(FoundPassages):
    """The passages of a receipt; times are relative to their newest day, not to today's."""

    def periods(self, question: str, filters: Filters) -> list[Period]:
        days = [hit.passage.article.published for hit in self._found]
        return periods(question, filters.as_of or max((day for day in days if day), default=None))


def _answered(recorded: Receipt, query: Query, app: App) -> tuple[EvidenceSource, Answer]:
    name = recorded.answer.generation
    if name in app.store.names() and index_hash(app, name) == recorded.hashes.get("index"):
        app.store = _PinnedStore(app.store, app.store.verified(name))
        return "generation", app.assistant.ask(query)
    if app.search.library and (found := _passages(recorded, app.search.library)):
        search = _RecordedSearch(found, app.search)
        assistant = app.assistant_with(search, app.reranker, app.model)
        return "hashes", assistant.ask(query)
    return "anew", app.assistant.ask(query)


def _passages(recorded: Receipt, library: ArticleStore) -> list[ScoredPassage]:
    """The passages of the evidence, as they were scored; none if a sentence is gone or changed."""
    found: dict[str, ScoredPassage] = {}
    for item in recorded.answer.evidence:
        passages = library.passages(library.passage_ids(item.article)).values()
        passage = next((p for p in passages if p.start <= item.start and item.end <= p.end), None)
        if passage is None or passage.article.text[item.start : item.end] != item.text:
            return []
        scores = (
            scored.relevance
            for scored in recorded.passages
            if scored.article == item.article and scored.start <= item.start < scored.end
        )
        carried = tuple(library.carried_by(item.article))
        hit = ScoredPassage(passage, None, None, None, None, 0.0, next(scores, 0.0), carried)
        found.setdefault(passage.id, hit)
    return list(found.values())
