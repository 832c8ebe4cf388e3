"""The passages' vectors in Chroma. The only file that imports chromadb.

Vectors are always given explicitly and only ids are kept beside them: text, title and date stand
in the generation's library, once. Chroma's embedded client is not process-safe, so a folder is
either being written by one ingest or is never written again (see `index.generation`).
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from index.embedding import Vectors
from index.errors import DamagedError

_COLLECTION = "passages"
_FULL = 2_000_000  # bytes left on a disk where a write of Chroma's fails for want of room


class ChromaVectors:
    """One Chroma folder with one collection of unit vectors, compared by cosine."""

    def __init__(self, folder: Path) -> None:
        # before the import: chromadb reads it once
        os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
        import chromadb
        from chromadb.config import Settings

        with _damage_named(folder):
            self._client: Any = chromadb.PersistentClient(
                str(folder), settings=Settings(anonymized_telemetry=False, allow_reset=False)
            )
            self._collection = self._client.get_or_create_collection(
                _COLLECTION,
                embedding_function=None,
                configuration={"hnsw": {"space": "cosine", "ef_search": 200}},
            )
        self._folder = folder

    @staticmethod
    def version() -> str:
        """The chromadb release: an index of another release is built anew."""
        from importlib.metadata import version

        return version("chromadb")

    def count(self) -> int:
        """Number of vectors."""
        return int(self._collection.count())

    def ids(self) -> set[str]:
        """The ids of all vectors."""
        return set(self._collection.get(include=[])["ids"])

    def upsert(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Store vectors under their passage ids, replacing what was there."""
        step = self._client.get_max_batch_size()
        with _damage_named(self._folder):
            for start in range(0, len(ids), step):
                part = slice(start, start + step)
                self._collection.upsert(ids=list(ids[part]), embeddings=np.asarray(vectors[part]))

    def delete(self, ids: Sequence[str]) -> None:
        """Remove vectors by passage id."""
        step = self._client.get_max_batch_size()
        with _damage_named(self._folder):
            for start in range(0, len(ids), step):
                self._collection.delete(ids=list(ids[start : start + step]))

    def nearest(self, vector: Vectors, k: int) -> list[tuple[str, float]]:
        """The `k` nearest passages as (id, cosine similarity -1..1), best first."""
        count = self.count()
        if not count:
            return []
        with _damage_named(self._folder):
            found: Any = self._collection.query(
                query_embeddings=np.asarray(vector), n_results=min(k, count), include=["distances"]
            )
        # Chroma's cosine distance is 1 - similarity
        return [(i, 1.0 - d) for i, d in zip(found["ids"][0], found["distances"][0], strict=True)]

    def close(self) -> None:
        """Write everything and let go of the folder."""
        self._client.close()


@contextmanager
def _damage_named(folder: Path) -> Iterator[None]:
    from chromadb.errors import ChromaError

    try:
        yield
    except (ChromaError, ValueError, KeyError) as problem:
        if shutil.disk_usage(folder).free < _FULL:  # Chroma's words seldom tell it
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder)) from None
        raise DamagedError(
            f"The vectors in {folder} cannot be read ({' '.join(str(problem).split())[:120]}). "
            "Run 'assistant ingest --rebuild'; it needs no re-embedding."
        ) from None
