"""Keeps what an ingest has read from files until it publishes, so that an interrupted one resumes.

Holds no more than one ingest reads. Losing it costs time only.
"""

from __future__ import annotations

import pickle
from dataclasses import fields
from pathlib import Path

from index.core.articles import Article, fingerprint
from index.core.key_value_cache import KeyValueCache, remove
from index.ingest.extraction import Extracted, decode, encode

BY_CHANCE = {"timeout", "memory", "crash"}  # skips that may not happen again


class Checkpoint:
    """Extracted articles by path and hash of their file, in one SQLite file.

    Entries written with another `reader` (its version and options) are not used.
    """

    def __init__(self, path: Path, reader: str) -> None:
        self._path = path
        self._reader = fingerprint(reader, *(field.name for field in fields(Article)))
        self._files: KeyValueCache | None = None
        if path.exists():
            self._open()

    def _open(self) -> KeyValueCache:
        self._files = self._files or KeyValueCache(self._path, "files", "found")
        return self._files

    def get(self, path: str, digest: str) -> Extracted | None:
        """What was read from a file with these bytes; None if nothing was."""
        key = fingerprint(self._reader, path, digest)
        value = self._files.get([key]).get(key) if self._files else None
        try:
            return decode(value, Extracted) if value else None
        except pickle.UnpicklingError:
            return None

    def put(self, path: str, digest: str, found: Extracted) -> None:
        """Remember what was read from a file."""
        if not BY_CHANCE & {skip.code for skip in found.skips}:
            self._open().put({fingerprint(self._reader, path, digest): encode(found)})

    def close(self) -> None:
        """Close the file."""
        if self._files is not None:
            self._files.close()
            self._files = None

    def remove(self) -> None:
        """Remove everything: it is published."""
        self.close()
        remove(self._path)
