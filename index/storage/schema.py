"""The tables of a generation's SQLite file, and articles as rows of them."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Sequence
from dataclasses import astuple, fields
from typing import Any

from index.core.articles import Article

SCHEMA = """
CREATE TABLE files (
    path TEXT PRIMARY KEY, bytes INTEGER, mtime_ns INTEGER, sha256 TEXT, ctime_ns INTEGER
) STRICT;
CREATE TABLE skips (file TEXT, path TEXT, code TEXT, reason TEXT) STRICT;
CREATE TABLE articles (
    id TEXT PRIMARY KEY, file TEXT, path TEXT, title TEXT, text TEXT, published TEXT,
    source TEXT, url TEXT, byline TEXT, place TEXT, dated_by TEXT, modified TEXT, language TEXT,
    digest TEXT,
    wording TEXT,  -- Article.text_hash
    copy_of TEXT,  -- the article indexed in its place, NULL if it is indexed itself
    origin TEXT,  -- its cluster of near copies: the least wording among them
    superseded_by TEXT,  -- the article that holds a newer version
    unsettled TEXT  -- an article that holds another version, newer or older
) STRICT;
CREATE TABLE wordings (
    wording TEXT PRIMARY KEY, maker TEXT, size INTEGER, slots BLOB,  -- signature of the text
    note TEXT  -- the sentence in which it says that something was corrected
) STRICT;
CREATE TABLE passages (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE, article TEXT, sentences TEXT
) STRICT;
CREATE VIRTUAL TABLE words USING fts5(
    title, body, tokenize = 'porter unicode61 remove_diacritics 2'
);
CREATE INDEX articles_by_file ON articles (file);
CREATE INDEX articles_by_wording ON articles (wording);
CREATE INDEX articles_by_origin ON articles (origin);
CREATE INDEX articles_by_superseded ON articles (superseded_by) WHERE superseded_by IS NOT NULL;
CREATE INDEX passages_by_article ON passages (article);
"""
FIELDS = tuple(field.name for field in fields(Article))
_LATER = (  # columns that generations of older releases lack
    *("modified", "language", "dated_by", "place", "wording"),
    *("origin", "superseded_by", "unsettled"),
)


def add_later_columns(db: sqlite3.Connection) -> None:
    """Make a generation of an older release look like one of today, with NULL in new columns."""
    columns = {row[1] for row in db.execute("PRAGMA table_info(articles)")}
    if missing := [name for name in _LATER if name not in columns]:
        nulls = ", ".join(f"NULL AS {name}" for name in missing)
        # a temporary view hides the table of the same name
        db.execute(f"CREATE TEMP VIEW articles AS SELECT *, {nulls} FROM main.articles")
    if "ctime_ns" not in {row[1] for row in db.execute("PRAGMA table_info(files)")}:
        db.execute("CREATE TEMP VIEW files AS SELECT *, 0 AS ctime_ns FROM main.files")
    if not db.execute("PRAGMA table_info(wordings)").fetchall():
        db.execute("CREATE TEMP VIEW wordings AS SELECT NULL AS wording, NULL AS note WHERE 0")


def row_of(article: Article) -> tuple[str | None, ...]:
    """The values of `FIELDS`."""
    return tuple(
        value.isoformat() if isinstance(value, dt.date) else value for value in astuple(article)
    )


def article_of(row: Sequence[Any]) -> Article:
    """The article with these values of `FIELDS`."""
    values: dict[str, Any] = dict(zip(FIELDS, row, strict=True))
    values |= {name: day_of(values[name]) for name in ("published", "modified")}
    values |= {name: values[name] or "" for name in ("place", "dated_by", "language")}
    return Article(**values)


def day_of(written: str | None) -> dt.date | None:
    """A day as written in a column, None for NULL."""
    return dt.date.fromisoformat(written) if written else None
