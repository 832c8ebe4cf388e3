"""Reranker and language model of a app, with what they said before in the folder of the evals."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from assistant.container import App
from assistant.models.catalogue import catalogue
from eval.data.cases import file_hash
from eval.data.llm_cache import CachedLanguageModel
from eval.data.rerank_cache import CachedReranker
from eval.runner.plan import canonical, model_of, that_matter
from index.core.articles import fingerprint

_READS = ("index/retrieval/reranker.py", "index/embedding/embedders.py")  # what a score depends on
_WRITES = (
    "assistant/llm/llamacpp.py",
    "assistant/llm/chat_template.py",
    "assistant/llm/openai_server.py",
)


def scores_of(app: App, work: Path, *, read: bool) -> CachedReranker:
    """The app's reranker; whoever asks for it closes it. `read` False: reads all anew."""
    reranker = app.reranker
    made_by = catalogue().get(reranker.name)
    identity = fingerprint(reranker.name, made_by.sha256 if made_by else "", *_hashes(_READS))
    return CachedReranker(reranker, identity, work / "scores.sqlite", read=read)


def drafts_of(app: App, work: Path, *, read: bool) -> CachedLanguageModel:
    """The app's model, loaded; whoever asks for it closes it. `read` False: writes all anew."""
    engine = canonical(that_matter(app.settings)["engine"])
    identity = fingerprint(model_of(app), engine, _engine_version(), *_hashes(_WRITES))
    return CachedLanguageModel(app.model(), identity, work / "drafts.sqlite", read=read)


def _hashes(files: Sequence[str]) -> list[str]:
    root = Path(__file__).parents[2]
    return [file_hash(root / name) for name in files]


def _engine_version() -> str:
    try:
        return version("xllamacpp")
    except PackageNotFoundError:  # only a server is used
        return ""
