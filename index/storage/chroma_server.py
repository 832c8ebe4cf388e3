"""Vectors in a Chroma server, for an index that outgrows one machine.

One collection serves an index and one embedder. It is a pool that may hold more vectors than the
published generation names: an ingest adds what is missing, publishes, and only then removes what no
generation names. What an ingest that dies leaves is ignored by searches and removed by the next.

The server is Chroma's own in Rust, `chroma run`, on loopback or behind a proxy that checks a key;
never the one in Python, which runs code of unauthenticated clients (CVE-2026-45829).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from index.core.addresses import is_http, without_secrets
from index.core.articles import fingerprint
from index.core.disk import write_atomic
from index.core.errors import DamagedError, UsageError, UserError
from index.storage.chroma_client import connect, open_collection, server_errors
from index.storage.chroma_collection import BATCH, CONFIGURATION, ChromaCollection, Known
from index.storage.manifest import REBUILD
from index.storage.vector_backend import VectorReader

if TYPE_CHECKING:
    from index.storage.article_store import ArticleStore
    from index.storage.generations import GenerationStore
    from index.storage.manifest import Generation

_PREFIX = "passages-"
_KIND = "server:"


class ChromaServerBackend:
    """A pool of vectors in a server.

    `folder` is the index's own, where its id is kept; `identity` the embedder's, whose vectors have
    `dimension` numbers; `api_key` a bearer token for a proxy that checks one.

    Raises:
        UsageError: not an http or https address.
    """

    def __init__(
        self, url: str, folder: Path, identity: str, dimension: int, api_key: str = ""
    ) -> None:
        if not is_http(url):
            shown = without_secrets(url)
            raise UsageError(
                f"vectors.url is {shown!r}, not an address like http://127.0.0.1:8000."
            )
        self.url = url.rstrip("/")
        self.api_key = api_key
        self.dimension = dimension
        self._folder = folder
        self._unsettled = folder / "unsettled"  # there while the pool may hold unused vectors
        # a pool is built by one configuration: another one needs another pool
        self._model = fingerprint(identity, str(dimension), repr(CONFIGURATION))[:12]

    @property
    def collection(self) -> str:
        """Name of the pool: of this index, this embedder and this dimension."""
        return f"{self._prefix}{self._model}"

    @property
    def _prefix(self) -> str:
        return f"{_PREFIX}{_index_id(self._folder)}-"

    @property
    def kind(self) -> str:
        """An index whose vectors are elsewhere, or of another embedder, is rebuilt."""
        return f"{_KIND}{self.collection}"

    def writer(self, folder: Path) -> ChromaPool:
        """The pool, to be added to; until `remove_unused` it may hold unused vectors."""
        self._folder.mkdir(parents=True, exist_ok=True)
        _make_index_id(self._folder)
        self._unsettled.touch()
        return self.pool(self.collection)

    def pool(self, collection: str) -> ChromaPool:
        """The pool of that name, for a machine that has not got the index's folder."""
        return ChromaPool(self, collection, create=True)

    @contextmanager
    def reader(
        self, generation: Generation, library: ArticleStore, *, for_writing: bool = False
    ) -> Iterator[VectorReader]:
        """The pool for `library`'s passages; DamagedError if it holds fewer vectors."""
        with closing(ChromaPool(self, self.collection, _known_to(library))) as pool:
            if pool.count() < generation.manifest.passages:
                raise _lost(self.url, "")
            yield pool

    def remove_unused(self, store: GenerationStore) -> None:
        """Remove the vectors, and the pools of this index, that no generation names.

        The server is not asked if that was done since the last draft.
        """
        if not self._unsettled.exists():
            return
        used: set[str] = set()
        pools = {self.collection}
        with suppress(UserError):  # the generation is published: the next ingest tries again
            for kind, ids in _passages_by_kind(store):
                pools.add(kind.removeprefix(_KIND))
                used |= ids if kind == self.kind else set()
            with closing(self.pool(self.collection)) as pool:
                if pool.count() > len(used):
                    pool.remove(pool.ids() - used)
                pool.drop_pools(self._prefix, keep=pools)
            self._unsettled.unlink()


class ChromaPool(ChromaCollection):
    """One collection of a Chroma server, made if it is not there and `create` is set."""

    def __init__(
        self,
        server: ChromaServerBackend,
        collection: str,
        known: Known = set,
        *,
        create: bool = False,
    ) -> None:
        super().__init__(known)
        self.collection = collection
        self._server = server
        with self._errors():
            self._client = connect(server.url, server.api_key)
            try:
                self._collection = open_collection(self._client, collection, create=create)
            except BaseException:
                self._client.close()
                raise

    def existing(self, ids: Sequence[str]) -> set[str]:
        """Those of `ids` that are in the pool: an ingest that died, or a cluster, left them."""
        self._flush()
        found: set[str] = set()
        with self._errors():
            for start in range(0, len(ids), BATCH):
                part = list(ids[start : start + BATCH])
                found.update(self._collection.get(ids=part, include=[])["ids"])
        return found

    def delete(self, ids: Sequence[str]) -> None:
        """Nothing yet: the published generation still needs them."""

    def finish(self) -> None:
        """Nothing: the pool is shared."""

    def drop_pools(self, prefix: str, keep: Collection[str]) -> None:
        """Remove the collections whose names begin with `prefix`, except those in `keep`."""
        with self._errors():
            for collection in self._client.list_collections():
                if collection.name.startswith(prefix) and collection.name not in keep:
                    self._client.delete_collection(collection.name)

    def matches(self, passages: set[str]) -> bool:
        """True if no passage's vector is missing; DamagedError if the server has lost one."""
        if missing := len(passages - self.ids()):
            raise _lost(self._server.url, f"{missing} ")
        return True

    def _errors(self) -> AbstractContextManager[None]:
        return server_errors(self._server.url, self._server.dimension)


def _lost(url: str, number: str) -> DamagedError:
    return DamagedError(
        f"The Chroma server at {without_secrets(url)} has lost {number}vectors of this index. "
        f"{REBUILD}"
    )


def _index_id(folder: Path) -> str:
    """The index's own id, made at random by its first ingest; "none" before."""
    try:
        return (folder / "index.id").read_text("ascii").strip()
    except FileNotFoundError:
        return "none"


def _make_index_id(folder: Path) -> None:
    from filelock import FileLock

    with FileLock(folder / "pool.lock"):  # of two clusters that begin at once the first counts
        if not (folder / "index.id").exists():
            write_atomic(folder / "index.id", f"{uuid.uuid4().hex[:16]}\n")


def _known_to(library: ArticleStore) -> Known:
    def known(ids: Sequence[str]) -> set[str]:
        starts = range(0, len(ids), 500)  # the number of SQLite's parameters is limited
        return {one for i in starts for one in library.passage_meta(ids[i : i + 500])}

    return known


def _passages_by_kind(store: GenerationStore) -> Iterator[tuple[str, set[str]]]:
    """Kind and passage ids of every generation on disk; DamagedError if one cannot be read."""
    from index.storage.article_store import ArticleStore

    for generation in store.generations():
        if generation.manifest.chromadb.startswith(_KIND):
            generation.verify(generation.library.name)
            with closing(ArticleStore(generation.library)) as library:
                yield generation.manifest.chromadb, set(library.passage_ids())
