"""Exact search in all vectors of a small index, without Chroma.

Importing and opening Chroma takes 1.2 s, most of the time to the first evidence of a process. Up to
`MOST` vectors, comparing all of them takes milliseconds and misses none; an approximate graph of
much alike passages does. So a complete draft of that size writes its vectors once more, into two
immutable files that readers share without a snapshot. The next draft starts from Chroma's folder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from index.core.disk import parse_json
from index.core.errors import DamagedError
from index.embedding.embedders import Vectors
from index.storage.manifest import REBUILD

MOST = 20_000  # vectors; 31 MB of 384 numbers each, compared in about 5 ms
_ROWS, _IDS = "plain.npy", "plain.json"
DIGITS = 9  # of a similarity: the last ones of a product depend on the row
_SINGLE = 1e-5  # upper bound for the error of a similarity in single precision


class FlatIndex:
    """Vectors that are all compared with a question's.

    Args:
        ids: The passages, in the order of the rows.
        rows: (n, dimension) unit vectors.
    """

    def __init__(self, ids: Sequence[str], rows: Vectors) -> None:
        self._ids = ids
        self._rows = rows
        self._row = {passage_id: row for row, passage_id in enumerate(ids)}

    @classmethod
    def of(cls, vectors: Mapping[str, Vectors]) -> FlatIndex:
        """Of vectors by their ids; there has to be one."""
        return cls(list(vectors), np.stack(list(vectors.values())))

    @classmethod
    def load(cls, folder: Path) -> FlatIndex:
        """Map into memory what `write` has written; DamagedError if it cannot be read."""
        try:
            ids = parse_json((folder / _IDS).read_bytes())
            return cls(ids, np.load(folder / _ROWS, mmap_mode="r"))
        except (OSError, ValueError) as problem:
            raise DamagedError(
                f"The vectors in {folder} cannot be read ({problem}). {REBUILD}"
            ) from None

    @staticmethod
    def exists(folder: Path) -> bool:
        """True if `write` has written there."""
        return (folder / _IDS).exists()

    @staticmethod
    def write(folder: Path, vectors: dict[str, Vectors]) -> None:
        """Write all vectors of a draft by their ids."""
        np.save(folder / _ROWS, np.stack(list(vectors.values())).astype(np.float32))
        (folder / _IDS).write_text(json.dumps(list(vectors)) + "\n", "utf-8")

    @staticmethod
    def remove(folder: Path) -> None:
        """Remove what an earlier draft has written."""
        for name in (_ROWS, _IDS):
            (folder / name).unlink(missing_ok=True)

    def count(self) -> int:
        """Number of vectors."""
        return len(self._ids)

    def matches(self, passages: set[str]) -> bool:
        """True if these are the vectors of these passages and no other."""
        return set(self._ids) == passages

    def nearest(self, vector: Vectors, k: int) -> list[tuple[str, float]]:
        """The `k` nearest passages as (id, cosine similarity -1..1), best first, equal ones by id.

        Selected in single precision, scored in double and rounded, so that equal vectors have
        equal similarities in any row.
        """
        k = min(k, len(self._ids))
        question = np.asarray(vector, np.float32).reshape(-1)
        rough = self._rows @ question
        least = np.partition(rough, -k)[-k] - 2 * _SINGLE
        rows = np.flatnonzero(rough >= least)
        similarities = self._rows[rows].astype(np.float64) @ question.astype(np.float64)
        ids = [self._ids[row] for row in rows.tolist()]
        hits = zip(ids, similarities.round(DIGITS).tolist(), strict=True)
        return sorted(hits, key=lambda hit: (-hit[1], hit[0]))[:k]

    def get(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """The vectors of these passages; unknown ids are left out."""
        return {one: self._rows[self._row[one]] for one in ids if one in self._row}

    def close(self) -> None:
        """Nothing to write; the memory is released with the last vector."""
