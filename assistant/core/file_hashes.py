"""The SHA-256 of files that are large and seldom change."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path

from index.core.disk import file_sha256, write_atomic


class Hashes:
    """The SHA-256 of files, remembered while size and modification time stay; one small file each.

    So two processes never write the same one with different content.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, path: Path, fresh: bool = False) -> str:
        """The hash of a file, read from its bytes if it is not remembered or `fresh` is set."""
        if not fresh and (known := self.known(path)):
            return known
        state = _state(path)
        sha256 = file_sha256(path)
        write_note(self._file(path), state | {"sha256": sha256})
        return sha256

    def known(self, path: Path) -> str | None:
        """The hash of a file if it has not changed since it was read."""
        try:
            row = json.loads(self._file(path).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return str(row["sha256"]) if row == _state(path) | {"sha256": row.get("sha256")} else None

    def record(self, path: Path, sha256: str) -> None:
        """Remember the hash of a file that was just read."""
        write_note(self._file(path), _state(path) | {"sha256": sha256})

    def _file(self, path: Path) -> Path:
        key = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()
        return self._folder / f"{key[:24]}.json"


def differs(found: str, expected: str) -> str:
    """Two hashes in words, short enough to read."""
    return f"its SHA-256 begins {found[:12]}, expected {expected[:12]}"


def write_note(path: Path, value: dict[str, object]) -> None:
    """Write a small JSON file; one that cannot be written only costs hashing once more."""
    with contextlib.suppress(OSError):
        write_atomic(path, json.dumps(value))


def _state(path: Path) -> dict[str, object]:
    stat = path.stat()
    return {"path": str(path.resolve()), "bytes": stat.st_size, "mtime_ns": stat.st_mtime_ns}
