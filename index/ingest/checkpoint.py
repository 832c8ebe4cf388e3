"""What an ingest that was interrupted had read: the next one need not read it again.

A file's articles by its path, its bytes' hash and what read them, kept until an ingest publishes.
So it never holds more than one ingest reads. Losing it costs time only.
"""

from __future__ import annotations

import datetime as dt
import json
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from index.core.articles import Article, Note, Skip, fingerprint
from index.core.kv_cache import KeyValueCache, remove
from index.ingest.extraction import Extracted

BY_CHANCE = {"timeout", "memory", "crash"}  # skips that another try may spare


class Checkpoint:
    """One SQLite file of extracted articles.

    `reading` is of the readers and what they were told: what others have read does not count.
    """

    def __init__(self, path: Path, reading: str) -> None:
        self._path = path
        self._reading = reading
        self._files: KeyValueCache | None = None
        if path.exists():
            self._open()

    def _open(self) -> KeyValueCache:
        self._files = self._files or KeyValueCache(self._path, "files", "found")
        return self._files

    def found(self, path: str, digest: str) -> Extracted | None:
        """What was read of a file with these bytes; None if it was not."""
        if self._files is None:
            return None
        key = self._key(path, digest)
        with suppress(ValueError, KeyError, TypeError):
            return _decoded(self._files.get([key])[key])
        return None

    def keep(self, path: str, digest: str, found: Extracted) -> None:
        """Remember what was read of a file."""
        if not BY_CHANCE & {skip.code for skip in found.skips}:
            self._open().put({self._key(path, digest): _encoded(found)})

    def close(self) -> None:
        """Close the file."""
        if self._files is not None:
            self._files.close()
            self._files = None

    def finished(self) -> None:
        """Remove everything: it is published."""
        self.close()
        remove(self._path)

    def _key(self, path: str, digest: str) -> str:
        return fingerprint(self._reading, path, digest)


def _encoded(found: Extracted) -> str:
    return json.dumps(asdict(found), default=dt.date.isoformat)


def _decoded(written: str) -> Extracted:
    parts = json.loads(written)
    return Extracted(
        tuple(map(_article, parts["articles"])),
        tuple(Skip(**skip) for skip in parts["skips"]),
        tuple(Note(**note) for note in parts["notes"]),
    )


def _article(written: dict[str, Any]) -> Article:
    if written.keys() != {part.name for part in fields(Article)}:
        raise KeyError("written by another release")
    days = {
        name: dt.date.fromisoformat(written[name]) if written[name] else None
        for name in ("published", "modified")
    }
    return Article(**{**written, **days})
