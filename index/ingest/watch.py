"""Tells when files below some folders change, also when the folders themselves come and go."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

QUIET_MS = 500  # a change is told when nothing has changed for so long …
LONGEST_MS = 5000  # … or after this, if something changes all the time
LOOK_MS = 1000  # how often the folders themselves are looked for


def changes(
    paths: Sequence[Path], ignored: Path, stop: threading.Event | None = None
) -> Iterator[None]:
    """Yield soon after every change below `paths`, and once when watching has begun.

    What changes while a yield is being worked on is told by the next one.

    Args:
        paths: Files and folders; each may vanish and come back.
        ignored: A folder whose changes do not count: the index, which may lie below a path.
        stop: Ends it when it is set.
    """
    stop = stop or threading.Event()
    while not stop.is_set():
        seen = _identities(paths)
        there = [path.resolve() for path in paths if path.exists()]
        begun = False
        for changed in _ticks(there, ignored.resolve(), stop):
            if changed or not begun:
                begun = True
                yield
            if _identities(paths) != seen:
                break  # a folder came, went or was replaced: the watcher holds on to the old one


def _ticks(roots: Sequence[Path], ignored: Path, stop: threading.Event) -> Iterator[bool]:
    """True for a change, False when the folders themselves are to be looked at."""
    if not roots:
        while not stop.wait(LOOK_MS / 1000):
            yield False
        return
    from watchfiles import watch

    def counts(change: object, path: str) -> bool:
        return not (Path(path).name.startswith(".") or Path(path).is_relative_to(ignored))

    try:
        for found in watch(
            *roots,
            watch_filter=counts,
            debounce=LONGEST_MS,
            step=QUIET_MS,
            stop_event=stop,
            rust_timeout=LOOK_MS,
            yield_on_timeout=True,
            ignore_permission_denied=True,
        ):
            yield bool(found)
    except FileNotFoundError:  # gone since it was looked for
        yield False


def _identities(paths: Sequence[Path]) -> list[tuple[int, int] | None]:
    """Which folder or file stands at each path now; None if there is none."""
    found: list[tuple[int, int] | None] = []
    for path in paths:
        try:
            info = path.stat()
            found.append((info.st_dev, info.st_ino))
        except OSError:
            found.append(None)
    return found
