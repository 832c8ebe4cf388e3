"""What an ingest that was interrupted had read: the next one need not read it again.

A file's articles by its path, its bytes' hash and what read them, kept until an ingest publishes.
So it never holds more than one ingest reads. Losing it costs time only.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import time
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from index.core.articles import Article, Note, Skip, fingerprint
from index.ingest.extraction import Extracted

EVERY_S = 1.0  # what an interruption may cost, besides the file that is being read
BY_CHANCE = {"timeout", "memory", "crash"}  # skips that another try may spare


class Checkpoint:
    """One SQLite file of extracted articles.

    `reading` is of the readers and what they were told: what others have read does not count.
    """

    def __init__(self, path: Path, reading: str) -> None:
        self._path = path
        self._reading = reading
        self._db: sqlite3.Connection | None = None
        self._written = time.monotonic()
        if path.exists():
            self._open()

    def _open(self) -> None:
        """Open the file; one that is damaged is begun anew."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = self._connected()
        except sqlite3.OperationalError:
            raise  # a full disk or a folder that may not be written damages nothing
        except sqlite3.DatabaseError:
            self._remove()
            self._db = self._connected()

    def _connected(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = OFF")  # after a power cut it is read again
            db.execute("CREATE TABLE IF NOT EXISTS files (key TEXT PRIMARY KEY, found TEXT) STRICT")
        except BaseException:
            db.close()
            raise
        return db

    def found(self, path: str, digest: str) -> Extracted | None:
        """What was read of a file with these bytes; None if it was not."""
        if self._db is None:
            return None
        with suppress(sqlite3.DatabaseError, ValueError, KeyError, TypeError):
            row = self._db.execute(
                "SELECT found FROM files WHERE key = ?", (self._key(path, digest),)
            ).fetchone()
            return _decoded(row[0]) if row else None
        return None

    def keep(self, path: str, digest: str, found: Extracted) -> None:
        """Remember what was read of a file."""
        if BY_CHANCE & {skip.code for skip in found.skips}:
            return
        if self._db is None:
            self._open()
        assert self._db is not None
        self._db.execute(
            "INSERT OR REPLACE INTO files VALUES (?, ?)", (self._key(path, digest), _encoded(found))
        )
        if time.monotonic() - self._written > EVERY_S:
            self.commit()

    def commit(self) -> None:
        """Write what was remembered."""
        self._written = time.monotonic()
        if self._db is not None:
            self._db.commit()

    def close(self) -> None:
        """Write it and let go of the file."""
        if self._db is not None:
            self.commit()
            self._db.close()
            self._db = None

    def finished(self) -> None:
        """Remove everything: it is published."""
        self.close()
        self._remove()

    def _remove(self) -> None:
        for part in self._path.parent.glob(self._path.name + "*"):
            part.unlink(missing_ok=True)

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
