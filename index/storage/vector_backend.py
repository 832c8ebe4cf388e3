"""Protocols of what stores vectors; `chroma_folder` and `chroma_server` implement them.

Only ids and vectors are stored: text, title and date are in the generation's articles.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from index.embedding.embedders import Vectors

if TYPE_CHECKING:
    from index.storage.article_store import ArticleStore
    from index.storage.generations import GenerationStore
    from index.storage.manifest import Generation


class VectorReader(Protocol):
    """Unit vectors by passage id: those of one published generation."""

    def matches(self, passages: set[str]) -> bool:
        """True if a generation with these passages may be published with these vectors."""

    def nearest(self, vector: Vectors, k: int) -> list[tuple[str, float]]:
        """The `k` nearest passages as (id, cosine similarity -1..1), best first."""

    def get(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """The vectors of these passages; unknown ids are left out."""

    def close(self) -> None:
        """Write everything and close."""


class VectorStore(VectorReader, Protocol):
    """The vectors of a draft. What is upserted is written before the next other call returns."""

    def existing(self, ids: Sequence[str]) -> set[str]:
        """Those of `ids` whose vectors need not be given."""

    def upsert(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Store vectors under their passage ids, replacing those that are there."""

    def delete(self, ids: Sequence[str]) -> None:
        """Remove vectors that the draft no longer needs."""

    def finish(self) -> None:
        """Compact the draft; to be called when it is complete."""


class VectorBackend(Protocol):
    """Where an index stores its vectors."""

    @property
    def kind(self) -> str:
        """Noted in the manifest; vectors of another kind are written anew, from the cache."""

    def writer(self, folder: Path) -> VectorStore:
        """The store of a generation that is being built in `folder`."""

    def reader(
        self, generation: Generation, library: ArticleStore, *, for_writing: bool = False
    ) -> AbstractContextManager[VectorReader]:
        """The vectors of a published generation.

        `for_writing`: the files from which the next generation starts, not those made for readers.
        """

    def remove_unused(self, store: GenerationStore) -> None:
        """Remove what no generation needs. Only while `store.writing`."""
