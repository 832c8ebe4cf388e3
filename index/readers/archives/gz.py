"""Files compressed by gzip: `.gz` of any format, `.tar.gz`, `.tgz`."""

import gzip
import io
import re
import zlib
from dataclasses import replace

from index.core.records import Unreadable
from index.readers.archives.member import ALWAYS, RATIO
from index.readers.common import error_line
from index.readers.file import File

MAGIC = b"\x1f\x8b"


def unpack_gz(file: File) -> File:
    """The one file inside, under its name without `.gz`; it may be an archive.

    Raises:
        Unreadable: `bad_archive`, or `bomb` if it unpacks to more than an archive may have.
    """
    if file.packed:
        raise Unreadable("unsupported", "It is compressed twice; unpack it and give what is in it.")
    most = min(file.limits.unpacked, max(RATIO * len(file.data), ALWAYS))
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(file.data)) as stream:
            data = stream.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        reason = f"The gzip file is damaged: {error_line(error)}."
        raise Unreadable("bad_archive", reason) from None
    if len(data) > most:
        raise Unreadable("bomb", f"It unpacks to more than {most:,} bytes.")
    name = re.sub(r"\.gz$", "", re.sub(r"\.tgz$", ".tar", file.name, flags=re.I), flags=re.I)
    return replace(file, data=data, name=name, packed=True)
