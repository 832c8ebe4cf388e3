"""A reader's snapshot of a generation's Chroma folder, since Chroma writes even on queries."""

import errno
import os
import shutil
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

from index.core.disk import LOW_SPACE, is_full
from index.core.errors import DamagedError, NoSpaceError
from index.storage.manifest import COMPLETE, Generation

SHARED = 16_000_000  # bytes from which on a file of vectors is linked, not copied


def snapshot(generation: Generation) -> tempfile.TemporaryDirectory[str]:
    """A copy of the generation's Chroma folder, removed when it is closed.

    Large files that Chroma does not change when it reads are links. The copy is beside the
    generation, or among temporary files if that disk is full or read-only.

    Raises:
        DamagedError: the generation was removed while it was copied.
        NoSpaceError: there is no room for the copy.
    """
    root = generation.folder.parent
    for prefix, parent in ((f"open-{os.getpid()}-", root), ("assistant-open-", None)):
        with ExitStack() as stack:
            try:
                copy = tempfile.TemporaryDirectory(prefix=prefix, dir=parent)
                stack.callback(copy.cleanup)
                shutil.copytree(
                    generation.vectors,
                    copy.name,
                    dirs_exist_ok=True,
                    copy_function=(
                        _link_or_copy if generation.manifest.schema >= COMPLETE else shutil.copy2
                    ),
                )
                if shutil.disk_usage(copy.name).free < LOW_SPACE:  # Chroma writes to it at once
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), copy.name)
                stack.pop_all()
                return copy
            except OSError as problem:
                if not generation.folder.exists():
                    raise DamagedError(
                        f"{generation.name} was removed while it was opened."
                    ) from None
                failed = problem
    if is_full(failed):
        raise NoSpaceError(f"No space left to open the index, in {root} or elsewhere.")
    raise failed


def _link_or_copy(source: str, target: str) -> None:
    """Copy a file of Chroma's, or link it if it is large.

    Chroma opens the files of vectors for writing even when it only reads, so a link needs the
    permission. It writes to them when vectors are added, or when they have never been complete and
    the list of their ids is missing. Its SQLite file changes at each opening.
    """
    path = Path(source)
    complete = path.with_name("index_metadata.pickle").exists()
    large = path.stat().st_size >= SHARED and path.suffix != ".sqlite3"
    if large and complete and os.access(source, os.W_OK):
        with suppress(OSError):  # a system without links
            Path(target).symlink_to(path.resolve())
            return
    shutil.copy2(source, target)
