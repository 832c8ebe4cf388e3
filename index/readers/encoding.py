"""Bytes to text, whatever encoding they are in and whatever they say."""

from __future__ import annotations

import re
from typing import NamedTuple

from index.core.records import Unreadable

_DECLARED = re.compile(
    rb"""(?:charset|<\?xml[^>]{1,40}encoding)=["']?([\w-]{3,20})""", re.IGNORECASE
)
_AS_BROWSERS_READ = {"iso-8859-1": "cp1252", "latin1": "cp1252"}
_PICTURES = (
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"GIF8",
    b"RIFF",
    b"\x7fELF",
    b"MZ\x90",
    b"\x00\x00\x01\x00",
)


class Decoded(NamedTuple):
    """Bytes as text; `misnamed` is the encoding that they declare and are not in, or ""."""

    text: str
    misnamed: str = ""


def decode(data: bytes) -> Decoded:
    """Turn bytes into text: byte order mark, then UTF-8, then the most likely other encoding.

    Raises:
        Unreadable: for bytes that are no text.
    """
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe\x00\x00", "utf-32"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            return Decoded(data.decode(encoding, "replace"))
    encoding = _wide(data[:4096])
    if encoding:
        return Decoded(data.decode(encoding, "replace"))
    if _looks_binary(data[:4096]):
        raise Unreadable("binary", "The file is not text (images and programs are not read).")
    if b"\x1b$B" in data or b"\x1b$@" in data:  # Japanese mail and its web pages: all ASCII
        return Decoded(data.decode("iso2022_jp_ext", "replace"))
    try:
        return Decoded(data.decode("utf-8"))
    except UnicodeDecodeError as problem:
        return _decode_other(data, problem)


def _decode_other(data: bytes, problem: UnicodeDecodeError) -> Decoded:
    declared = [name.decode("ascii").lower() for name in _DECLARED.findall(data[:8192])]
    for name in declared:  # an archive puts its own declaration above that of the page
        try:
            return Decoded(data.decode(_AS_BROWSERS_READ.get(name, name)))
        except (LookupError, UnicodeError):
            continue  # a wrong declaration; the bytes themselves are asked next
    misnamed = declared[0] if declared else ""
    mostly_utf8 = data.decode("utf-8", "replace")
    beyond_ascii = sum(letter > "\x7f" for letter in mostly_utf8)
    if mostly_utf8.count("\ufffd") <= beyond_ascii // 2:
        return Decoded(mostly_utf8, misnamed if "utf" not in misnamed.lower() else "")  # damaged
    if sum(byte > 127 for byte in data) < len(data) // 5:
        # a Western language: a guess would be wilder
        return Decoded(data.decode("cp1252", "replace"), misnamed)
    from charset_normalizer import from_bytes

    best = from_bytes(data[:65536]).best()
    if best is None:
        raise Unreadable(
            "encoding", f"The file's encoding is not known (byte {problem.start} is not UTF-8)."
        )
    return Decoded(data.decode(best.encoding, "replace"), misnamed)


def _looks_binary(head: bytes) -> bool:
    # control characters that no text encoding uses; damaged text may hold a few
    bare = head.replace(b"\x00", b"")  # padding, which goes with what else is not seen
    controls = sum(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in bare)
    return head.startswith(_PICTURES) or controls > len(bare) // 20 or not bare


def _wide(head: bytes) -> str:
    """Find UTF-16 without a byte order mark: every other byte of Western text is zero in it."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    most = len(head) // 5  # of each half: a text in another script still has its blanks
    if min(even, odd) * 20 > max(even, odd) or max(even, odd) <= most:
        return ""
    encoding = "utf-16-be" if even > odd else "utf-16-le"
    text = head[: len(head) // 2 * 2].decode(encoding, "replace")
    return "" if _looks_binary(text.encode("utf-8")) else encoding
