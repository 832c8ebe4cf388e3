"""Cache of computed vectors: text in, vector out, kept beside the generations.

It makes a run after a crash, a rebuild and a moved article cheap.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from index.core.articles import fingerprint
from index.core.key_value_cache import KeyValueCache
from index.embedding.embedders import Vectors

BATCH = 64  # passages that are embedded before they are written; a crash loses at most these


class VectorCache:
    """Vectors by embedder and text in one SQLite file. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self._values = KeyValueCache(path, "vectors", "vector", check=True)

    def embed(
        self, identity: str, texts: Sequence[str], passages: Callable[[Sequence[str]], Vectors]
    ) -> Iterator[Vectors]:
        """Yield the vectors of `texts`, `BATCH` at a time; `passages` computes missing ones."""
        for start in range(0, len(texts), BATCH):
            batch = texts[start : start + BATCH]
            keys = [fingerprint(identity, text) for text in batch]
            known = self._known(keys)
            if missing := {
                key: text for key, text in zip(keys, batch, strict=True) if key not in known
            }:
                fresh = np.asarray(passages(list(missing.values())), np.float32)
                known |= dict(zip(missing, fresh, strict=True))
                self._values.put({key: known[key].tobytes() for key in missing})
            yield np.stack([known[key] for key in keys])

    def _known(self, keys: Sequence[str]) -> dict[str, Vectors]:
        found = {
            key: np.frombuffer(blob, np.float32)
            for key, blob in self._values.get(keys).items()
            if len(blob) % 4 == 0
        }
        # SQLite does not notice a changed byte of a vector, but its length is then not 1
        return {key: v for key, v in found.items() if abs(np.linalg.norm(v) - 1) < 1e-3}

    def close(self) -> None:
        """Close the file."""
        self._values.close()
