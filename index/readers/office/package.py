"""Zip packages of XML files, as Word, OpenDocument, Excel and EPUB are: opened without risk.

Nothing is unpacked but the files that are asked for, each up to the limit; XML that declares
entities or a document type is refused, and nothing is fetched.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from index.core.records import Limits, Unreadable
from index.readers.common import error_line

Node = Any  # lxml has no types
DC = "{http://purl.org/dc/elements/1.1/}"
_CONTENTS = {
    "word/document.xml": "docx",
    "xl/workbook.xml": "xlsx",
    "ppt/presentation.xml": "other",
    "[Content_Types].xml": "other",
}
_MIME_TYPES = {
    b"application/epub+zip": "epub",
    b"application/vnd.oasis.opendocument.text": "odt",
}
BROKEN_ZIP = (
    *(zipfile.BadZipFile, zlib.error, KeyError, ValueError, OSError, RuntimeError, EOFError),
    NotImplementedError,
)


def package_kind(data: bytes) -> str:
    """What a zip file is: docx, xlsx, odt, epub, `other` for other programs' files, `zip`, or "".

    "" is a file that cannot be opened. Only the list of names and a name of a type are read.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            if "mimetype" in names:
                with archive.open("mimetype") as file:
                    declared = file.read(100).strip()
                if declared.startswith(b"application/"):
                    return _MIME_TYPES.get(declared, "other")
            return next((kind for name, kind in _CONTENTS.items() if name in names), "zip")
    except BROKEN_ZIP:
        return ""


class Package:
    """An open package."""

    def __init__(self, archive: zipfile.ZipFile, limits: Limits, code: str) -> None:
        self._archive = archive
        self._limits = limits
        self._code = code
        self.names = frozenset(archive.namelist())

    def sizes(self) -> int:
        """The bytes of all its files, as declared: zipfile never unpacks more of a file."""
        return sum(info.file_size for info in self._archive.infolist())

    def read(self, name: str, most: int | None = None) -> bytes:
        """One file; of `most` its first bytes only.

        Raises:
            Unreadable: `encrypted`, or `bomb` if it is larger than a file may be.
            KeyError: there is no such file.
        """
        info = self._archive.getinfo(name)
        if info.flag_bits & 1:
            raise Unreadable("encrypted", "The document is encrypted. Save it without a password.")
        size = self._limits.file_bytes
        with self._archive.open(info) as file:
            data = file.read(most or size + 1)
        if len(data) > size:
            raise Unreadable("bomb", f"The document unpacks to more than {size:,} bytes.")
        return data

    def xml(self, name: str) -> Node:
        """The root of one XML file."""
        return parse_xml(self.read(name), self._code)


@contextmanager
def opened(data: bytes, limits: Limits, code: str, what: str) -> Iterator[Package]:
    """Open a package; whatever is wrong with its zip file is Unreadable with `code`."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield Package(archive, limits, code)
    except BROKEN_ZIP as error:
        reason = f"The {what} cannot be read: {error_line(error)}."
        raise Unreadable(code, reason) from None


def require_no_entities(data: bytes, code: str) -> None:
    """Refuse XML that declares entities, which may stand for files or expand a billion times."""
    if re.search(rb"<!(?:DOCTYPE|ENTITY)", data, re.IGNORECASE):
        raise Unreadable(code, "The document declares entities; such documents never do.")


def parse_xml(data: bytes, code: str) -> Node:
    """The root element, with no entity expanded and nothing loaded."""
    from lxml import etree

    require_no_entities(data[:4096], code)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise Unreadable(code, f"The document is damaged: {error_line(error)}.") from None


def title_and_author(package: Package, name: str) -> tuple[str, str]:
    """The title and author of a file of properties; its dates are not those of the article."""
    try:
        tree = package.xml(name)
    except (Unreadable, KeyError):
        return "", ""
    title, author = (tree.findtext(f".//{DC}{one}") or "" for one in ("title", "creator"))
    return title.strip()[:300], author.strip()[:200]
