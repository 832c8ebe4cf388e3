"""Reads and cleans the articles of one file, within limits; notes what is doubtful.

Runs in the worker of `index.ingest.sandbox`: a parser that hangs cannot be stopped otherwise.
"""

from __future__ import annotations

import io
import pickle
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, TypeVar

from index.core.articles import Article, Note, Skip
from index.core.records import Fields, Limits, RawRecord, Unreadable
from index.readers.dispatch import read

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Extracted:
    """What one file holds; the path of a note is that of its article."""

    articles: tuple[Article, ...] = ()
    skips: tuple[Skip, ...] = ()
    notes: tuple[Note, ...] = ()


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


def extract(data: bytes, path: str, limits: Limits, fields: Fields) -> Extracted:
    """Read and clean one file here, in this process."""
    from index.text.cleaning import clean

    articles: dict[str, Article] = {}
    notes: dict[str, tuple[Note, ...]] = {}
    skips: list[Skip] = []
    try:
        for raw in read(data, path, limits, fields):
            if isinstance(raw, Skip):
                skips.append(raw)
                continue
            name = f"{path}#{raw.record}" if raw.record else path
            try:
                article = clean(bounded := _bounded(raw, limits), path)
            except Unreadable as problem:
                skips.append(Skip(name, problem.code, problem.reason))
                continue
            remarks = [*bounded.notes, *_doubts(raw, article)]
            if article.id in articles:
                remarks.append(_repeated(articles[article.id], article))
            # the last of several records with one id wins: feeds repeat a corrected article
            articles[article.id] = article
            notes[article.id] = tuple(replace(note, path=article.path) for note in remarks)
    except Unreadable as problem:
        skips.append(Skip(path, problem.code, problem.reason))
    if not (articles or skips):  # such as an empty list
        skips.append(Skip(path, "no_text", "There is no article in it."))
    return Extracted(tuple(articles.values()), tuple(skips), tuple(chain(*notes.values())))


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
