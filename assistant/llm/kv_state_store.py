"""Readings: what the engine knows after it has read an article, kept on disk within a limit.

A reading is one file, written by the engine and opaque to us. Its name holds the key of all that
it depends on, so that one of another model, engine, prompt or text is never found, and the hash of
its bytes, so that a damaged one is none. Whatever goes wrong here costs time and never an answer.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from pathlib import Path

from index.storage.checksums import sha256

SUFFIX = ".reading"
_UNFINISHED = ".unfinished"
_ABANDONED_S = 3600.0  # a file that is not finished by then never will be
_ASKED = "asked.json"
_REMEMBERED = 5_000  # articles whose questions are counted
_SUM = 16  # hexadecimal digits of the hash in a name


class KVStateStore:
    """The readings in `folder`, at most `limit` bytes of them; 0: none are kept or found.

    Several processes may use it: a file appears whole, and one that has gone was not needed.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder = folder
        self._limit = limit

    @property
    def off(self) -> bool:
        """True if none are kept."""
        return self._limit == 0

    def has(self, key: str) -> bool:
        """Tell whether there is one under this key, without reading it."""
        return not self.off and bool(self._of(key))

    def find(self, key: str) -> str | None:
        """The name of the file with this key, whole and marked as used now; a damaged one goes."""
        for path in self._of(key) if not self.off else ():
            with suppress(OSError):
                if sha256(path)[:_SUM] == _sum_in(path):
                    os.utime(path)
                    return path.name
                path.unlink()
        return None

    def put(self, key: str, write: Callable[[str], int], spare: Collection[str] = ()) -> int:
        """Keep what `write` writes into the file of the name it is given; returns its bytes.

        `write` returns the bytes it has written. Where the limit asks for it those used longest ago
        go, but none whose key is in `spare`; 0 if there is no room even so.

        Raises:
            OSError: it was not written whole, such as on a full disk; nothing is left behind.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self.folder / f"{os.getpid()}-{secrets.token_hex(4)}{_UNFINISHED}"
        try:
            size = write(fresh.name)
            if not size or not fresh.exists() or fresh.stat().st_size != size:
                raise OSError(errno.EIO, "the engine could not write it whole; is the disk full?")
            if not self._make_room(size, {*spare, key}):
                return 0
            fresh.chmod(0o600)
            fresh.replace(self.folder / f"{key}-{sha256(fresh)[:_SUM]}{SUFFIX}")
            return size
        finally:
            fresh.unlink(missing_ok=True)

    def room_for_another(self, spare: Collection[str]) -> bool:
        """Tell whether one of middling size would find room beside those in `spare`."""
        sizes = dict(self._sizes())
        kept = sum(size for path, size in sizes.items() if _key_in(path) in spare)
        middling = sum(sizes.values()) // len(sizes) if sizes else 0
        return not self.off and kept + middling <= self._limit

    def drop_others(self, maker: str, wanted: Collection[str]) -> None:
        """Let go of those whose key begins with `maker` and is not in `wanted`."""
        for path, _ in self._sizes():
            if _key_in(path).startswith(maker) and _key_in(path) not in wanted:
                path.unlink(missing_ok=True)

    def total(self) -> tuple[int, int]:
        """How many there are, and their bytes."""
        sizes = [size for _, size in self._sizes()]
        return len(sizes), sum(sizes)

    def count_asked(self, articles: Iterable[str]) -> None:
        """Remember that these articles (by id) were shown for a question."""
        if self.off:
            return
        asked = self.asked()
        for article in articles:
            asked[article] = asked.get(article, 0) + 1
        most = sorted(asked.items(), key=lambda one: -one[1])[:_REMEMBERED]
        with suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = self.folder / f"{os.getpid()}-{secrets.token_hex(4)}{_UNFINISHED}"
            fresh.write_text(json.dumps(dict(most)), "utf-8")
            fresh.replace(self.folder / _ASKED)

    def asked(self) -> dict[str, int]:
        """How often each article was shown for a question, by id."""
        try:
            told = json.loads((self.folder / _ASKED).read_text("utf-8"))
            return {str(article): int(times) for article, times in told.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}

    def _make_room(self, size: int, spare: Collection[str]) -> bool:
        """Let the least useful go until `size` bytes more are within the limit."""
        self._sweep()
        sizes = dict(self._sizes())
        over = sum(sizes.values()) + size - self._limit
        idle = sorted((p for p in sizes if _key_in(p) not in spare), key=_used)
        leaving: list[Path] = []
        for path in idle:
            if over <= 0:
                break
            leaving.append(path)
            over -= sizes[path]
        if over > 0:
            return False
        for path in leaving:
            path.unlink(missing_ok=True)
        return True

    def _sweep(self) -> None:
        for path in self.folder.glob(f"*{_UNFINISHED}"):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > _ABANDONED_S:
                    path.unlink()

    def _of(self, key: str) -> list[Path]:
        return sorted(self.folder.glob(f"{key}-*{SUFFIX}"))

    def _sizes(self) -> Iterable[tuple[Path, int]]:
        for path in self.folder.glob(f"*{SUFFIX}"):
            with suppress(OSError):  # another process may have removed it
                yield path, path.stat().st_size


def _key_in(path: Path) -> str:
    return path.name.rpartition("-")[0]


def _sum_in(path: Path) -> str:
    return path.name.rpartition("-")[2].removesuffix(SUFFIX)


def _used(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
