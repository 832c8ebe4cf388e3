"""Discovers input files and reads them race-free.

Links are not followed and pipes not waited for; what is left out becomes a Skip.
"""

import errno
import os
import stat
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from index.core.articles import Skip
from index.core.errors import UsageError
from index.readers.file import SUFFIXES, suffix_of

MAX_DEPTH = 40  # nested folders below the given one
_NO_LINKS = "Links are not followed; copy what it points to into the folder."


def existing(path: Path) -> Path:
    """The path, resolved.

    Raises:
        UsageError: if there is nothing, or it is an address.
    """
    if "://" in str(path) or str(path).startswith(("http:", "https:")):
        raise UsageError(f"{path} is an address. Addresses are not fetched; give a file or folder.")
    if not path.exists():
        raise UsageError(f"There is no file or folder {path}.")
    return path.resolve()


def walk(
    roots: Iterable[Path], skips: list[Skip], ignored: Collection[Path] = ()
) -> Iterator[Path]:
    """Every file to be read at or below `roots`, once; what is left out is added to `skips`.

    `ignored` are resolved folders that are passed over without a Skip: the tool's own.
    """
    seen: set[Path] = set()
    for root in roots:
        for path in [root] if root.is_file() else _files_below(root, skips, ignored):
            if path not in seen:
                seen.add(path)
                yield path


def _files_below(root: Path, skips: list[Skip], ignored: Collection[Path]) -> Iterator[Path]:
    def denied(problem: OSError) -> None:
        # the system limits the length of a path
        code = "too_deep" if problem.errno == errno.ENAMETOOLONG else "denied"
        reason = f"It cannot be read: {problem.strerror}."
        skips.append(Skip(name_of(Path(problem.filename)), code, reason))

    for folder, folders, names in os.walk(root, followlinks=False, onerror=denied):
        here = Path(folder)
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and here / name not in ignored
        )
        links = [name for name in folders if os.path.islink(here / name)]  # noqa: PTH114
        skips.extend(Skip(name_of(here / link), "symlink", _NO_LINKS) for link in links)
        if len(here.relative_to(root).parts) >= MAX_DEPTH and folders:
            skips.append(
                Skip(name_of(here), "too_deep", f"Only {MAX_DEPTH} nested folders are read.")
            )
            folders.clear()
        for path in (here / name for name in sorted(names) if not name.startswith(".")):
            if reason := _not_taken(path):
                skips.append(Skip(name_of(path), *reason))
            else:
                yield path


def _not_taken(path: Path) -> tuple[str, str] | None:
    """Code and reason of the Skip of a file that is not read."""
    try:
        mode = path.lstat().st_mode
    except OSError as problem:
        return "changed", f"It cannot be read: {problem.strerror}."
    if stat.S_ISLNK(mode):
        return "symlink", _NO_LINKS
    if not stat.S_ISREG(mode):
        return "not_regular", "It is not an ordinary file."
    if suffix_of(path.name) not in ("", *SUFFIXES):
        return "unsupported", f"Only {', '.join(SUFFIXES)} are read."
    return None


def contents(path: Path, seen: os.stat_result) -> bytes:
    """The bytes of a file that is still the one `seen`, neither grown nor replaced since.

    Raises:
        OSError: if it cannot be read, or is another one.
    """
    # a link or a pipe put there in the meantime is neither followed nor waited for
    flags = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
    with open(os.open(path, os.O_RDONLY | flags), "rb") as file:  # noqa: PTH123
        data = file.read(seen.st_size + 1)
        now = os.fstat(file.fileno())
    same = (now.st_dev, now.st_ino, now.st_mtime_ns) == (seen.st_dev, seen.st_ino, seen.st_mtime_ns)
    if not same or len(data) != seen.st_size:
        raise OSError(None, "it changes at this moment")
    return data


def name_of(path: Path) -> str:
    r"""The path as text; bytes of a file name that are no UTF-8 are written as `\xff`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
