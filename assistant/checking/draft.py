"""A draft: its text as the readers of articles give it, and its sentences with their offsets."""

import re
from dataclasses import dataclass
from pathlib import Path

from index.core.articles import Skip
from index.core.errors import UsageError
from index.core.records import Unreadable
from index.text.chunking import sentences
from index.text.visible_text import one_line

MAX_BYTES = 200_000
MAX_SENTENCES = 2_000
PLAIN = (".txt", ".text", "")

# A line of a text that was broken at a margin: it goes on in the next one. A list is not joined.
_BROKEN_LINE = re.compile(r"(?<=[^\s.!?:;”\"])[ \t]*\n(?=[ \t]*[^\s\-*•#>\d])")
_MARGIN = 50  # characters; a shorter line was ended on purpose
_BULLET = re.compile(r"^(?:[-*•–—>]|\d{1,2}[.)])\s+")


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """One sentence: `start`..`end` of the draft; `text` is one line, without the mark of a list.

    `written` is what stands there in the draft. `before` is the sentence before it in the same
    paragraph, "" if it is the first. `alone`: it is the only one of its line.
    """

    text: str
    start: int
    end: int
    before: str = ""
    alone: bool = False
    written: str = ""

    def span(self, start: int, end: int) -> tuple[int, int]:
        r"""Where a stretch of `text` stands in the draft; the whole sentence if that is not sure.

        >>> DraftSentence("Kim left town.", 7, 22, written="Kim  left\ntown.").span(4, 13)
        (12, 21)
        """
        parts = self.text[start:end].split()
        pattern = re.compile(r"\s+".join(map(re.escape, parts))) if parts else None
        before = len(pattern.findall(self.text[:start])) if pattern else 0
        found = list(pattern.finditer(self.written or self.text)) if pattern else []
        if before >= len(found):
            return self.start, self.end
        return self.start + found[before].start(), self.start + found[before].end()


def read_draft(data: bytes, name: str = "") -> str:
    """The text of a file; of plain text every character, so that offsets are those of the file.

    Raises:
        UsageError: if it is too large, empty, or of a format that is not read.
    """
    require_size(len(data))
    # readers are slow to import, and the text of a request needs none
    from index.readers.dispatch import has_members, read
    from index.readers.encoding import decode
    from index.readers.file import suffix_of

    try:
        if suffix_of(name) in PLAIN and not data.startswith((b"PK", b"%PDF", b"<")):
            return decode(data).text
        if has_members(data, name):
            raise Unreadable("unsupported", "archives are not unpacked here; give the file itself.")
        found = list(read(data, name))
    except Unreadable as problem:
        raise UsageError(f"{Path(name).name or 'The draft'} cannot be read: {problem}") from None
    for record in found:
        if isinstance(record, Skip):
            raise UsageError(f"{Path(name).name} cannot be read: {record.reason}")
    if len(found) != 1:
        raise UsageError(f"{Path(name).name} holds {len(found)} texts; give one at a time.")
    [record] = found
    assert not isinstance(record, Skip)
    return "\n\n".join(filter(None, (record.title, record.text)))


def require_size(size: int) -> None:
    """UsageError if a draft has too many bytes."""
    if size > MAX_BYTES:
        raise UsageError(f"The draft has {size:,} bytes; the limit is {MAX_BYTES:,}. Cut it.")


def draft_sentences(text: str) -> list[DraftSentence]:
    r"""The sentences of a draft in reading order.

    >>> [(s.text, s.start) for s in draft_sentences("# News\n\n- Kim left. He is well.")]
    [('# News', 0), ('Kim left.', 10), ('He is well.', 20)]

    Raises:
        UsageError: if there is none, or if there are too many.
    """
    require_size(len(text.encode("utf-8", "replace")))
    joined = _unbroken(text)
    spans = sentences(joined)
    if len(spans) > MAX_SENTENCES:
        raise UsageError(
            f"The draft has {len(spans):,} sentences; the limit is {MAX_SENTENCES:,}. Cut it."
        )
    found: list[DraftSentence] = []
    for number, (start, end) in enumerate(spans):
        bullet = _BULLET.match(joined[start:end])
        first = start + (bullet.end() if bullet else 0)
        line = one_line(joined[first:end])
        if not line:
            continue
        previous, following = spans[number - 1 : number] or [(0, 0)], spans[number + 1 :][:1]
        opens = not number or "\n" in joined[previous[0][1] : start]
        closes = not following or "\n" in joined[end : following[0][0]]
        before = (
            "" if not found or joined[previous[0][1] : start].count("\n") > 1 else found[-1].text
        )
        alone = opens and closes and not bullet and bool(following)
        found.append(DraftSentence(line, first, end, before, alone, joined[first:end]))
    if not found:
        raise UsageError("The draft is empty.")
    return found


def _unbroken(text: str) -> str:
    """The text with lines that were broken at a margin joined; no offset changes."""

    def joined(found: re.Match[str]) -> str:
        line = text.rfind("\n", 0, found.start()) + 1
        return found[0].replace("\n", " ") if found.start() - line >= _MARGIN else found[0]

    # a carriage return and the like become a blank each, so that offsets stay
    text = re.sub(r"\r\n", " \n", text).replace("\r", "\n")
    return _BROKEN_LINE.sub(joined, text)
