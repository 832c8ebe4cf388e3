"""Raw records of a file before cleaning, names of their fields, and limits of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

from index.core.articles import DatedBy, Note
from index.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one file may cost; a file that needs more is a Skip."""

    file_bytes: int = 20_000_000
    unpacked: int = 200_000_000  # bytes of all members of an archive
    text: int = 2_000_000  # characters of one article; the largest seen in open sets has 60,000
    records: int = 20_000  # articles of one file, members of an archive
    pages: int = 2_000  # of a PDF; more take longer than the seconds below
    seconds: float = 20.0
    memory: int = 1_000_000_000  # bytes above what the worker needs for itself


@dataclass(frozen=True, slots=True)
class Fields:
    """Names of the fields of an export, the most specific first.

    Case, blanks, `-` and `_` are ignored: `pubDate` is `pub_date`.
    """

    record: tuple[str, ...] = ("id", "_id", "uid", "guid", "uuid", "article_id", "doc_id")
    title: tuple[str, ...] = ("title", "headline", "name", "subject", "book_title")
    text: tuple[str, ...] = (
        *("text", "body", "content", "article", "maintext", "full_text", "article_body"),
        *("content_text", "body_html", "content_html", "article_text", "story", "html_content"),
        *("highlights", "highlight", "selection", "abstract"),  # for want of the whole text
    )
    published: tuple[str, ...] = (
        *("date", "published", "published_at", "publish_date", "date_published", "pub_date"),
        *("publication_date", "published_date", "date_publish", "issued"),
    )
    source: tuple[str, ...] = (
        *("source", "publisher", "publication", "site", "sitename", "site_name", "outlet"),
        *("newspaper", "source_name", "source_domain", "container_title", "domain_name"),
    )
    url: tuple[str, ...] = ("url", "link", "canonical_url", "permalink", "source_url")
    byline: tuple[str, ...] = (
        *("byline", "author", "authors", "creator", "writer", "published_by", "book_author"),
    )
    modified: tuple[str, ...] = (
        *("modified", "updated", "date_modified", "modified_at", "updated_at", "last_modified"),
        *("modified_date", "updated_date", "date_modify"),
    )
    language: tuple[str, ...] = ("language", "lang")

    def named(self, names: Mapping[str, str | Sequence[str]]) -> Fields:
        """The same with other names for some fields, in place of the usual ones.

        Raises:
            UsageError: for a field that articles do not have.

        >>> Fields().named({"text": "artikel"}).text
        ('artikel',)
        """
        known = [field.name for field in fields(self)]
        if unknown := names.keys() - set(known):
            raise UsageError(
                f"Articles have no field {min(unknown)!r}. They have {', '.join(known)}."
            )
        given = {k: (v,) if isinstance(v, str) else tuple(v) for k, v in names.items()}
        return replace(self, **given)


def fields_of(written: str) -> Fields:
    """The usual names, except those given as `title=headline, text=story|body`.

    Raises:
        UsageError: for another syntax, and for a field that articles do not have.

    >>> fields_of("text = story|body").text, fields_of("") == Fields()
    (('story', 'body'), True)
    """
    given: dict[str, list[str]] = {}
    for part in filter(str.strip, written.split(",")):
        name, _, names = (piece.strip() for piece in part.partition("="))
        given[name] = [one.strip() for one in names.split("|") if one.strip()]
        if not given[name]:
            raise UsageError(
                f"{part.strip()!r} does not say what a field is called. "
                "Write it as title=headline, text=story|body."
            )
    return Fields().named(given)


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One article as in its file, before cleaning.

    `record` names it inside its file ("" if the file is the article). `paragraphs`: line breaks in
    `text` are paragraph breaks. Dates are as written; `dated_by` is what `published` was taken
    from, `guessed` a day for want of a better one. `head`: lines above the text that may state
    author and day. `notes` are the reader's remarks.
    """

    text: str
    record: str = ""
    title: str = ""
    published: str = ""
    source: str = ""
    url: str = ""
    byline: str = ""
    paragraphs: bool = False
    dated_by: DatedBy = ""
    modified: str = ""
    language: str = ""
    head: tuple[str, ...] = ()
    guessed: str = ""
    notes: tuple[Note, ...] = ()


class Unreadable(Exception):
    """A file that holds no article: `code` and `reason` become a Skip."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
