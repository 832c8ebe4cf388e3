"""Makes the receipt of an answer while everything it was made of is at hand."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import prompts
from assistant.audit.receipt import FORMAT, require_free, save, seal_of
from assistant.backends.local import LocalBackend
from assistant.backends.serialization import to_json
from assistant.core.answer import Answer
from assistant.core.code_version import code_version
from assistant.core.query import Query
from assistant.core.settings import public_values
from assistant.models.catalogue import catalogue
from index.core.disk import file_sha256

if TYPE_CHECKING:
    from assistant.container import App

_SETTINGS = ("engine", "embedder", "reranker", "answer")  # sections that can change an answer


class ReceiptBackend(LocalBackend):
    """`LocalBackend` that writes the receipt of each final answer before it gives the answer."""

    def __init__(self, app: App, path: Path) -> None:
        require_free(path)
        super().__init__(app, use_cache=False)  # another machine has other saved model states
        self._path = path

    def answers(self, query: Query, cancel: threading.Event) -> Iterator[Answer]:
        """Ever more complete answers; the last is final."""
        for answer in super().answers(query, cancel):
            if answer.final:
                save(self._path, receipt(answer, self._app, query))
            yield answer


def receipt(answer: Answer, app: App, query: Query) -> dict[str, Any]:
    """The receipt of the final answer that `app` gave to a query, as plain values for `save`."""
    from assistant.llm.llamacpp import SEED

    settings = public_values(app.settings, _SETTINGS)
    del settings["engine"]["cache_mb"]
    strict = float(app.settings.answer.strict if query.strict is None else query.strict)
    history = to_json(list(query.history))
    question = {"question": answer.question, "history": history, "strict": strict}
    passages = {item.passage.id: item.passage for item in answer.evidence}
    content = {
        "receipt": FORMAT,
        "asked": question | answer.filters.to_json(),
        "answer": {key: value for key, value in to_json(answer).items() if key != "timings"},
        "passages": [
            {
                "article": passage.article.id,
                "start": passage.start,
                "end": passage.end,
                "relevance": float(passage.score),
            }
            for passage in passages.values()
        ],
        "prompt": to_json(answer.messages),
        "hashes": {
            "model": _model_hash(app, answer),
            "index": index_hash(app, answer.generation),
            "prompts": prompts.digest(),
            "code": code_version(),
        },
        "seed": SEED,
        "version": _version(),
        "settings": settings,
    }
    return content | {"sha256": seal_of(content)}


def index_hash(app: App, generation: str) -> str:
    """SHA-256 of the checksums of a generation; "" if it is not here."""
    sums = app.store.root / generation / "sums.json"
    return file_sha256(sums) if generation and sums.is_file() else ""


def _model_hash(app: App, answer: Answer) -> str:
    engine = app.settings.engine
    if engine.url or not answer.model:
        return ""
    known = catalogue().get(engine.model)
    return known.sha256 if known else file_sha256(app.gguf)


def _version() -> str:
    try:
        return version("assistant")
    except PackageNotFoundError:  # run from its folder
        return ""
