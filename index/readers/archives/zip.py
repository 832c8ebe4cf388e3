"""Zip archives of articles."""

import io
import stat
import zipfile
from collections.abc import Iterator
from functools import partial

from index.core.articles import Skip
from index.core.records import Unreadable
from index.readers.archives.member import Budget, Member, is_hidden, skipped
from index.readers.common import error_line, too_many
from index.readers.file import File
from index.readers.office.package import BROKEN_ZIP


def zip_members(file: File) -> Iterator[Member | Skip]:
    """Every member that is a file; links are not followed, hidden ones are passed over."""
    budget = Budget(file.limits, len(file.data))
    try:
        archive = zipfile.ZipFile(io.BytesIO(file.data))
    except BROKEN_ZIP as error:
        reason = f"The zip file cannot be read: {error_line(error)}."
        raise Unreadable("bad_archive", reason) from None
    with archive:
        infos = [i for i in archive.infolist() if not (i.is_dir() or is_hidden(i.filename))]
        for number, info in enumerate(infos):
            if number >= file.limits.records or budget.is_spent:
                yield too_many(file.path, f"{number} of {len(infos)} members")
                return
            if stat.S_ISLNK(info.external_attr >> 16):
                yield skipped(file, info.filename, "symlink", "Links are not followed.")
            else:
                yield Member(info.filename, partial(_unpack, archive, info, budget))


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> bytes:
    if info.flag_bits & 1:
        raise Unreadable("encrypted", "It is encrypted. Unpack it and give the files themselves.")
    try:
        with archive.open(info) as stream:
            return budget.read(stream.read)
    except BROKEN_ZIP as error:
        raise Unreadable("bad_archive", f"It cannot be unpacked: {error_line(error)}.") from None
