"""Embeds passages in a thread while files are still read and passages written.

Embedding takes nearly all of an ingest's time; reading in the worker process, splitting, SQLite
and Chroma go on beside it. The vectors come through the cache.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

from index.core.articles import fingerprint
from index.core.cancellation import cancel_scope
from index.embedding import vector_cache
from index.embedding.embedders import Embedder, Vectors
from index.embedding.vector_cache import VectorCache

PROGRESS_S = 0.2  # between two reports while vectors are waited for
CLOSE_S = 10.0  # waited for the current batch when an ingest ends early, if it cannot be cancelled


class BackgroundEmbedder:
    """Vectors of texts, computed in the order in which these were added. Must be closed.

    Args:
        cache: The file in which the vectors are kept.
        embedder: Used by one thread at a time.
    """

    def __init__(self, cache: Path, embedder: Embedder) -> None:
        self._path = cache
        self._embedder = embedder
        self._embedding = threading.Lock()
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._added: set[str] = set()
        self._done: set[str] = set()
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._failed: BaseException | None = None
        self._thread: threading.Thread | None = None

    def add(self, texts: Sequence[str]) -> None:
        """Queue texts that were not added before; raises whatever has failed in the thread."""
        if self._failed:
            raise self._failed
        for text in texts:
            key = self._key(text)
            if key not in self._added:
                self._added.add(key)
                self._queue.put(text)
        if self._added and self._thread is None:
            self._cache  # noqa: B018  # an unusable file is reported here, not in the thread
            self._thread = threading.Thread(target=self._work, name="embedding", daemon=True)
            self._thread.start()

    def vectors(
        self, texts: Sequence[str], progress: Callable[[int, int], None]
    ) -> Iterator[Vectors]:
        """Yield the vectors of `texts`, which are added, in order, a batch at a time.

        `progress` is called with the number of texts done and added.

        Raises:
            Exception: whatever has failed in the thread.
        """
        if not texts:
            return
        self.add(texts)
        self._queue.put(None)  # a last batch that is not full
        for start in range(0, len(texts), vector_cache.BATCH):
            batch = texts[start : start + vector_cache.BATCH]
            self._wait_for(set(map(self._key, batch)), progress)
            yield from self._cache.embed(self._embedder.identity, batch, self._passages)

    @cached_property
    def _cache(self) -> VectorCache:
        return VectorCache(self._path)

    def _passages(self, texts: Sequence[str]) -> Vectors:
        """The vectors of `texts`, computed now; not every model may be used by two threads."""
        with self._embedding:
            return self._embedder.passages(texts)

    def close(self) -> None:
        """End the thread; its current batch is cancelled."""
        self._stop.set()
        self._queue.put(None)
        if self._thread is not None:
            self._thread.join(CLOSE_S)
            self._cache.close()

    def _key(self, text: str) -> str:
        return fingerprint(self._embedder.identity, text)

    def _wait_for(self, keys: set[str], progress: Callable[[int, int], None]) -> None:
        with self._changed:
            while not keys <= self._done:
                if self._failed:
                    raise self._failed
                progress(len(self._done), len(self._added))
                self._changed.wait(PROGRESS_S)
            progress(len(self._done), len(self._added))

    def _work(self) -> None:
        try:
            while not self._stop.is_set():
                batch = self._next_batch()
                with cancel_scope(self._stop):
                    for _ in self._cache.embed(self._embedder.identity, batch, self._passages):
                        pass  # written to the cache
                with self._changed:
                    self._done.update(map(self._key, batch))
                    self._changed.notify_all()
        except BaseException as problem:  # raised by `add` and `vectors`
            with self._changed:
                self._failed = problem
                self._changed.notify_all()

    def _next_batch(self) -> list[str]:
        """The next texts: a full batch, unless no more are to come."""
        batch: list[str] = []
        while len(batch) < vector_cache.BATCH and not self._stop.is_set():
            text = self._queue.get()
            if text is None:
                break
            batch.append(text)
        return batch
