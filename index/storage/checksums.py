"""Checksums of a generation's files, and which large files need not be read again to be trusted.

Reading a gigabyte at each opening costs seconds. So a large file that was found whole is trusted
while the machine has not been started anew, a day has not gone by, and its size, inode and times
are those it had then: whatever a program does to a file moves its ctime, which no program sets
back, and what a power cut leaves behind is seen after it. What a disk does by itself to a file
that nobody writes is found within a day, by `assistant index verify`, before an ingest builds on
it, and, for the text of an article, whenever it is shown: its hash stands beside it.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

SMALL = 1_000_000  # bytes that are read each time: milliseconds
TRUSTED_NS = 24 * 3600 * 10**9
SETTLED_NS = 2 * 10**9  # a file that was just written may be written again within a clock's tick
_BOOT = Path("/proc/sys/kernel/random/boot_id")


def sums(folder: Path, digest: Callable[[Path], str] | None = None) -> dict[str, str]:
    """SHA-256 of every file of a generation but its list of them, by path in `folder`."""
    digest = digest or sha256
    return {
        path.relative_to(folder).as_posix(): digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "sums.json"
    }


def sha256(path: Path) -> str:
    """Of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Seen:
    """Large files as they looked when they were read, in a file beside the generations.

    It only saves time: it is ignored if it cannot be read, and not missed if it cannot be written.
    Where a system has no mark of its last start, nothing is trusted.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._boot = ""
        self._known: dict[str, list[object]] = {}
        self._learned = False
        with suppress(OSError):
            self._boot = _BOOT.read_text("ascii").strip()
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            written = json.loads(path.read_text("utf-8"))
            if self._boot and written["boot"] == self._boot:
                self._known = dict(written["files"])

    def digest(self, path: Path) -> str:
        """SHA-256 of a file, read or remembered."""
        looks = _looks(path)
        if looks[0] <= SMALL:
            return sha256(path)
        name, now = str(path.relative_to(self._path.parent)), time.time_ns()
        match self._known.get(name):
            case [str(known), int(read), *then] if then == looks:
                if 0 <= now - read < TRUSTED_NS:
                    return known
        found = sha256(path)
        if self._boot and _looks(path) == looks and max(looks[1:3]) < now - SETTLED_NS:
            self._known[name] = [found, now, *looks]
            self._learned = True
        return found

    def save(self) -> None:
        """Remember what was read; to be called only when it was found whole."""
        if not self._learned:
            return
        root = self._path.parent
        fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        files = {name: known for name, known in self._known.items() if (root / name).exists()}
        with suppress(OSError):
            fresh.write_text(json.dumps({"boot": self._boot, "files": files}), "utf-8")
            fresh.replace(self._path)
        with suppress(OSError):
            fresh.unlink(missing_ok=True)

    def forget(self) -> None:
        """Trust nothing any more."""
        self._known = {}
        with suppress(OSError):
            self._path.unlink(missing_ok=True)


def _looks(path: Path) -> list[int]:
    """Bytes, times of the last change of the contents and of anything, inode and device."""
    info = path.stat()
    return [info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino, info.st_dev]
