"""Vectors that were computed once: text in, vector out, kept beside the generations.

Makes a run after a crash, a rebuild and a moved article cheap, and is the copy of the vectors
that Chroma does not keep. Losing the file costs time only.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from index.core.articles import fingerprint
from index.embedding.embedders import Vectors

BATCH = 64  # passages embedded before they are written down; a crash loses at most these


class EmbedsPassages(Protocol):
    """All that is wanted of an embedder here."""

    def passages(self, texts: Sequence[str]) -> Vectors:
        """The (n, dimension) vectors of passages."""


class EmbeddingCache:
    """One SQLite file of vectors by embedder and text.

    `checked`: it was opened a moment ago and found whole; the look at every page is spared.
    """

    def __init__(self, path: Path, *, checked: bool = False) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = self._open(path, checked=checked)
        except sqlite3.OperationalError:
            raise  # a full disk or a folder that may not be written damages nothing
        except sqlite3.DatabaseError:
            # it only saves time, so a damaged one is begun anew
            for part in path.parent.glob(path.name + "*"):
                part.unlink()
            self._db = self._open(path, checked=True)

    @staticmethod
    def _open(path: Path, *, checked: bool) -> sqlite3.Connection:
        db = sqlite3.connect(path)
        db.execute("PRAGMA journal_mode = WAL")
        if not checked and db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError(f"{path} is damaged")
        db.execute("CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, vector BLOB) STRICT")
        return db

    def embed(
        self, identity: str, texts: Sequence[str], embedder: Callable[[], EmbedsPassages]
    ) -> Iterator[Vectors]:
        """Yield the vectors of `texts` in order, a batch at a time.

        `embedder` is called only if a vector is missing, because making one may take ten seconds.
        """
        for start in range(0, len(texts), BATCH):
            batch = texts[start : start + BATCH]
            keys = [fingerprint(identity, text) for text in batch]
            known = self._known(keys)
            missing = [i for i, key in enumerate(keys) if key not in known]
            if missing:
                fresh = np.asarray(embedder().passages([batch[i] for i in missing]), np.float32)
                known |= {keys[i]: vector for i, vector in zip(missing, fresh, strict=True)}
                with self._db:
                    self._db.executemany(
                        "INSERT OR REPLACE INTO vectors VALUES (?, ?)",
                        [(keys[i], known[keys[i]].tobytes()) for i in missing],
                    )
            yield np.stack([known[key] for key in keys])

    def _known(self, keys: Sequence[str]) -> dict[str, Vectors]:
        marks = ", ".join("?" * len(keys))
        rows = self._db.execute(
            f"SELECT key, vector FROM vectors WHERE key IN ({marks})", list(keys)
        )
        found = {key: np.frombuffer(blob, np.float32) for key, blob in rows if len(blob) % 4 == 0}
        # SQLite does not notice a changed byte of a vector, but its length then is not 1
        return {key: v for key, v in found.items() if abs(np.linalg.norm(v) - 1) < 1e-3}

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()
