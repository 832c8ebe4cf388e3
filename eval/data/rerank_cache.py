"""A reranker that remembers: what was read once with a question is not read again.

Reading costs nearly all of a search's time. A changed retriever finds mostly the same passages, so
that measuring it again takes seconds. Used to measure, never for an answer;
`eval.data.llm_cache` is the same for a language model.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from index.core.articles import fingerprint
from index.retrieval.reranker import Reranker


class CachedReranker:
    """Scores of a reranker, kept in one SQLite file; `identity` tells it from others.

    `remembered` counts the scores that were known before this process.
    """

    def __init__(self, reranker: Reranker, identity: str, path: Path, *, read: bool = True) -> None:
        self.name = reranker.name
        self.remembered = 0
        self._reranker = reranker
        self._identity = identity
        self._read = read
        self._made: set[str] = set()  # by this process: what it reads twice was no help before
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")  # no wait for the disk inside a measurement
        self._db.execute("CREATE TABLE IF NOT EXISTS scores (key TEXT PRIMARY KEY, score REAL)")

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """One logit a text, in the order of `texts`."""
        keys = [fingerprint(self._identity, question, text) for text in texts]
        known = self._known(keys) if self._read else {}
        self.remembered += len(known.keys() - self._made)
        missing = [i for i, key in enumerate(keys) if key not in known]
        if missing:
            fresh = self._reranker.score(question, [texts[i] for i in missing])
            made = {keys[i]: score for i, score in zip(missing, fresh, strict=True)}
            with self._db:
                self._db.executemany("INSERT OR REPLACE INTO scores VALUES (?, ?)", made.items())
            known |= made
            self._made |= made.keys()
        return [known[key] for key in keys]

    def count(self, text: str) -> int:
        """As the reranker counts."""
        return self._reranker.count(text)

    def _known(self, keys: Sequence[str]) -> dict[str, float]:
        marks = ", ".join("?" * len(keys))
        rows = self._db.execute(f"SELECT key, score FROM scores WHERE key IN ({marks})", list(keys))
        return dict(rows.fetchall())

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()
