"""A file as it is given to a reader, and the names of files that are read."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from index.core.articles import Skip
from index.core.records import Fields, Limits, RawRecord

Records = Iterable[RawRecord | Skip]
HTML_SUFFIXES = (".html", ".htm", ".xhtml", ".shtml")
LINES_SUFFIXES = (".jsonl", ".ndjson")
MAIL_SUFFIXES = (".eml", ".mht", ".mhtml", ".mbox")
MARKDOWN_SUFFIXES = (".md", ".markdown")
TABLE_SUFFIXES = (".csv", ".tsv")
SUFFIXES = (
    *(".txt", ".text", ".json", ".rss", ".atom", ".rdf", ".opml", ".xml", ".pdf", ".docx"),
    *(".odt", ".rtf", ".xlsx", ".epub", ".zip", ".wacz", ".tar", ".gz", ".tgz", ".warc"),
    *(*HTML_SUFFIXES, *LINES_SUFFIXES, *MAIL_SUFFIXES, *MARKDOWN_SUFFIXES, *TABLE_SUFFIXES),
)


@dataclass(frozen=True, slots=True)
class File:
    """The bytes of a file, or of a member of an archive, and what is known of them.

    `path` names the file in a Skip: inside an archive with `#member` behind it. `name` is the last
    part of its name, whose suffix counts. `member` is its name in the archive, "" outside of one,
    `url` the address that an archive of the web states. `nested` counts the archives it is in;
    `packed` says that gzip has been taken off.
    """

    data: bytes
    path: str
    name: str
    limits: Limits
    fields: Fields
    member: str = ""
    url: str = ""
    nested: int = 0
    packed: bool = False

    @property
    def suffix(self) -> str:
        """The suffix of its name, see `suffix_of`."""
        return suffix_of(self.name)


def suffix_of(name: str) -> str:
    """The suffix of a file name in lower case; "" if it has none that could name a format.

    >>> suffix_of("a.TXT"), suffix_of("a.html?page=2.5"), suffix_of("No. 7"), suffix_of("a.7z")
    ('.txt', '.html', '', '.7z')
    """
    # programs that save sites keep the query of an address in the name
    for part in (name, name.partition("?")[0]):
        suffix = PurePath(part).suffix.lower()
        if suffix in SUFFIXES:
            return suffix
    suffix = PurePath(name).suffix.lower()
    return suffix if re.fullmatch(r"\.[a-z][a-z0-9]{0,7}|\.7z", suffix) else ""
