"""Closes to other users of the machine what older versions left open to them.

New files are private by the umask of the command line (`assistant.cli.error_exit`).
"""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

OTHERS = stat.S_IRWXG | stat.S_IRWXO
# what the assistant makes in its folders: a person may have pointed one of them at any folder
OURS = re.compile(
    r"index|embeddings\.sqlite.*|readings|uploads|received|removed|feedback\.jsonl|sets|runs"
    r"|following|following\.json|server\.json|open\.html|models|eval|allowed|assistant\.toml|\..+\.tmp"
)


def mend(*roots: Path) -> list[Path]:
    """Take the rights of others from our files below `roots`; gives the roots that had such files.

    A root itself is closed where it holds nothing but ours. What belongs to somebody else stays.
    """
    mended: list[Path] = []
    if os.name != "posix":  # other systems do not tell rights by a mode
        return mended
    for root in roots:
        entries = _entries(root)
        ours = [path for path in entries if OURS.fullmatch(path.name)]
        if is_open := list(filter(_is_open, ours)):
            mended.append(root)
        for path in is_open:
            for each in _below(path):
                _close(each)
        if ours and len(ours) == len(entries):
            _close(root)
    return mended


def _entries(root: Path) -> list[Path]:
    try:
        return list(root.iterdir())
    except OSError:
        return []


def _is_open(path: Path) -> bool:
    try:
        info = path.stat()
    except OSError:
        return False
    return info.st_uid == os.getuid() and bool(info.st_mode & OTHERS)


def _below(path: Path) -> Iterator[Path]:
    yield path
    for folder, folders, files in os.walk(path):
        yield from (Path(folder, name) for name in (*folders, *files))


def _close(path: Path) -> None:
    with suppress(OSError):
        info = path.stat(follow_symlinks=False)
        linked = stat.S_ISREG(info.st_mode) and info.st_nlink > 1  # a model of the person's own
        if info.st_mode & OTHERS and not stat.S_ISLNK(info.st_mode) and not linked:
            path.chmod(stat.S_IMODE(info.st_mode) & ~OTHERS)
