"""The receipt of an answer, made while everything it was made of is at hand."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import prompts
from assistant.audit.receipt import FORMAT, require_free, save, seal_of, text_hash
from assistant.backends.local import LocalBackend
from assistant.backends.serialization import to_json
from assistant.core.answer import Answer, Evidence, Turn
from assistant.core.code_version import code_version
from assistant.core.file_hashes import hash_file
from assistant.core.query import Query
from assistant.core.settings import public_values
from assistant.models.catalogue import catalogue

if TYPE_CHECKING:
    from assistant.container import App

_SETTINGS = ("engine", "embedder", "reranker", "answer")  # sections that can change an answer
_ANSWER = ("answer", "refused", "reason", "claims", "citations", "caveats", "confidence", "cut")


class Receipting(LocalBackend):
    """`LocalBackend`, and each final answer has its receipt written before it is given."""

    def __init__(self, app: App, path: Path) -> None:
        require_free(path)
        super().__init__(app, warm=False)  # another machine has not read the same beforehand
        self._path = path

    def answers(self, query: Query, cancel: threading.Event) -> Iterator[Answer]:
        """Ever more complete answers; the last is final."""
        for answer in super().answers(query, cancel):
            if answer.final:
                save(
                    self._path,
                    receipt(answer, self._app, history=query.history, strict=query.strict),
                )
            yield answer


def receipt(
    answer: Answer, app: App, *, history: Sequence[Turn] = (), strict: float | None = None
) -> dict[str, Any]:
    """The receipt of a final answer as plain values, which `save` writes down.

    `app` is what made it; `history` and `strict` are what was given with the question.

    Raises:
        ValueError: if the answer is not final.
    """
    if not answer.final:
        raise ValueError("only a final answer has a receipt")
    settings = app.settings
    whole = {
        "receipt": FORMAT,
        "asked": {
            "question": answer.question,
            "searched": answer.standalone_question,
            "history": to_json(list(history)),
            **answer.filters.to_json(),
            "strict": float(settings.answer.strict if strict is None else strict),
        },
        "evidence": [_sentence(item) for item in answer.evidence],
        "prompt": [{"role": m.role, "content": m.content} for m in answer.messages],
        "model": {"name": answer.model, "sha256": _model_hash(app, answer), "seed": _seed()},
        "made": {
            "generation": answer.generation,
            "index": index_hash(app, answer.generation),
            "prompts": prompts.digest(),
            "version": _version(),
            "code": code_version(),
            "settings": _settings_that_matter(app),
        },
        "answer": {key: value for key, value in to_json(answer).items() if key in _ANSWER},
    }
    return whole | {"sha256": seal_of(whole)}


def _sentence(item: Evidence) -> dict[str, Any]:
    """A sentence of the evidence as a receipt holds it."""
    return {
        "article": item.article.id,
        "title": item.article.title,
        "digest": item.article.digest,
        "start": item.start,
        "end": item.end,
        "passage_start": item.passage.start,
        "passage_end": item.passage.end,
        "relevance": float(item.passage.score),
        "text": item.text,
        "sha256": text_hash(item.text),
    }


def index_hash(app: App, generation: str) -> str:
    """SHA-256 of the checksums of a generation; "" if it is not here."""
    sums = app.store.root / generation / "sums.json"
    return hash_file(sums) if generation and sums.is_file() else ""


def _settings_that_matter(app: App) -> dict[str, dict[str, Any]]:
    """The settings that can change an answer, without secrets."""
    values = public_values(app.settings, _SETTINGS)
    del values["engine"]["cache_mb"]
    return values


def _model_hash(app: App, answer: Answer) -> str:
    engine = app.settings.engine
    if engine.url or not answer.model:
        return ""
    known = catalogue().get(engine.model)
    if known:
        return known.sha256
    return hash_file(app.models.resolve(engine.model, engine.sha256 or None, engine.trust))


def _seed() -> int:
    from assistant.llm.llamacpp import SEED

    return SEED


def _version() -> str:
    try:
        return version("assistant")
    except PackageNotFoundError:  # run from its folder
        return ""
