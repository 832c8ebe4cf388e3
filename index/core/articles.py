"""Article, Passage, Skip and Note: the values that everything else uses."""

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Literal

DatedBy = Literal[
    "", "metadata", "url", "line", "dateline", "caption", "header", "field", "mail", "guess"
]
"""What a day of publication was taken from; "" where the day is not known.

`metadata`: what a page declares (JSON-LD, meta tags, microdata). `url`: its address.
`line`: a line of the page or text that states it ("Published July 20, 2023"). `dateline`: the
beginning of the text ("SEOUL, July 20, 2023 (Agency) --"). `caption`: a photo's caption with its
right weekday. `header`: the block of `Date:` lines on top of a text, or front matter. `field`: a
field of a record or of an entry of a feed. `mail`: the header of a message. `guess`: a day found
elsewhere on a page, which may be that of something else; no answer states it.
"""

CAPTION = "[Caption] "
"""Begins each sentence of a photo's caption in `Article.text`."""


def fingerprint(*parts: str) -> str:
    r"""Join `parts` into one 32-digit hexadecimal identity (the first 128 bits of SHA-256).

    >>> fingerprint("a", "bc") != fingerprint("ab", "c")
    True
    """
    joined = "\x00".join(parts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Article:
    """One article as it is indexed: cleaned text and what is known about it.

    `path` is the absolute path it was read from, with `#record` appended where a file holds
    several articles; `id` is made from it. `published` is None when no evidence for a date was
    found; the time of import is never used. `dated_by` is what it was taken from. `modified` is the
    day of the last change, if known. `language` is ISO 639-1 or "".
    """

    path: str
    title: str
    text: str
    published: dt.date | None = None
    source: str = ""
    url: str = ""
    byline: str = ""
    place: str = ""
    dated_by: DatedBy = ""
    modified: dt.date | None = None
    language: str = ""

    @property
    def id(self) -> str:
        """32 hexadecimal digits that stay the same when the article's text changes."""
        return fingerprint(self.path)

    @property
    def stated_day(self) -> dt.date | None:
        """The day of publication as answers may state it: None where it is only guessed."""
        return None if self.dated_by == "guess" else self.published

    @property
    def digest(self) -> str:
        """Hash of all that is indexed: an article with an equal digest is not indexed again."""
        day = self.published.isoformat() if self.published else ""
        return fingerprint(self.title, self.text, day, self.source, self.url, self.byline)

    @property
    def text_hash(self) -> str:
        """Hash of the text alone: equal for exact copies."""
        return fingerprint(self.text)


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one article, found by search.

    `sentences` are (start, end) character offsets into `article.text`, in reading order.
    `score` is the reranker's logit in the search that returned it (about -11..11), else 0.0.
    """

    article: Article
    sentences: tuple[tuple[int, int], ...]
    score: float = 0.0

    @property
    def start(self) -> int:
        """Offset of the first character in `article.text`."""
        return self.sentences[0][0]

    @property
    def end(self) -> int:
        """Offset after the last character in `article.text`."""
        return self.sentences[-1][1]

    @property
    def text(self) -> str:
        """The passage, exactly as in the article."""
        return self.article.text[self.start : self.end]

    @property
    def id(self) -> str:
        """Hash of article, offset, title and text.

        The title is embedded with the text, so equal ids have equal vectors.
        """
        return fingerprint(self.article.id, str(self.start), self.article.title, self.text)


@dataclass(frozen=True, slots=True)
class Skip:
    """A file or record that was not indexed: `code` for programs, `reason` with the way out."""

    path: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """A remark on an article that was indexed all the same.

    `code` is for programs, `text` one line for people, `path` that of the article.
    """

    code: str
    text: str
    path: str = ""
