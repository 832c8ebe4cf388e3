"""A reader's own copy of a generation's Chroma folder, since Chroma writes even on queries."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

from index.core.disk import FEW, is_full
from index.core.errors import DamagedError, NoSpaceError
from index.storage.manifest import COMPLETE, Generation

SHARED = 16_000_000  # bytes from which on a reader does not copy a file of vectors


def snapshot(root: Path, generation: Generation) -> tempfile.TemporaryDirectory[str]:
    """A copy of the generation's Chroma folder for one reader, removed when it is closed.

    Large files that Chroma does not write when it reads are links to the generation's own. It lies
    in `root`, the folder of generations, or where that is not possible among temporary files.

    Raises:
        DamagedError: the generation went while it was copied.
        NoSpaceError: there is no room for the copy.
    """
    trouble: OSError | None = None
    # a data folder that may not be written, or is full, can still be asked
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
                        _shared if generation.manifest.schema >= COMPLETE else shutil.copy2
                    ),
                )
                if shutil.disk_usage(copy.name).free < FEW:  # Chroma writes to it at once
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), copy.name)
            except OSError as problem:
                if not generation.folder.exists():
                    raise DamagedError(f"{generation.name} went while it was opened.") from None
                trouble = problem
            else:
                stack.pop_all()
                return copy
    assert trouble is not None
    if is_full(trouble):
        raise NoSpaceError(f"No space left to open the index, in {root} or elsewhere.")
    raise trouble


def _shared(source: str, target: str) -> None:
    """Bring a file of Chroma's to a reader: its own copy, or a link if it is large.

    Chroma opens the files of vectors for writing also when it only reads, so a link needs the
    right to write. It writes to them when vectors are added, or when they have never been complete
    and the list of their ids is missing. Its SQLite file it changes at each opening.
    """
    path = Path(source)
    complete = path.with_name("index_metadata.pickle").exists()
    large = path.stat().st_size >= SHARED and path.suffix != ".sqlite3"
    if large and complete and os.access(source, os.W_OK):
        with suppress(OSError):  # a system without links
            Path(target).symlink_to(path.resolve())
            return
    shutil.copy2(source, target)
