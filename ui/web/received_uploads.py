"""Files that browsers have sent and nobody has taken into the index yet: bounded, and swept."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from index.core.disk import disk_errors
from ui.web.refusal import Refused

KEEP_S = 600.0  # then a file that nobody took is removed
MAX_BYTES = 256 * 1024 * 1024  # of all files
MAX_FILES = 2_000


@contextmanager
def received_folder(data: Path) -> Iterator[Path]:
    """A folder for this server, gone when it ends; those of killed servers are removed first.

    Raises:
        UserError: if it cannot be made, as when the disk is full.
    """
    from filelock import FileLock, Timeout

    root = data / "received"
    with disk_errors(data):
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(root / ".lock"):  # one server at a time looks at the folders
            for old in root.glob("*/"):
                with suppress(Timeout), FileLock(old / ".lock", timeout=0):
                    shutil.rmtree(old, ignore_errors=True)
            folder = Path(tempfile.mkdtemp(dir=root))
            running = FileLock(folder / ".lock")
            running.acquire()
    try:
        yield folder
    finally:
        running.release()
        shutil.rmtree(folder, ignore_errors=True)


class UploadQuota:
    """How much may lie in the folder of received files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._arriving = 0

    @contextmanager
    def arriving(self, size: int) -> Iterator[None]:
        """Count an upload of `size` bytes while it arrives.

        Raises:
            Refused: 429 if too much lies there, 507 if the disk is too full.
        """
        count, held = self._sweep()
        if count >= MAX_FILES or held + self._arriving + size > MAX_BYTES:
            message = "Too many uploads wait to be added. Add them, or try again in 10 minutes."
            raise Refused(429, message, int(KEEP_S))
        self._arriving += size
        try:
            yield
        finally:
            self._arriving -= size

    def _sweep(self) -> tuple[int, int]:
        """Remove what nobody took in time; number and bytes of the files that are left."""
        count = held = 0
        too_old = time.time() - KEEP_S
        for path in self._folder.rglob("*"):
            with suppress(OSError):  # taken meanwhile
                info = path.lstat()
                if path.is_dir() or path.name == ".lock":
                    continue
                if info.st_mtime < too_old:
                    path.unlink()
                else:
                    count, held = count + 1, held + info.st_size
        return count, held
