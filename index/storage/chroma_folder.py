"""The passages' vectors, and Chroma's embedded engine as their store.

Vectors are always given explicitly and only ids are kept beside them: text, title and date stand
in the generation's library, once. Chroma's embedded client is not process-safe, so a folder is
either being written by one ingest or is never written again (see `index.storage.manifest`).
`index.storage.chroma_server` keeps the same promises with a Chroma server.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from index.core.errors import DamagedError
from index.embedding.embedders import Vectors
from index.storage.chroma_snapshot import snapshot
from index.storage.flat_index import DIGITS, FlatIndex
from index.storage.flat_index import MOST as PLAIN

if TYPE_CHECKING:
    from index.storage.article_store import ArticleStore
    from index.storage.generations import Store
    from index.storage.manifest import Generation

# `ef_search`: candidates looked at for a query. The graph differs from build to build: with 200 it
# missed 2 of the 1,500 best of 50 questions among 2,818 real passages, others each time, with 1,000
# none. `sync_threshold`: Chroma's least. What it has not yet synchronised is put into the
# graph anew at each opening, in another order; and then a reader writes to the files it shares.
CONFIGURATION: Any = {"hnsw": {"space": "cosine", "ef_search": 1000, "sync_threshold": 2}}
SMALL = 20_000  # vectors that are written anew in seconds, so after every removal
DEAD = 0.1  # share of removed vectors that a larger folder may hold
GATHERED = 1024  # vectors written at once: 64 at a time cost three times as much, measured
# Vectors up to which all are compared: in a small graph of passages much alike Chroma missed the
# very best one in one of 16 builds.
EXACT = 1_000
SPARE = 2  # times what is wanted is asked for, so that the last of several equal ones is settled
_COLLECTION = "passages"
_FULL = 2_000_000  # bytes left on a disk where a write of Chroma's fails for want of room


class VectorReader(Protocol):
    """Unit vectors by passage id: those of one published generation."""

    def count(self) -> int:
        """Number of vectors."""

    def ids(self) -> set[str]:
        """The ids of all vectors; a pool that several generations share may hold more."""

    def agrees(self, passages: set[str]) -> bool:
        """True if a generation with these passages may be published with these vectors."""

    def nearest(self, vector: Vectors, k: int) -> list[tuple[str, float]]:
        """The `k` nearest passages as (id, cosine similarity -1..1), best first."""

    def stored(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """The vectors of these passages; an id that is not there is left out."""

    def close(self) -> None:
        """Write everything and let go."""


class VectorStore(VectorReader, Protocol):
    """The vectors of a draft.

    What is upserted may be written later, at the latest by the next other call.
    """

    def held(self, ids: Sequence[str]) -> set[str]:
        """Those of `ids` whose vectors are known to be there already and need not be given."""

    def upsert(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Store vectors under their passage ids, replacing what was there."""

    def delete(self, ids: Sequence[str]) -> None:
        """Vectors that the draft no longer needs."""

    def compact(self) -> None:
        """Make good what removals have cost; to be called when a draft is complete."""


class VectorBackend(Protocol):
    """Where an index keeps its vectors."""

    @property
    def kind(self) -> str:
        """Noted in the manifest; vectors of another kind are made anew, from the cache."""

    def draft(self, folder: Path) -> VectorStore:
        """The store of a generation that is being built in `folder`."""

    def reading(
        self, store: Store, generation: Generation, library: ArticleStore, *, written: bool = False
    ) -> AbstractContextManager[VectorReader]:
        """The vectors of a published generation; `written`: those that the next one starts from."""

    def settle(self, store: Store) -> None:
        """Remove what no generation names. Only while `store.writing`."""


class ChromaFolderBackend:
    """The home of vectors by default: a Chroma folder in each generation."""

    @property
    def kind(self) -> str:
        """The chromadb release: an index of another release is built anew."""
        return ChromaVectors.version()

    def draft(self, folder: Path) -> VectorStore:
        """The Chroma folder of a draft, a copy of its base's."""
        return ChromaVectors(folder / "chroma")

    @contextmanager
    def reading(
        self, store: Store, generation: Generation, library: ArticleStore, *, written: bool = False
    ) -> Iterator[VectorReader]:
        """The plain vectors, or a private copy of Chroma's, which it writes to even on queries."""
        if FlatIndex.there(generation.vectors) and not written:
            yield FlatIndex(generation.vectors)
            return
        with (
            snapshot(store.root, generation) as copy,
            closing(ChromaVectors(Path(copy))) as vectors,
        ):
            yield vectors

    def settle(self, store: Store) -> None:
        """Nothing to do: a generation's vectors go with its folder."""


def import_chroma() -> None:
    """Import chromadb, which takes 1.2 s of processor time."""
    os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")  # read once, by the import
    import chromadb  # noqa: F401


class ChromaVectors:
    """One Chroma folder with one collection of unit vectors, compared by cosine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._noted = folder / "dead"
        self._gathered = Gathered()
        self._all: dict[str, Vectors] | None = None  # of a small folder, as far as it was read
        self._open()

    def _open(self) -> None:
        import_chroma()
        import chromadb
        from chromadb.config import Settings

        with _damage_named(self._folder):
            self._client: Any = chromadb.PersistentClient(
                str(self._folder), settings=Settings(anonymized_telemetry=False, allow_reset=False)
            )
            self._collection = self._client.get_or_create_collection(
                _COLLECTION, embedding_function=None, configuration=CONFIGURATION
            )
            self._dead = int(self._noted.read_text("ascii")) if self._noted.exists() else 0

    @staticmethod
    def version() -> str:
        """The chromadb release: an index of another release is built anew."""
        from importlib.metadata import version

        return version("chromadb")

    def count(self) -> int:
        """Number of vectors."""
        self._write()
        return int(self._collection.count())

    def ids(self) -> set[str]:
        """The ids of all vectors."""
        self._write()
        return set(self._collection.get(include=[])["ids"])

    def held(self, ids: Sequence[str]) -> set[str]:
        """None: a draft is given the vectors of all passages that are new in it."""
        return set()

    def upsert(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Store vectors under their passage ids, replacing what was there."""
        self._gathered.add(ids, vectors)
        self._all = None
        if len(self._gathered) >= GATHERED:
            self._write()

    def delete(self, ids: Sequence[str]) -> None:
        """Remove vectors by passage id."""
        self._write()
        self._all = None
        step = self._client.get_max_batch_size()
        with _damage_named(self._folder):
            for start in range(0, len(ids), step):
                self._collection.delete(ids=list(ids[start : start + step]))
        self._dead += len(ids)

    def compact(self) -> None:
        """Build the folder anew if that is due, and write its vectors plainly if they are few."""
        FlatIndex.remove(self._folder)
        self._build_anew()
        if 0 < self.count() <= PLAIN:
            with _damage_named(self._folder):
                plain = by_id(self._collection.get(include=["embeddings"]))
            FlatIndex.write(self._folder, dict(sorted(plain.items())))

    def _build_anew(self) -> None:
        """Write another folder if removed vectors, which stay in Chroma's graph, are too many.

        Others become unreachable through them: without this, 9 of 66 small indexes that had
        changed often did not find a passage by its own vector, some of them ever again, measured.
        """
        count = self.count()
        if not self._dead:
            return
        if count > SMALL and self._dead <= DEAD * count:
            self._noted.write_text(str(self._dead), "ascii")
            return
        fresh = self._folder.with_name(f"{self._folder.name}-anew")
        with closing(ChromaVectors(fresh)) as anew:
            ids = sorted(self.ids())
            for start in range(0, len(ids), GATHERED):
                part = self.stored(ids[start : start + GATHERED])
                anew.upsert(list(part), np.stack(list(part.values())))
        self.close()
        shutil.rmtree(self._folder)
        fresh.rename(self._folder)
        self._open()

    def agrees(self, passages: set[str]) -> bool:
        """True if the folder holds the vectors of these passages and no other."""
        return self.ids() == passages

    def nearest(self, vector: Vectors, k: int) -> list[tuple[str, float]]:
        """The `k` nearest passages as (id, cosine similarity -1..1), best first."""
        count = self.count()
        if not count:
            return []
        if count <= EXACT:
            return self._compared(vector)[:k]
        with _damage_named(self._folder):
            found = self._collection.query(
                query_embeddings=np.asarray(vector),
                n_results=min(SPARE * k, count),
                include=["distances"],
            )
        return similarities(found)[:k]

    def _compared(self, vector: Vectors) -> list[tuple[str, float]]:
        """Every passage with its similarity, best first."""
        with _damage_named(self._folder):
            if self._all is None:
                self._all = by_id(self._collection.get(include=["embeddings"]))
            return compared(self._all, vector)

    def stored(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """The vectors of these passages; an id that is not there is left out."""
        self._write()
        with _damage_named(self._folder):
            return by_id(self._collection.get(ids=list(ids), include=["embeddings"]))

    def close(self) -> None:
        """Write everything and let go of the folder."""
        if self._client is None:
            return
        try:
            self._write()
        finally:
            self._client.close()
            self._client = None

    def _write(self) -> None:
        step = self._client.get_max_batch_size()
        with _damage_named(self._folder):
            for ids, vectors in self._gathered.taken(step):
                self._collection.upsert(ids=ids, embeddings=vectors)


class Gathered:
    """Vectors that wait to be written together; the last one given under an id counts."""

    def __init__(self) -> None:
        self._waiting: dict[str, Vectors] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Keep the vectors for later."""
        self._waiting.update(zip(ids, np.asarray(vectors, np.float32), strict=True))

    def taken(self, step: int) -> Iterator[tuple[list[str], Vectors]]:
        """Hand out everything, at most `step` at a time."""
        waiting, self._waiting = self._waiting, {}
        ids = list(waiting)
        for start in range(0, len(ids), step):
            part = ids[start : start + step]
            yield part, np.stack([waiting[one] for one in part])


def similarities(found: Any) -> list[tuple[str, float]]:
    """The first query's result as (id, cosine similarity), best first, equal ones by id.

    Chroma's distance is 1 - similarity, and the order of equal ones is how they came in.
    """
    pairs = zip(found["ids"][0], found["distances"][0], strict=True)
    return sorted(((i, 1.0 - d) for i, d in pairs), key=lambda hit: (-hit[1], hit[0]))


def compared(vectors: dict[str, Vectors], vector: Vectors) -> list[tuple[str, float]]:
    """Each of `vectors` with its cosine similarity to `vector`, best first, equal ones by id.

    Rounded, since the last digits of a product depend on the row a vector stands in.
    """
    rows = np.stack(list(vectors.values())).astype(np.float64)
    likeness = (rows @ np.asarray(vector, np.float64).reshape(-1)).round(DIGITS)
    pairs = zip(vectors, map(float, likeness), strict=True)
    return sorted(pairs, key=lambda hit: (-hit[1], hit[0]))


def by_id(found: Any) -> dict[str, Vectors]:
    """The vectors of a `get` by their id."""
    return dict(zip(found["ids"], np.asarray(found["embeddings"], np.float32), strict=True))


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
            "Run 'assistant index rebuild'; it needs no re-embedding."
        ) from None
