"""Checksums of a generation's files, and which files need not be hashed again at opening.

Hashing a gigabyte costs seconds, so at opening a file that was hashed before is trusted while its
size and time of modification stay the same. `assistant index verify` hashes everything, and so does
an ingest before it builds on a generation. An article's text is compared with its own hash whenever
it is shown.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from index.core.disk import file_sha256, write_atomic


def sums(folder: Path, digest: Callable[[Path], str] = file_sha256) -> dict[str, str]:
    """SHA-256 of every file of a generation except `sums.json`, by path in `folder`."""
    return {
        path.relative_to(folder).as_posix(): digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "sums.json"
    }


class HashedFiles:
    """Hashes of files by path, size and time of modification, kept in `path` beside them.

    It only saves time: that `path` cannot be read or written is no error.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, list[Any]] = {}
        with suppress(OSError, ValueError, KeyError, TypeError):
            self._known = dict(json.loads(path.read_text("utf-8"))["sha256"])
        self._before = dict(self._known)

    def digest(self, path: Path) -> str:
        """SHA-256 of a file, remembered or computed now."""
        name, info = path.relative_to(self._path.parent).as_posix(), path.stat()
        state = [info.st_size, info.st_mtime_ns]
        match self._known.get(name):
            case [str(known), *rest] if rest == state:
                return known
        found = file_sha256(path)
        self._known[name] = [found, *state]
        return found

    def save(self) -> None:
        """Keep what was computed; to be called only when all hashes were as expected."""
        if self._known != self._before:
            root = self._path.parent
            known = {name: entry for name, entry in self._known.items() if (root / name).exists()}
            with suppress(OSError):
                write_atomic(self._path, json.dumps({"sha256": known}))

    def forget(self) -> None:
        """Trust nothing any more."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
