"""Chroma's embedded engine in each generation: the default place of vectors.

The embedded client is not process-safe, so a folder is either written by one ingest or never
written again (see `index.storage.generations`).
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from index.core.disk import LOW_SPACE
from index.core.errors import DamagedError
from index.storage.chroma_collection import (
    BATCH,
    CONFIGURATION,
    ChromaCollection,
    import_chroma,
)
from index.storage.chroma_snapshot import snapshot
from index.storage.flat_index import MOST, FlatIndex
from index.storage.manifest import REBUILD
from index.storage.vector_backend import VectorReader

if TYPE_CHECKING:
    from index.storage.article_store import ArticleStore
    from index.storage.generations import GenerationStore
    from index.storage.manifest import Generation

SMALL = 20_000  # vectors that are rewritten in seconds, so after every removal
DEAD = 0.1  # share of removed vectors that a larger folder may hold
_COLLECTION = "passages"


class ChromaFolderBackend:
    """A Chroma folder in each generation."""

    @property
    def kind(self) -> str:
        """The chromadb release: vectors of another release are written anew."""
        from importlib.metadata import version

        return version("chromadb")

    def writer(self, folder: Path) -> ChromaFolder:
        """The Chroma folder of a draft, a copy of its base's."""
        return ChromaFolder(folder / "chroma")

    @contextmanager
    def reader(
        self, generation: Generation, library: ArticleStore, *, for_writing: bool = False
    ) -> Iterator[VectorReader]:
        """The flat index, or a snapshot of Chroma's folder for a large or an old generation."""
        if FlatIndex.exists(generation.vectors) and not for_writing:
            yield FlatIndex.load(generation.vectors)
            return
        with snapshot(generation) as copy, closing(ChromaFolder(Path(copy))) as vectors:
            yield vectors

    def remove_unused(self, store: GenerationStore) -> None:
        """Nothing to do: a generation's vectors are removed with its folder."""


class ChromaFolder(ChromaCollection):
    """One Chroma folder with one collection."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._dead_file = folder / "dead"  # number of removed vectors that are in the graph
        self._open()

    def _open(self) -> None:
        import_chroma()
        import chromadb
        from chromadb.config import Settings

        with self._errors():
            self._client: Any = chromadb.PersistentClient(
                str(self._folder), settings=Settings(anonymized_telemetry=False, allow_reset=False)
            )
            self._collection = self._client.get_or_create_collection(
                _COLLECTION, embedding_function=None, configuration=CONFIGURATION
            )
            self._dead = int(self._dead_file.read_text("ascii")) if self._dead_file.exists() else 0

    def existing(self, ids: Sequence[str]) -> set[str]:
        """None: a draft is given the vectors of all passages that are new in it."""
        return set()

    def delete(self, ids: Sequence[str]) -> None:
        """Remove vectors by passage id."""
        self.remove(ids)
        self._dead += len(ids)

    def finish(self) -> None:
        """Rewrite the folder if many vectors were removed; write the flat index of a small one."""
        FlatIndex.remove(self._folder)
        count = self.count()
        if self._dead and count > SMALL and self._dead <= DEAD * count:
            self._dead_file.write_text(str(self._dead), "ascii")
        elif self._dead:
            self._rewrite()
        if 0 < count <= MOST:
            FlatIndex.write(self._folder, dict(sorted(self._vectors().items())))

    def _rewrite(self) -> None:
        """Write another folder without the removed vectors, which stay in Chroma's graph.

        Others become unreachable through them: without this, 9 of 66 small indexes that had
        changed often did not find a passage by its own vector, some of them ever again.
        """
        fresh = self._folder.with_name(f"{self._folder.name}-anew")
        with closing(ChromaFolder(fresh)) as target:
            ids = sorted(self.ids())
            for start in range(0, len(ids), BATCH):
                part = self.get(ids[start : start + BATCH])
                target.upsert(list(part), np.stack(list(part.values())))
        self.close()
        shutil.rmtree(self._folder)
        fresh.rename(self._folder)
        self._open()

    def matches(self, passages: set[str]) -> bool:
        """True if the folder holds the vectors of these passages and no other."""
        return self.ids() == passages

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn Chroma's errors into a full disk or a damaged folder."""
        from chromadb.errors import ChromaError

        try:
            yield
        except (ChromaError, ValueError, KeyError) as problem:
            if shutil.disk_usage(self._folder).free < LOW_SPACE:  # Chroma's message seldom says so
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._folder)) from None
            raise DamagedError(
                f"The vectors in {self._folder} cannot be read "
                f"({' '.join(str(problem).split())[:120]}). {REBUILD}"
            ) from None
