"""The SHA-256 of files that are large and seldom change."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path


class Hashes:
    """The SHA-256 of files, remembered for as long as size and modification time stay the same.

    One small file each: two processes never write the same one with different content.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, path: Path, fresh: bool = False) -> str:
        """The hash of a file, read from its bytes if it is not remembered or `fresh` is set."""
        if not fresh and (known := self.known(path)):
            return known
        state = _state(path)
        sha256 = hash_file(path)
        note_down(self._file(path), state | {"sha256": sha256})
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
        note_down(self._file(path), _state(path) | {"sha256": sha256})

    def _file(self, path: Path) -> Path:
        key = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()
        return self._folder / f"{key[:24]}.json"


def hash_file(path: Path) -> str:
    """The SHA-256 of a file's bytes, in 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def differs(found: str, expected: str) -> str:
    """Two hashes in words, short enough to read."""
    return f"its SHA-256 begins {found[:12]}, expected {expected[:12]}"


def note_down(path: Path, value: dict[str, object]) -> None:
    """Write a small note, whole or not at all.

    A cache that cannot be written only costs hashing, or being asked, once more.
    """
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}.tmp")
        draft.write_text(json.dumps(value), encoding="utf-8")
        draft.replace(path)


def _state(path: Path) -> dict[str, object]:
    stat = path.stat()
    return {"path": str(path.resolve()), "bytes": stat.st_size, "mtime_ns": stat.st_mtime_ns}
