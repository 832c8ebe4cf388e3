"""A key-value cache in one SQLite file: losing it costs time only."""

import sqlite3
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from index.core.errors import UserError


class KeyValueCache:
    """One table of a SQLite file with the columns `key` and `column`. Thread-safe.

    A damaged file is replaced by a new one. Each `put` is committed; a power cut may lose the last
    ones.

    Args:
        path: The file, made with its folder if it is not there.
        table: Name of the table, made if it is not there.
        column: Name of the value's column; str, float or bytes.
        check: Look at every page when the file is opened, not only at the first.

    Raises:
        sqlite3.OperationalError: the disk is full or the folder cannot be written.
        UserError: there is a folder of that name.
    """

    def __init__(self, path: Path, table: str, column: str, *, check: bool = False) -> None:
        self._table, self._column = table, column
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise UserError(f"{path} is a folder, where a file should be. Move it away.")
        try:
            self._db = self._open(path, check=check)
        except sqlite3.OperationalError:
            raise  # nothing is damaged
        except sqlite3.DatabaseError:
            remove(path)
            self._db = self._open(path)

    def _open(self, path: Path, *, check: bool = False) -> sqlite3.Connection:
        db = sqlite3.connect(path, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")  # no wait for the disk at each commit
            if check and db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise sqlite3.DatabaseError(f"{path} is damaged")
            db.execute(
                f"CREATE TABLE IF NOT EXISTS {self._table} (key TEXT PRIMARY KEY, {self._column})"
            )
        except BaseException:
            db.close()
            raise
        return db

    def get(self, keys: Sequence[str]) -> dict[str, Any]:
        """The values of those of `keys` that are there."""
        marks = ", ".join("?" * len(keys))
        with self._lock:
            rows = self._db.execute(
                f"SELECT key, {self._column} FROM {self._table} WHERE key IN ({marks})", list(keys)
            ).fetchall()
        return dict(rows)

    def put(self, values: Mapping[str, Any]) -> None:
        """Store values under their keys, replacing those that are there."""
        with self._lock, self._db:
            self._db.executemany(
                f"INSERT OR REPLACE INTO {self._table} VALUES (?, ?)", values.items()
            )

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()


def remove(path: Path) -> None:
    """Remove a cache's file and what SQLite keeps beside it."""
    for part in path.parent.glob(path.name + "*"):
        part.unlink(missing_ok=True)
