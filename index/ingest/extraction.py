"""Reads and cleans the articles of one file, within limits; notes what is doubtful.

Runs in the worker of `index.ingest.sandbox`: a parser that hangs cannot be stopped otherwise.
"""

from __future__ import annotations

import io
import pickle
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, TypeVar

from index.core.articles import Article, Note, Skip
from index.core.records import Fields, Limits, RawRecord, Unreadable
from index.readers.dispatch import has_members, parts

PART = 0.25  # of the seconds of a file, after which an archive goes on in another request
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Extracted:
    """What one file holds; the path of a note is that of its article.

    `unread` is the number of the first member of an archive that was not reached in time, 0 if
    there is none.
    """

    articles: tuple[Article, ...] = ()
    skips: tuple[Skip, ...] = ()
    notes: tuple[Note, ...] = ()
    unread: int = 0

    def followed_by(self, other: Extracted) -> Extracted:
        """Both, with what `other` has left unread; of two articles with one id the last one."""
        last = {article.id: article for article in (*self.articles, *other.articles)}
        skips, notes = (*self.skips, *other.skips), (*self.notes, *other.notes)
        return Extracted(tuple(last.values()), skips, notes, other.unread)


class _Unpickler(pickle.Unpickler):
    """Makes our values only: a parser that was taken over must not reach the parent process."""

    def find_class(self, module: str, name: str) -> Any:
        ours = module == "index.core.articles" and name[:1].isupper() and "." not in name
        if ours or (module, name) in _VALUES:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is no value of an article")


_VALUES = {
    *(("datetime", "date"), ("datetime", "datetime"), ("datetime", "timezone")),
    (__name__, "Extracted"),
    ("index.ingest.analysis", "Analysis"),
    ("index.dedup.near_duplicates", "Signature"),
}


def encode(found: object) -> bytes:
    """The bytes that `decode` takes."""
    return pickle.dumps(found)


def decode(data: bytes, kind: type[Value]) -> Value:
    """The value of that kind that was encoded; the bytes need not be trusted.

    Raises:
        pickle.UnpicklingError: they are something else.
    """
    try:
        found = _Unpickler(io.BytesIO(data)).load()
    except Exception as problem:  # bytes that are no pickle raise almost anything
        raise pickle.UnpicklingError(str(problem)) from None
    if not isinstance(found, kind):
        raise pickle.UnpicklingError(f"not an {kind.__name__}")
    return found


def require_size(size: int, limits: Limits) -> None:
    """Refuse a file that is too large.

    Raises:
        Unreadable: `too_large`.
    """
    if size > limits.file_bytes:
        reason = f"The file has {size:,} bytes; the limit is {limits.file_bytes:,}."
        raise Unreadable("too_large", reason)


def extract(
    data: bytes,
    path: str,
    limits: Limits,
    fields: Fields,
    first: int = 0,
    most: int | None = None,
    reached: Callable[[int], None] = lambda number: None,
) -> Extracted:
    """Read and clean one file here, in this process.

    An archive is read from its member number `first` on, until `most` members are read or a part
    of the seconds of `limits` is over: the members of a large one take longer than a file may.
    `reached` is called with the number of the member that is read next.
    """
    until = time.monotonic() + limits.seconds * PART
    found = _Found(path, limits)
    number = first
    try:
        of_archive = has_members(data, path)
        for number, part in enumerate(parts(data, path, limits, fields)):
            if number < first:
                continue
            late = number > first and time.monotonic() > until
            if late or (most is not None and number >= first + most):
                return found.extracted(unread=number)
            if of_archive:
                reached(number)
            for raw in part():
                found.add(raw)
            if of_archive:  # what ends the worker now is no longer this member
                reached(number + 1)
    except Unreadable as problem:
        found.skips.append(Skip(path, problem.code, problem.reason))
    if not (found.articles or found.skips or first):  # such as an empty list
        found.skips.append(Skip(path, "no_text", "There is no article in it."))
    return found.extracted()


class _Found:
    """The articles of a file, cleaned one by one, and what is to be said of them."""

    def __init__(self, path: str, limits: Limits) -> None:
        self.articles: dict[str, Article] = {}
        self.skips: list[Skip] = []
        self._notes: dict[str, tuple[Note, ...]] = {}
        self._path = path
        self._limits = limits

    def add(self, raw: RawRecord | Skip) -> None:
        """Clean a record; what cannot be cleaned becomes a Skip."""
        from index.text.cleaning import clean

        if isinstance(raw, Skip):
            self.skips.append(raw)
            return
        name = f"{self._path}#{raw.record}" if raw.record else self._path
        try:
            article = clean(bounded := _bounded(raw, self._limits), self._path)
        except Unreadable as problem:
            self.skips.append(Skip(name, problem.code, problem.reason))
            return
        remarks = [*bounded.notes, *_doubts(raw, article)]
        if article.id in self.articles:
            remarks.append(_repeated(self.articles[article.id], article))
        # the last of several records with one id wins: feeds repeat a corrected article
        self.articles[article.id] = article
        self._notes[article.id] = tuple(replace(note, path=article.path) for note in remarks)

    def extracted(self, unread: int = 0) -> Extracted:
        """All that was added."""
        notes = tuple(chain(*self._notes.values()))
        return Extracted(tuple(self.articles.values()), tuple(self.skips), notes, unread)


def _doubts(raw: RawRecord, article: Article) -> Iterator[Note]:
    """Notes on what of an article is uncertain."""
    if unread := article.text.count("\ufffd"):
        yield Note(
            "replaced", f"{unread} of its characters cannot be read and are shown as \ufffd."
        )
    if article.dated_by == "guess":
        yield Note("guessed", f"Its day, {article.published}, is a guess; answers do not state it.")
    elif article.published is None and raw.published.strip():
        written = " ".join(raw.published.split())[:40]
        yield Note("date", f"{written!r} is no possible date; its date is unknown.")
    elif article.published is None:
        yield Note("undated", "It does not state its date.")


def _repeated(first: Article, last: Article) -> Note:
    if first.digest == last.digest:
        return Note("duplicate", "It occurs more than once; it is taken once.")
    return Note("repeated", "Its id occurs before with another text; the last one is taken.")


# combining marks: no script has eight on one letter, and normalising 100,000 takes minutes
_MARK = (
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u0e34-\u0e3a\u0e47-\u0e4e"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
_MARKS = re.compile(f"({_MARK}{{8}}){_MARK}+")


def _bounded(raw: RawRecord, limits: Limits) -> RawRecord:
    """Apply the limits of one article before anything slow is done with it.

    Raises:
        Unreadable: `too_large` if it has too much text.
    """
    if len(raw.text) > limits.text:
        raise Unreadable(
            "too_large",
            f"The text has {len(raw.text):,} characters; the limit is {limits.text:,}.",
        )
    text, title = _MARKS.sub(r"\1", raw.text), _MARKS.sub(r"\1", raw.title)
    notes = raw.notes
    if cut := len(raw.text) - len(text):
        notes = (
            *notes,
            Note("marks", f"{cut:,} marks on letters that carry more than 8 were cut."),
        )
    return replace(raw, text=text, title=title, notes=notes)
