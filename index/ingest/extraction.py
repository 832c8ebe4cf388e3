"""The articles of one file: read, held to the limits, cleaned, and what there is to say of them.

Runs in the worker of `index.ingest.sandbox`, because nothing in it can be stopped from outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

from index.core.articles import Article, Note, Skip
from index.core.records import Fields, Limits, RawRecord, Unreadable
from index.readers.dispatch import read


@dataclass(frozen=True, slots=True)
class Extracted:
    """What one file holds; a note is about the article of its path."""

    articles: tuple[Article, ...] = ()
    skips: tuple[Skip, ...] = ()
    notes: tuple[Note, ...] = ()


def extract(data: bytes, path: str, limits: Limits, fields: Fields) -> Extracted:
    """Read and clean one file here, in this process."""
    from index.text.cleaning import clean

    articles: dict[str, Article] = {}
    notes: dict[str, tuple[Note, ...]] = {}
    skips: list[Skip] = []
    try:
        for found in read(data, path, limits, fields):
            if isinstance(found, Skip):
                skips.append(found)
                continue
            name = f"{path}#{found.record}" if found.record else path
            try:
                article = clean(bounded := _bounded(found, limits), path)
            except Unreadable as problem:
                skips.append(Skip(name, problem.code, problem.reason))
                continue
            told = [*bounded.notes, *_doubts(found, article)]
            if article.id in articles:
                told.append(_repeated(articles[article.id], article))
            # of several records with one id the last wins, as in a feed that repeats a
            # corrected article
            articles[article.id] = article
            notes[article.id] = tuple(replace(note, path=article.path) for note in told)
    except Unreadable as problem:
        skips.append(Skip(path, problem.code, problem.reason))
    if not (articles or skips):  # an empty list is no article either, and is to be named
        skips.append(Skip(path, "no_text", "There is no article in it."))
    return Extracted(tuple(articles.values()), tuple(skips), tuple(chain(*notes.values())))


def _doubts(raw: RawRecord, article: Article) -> Iterator[Note]:
    """What a person should know of an article that was read."""
    if unread := article.text.count("\ufffd"):
        yield Note("replaced", f"{unread} of its signs cannot be read and are shown as \ufffd.")
    if article.published is None and raw.published.strip():
        written = " ".join(raw.published.split())[:40]
        yield Note("date", f"{written!r} is no day it can be of; its day is unknown.")
    elif article.published is None:
        yield Note("undated", "It does not say of which day it is.")


def _repeated(first: Article, last: Article) -> Note:
    if first.digest == last.digest:
        return Note("duplicate", "It stands there more than once and is taken once.")
    return Note("repeated", "Its id stands there with another text before; the last one is taken.")


# marks that letters carry; nothing that is written has eight on one letter, and putting hundreds
# of thousands of them in order takes minutes
_MARK = (
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u0e34-\u0e3a\u0e47-\u0e4e"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
_MARKS = re.compile(f"({_MARK}{{8}}){_MARK}+")


def _bounded(raw: RawRecord, limits: Limits) -> RawRecord:
    """Hold one article to its limits before anything slow is done with it.

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
