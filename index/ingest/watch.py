"""Waits for changes of files below some folders, also when the folders themselves come and go."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

QUIET_MS = 500  # a change is reported when nothing has changed for so long …
LONGEST_MS = 5000  # … or after this, if something changes all the time
LOOK_MS = 1000  # how often the folders themselves are looked for


def changes(
    paths: Sequence[Path], ignored: Path, stop: threading.Event | None = None
) -> Iterator[None]:
    """Yield soon after every change below `paths`, and once when watching has begun.

    A change while the caller works on a yield is reported by the next one.

    Args:
        paths: Files and folders; each may vanish and come back.
        ignored: A folder whose changes do not count: the index, which may lie below a path.
        stop: Ends it when it is set.
    """
    stop = stop or threading.Event()
    while not stop.is_set():
        seen = _identities(paths)
        roots = [path.resolve() for path in paths if path.exists()]
        first = True
        for changed in _ticks(roots, ignored.resolve(), stop):
            if changed or first:
                first = False
                yield
            if _identities(paths) != seen:
                break  # a folder came, went or was replaced: the watcher still has the old one


def _ticks(roots: Sequence[Path], ignored: Path, stop: threading.Event) -> Iterator[bool]:
    """True for a change, False when it is time to look for the folders themselves."""
    if not roots:
        while not stop.wait(LOOK_MS / 1000):
            yield False
        return
    from watchfiles import watch

    try:
        for found in watch(
            *roots,
            watch_filter=lambda change, path: (
                not (Path(path).name.startswith(".") or Path(path).is_relative_to(ignored))
            ),
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
    """Device and inode of what stands at each path now; None if there is nothing."""
    found: list[tuple[int, int] | None] = []
    for path in paths:
        try:
            info = path.stat()
            found.append((info.st_dev, info.st_ino))
        except OSError:
            found.append(None)
    return found
