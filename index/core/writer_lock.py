"""The lock of an index: one process writes at a time, and another is told which."""

from __future__ import annotations

import datetime as dt
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from index.core.disk import disk_errors, is_full, read_json
from index.core.errors import BusyError, DamagedError

_HOLDER = "writer.json"


@contextmanager
def writer_lock(root: Path) -> Iterator[None]:
    """Hold the lock of the folder `root`, which is made if it is not there.

    Raises:
        BusyError: at once, with the holder's pid, if another process holds it.
        UserError: if the folder cannot be made or written.
    """
    from filelock import FileLock, Timeout

    with disk_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(root / "writer.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise BusyError(_busy(root)) from None
    try:
        yield
    finally:
        with suppress(OSError):
            (root / _HOLDER).unlink()
        lock.release()


def write_holder(root: Path) -> None:
    """Write down who holds the lock, for the message of another process."""
    holder = {"pid": os.getpid(), "since": dt.datetime.now().astimezone().strftime("%H:%M")}
    try:
        (root / _HOLDER).write_text(json.dumps(holder), "utf-8")
    except OSError as problem:
        if not is_full(problem):
            raise


def is_alive(pid: int | str) -> bool:
    """True if there is a process of that number."""
    try:
        os.kill(int(pid), 0)
    except (ValueError, OverflowError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def _busy(root: Path) -> str:
    who = "it has just started"
    for _ in range(25):  # the holder may not have written its pid yet: half a second at most
        with suppress(DamagedError, KeyError):
            holder = read_json(root / _HOLDER)
            if is_alive(str(holder["pid"])):  # not one that was killed long ago
                who = f"pid {holder['pid']}, since {holder['since']}"
                break
        time.sleep(0.02)
    return f"Another ingest is running ({who}). Wait for it or stop it."
