"""A Chroma collection of unit vectors, embedded or on a server."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from index.embedding.embedders import Vectors
from index.storage.flat_index import FlatIndex

# `ef_search`: candidates of a query. The graph differs from build to build: with 200 it missed 2 of
# the 1,500 best of 50 questions among 2,818 real passages, others each time, with 1,000 none.
# `sync_threshold`: Chroma's least. What it has not yet synchronised is put into the graph anew at
# each opening, in another order; and then a reader writes to the files it shares.
CONFIGURATION: Any = {"hnsw": {"space": "cosine", "ef_search": 1000, "sync_threshold": 2}}
BATCH = 1024  # vectors written at once: 64 at a time cost three times as much
# Vectors up to which all are compared: in a small graph of passages much alike Chroma missed the
# very best one in one of 16 builds.
EXACT = 1_000
OVERFETCH = 2  # times k hits are queried, so that the last of several equal ones is settled


PAGE = 50_000  # ids requested at once

Known = Callable[[Sequence[str]], Collection[str]]  # of some ids, those that may be found


def import_chroma() -> None:
    """Import chromadb with its engine, which takes 1.2 s of processor time."""
    os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")  # read once, by the import
    import chromadb.api.rust  # noqa: F401  # the engine: its client imports it by name, late


class ChromaCollection(ABC):
    """Vectors by id, which never change, written in batches; `known`: of ids, those to be found."""

    _client: Any
    _collection: Any

    def __init__(self, known: Known = set) -> None:
        self._known = known
        self._pending: dict[str, Vectors] = {}
        self._flat: FlatIndex | None = None  # all vectors of a small collection

    @abstractmethod
    def _errors(self) -> AbstractContextManager[None]:
        """Turns Chroma's errors into ours."""

    def count(self) -> int:
        """Number of vectors."""
        self._flush()
        with self._errors():
            return int(self._collection.count())

    def ids(self) -> set[str]:
        """The ids of all vectors."""
        self._flush()
        found: set[str] = set()
        with self._errors():
            while True:
                page = self._collection.get(include=[], limit=PAGE, offset=len(found))["ids"]
                found.update(page)
                if len(page) < PAGE:
                    return found

    def upsert(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Store vectors under their passage ids, replacing those that are there."""
        self._pending.update(zip(ids, np.asarray(vectors, np.float32), strict=True))
        self._flat = None
        if len(self._pending) >= BATCH:
            self._flush()

    def remove(self, ids: Collection[str]) -> None:
        """Remove vectors by id."""
        self._flush()
        self._flat = None
        gone = sorted(ids)
        with self._errors():
            step = self._client.get_max_batch_size()
            for start in range(0, len(gone), step):
                self._collection.delete(ids=gone[start : start + step])

    def get(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """The vectors of these passages; unknown ids are left out."""
        self._flush()
        return self._vectors(ids=list(ids))

    def nearest(self, vector: Vectors, k: int) -> list[tuple[str, float]]:
        """The `k` nearest known passages as (id, cosine similarity -1..1), best first.

        Unknown ones may rank between them, so ever more are queried until there are enough.
        """
        total = self.count()
        number = total if total <= EXACT else min(OVERFETCH * k, total)
        while total:
            found = self._query(vector, number) if total > EXACT else self._exact(vector, total)
            known = set(self._known([passage_id for passage_id, _ in found]))
            hits = [hit for hit in found if hit[0] in known]
            if len(hits) >= k or number >= total:
                return hits[:k]
            number = min(4 * number, total)
        return []

    def close(self) -> None:
        """Write everything and close."""
        try:
            self._flush()
        finally:
            self._client.close()

    def _exact(self, vector: Vectors, total: int) -> list[tuple[str, float]]:
        """All vectors by similarity; they are kept in memory until the collection changes."""
        if self._flat is None or self._flat.count() != total:
            self._flat = FlatIndex.of(dict(sorted(self._vectors().items())))
        with self._errors():  # vectors of another length
            return self._flat.nearest(vector, total)

    def _vectors(self, **which: Any) -> dict[str, Vectors]:
        with self._errors():
            found = self._collection.get(include=["embeddings"], **which)
            return dict(zip(found["ids"], np.asarray(found["embeddings"], np.float32), strict=True))

    def _query(self, vector: Vectors, number: int) -> list[tuple[str, float]]:
        """The `number` nearest as (id, cosine similarity), best first, equal ones by id.

        Chroma's distance is 1 - similarity, and its order of equal ones is how they came in.
        """
        with self._errors():
            found = self._collection.query(
                query_embeddings=np.asarray(vector), n_results=number, include=["distances"]
            )
        hits = zip(found["ids"][0], found["distances"][0], strict=True)
        return sorted(((i, 1.0 - d) for i, d in hits), key=lambda hit: (-hit[1], hit[0]))

    def _flush(self) -> None:
        pending, self._pending = self._pending, {}
        ids = list(pending)
        with self._errors():
            for start in range(0, len(ids), BATCH):
                part = ids[start : start + BATCH]
                self._collection.upsert(ids=part, embeddings=np.stack([pending[i] for i in part]))
