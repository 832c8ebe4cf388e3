"""Embedding that runs while files are still being read and passages written.

Embedding takes nearly all of an ingest's time, and the rest would make it wait: reading in the
worker, cutting, SQLite, Chroma. So a thread embeds what it is given and puts it into the cache,
from which the ingest takes it when its turn comes.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import index.embedding.vector_cache
from index.core.articles import fingerprint
from index.embedding.embedders import Embedder, Vectors
from index.embedding.vector_cache import EmbeddingCache

LOOK_S = 0.2  # how often progress is told while vectors are waited for
PATIENCE_S = 10.0  # for the batch at work when an ingest is broken off; one takes about a second


class BackgroundEmbedder:
    """Vectors of texts, computed in the order in which these were added; to be closed.

    Args:
        cache: The file that the vectors are kept in.
        identity: The embedder's.
        embedder: Makes it, in the thread, when the first vector is missing.
    """

    def __init__(self, cache: Path, identity: str, embedder: Callable[[], Embedder]) -> None:
        self._cache = cache
        self._identity = identity
        self._make = embedder
        self._at_work = threading.Lock()
        self._waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._added: set[str] = set()
        self._done: set[str] = set()
        self._changed = threading.Condition()
        self._stop = False
        self._failed: BaseException | None = None
        self._thread: threading.Thread | None = None

    def add(self, texts: Sequence[str]) -> None:
        """Have texts embedded; those that were added before are not embedded again.

        Raises:
            Exception: what has gone wrong in the thread.
        """
        if self._failed:
            raise self._failed
        for text in texts:
            key = self._key(text)
            if key not in self._added:
                self._added.add(key)
                self._waiting.put(text)
        if self._added and self._thread is None:
            EmbeddingCache(self._cache).close()  # what is wrong with it shows here, not in a thread
            self._thread = threading.Thread(target=self._work, name="embedding", daemon=True)
            self._thread.start()

    def vectors(
        self, texts: Sequence[str], progress: Callable[[int, int], None]
    ) -> Iterator[Vectors]:
        """Yield the vectors of `texts`, which are added, in order, a batch at a time.

        Raises:
            Exception: what has gone wrong in the thread.
        """
        if not texts:
            return
        self.add(texts)
        self._waiting.put(None)  # a last batch that is not full
        size = index.embedding.vector_cache.BATCH
        with closing(EmbeddingCache(self._cache, checked=True)) as cache:
            for start in range(0, len(texts), size):
                batch = texts[start : start + size]
                self._wait_for({self._key(text) for text in batch}, progress)
                yield from cache.embed(self._identity, batch, self._embedder)

    def close(self) -> None:
        """End the thread when it has done the batch at work."""
        self._stop = True
        self._waiting.put(None)
        if self._thread is not None:
            self._thread.join(PATIENCE_S)

    def _embedder(self) -> _Alone:
        with self._at_work:
            return _Alone(self._make(), self._at_work)

    def _key(self, text: str) -> str:
        return fingerprint(self._identity, text)

    def _wait_for(self, keys: set[str], progress: Callable[[int, int], None]) -> None:
        with self._changed:
            while not keys <= self._done:
                if self._failed:
                    raise self._failed
                progress(len(self._done), len(self._added))
                self._changed.wait(LOOK_S)
            progress(len(self._done), len(self._added))

    def _work(self) -> None:
        try:
            with closing(EmbeddingCache(self._cache, checked=True)) as cache:
                while not self._stop:
                    batch = self._next_batch()
                    for _ in cache.embed(self._identity, batch, self._embedder):
                        pass  # written down
                    with self._changed:
                        self._done.update(map(self._key, batch))
                        self._changed.notify_all()
        except BaseException as problem:  # the ingest's to raise, where somebody waits for it
            with self._changed:
                self._failed = problem
                self._changed.notify_all()

    def _next_batch(self) -> list[str]:
        """The next texts, as many as are written down together unless nothing more is to come."""
        batch: list[str] = []
        while len(batch) < index.embedding.vector_cache.BATCH and not self._stop:
            text = self._waiting.get()
            if text is None:
                break
            batch.append(text)
        return batch


class _Alone:
    """An embedder at work for one thread at a time: not every model can do more.

    Only a vector that the cache has lost since is wanted by the other thread.
    """

    def __init__(self, embedder: Embedder, lock: threading.Lock) -> None:
        self._embedder = embedder
        self._lock = lock

    def passages(self, texts: Sequence[str]) -> Vectors:
        with self._lock:
            return self._embedder.passages(texts)
