"""Reranker and language model of a house, with what they said before in the folder of the evals."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import assistant
import index
from assistant.build import House
from assistant.models import catalogue
from eval.cases import file_hash
from eval.drafts import KnownDrafts
from eval.known import KnownScores
from eval.plan import canonical, model_of, that_matter
from index.articles import fingerprint

_READS = ("index/rerank.py", "index/embedding.py")  # what a score depends on
_WRITES = ("assistant/llamacpp.py", "assistant/chat_template.py", "assistant/openai_engine.py")


def scores_of(house: House, work: Path, *, read: bool) -> KnownScores:
    """The house's reranker; whoever asks for it closes it. `read` False: reads all anew."""
    reranker = house.reranker
    made_by = catalogue().get(reranker.name)
    identity = fingerprint(reranker.name, made_by.sha256 if made_by else "", *_hashes(_READS))
    return KnownScores(reranker, identity, work / "scores.sqlite", read=read)


def drafts_of(house: House, work: Path, *, read: bool) -> KnownDrafts:
    """The house's model, loaded; whoever asks for it closes it. `read` False: writes all anew."""
    engine = canonical(that_matter(house.settings)["engine"])
    identity = fingerprint(model_of(house), engine, _engine_version(), *_hashes(_WRITES))
    return KnownDrafts(house.model(), identity, work / "drafts.sqlite", read=read)


def _hashes(files: Sequence[str]) -> list[str]:
    roots = {package.__name__: Path(package.__path__[0]) for package in (assistant, index)}
    parts = (file.split("/") for file in files)
    return [file_hash(roots[package] / name) for package, name in parts]


def _engine_version() -> str:
    try:
        return version("xllamacpp")
    except PackageNotFoundError:  # only a server is used
        return ""
