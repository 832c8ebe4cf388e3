"""The SHA-256 of files that are large and seldom change."""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from index.core.disk import file_sha256, read_json, write_atomic
from index.core.errors import DamagedError


class FileHashes:
    """Hashes of files by size and times, remembered in the file `note`.

    A program can set the time of modification back, but not the time of change. It only saves time:
    that `note` cannot be read or written is no error.
    """

    def __init__(self, note: Path) -> None:
        self._note = note
        self._known: dict[str, list[Any]] = {}
        with suppress(DamagedError, ValueError, KeyError, TypeError):
            self._known = dict(read_json(note)["sha256"])
        self._saved = dict(self._known)

    def known(self, path: Path) -> str | None:
        """The hash of a file, if it has not changed since it was hashed."""
        match self._known.get(self._name(path)):
            case [str(known), *state] if state == _state(path):
                return known
        return None

    def digest(self, path: Path, *, fresh: bool = False) -> str:
        """The hash of a file, computed now if it is not remembered or `fresh` is set."""
        if not fresh and (known := self.known(path)):
            return known
        state = _state(path)
        found = file_sha256(path)
        self._known[self._name(path)] = [found, *state]
        return found

    def record(self, path: Path, sha256: str) -> None:
        """Remember the hash of a file that was just computed."""
        self._known[self._name(path)] = [sha256, *_state(path)]

    def save(self) -> None:
        """Write down what was computed, of files that are still there."""
        known = self._known.copy()
        if known != self._saved:
            root = self._note.parent
            known = {name: entry for name, entry in known.items() if (root / name).exists()}
            with suppress(OSError):
                write_atomic(self._note, json.dumps({"sha256": known}))
            self._saved = known

    def forget(self) -> None:
        """Trust nothing any more."""
        with suppress(OSError):
            self._note.unlink(missing_ok=True)

    def _name(self, path: Path) -> str:
        return Path(os.path.relpath(path, self._note.parent)).as_posix()


def _state(path: Path) -> list[int]:
    info = path.stat()
    return [info.st_size, info.st_mtime_ns, info.st_ctime_ns]
