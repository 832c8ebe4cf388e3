"""Tar archives of articles; compressed ones come here through gzip."""

import io
import tarfile
from collections.abc import Iterator
from functools import partial

from index.core.articles import Skip
from index.core.records import Unreadable
from index.readers.archives.member import Budget, Member, is_hidden, skipped
from index.readers.common import error_line, too_many
from index.readers.file import File

_BROKEN = (tarfile.TarError, OSError, EOFError, ValueError, KeyError, RecursionError)


def is_tar(data: bytes) -> bool:
    """Whether the header's checksum is right; an article may contain the magic word as well."""
    try:
        tarfile.TarInfo.frombuf(data[: tarfile.BLOCKSIZE], "utf-8", "replace")
    except tarfile.HeaderError:
        return False
    return True


def tar_members(file: File) -> Iterator[Member | Skip]:
    """Every member that is a file; links are not followed, devices and hidden files passed over."""
    budget = Budget(file.limits, len(file.data))
    try:
        with tarfile.open(fileobj=io.BytesIO(file.data), mode="r:") as archive:
            number = 0
            for info in archive:
                if is_hidden(info.name) or info.isdir():
                    continue
                if number >= file.limits.records or budget.is_spent:
                    yield too_many(file.path, f"{number} members")
                    return
                number += 1
                if info.isreg() and not info.issparse():
                    yield Member(info.name, partial(_unpack, archive, info, budget))
                else:
                    yield skipped(file, info.name, "not_regular", "It is not an ordinary file.")
    except _BROKEN as error:
        reason = f"The rest of the tar file cannot be read: {error_line(error)}."
        yield Skip(file.path, "bad_archive", reason)


def _unpack(archive: tarfile.TarFile, info: tarfile.TarInfo, budget: Budget) -> bytes:
    stream = archive.extractfile(info)
    if stream is None:
        raise Unreadable("not_regular", "It is not an ordinary file.")
    try:
        return budget.read(stream.read)
    except _BROKEN as error:
        raise Unreadable("bad_archive", f"It cannot be unpacked: {error_line(error)}.") from None
