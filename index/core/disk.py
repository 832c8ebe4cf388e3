"""Files on a disk that may be full, failing or not ours; what goes wrong told in one line."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from index.core.errors import DamagedError, NoSpaceError, UserError

FEW = 2_000_000  # bytes free on a disk that is as good as full
_FAILS = (os.strerror(errno.EIO), "disk I/O error")  # copytree's words and SQLite's


@contextmanager
def disk_errors(root: Path) -> Iterator[None]:
    """Turn a full or read-only disk into an error a person can mend.

    Raises:
        NoSpaceError: for ENOSPC and EDQUOT.
        UserError: for a folder that may not be written, and for a disk that fails.
    """
    import sqlite3

    try:
        yield
    except (OSError, sqlite3.OperationalError) as problem:
        code = getattr(problem, "errno", None)
        fails = code == errno.EIO or any(words in str(problem) for words in _FAILS)
        there = next(path for path in (root, *root.absolute().parents) if path.exists())
        free = shutil.disk_usage(there).free
        # SQLite calls it an I/O error if its log's index finds no room
        if is_full(problem) or (fails and free < FEW):
            raise NoSpaceError(
                f"No space left while building the index ({free // 1_000_000} MB free at {root}). "
                "The old index is unchanged."
            ) from None
        if fails:
            raise UserError(
                f"The disk at {root} fails ({problem}). Check it; the old index is unchanged."
            ) from None
        if code in (errno.EACCES, errno.EPERM, errno.EROFS) or "readonly" in str(problem):
            raise UserError(
                f"{root} cannot be written. Change its permissions or set ASSISTANT_DATA."
            ) from None
        raise


def is_full(problem: Exception) -> bool:
    """True if an error says that there is no room left."""
    # SQLite and shutil.copytree tell it in words only
    told = ("disk is full", os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT))
    code = getattr(problem, "errno", None)
    return code in (errno.ENOSPC, errno.EDQUOT) or any(words in str(problem) for words in told)


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file.

    Raises:
        DamagedError: if the file is not there or holds something else.
    """
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        value = None
    if not isinstance(value, dict):
        raise DamagedError(f"{path} is missing or damaged.")
    return value


def write_json(path: Path, value: object) -> None:
    """Write a value as JSON; it is on the disk only after `sync`."""
    path.write_text(json.dumps(value, indent=1) + "\n", "utf-8")


def sync(path: Path) -> None:
    """Return when a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
