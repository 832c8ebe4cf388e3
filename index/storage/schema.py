"""The tables of a generation's SQLite file, and articles as rows of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from index.core.articles import Article

SCHEMA = """
CREATE TABLE files (path TEXT PRIMARY KEY, bytes INTEGER, mtime_ns INTEGER, sha256 TEXT) STRICT;
CREATE TABLE skips (file TEXT, path TEXT, code TEXT, reason TEXT) STRICT;
CREATE TABLE articles (
    id TEXT PRIMARY KEY, file TEXT, path TEXT, title TEXT, text TEXT, published TEXT,
    source TEXT, url TEXT, byline TEXT, place TEXT, dated_by TEXT, modified TEXT, language TEXT,
    digest TEXT, wording TEXT,
    copy_of TEXT,  -- the article indexed in its place, NULL if it is indexed itself
    origin TEXT,  -- the least wording of all near copies of this one
    superseded_by TEXT,  -- the article that holds a newer version
    unsettled TEXT  -- an article that holds another version, nobody knows whether it is newer
) STRICT;
CREATE TABLE wordings (
    wording TEXT PRIMARY KEY, maker TEXT, size INTEGER, slots BLOB,
    note TEXT  -- the sentence that says that something was wrong
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
FIELDS = (
    *("path", "title", "text", "published", "source", "url", "byline", "place"),
    *("dated_by", "modified", "language"),
)


def row_of(article: Article) -> tuple[str | None, ...]:
    """The values of `FIELDS`."""
    day = article.published.isoformat() if article.published else None
    return (
        article.path,
        article.title,
        article.text,
        day,
        article.source,
        article.url,
        article.byline,
        article.place,
        article.dated_by,
        article.modified.isoformat() if article.modified else None,
        article.language,
    )


def article_of(row: Sequence[Any]) -> Article:
    """The article whose `FIELDS` these are."""
    path, title, text, published, source, url, byline, place, dated_by, modified, language = row
    return Article(
        *(path, title, text, day_of(published), source, url, byline, place),
        *(dated_by or "", day_of(modified), language or ""),
    )


def day_of(written: str | None) -> dt.date | None:
    """A day as it is written in a column, None for NULL."""
    return dt.date.fromisoformat(written) if written else None
