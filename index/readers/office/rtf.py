"""Rich Text Format (.rtf): striprtf's text, without what is hidden or deleted."""

import re
from collections.abc import Callable

from index.core.records import RawRecord, Unreadable
from index.readers.common import error_line
from index.readers.encoding import decode

# the text of a group, or up to the word that ends it, as every word processor writes it
_HIDDEN = re.compile(r"\\(?:v|deleted)1?(?![a-z0-9-])[^{}]*?(?=\\(?:v|deleted)0|\\plain|[{}]|\Z)")
_TITLE = re.compile(r"\{\\title ([^{}]{1,300})\}")


def read_rtf(data: bytes) -> RawRecord:
    """The text of the document; pictures and embedded objects are left out."""
    from striprtf.striprtf import rtf_to_text as untyped

    rtf_to_text: Callable[..., str] = untyped
    text = _HIDDEN.sub("", decode(data).text)
    try:
        plain = _joined(rtf_to_text(text, errors="replace"))
        title = _TITLE.search(text)
        stated = _joined(rtf_to_text(title[1], errors="replace")).strip() if title else ""
    except (ValueError, LookupError, TypeError, OverflowError) as error:
        raise Unreadable("bad_rtf", f"The RTF cannot be read: {error_line(error)}.") from None
    if not re.search(r"\w", plain):
        raise Unreadable("no_text", "The document has no text.")
    lines = (line.strip() for line in plain.split("\n"))
    return RawRecord(text="\n\n".join(filter(None, lines)), title=stated, paragraphs=True)


def _joined(text: str) -> str:
    """The halves of characters beyond 16 bits, which RTF writes one by one, as one character."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
