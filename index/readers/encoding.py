"""Decodes the bytes of a text file of any encoding, also where the declared encoding is wrong."""

import codecs
import re
from typing import NamedTuple

from index.core.records import Unreadable

_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_DECLARED = re.compile(
    rb"""(?:charset|<\?xml[^>]{1,40}encoding)=["']?([\w-]{3,20})""", re.IGNORECASE
)
_AS_BROWSERS_READ = {"iso-8859-1": "cp1252", "latin1": "cp1252"}
_BINARY = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"\x7fELF", b"MZ\x90", b"\0\0\1\0")


class Decoded(NamedTuple):
    """Decoded text; `wrong_encoding` is the declared encoding if the bytes are not in it, or ""."""

    text: str
    wrong_encoding: str = ""


def decode(data: bytes) -> Decoded:
    """Decode by byte order mark, then as UTF-8, then by the most likely other encoding.

    Raises:
        Unreadable: `binary` for bytes that are not text, `encoding` if no encoding fits.
    """
    marked = next((name for mark, name in _BYTE_ORDER_MARKS.items() if data.startswith(mark)), "")
    if encoding := marked or _unmarked_utf16(data[:4096]):
        return Decoded(data.decode(encoding, "replace"))
    if _looks_binary(data[:4096]):
        raise Unreadable("binary", "The file is not text (images and programs are not read).")
    if b"\x1b$B" in data or b"\x1b$@" in data:  # Japanese mail and web pages, in ASCII bytes
        return Decoded(data.decode("iso2022_jp_ext", "replace"))
    try:
        return Decoded(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        return _decode_other(data, error.start)


def _decode_other(data: bytes, first_bad: int) -> Decoded:
    declared = [name.decode("ascii").lower() for name in _DECLARED.findall(data[:8192])]
    for name in declared:  # a web archive puts its own declaration above that of the page
        try:
            return Decoded(data.decode(_AS_BROWSERS_READ.get(name, name)))
        except (LookupError, UnicodeError):
            continue
    wrong = declared[0] if declared else ""
    mostly_utf8 = data.decode("utf-8", "replace")
    beyond_ascii = sum(letter > "\x7f" for letter in mostly_utf8)
    if mostly_utf8.count("\ufffd") <= beyond_ascii // 2:  # damaged UTF-8
        return Decoded(mostly_utf8, "" if "utf" in wrong else wrong)
    if sum(byte > 127 for byte in data) < len(data) // 5:
        # a Western language, for which detection is less reliable than cp1252
        return Decoded(data.decode("cp1252", "replace"), wrong)
    from charset_normalizer import from_bytes

    best = from_bytes(data[:65536]).best()
    if best is None:
        reason = f"The file's encoding is not known (byte {first_bad} is not UTF-8)."
        raise Unreadable("encoding", reason)
    return Decoded(data.decode(best.encoding, "replace"), wrong)


def _looks_binary(head: bytes) -> bool:
    # control characters that no text encoding uses; damaged text may contain a few
    bare = head.replace(b"\x00", b"")  # zero bytes may be padding
    controls = sum(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in bare)
    return head.startswith(_BINARY) or controls > len(bare) // 20 or not bare


def _unmarked_utf16(head: bytes) -> str:
    """Detect UTF-16 without a byte order mark: every other byte of Western text is zero in it."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    most = len(head) // 5  # of each half: text in another script still has its spaces
    if min(even, odd) * 20 > max(even, odd) or max(even, odd) <= most:
        return ""
    encoding = "utf-16-be" if even > odd else "utf-16-le"
    text = head[: len(head) // 2 * 2].decode(encoding, "replace")
    return "" if _looks_binary(text.encode("utf-8")) else encoding
