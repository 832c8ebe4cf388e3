"""Reading, writing and hashing files on a disk that may be full, failing or read-only."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from index.core.errors import DamagedError, NoSpaceError, UserError

LOW_SPACE = 2_000_000  # bytes free on a disk that is as good as full
_FAILS = (os.strerror(errno.EIO), "disk I/O error")  # copytree's words and SQLite's


@contextmanager
def disk_errors(root: Path) -> Iterator[None]:
    """Turn a full, failing or read-only disk into an error with the way out.

    Raises:
        NoSpaceError: for ENOSPC and EDQUOT.
        UserError: for a folder that may not be written, a folder where a file should be, and for a
            disk that fails.
    """
    import sqlite3

    try:
        yield
    except (OSError, sqlite3.OperationalError) as problem:
        code = getattr(problem, "errno", None)
        fails = code == errno.EIO or any(words in str(problem) for words in _FAILS)
        existing = existing_part(root)
        free = shutil.disk_usage(existing).free
        # SQLite reports an I/O error if there is no room for the index of its log
        if is_full(problem) or (fails and free < LOW_SPACE):
            room = f"{free // 1_000_000} MB free at {root}"
            if free > LOW_SPACE and _lacks_inodes(existing):
                room = f"the disk at {root} can hold no more files: it has no inode left"
            raise NoSpaceError(
                f"No space left while building the index ({room}). The old index is unchanged."
            ) from None
        if fails:
            raise UserError(
                f"The disk at {root} fails ({problem}). Check it; the old index is unchanged."
            ) from None
        if code in (errno.EISDIR, errno.ENOTDIR, errno.EEXIST):
            names = (getattr(problem, name, None) for name in ("filename2", "filename"))
            where = next(filter(None, names), root)
            raise UserError(
                f"{where} is in the way ({os.strerror(code)}). Move it away and run it again."
            ) from None
        if code in (errno.EACCES, errno.EPERM, errno.EROFS) or "readonly" in str(problem):
            raise UserError(
                f"{root} cannot be written. Change its permissions or set ASSISTANT_DATA."
            ) from None
        raise


def existing_part(path: Path) -> Path:
    """The path, or the nearest folder above it that is there and can be seen."""
    every = (path, *path.absolute().parents)
    return next(one for one in every if os.path.exists(one))  # noqa: PTH110 - it never raises


def _lacks_inodes(path: Path) -> bool:
    """True if the disk has no number left for another file, which ENOSPC says as well."""
    if not hasattr(os, "statvfs"):
        return False
    disk = os.statvfs(path)
    return disk.f_files > 0 and disk.f_favail == 0


def is_full(problem: Exception) -> bool:
    """True if an error says that there is no room left."""
    # SQLite and shutil.copytree say so in words only
    words = ("disk is full", os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT))
    code = getattr(problem, "errno", None)
    return code in (errno.ENOSPC, errno.EDQUOT) or any(word in str(problem) for word in words)


def parse_json(text: str | bytes) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: it is no JSON, or is nested too deeply.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file.

    Raises:
        DamagedError: if the file is missing or holds something else.
    """
    try:
        value = parse_json(path.read_bytes())
    except (OSError, ValueError):
        value = None
    if not isinstance(value, dict):
        raise DamagedError(f"{path} is missing or damaged.")
    return value


def write_atomic(path: Path, content: str | bytes, *, durable: bool = False) -> None:
    """Write a file whole or not at all, making its folder; several processes may do so at once.

    Only its owner may read it. `durable`: return only when file and name are on the disk.

    Raises:
        OSError: it cannot be written; what was there before is unchanged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name[:40]}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
        if durable:
            sync(draft)
        draft.replace(path)
        if durable:
            sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Return when a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
