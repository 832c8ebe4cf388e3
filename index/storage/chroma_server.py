"""The passages' vectors in a Chroma server, for an index that outgrows one machine.

One collection serves an index and one embedder. It is a pool: it may hold more vectors than the
published generation names, and the generation's library stays the truth. An ingest adds what is
missing, publishes, and only then removes what no kept generation names; so an ingest that dies
leaves nothing but garbage, which searches pass over and the next ingest removes. Ids are made of
what was embedded (see `Passage.id`), so the vector of an id never changes.

The server is Chroma's own in Rust, `chroma run`, on loopback or behind a proxy that asks for a
key. Never the one in Python: it runs a stranger's code before it asks who is there
(CVE-2026-45829).
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np

from index.core.articles import fingerprint
from index.core.errors import DamagedError, UsageError, UserError
from index.embedding.embedders import Vectors
from index.storage.chroma_client import connected, explained, opened
from index.storage.chroma_folder import (
    CONFIGURATION,
    EXACT,
    GATHERED,
    SPARE,
    Gathered,
    VectorReader,
    by_id,
    compared,
    similarities,
)

if TYPE_CHECKING:
    from index.storage.article_store import ArticleStore
    from index.storage.generations import Store
    from index.storage.manifest import Generation

PAGE = 50_000  # ids asked for at once
_PREFIX = "passages-"
_KIND = "server:"


class ChromaServerBackend:
    """The home of vectors in a server's pool.

    Args:
        url: The server, such as "http://127.0.0.1:8000".
        folder: The index's own folder, where its id is kept.
        identity: The embedder's identity.
        dimension: Length of its vectors.
        api_key: Sent as a bearer token, for a proxy that asks for one.
    """

    def __init__(
        self, url: str, folder: Path, identity: str, dimension: int, api_key: str = ""
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(f"vectors.url is {url!r}, not an address like http://127.0.0.1:8000.")
        self.url = url.rstrip("/")
        self.api_key = api_key
        self._folder = folder
        # the graph is built as a pool's configuration says: another one needs another pool
        self._model = fingerprint(identity, str(dimension), repr(CONFIGURATION))[:12]
        self.dimension = dimension

    @property
    def collection(self) -> str:
        """Name of the pool: of this index, this embedder and this dimension."""
        return f"{self._ours}{self._model}"

    @property
    def kind(self) -> str:
        """An index whose vectors are elsewhere, or of another embedder, is built anew."""
        return f"{_KIND}{self.collection}"

    @property
    def _ours(self) -> str:
        return f"{_PREFIX}{_index_id(self._folder)}-"

    def draft(self, folder: Path) -> PooledVectors:
        """The pool, to be added to; until it is settled it may hold what no generation names."""
        self._folder.mkdir(parents=True, exist_ok=True)
        _give_id(self._folder)
        self._unsettled.touch()
        return self.pool(self.collection)

    @property
    def _unsettled(self) -> Path:
        return self._folder / "unsettled"

    def pool(self, collection: str) -> PooledVectors:
        """The pool of that name, for a machine that has not got the index's folder."""
        return PooledVectors(self.url, collection, self.dimension, self.api_key, create=True)

    @contextmanager
    def reading(
        self, store: Store, generation: Generation, library: ArticleStore, *, written: bool = False
    ) -> Iterator[VectorReader]:
        """The pool, of which only what `library` names is seen; it is also what is `written`.

        Raises:
            DamagedError: if the server holds fewer vectors than the generation has passages.
        """
        pool = PooledVectors(
            self.url, self.collection, self.dimension, self.api_key, known=_known_to(library)
        )
        with closing(pool):
            if pool.count() < generation.manifest.passages:
                raise DamagedError(
                    f"The Chroma server at {self.url} has lost vectors of this index. "
                    "Run 'assistant index rebuild'; it needs no re-embedding."
                )
            yield pool

    def settle(self, store: Store) -> None:
        """Remove the vectors, and the pools of this index, that no generation names.

        Nothing is asked of the server if that was done since the last draft.
        """
        if not self._unsettled.exists():
            return
        named: set[str] = set()
        pools = {self.collection}
        # the generation is published by now; what is not removed today is removed another day
        with suppress(UserError):
            for kind, ids in _named(store):
                pools.add(kind.removeprefix(_KIND))
                named |= ids if kind == self.kind else set()
            with closing(self.pool(self.collection)) as pool:
                if pool.count() > len(named):
                    pool.remove(pool.ids() - named)
                pool.drop_pools(self._ours, keep=pools)
            self._unsettled.unlink()


class PooledVectors:
    """One collection of a Chroma server.

    Args:
        url: The server.
        collection: The pool's name.
        dimension: Length of a vector.
        api_key: Sent as a bearer token.
        known: Of some ids, those that are to be found; None: all.
        create: Make the collection if it is not there.
    """

    def __init__(
        self,
        url: str,
        collection: str,
        dimension: int,
        api_key: str = "",
        *,
        known: Callable[[Sequence[str]], Collection[str]] | None = None,
        create: bool = False,
    ) -> None:
        self.collection = collection
        self._url = url
        self._dimension = dimension
        self._known = known
        self._gathered = Gathered()
        self._all: dict[str, Vectors] = {}  # of a small pool; an id's vector never changes
        with explained(url, dimension):
            self._client = connected(url, api_key)
            try:
                self._collection = opened(self._client, collection, create=create)
            except BaseException:
                self._client.close()
                raise

    def count(self) -> int:
        """Number of vectors in the pool."""
        self._write()
        with explained(self._url, self._dimension):
            return int(self._collection.count())

    def ids(self) -> set[str]:
        """The ids of all vectors in the pool."""
        self._write()
        found: set[str] = set()
        with explained(self._url, self._dimension):
            while True:
                page = self._collection.get(include=[], limit=PAGE, offset=len(found))["ids"]
                found.update(page)
                if len(page) < PAGE:
                    return found

    def held(self, ids: Sequence[str]) -> set[str]:
        """Those of `ids` that are in the pool: an ingest that died, or a cluster, left them."""
        self._write()
        found: set[str] = set()
        with explained(self._url, self._dimension):
            for start in range(0, len(ids), GATHERED):
                part = list(ids[start : start + GATHERED])
                found.update(self._collection.get(ids=part, include=[])["ids"])
        return found

    def upsert(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Add the vectors that are missing; an id's vector never changes."""
        self._gathered.add(ids, vectors)
        if len(self._gathered) >= GATHERED:
            self._write()

    def delete(self, ids: Sequence[str]) -> None:
        """Nothing yet: the published generation still needs them; `settle` removes them."""

    def compact(self) -> None:
        """Nothing: a server's pool is shared, and built anew by `assistant index rebuild` only."""

    def remove(self, ids: Collection[str]) -> None:
        """Take vectors out of the pool."""
        gone = sorted(ids)
        with explained(self._url, self._dimension):
            step = self._client.get_max_batch_size()
            for start in range(0, len(gone), step):
                self._collection.delete(ids=gone[start : start + step])

    def drop_pools(self, prefix: str, keep: Collection[str]) -> None:
        """Remove the collections whose names begin with `prefix`, but those to `keep`."""
        with explained(self._url, self._dimension):
            for collection in self._client.list_collections():
                if collection.name.startswith(prefix) and collection.name not in keep:
                    self._client.delete_collection(collection.name)

    def agrees(self, passages: set[str]) -> bool:
        """True if no passage's vector is missing.

        Raises:
            DamagedError: if one is, because the server has lost it.
        """
        missing = len(passages - self.ids())
        if missing:
            raise DamagedError(
                f"The Chroma server at {self._url} has lost {missing} vectors of this index. "
                "Run 'assistant index rebuild'; it needs no re-embedding."
            )
        return True

    def nearest(self, vector: Vectors, k: int) -> list[tuple[str, float]]:
        """The `k` nearest passages that are known as (id, cosine similarity), best first.

        Others may lie between them, so ever more are asked for until there are enough.
        """
        total = self.count()
        if 0 < total <= EXACT:
            return self._compared(vector, total)[:k]
        asked = min(SPARE * k, total)
        while total:
            with explained(self._url, self._dimension):
                found = similarities(
                    self._collection.query(
                        query_embeddings=np.asarray(vector), n_results=asked, include=["distances"]
                    )
                )
            known = self._ask_known(found)
            hits = [(i, s) for i, s in found if i in known]
            if len(hits) >= k or asked >= total:
                return hits[:k]
            asked = min(4 * asked, total)
        return []

    def stored(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """The vectors of these passages; an id that is not there is left out."""
        self._write()
        with explained(self._url, self._dimension):
            return by_id(self._collection.get(ids=list(ids), include=["embeddings"]))

    def _compared(self, vector: Vectors, total: int) -> list[tuple[str, float]]:
        """Every known passage with its similarity, best first, as from a folder."""
        with explained(self._url, self._dimension):
            if len(self._all) != total:
                self._all = by_id(self._collection.get(include=["embeddings"]))
            found = compared(self._all, vector)
        known = self._ask_known(found)
        return [hit for hit in found if hit[0] in known]

    def _ask_known(self, found: list[tuple[str, float]]) -> Collection[str]:
        ids = [i for i, _ in found]
        return set(ids if self._known is None else self._known(ids))

    def close(self) -> None:
        """Write everything and let go of the connection."""
        try:
            self._write()
        finally:
            self._client.close()

    def _write(self) -> None:
        if not len(self._gathered):
            return
        with explained(self._url, self._dimension):
            for ids, vectors in self._gathered.taken(GATHERED):
                there = set(self._collection.get(ids=ids, include=[])["ids"])
                rows = [row for row, one in enumerate(ids) if one not in there]
                if rows:
                    self._collection.upsert(
                        ids=[ids[row] for row in rows], embeddings=vectors[rows]
                    )


def _index_id(folder: Path) -> str:
    """The index's own id, made at random by its first ingest; "none" before."""
    try:
        return (folder / "index.id").read_text("ascii").strip()
    except FileNotFoundError:
        return "none"


def _give_id(folder: Path) -> None:
    if _index_id(folder) != "none":
        return
    name = uuid.uuid4().hex
    fresh = folder / f"index.id.{name}"
    fresh.write_text(f"{name[:16]}\n", "ascii")
    try:
        os.link(fresh, folder / "index.id")  # of two clusters that begin at once the first counts
    except FileExistsError:
        pass
    except OSError:  # a disk without links
        fresh.replace(folder / "index.id")
    finally:
        fresh.unlink(missing_ok=True)


def _known_to(library: ArticleStore) -> Callable[[Sequence[str]], Collection[str]]:
    def known(ids: Sequence[str]) -> Collection[str]:
        found: set[str] = set()
        for start in range(0, len(ids), 500):  # SQLite takes only so many at once
            found.update(library.passages(ids[start : start + 500]))
        return found

    return known


def _named(store: Store) -> Iterator[tuple[str, set[str]]]:
    """The kind and the passage ids of every generation on disk.

    Raises:
        DamagedError: if one cannot be read, because then nobody knows what it needs.
    """
    from index.storage.article_store import ArticleStore

    for generation in store.kept():
        if generation.manifest.chromadb.startswith(_KIND):
            generation.verify("library.sqlite")
            with closing(ArticleStore(generation.library)) as library:
                yield generation.manifest.chromadb, set(library.passage_ids())
