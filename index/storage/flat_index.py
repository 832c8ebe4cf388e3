"""The vectors of a generation as plain numbers, for readers: exact, and without Chroma.

Importing and opening Chroma takes 0.4 s, a third of what a question in a new process waits for its
evidence, and up to some ten thousand vectors comparing all of them takes milliseconds and misses
none. So a draft that is complete writes its vectors once more, in two files that are never written
again: readers share them, and need no copy of their own. What is written next still starts from
Chroma's folder.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from index.core.errors import DamagedError
from index.embedding.embedders import Vectors

MOST = 20_000  # vectors; 31 MB of 384 numbers each, compared in about 5 ms
_ROWS, _IDS = "plain.npy", "plain.json"
DIGITS = 9  # of a similarity: the last ones of a product depend on the row a vector stands in
_SINGLE = 1e-5  # by how much a similarity of single precision may be wrong, generously


class FlatIndex:
    """All vectors of a folder, mapped into memory; compared with every one of them."""

    def __init__(self, folder: Path) -> None:
        """Open what `write` has written.

        Raises:
            DamagedError: if it cannot be read.
        """
        try:
            self._ids: list[str] = json.loads((folder / _IDS).read_text("utf-8"))
            self._rows = np.load(folder / _ROWS, mmap_mode="r")
        except (OSError, ValueError) as problem:
            raise DamagedError(
                f"The vectors in {folder} cannot be read ({problem}). "
                "Run 'assistant index rebuild'; it needs no re-embedding."
            ) from None
        self._row = {one: row for row, one in enumerate(self._ids)}

    @staticmethod
    def there(folder: Path) -> bool:
        """True if `write` has written there."""
        return (folder / _IDS).exists()

    @staticmethod
    def write(folder: Path, vectors: dict[str, Vectors]) -> None:
        """Write down all vectors of a draft by their ids."""
        np.save(folder / _ROWS, np.stack(list(vectors.values())).astype(np.float32))
        (folder / _IDS).write_text(json.dumps(list(vectors)) + "\n", "utf-8")

    @staticmethod
    def remove(folder: Path) -> None:
        """What another draft has written, before this one is complete."""
        for name in (_ROWS, _IDS):
            (folder / name).unlink(missing_ok=True)

    def count(self) -> int:
        """Number of vectors."""
        return len(self._ids)

    def ids(self) -> set[str]:
        """The ids of all vectors."""
        return set(self._ids)

    def agrees(self, passages: set[str]) -> bool:
        """True if these are the vectors of these passages and no other."""
        return self.ids() == passages

    def nearest(self, vector: Vectors, k: int) -> list[tuple[str, float]]:
        """The `k` nearest passages as (id, cosine similarity -1..1), best first, equal ones by id.

        Found in single precision, then told in double, so that equal texts are as near in any row.
        """
        k = min(k, len(self._ids))
        wanted = np.asarray(vector, np.float32).reshape(-1)
        rough = self._rows @ wanted
        least = np.partition(rough, -k)[-k] - 2 * _SINGLE
        rows = np.flatnonzero(rough >= least)
        likeness = self._rows[rows].astype(np.float64) @ wanted.astype(np.float64)
        pairs = zip((self._ids[row] for row in rows), likeness.round(DIGITS).tolist(), strict=True)
        return sorted(pairs, key=lambda hit: (-hit[1], hit[0]))[:k]

    def stored(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """The vectors of these passages; an id that is not there is left out."""
        return {one: self._rows[self._row[one]] for one in ids if one in self._row}

    def close(self) -> None:
        """Nothing to write; the files are let go of with the last vector."""
