"""KV states of read articles, stored on disk within a size limit.

A state is one file, written by the engine and opaque to us. Its name holds the key of all that it
depends on (model, engine, prompt, text) and the hash of its bytes, so that a state of something
else is never found and a damaged one is deleted. Failures here cost time and never an answer.
"""

import errno
import json
import os
import secrets
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from pathlib import Path

from index.core.disk import file_sha256, read_json, write_atomic
from index.core.errors import DamagedError

SUFFIX = ".reading"
_UNFINISHED = ".unfinished"
_ABANDONED_S = 3600.0  # an unfinished file older than this is deleted
_ASKED = "asked.json"
_MAX_COUNTED = 5_000  # articles whose questions are counted
_HASH_DIGITS = 16  # hexadecimal digits of the hash in a name


class KVStateStore:
    """The states in `folder`, at most `limit` bytes of them; 0: none are stored or found.

    Safe to use from several processes: files appear whole, and any of them may be deleted.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder = folder
        self._limit = limit

    @property
    def off(self) -> bool:
        """True if no states are stored."""
        return self._limit == 0

    def has(self, key: str) -> bool:
        """True if a state is stored under this key; its bytes are not read."""
        return bool(self._paths(key))

    def find(self, key: str) -> str | None:
        """The name of the key's intact file, marked as used now; a damaged one is deleted."""
        for path in self._paths(key):
            with suppress(OSError):
                if path.stem.rpartition("-")[2] == file_sha256(path)[:_HASH_DIGITS]:
                    os.utime(path)
                    return path.name
                path.unlink()
        return None

    def put(self, key: str, write: Callable[[str], int], keep: Collection[str] = ()) -> int:
        """Store what `write` writes into the file of the name it is given; returns its bytes.

        `write` returns the bytes it has written. States used longest ago are deleted to stay
        within the limit, but none whose key is in `keep`; 0 if there is no space even so.

        Raises:
            OSError: it was not written whole, such as on a full disk; nothing is left behind.
        """
        self._make_folder()
        path = self.folder / f"{os.getpid()}-{secrets.token_hex(4)}{_UNFINISHED}"
        try:
            size = write(path.name)
            if not size or not path.exists() or path.stat().st_size != size:
                raise OSError(errno.EIO, "the engine could not write it whole; is the disk full?")
            if not self._make_room(size, {*keep, key}):
                return 0
            path.chmod(0o600)
            path.replace(self.folder / f"{key}-{file_sha256(path)[:_HASH_DIGITS]}{SUFFIX}")
            return size
        finally:
            path.unlink(missing_ok=True)

    def room_for_another(self, keep: Collection[str]) -> bool:
        """True if a state of average size has space beside those whose key is in `keep`."""
        sizes = self._sizes()
        kept = sum(size for path, size in sizes.items() if _key_of(path) in keep)
        average = sum(sizes.values()) // len(sizes) if sizes else 0
        return not self.off and kept + average <= self._limit

    def drop_others(self, key_prefix: str, keep: Collection[str]) -> None:
        """Delete the states whose key begins with `key_prefix` and is not in `keep`."""
        for path in self._sizes():
            if _key_of(path).startswith(key_prefix) and _key_of(path) not in keep:
                path.unlink(missing_ok=True)

    def total(self) -> tuple[int, int]:
        """The number of states and their bytes."""
        sizes = self._sizes()
        return len(sizes), sum(sizes.values())

    def count_asked(self, articles: Iterable[str]) -> None:
        """Count that these articles (by id) were evidence for a question."""
        if self.off:
            return
        asked = self.asked()
        for article in articles:
            asked[article] = asked.get(article, 0) + 1
        most = sorted(asked.items(), key=lambda row: -row[1])[:_MAX_COUNTED]
        with suppress(OSError):
            self._make_folder()
            write_atomic(self.folder / _ASKED, json.dumps(dict(most)))

    def asked(self) -> dict[str, int]:
        """How often each article was evidence for a question, by id."""
        try:
            counts = read_json(self.folder / _ASKED)
            return {str(article): int(times) for article, times in counts.items()}
        except (DamagedError, ValueError, TypeError):
            return {}

    def _make_folder(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _make_room(self, size: int, keep: Collection[str]) -> bool:
        """Delete the states used longest ago until `size` bytes more are within the limit."""
        for path in self.folder.glob(f"*{_UNFINISHED}"):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > _ABANDONED_S:
                    path.unlink()
        sizes = self._sizes()
        over = sum(sizes.values()) + size - self._limit
        leaving: list[Path] = []
        for path, bytes_freed in sizes.items():
            if over > 0 and _key_of(path) not in keep:
                leaving.append(path)
                over -= bytes_freed
        if over > 0:
            return False
        for path in leaving:
            path.unlink(missing_ok=True)
        return True

    def _paths(self, key: str) -> list[Path]:
        return [] if self.off else sorted(self.folder.glob(f"{key}-*{SUFFIX}"))

    def _sizes(self) -> dict[Path, int]:
        """The states with their bytes, the one used longest ago first."""
        stats: dict[Path, os.stat_result] = {}
        for path in self.folder.glob(f"*{SUFFIX}"):
            with suppress(OSError):  # another process may have deleted it
                stats[path] = path.stat()
        oldest_first = sorted(stats.items(), key=lambda item: item[1].st_mtime)
        return {path: stat.st_size for path, stat in oldest_first}


def _key_of(path: Path) -> str:
    return path.name.rpartition("-")[0]
