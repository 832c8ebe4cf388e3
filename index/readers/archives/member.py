"""A member of an archive, and the limits that keep an archive from costing too much."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from index.core.articles import Skip
from index.core.records import Limits, Unreadable
from index.readers.common import one_line, storable
from index.readers.file import SUFFIXES, File, suffix_of

RATIO = 200  # bytes for one packed byte; real texts pack to a twentieth at most
ALWAYS = 1_000_000  # bytes that a member may have whatever its ratio
MAX_NAME = 300  # characters
MAX_NESTED = 2  # an archive in an archive is read, one in that is not


@dataclass(frozen=True, slots=True)
class Member:
    """A member before it is unpacked.

    `unpack` gives its bytes or raises Unreadable; it has to be called before the next member is
    asked for. `name` is its name for people; `suffix` counts in place of the name's.
    """

    name: str
    unpack: Callable[[], bytes]
    suffix: str = ""
    url: str = ""


def refusal(name: str) -> tuple[str, str] | None:
    """Code and reason for a member that is not read, by its name alone.

    >>> refusal("2024/a.html"), refusal("../a.html")[0], refusal("C:/a.html")[0]
    (None, 'unsafe_name', 'unsafe_name')
    """
    parts = re.split(r"[/\\]", name)
    if ".." in parts or not parts[0] or re.match(r"[A-Za-z]:", name) or len(name) > MAX_NAME:
        return "unsafe_name", "Its name leads out of the archive, or is too long."
    if suffix_of(parts[-1]) not in ("", *SUFFIXES):
        return "unsupported", f"Only {', '.join(SUFFIXES)} are read."
    return None


def is_hidden(name: str) -> bool:
    """Whether a member is hidden, as programs leave them: such names are passed over in folders."""
    return any(re.match(r"\.[^./\\]|__MACOSX$", part) for part in re.split(r"[/\\]", name))


def inside(file: File, member: Member) -> File:
    """The member as a file.

    Raises:
        Unreadable: it is not to be read, or cannot be unpacked.
    """
    name = one_line(storable(member.name))
    if not member.url and (refused := refusal(name)):
        raise Unreadable(*refused)
    return replace(
        file,
        data=member.unpack(),
        path=f"{file.path}#{name}",
        name=f"page{member.suffix}" if member.suffix else re.split(r"[/\\]", name)[-1],
        member=f"{file.member}#{name}" if file.member else name,
        url=member.url,
        nested=file.nested + 1,
        packed=False,
    )


def skipped(file: File, name: str, code: str, reason: str) -> Skip:
    """The Skip of a member of this archive."""
    return Skip(f"{file.path}#{one_line(storable(name))[:MAX_NAME]}", code, reason)


class Budget:
    """What the members of one archive may still unpack to."""

    def __init__(self, limits: Limits, packed: int) -> None:
        self._most = limits.file_bytes
        self._left = min(limits.unpacked, max(RATIO * packed, ALWAYS))

    @property
    def is_spent(self) -> bool:
        """Whether nothing more is unpacked."""
        return self._left <= 0

    def read(self, unpack: Callable[[int], bytes]) -> bytes:
        """The bytes of one member; Unreadable `bomb` for more than is left, or than a file has.

        `unpack` gives as many bytes of it as it is called with, or all if there are fewer.
        """
        most = min(self._left, self._most)
        data = unpack(most + 1)
        self._left -= len(data)
        if len(data) > most:
            raise Unreadable("bomb", f"It unpacks to more than {most:,} bytes.")
        return data
