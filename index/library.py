"""What a generation knows besides vectors: files, articles, passages, and BM25 over them.

One SQLite file, the only place of a generation where text stands. FTS5 gives BM25, because on
news names and numbers matter and dense vectors blur them, and because Chroma's embedded engine
has no sparse index.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.articles import Article, Passage, Skip
from index.errors import DamagedError

_SCHEMA = """
CREATE TABLE files (path TEXT PRIMARY KEY, bytes INTEGER, mtime_ns INTEGER, sha256 TEXT) STRICT;
CREATE TABLE skips (file TEXT, path TEXT, code TEXT, reason TEXT) STRICT;
CREATE TABLE articles (
    id TEXT PRIMARY KEY, file TEXT, path TEXT, title TEXT, text TEXT, published TEXT,
    source TEXT, url TEXT, byline TEXT, place TEXT, digest TEXT, origin TEXT,
    copy_of TEXT  -- the article indexed in its place, NULL if it is indexed itself
) STRICT;
CREATE TABLE passages (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE, article TEXT, sentences TEXT
) STRICT;
CREATE VIRTUAL TABLE words USING fts5(
    title, body, tokenize = 'porter unicode61 remove_diacritics 2'
);
CREATE INDEX articles_by_file ON articles (file);
CREATE INDEX articles_by_origin ON articles (origin);
CREATE INDEX passages_by_article ON passages (article);
"""
_FIELDS = "path, title, text, published, source, url, byline, place"
# a title is short and chosen by an editor: a word of the question in it weighs twice
_BM25 = "bm25(words, 2.0, 1.0)"


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file as it was when it was read; `mtime_ns` in nanoseconds since 1970."""

    path: str
    bytes: int
    mtime_ns: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Listed:
    """An article in the list: its passages counted, its text left out."""

    article: Article
    passages: int
    copy_of: str | None


class Library:
    """Articles and passages of one generation."""

    def __init__(self, path: Path, *, writable: bool = False) -> None:
        self._path = path
        fresh = writable and not path.exists()
        # a published generation never changes, so SQLite need not lock it nor look for a journal
        mode = "rwc" if writable else "ro&immutable=1"
        uri = f"{path.resolve().as_uri()}?mode={mode}"
        try:
            self._db = sqlite3.connect(uri, uri=True, check_same_thread=False)
            if fresh:
                self._db.executescript(_SCHEMA)
            self._db.execute("SELECT count(*) FROM articles").fetchone()
        except sqlite3.DatabaseError as problem:
            if writable:  # a full disk, for one
                raise
            raise DamagedError(
                f"{path} is damaged ({problem}). Run 'assistant ingest --rebuild'."
            ) from None

    def close(self) -> None:
        """Let go of the file; what was written since the last `commit` is lost."""
        self._db.close()

    # ── reading ───────────────────────────────────────────────────────────────────────────────

    def files(self) -> dict[str, FileRecord]:
        """Every file that was read, by path."""
        rows = self._db.execute("SELECT path, bytes, mtime_ns, sha256 FROM files")
        return {row[0]: FileRecord(*row) for row in rows}

    def skips(self, file: str) -> list[Skip]:
        """What was not taken of one file."""
        rows = self._db.execute("SELECT path, code, reason FROM skips WHERE file = ?", (file,))
        return [Skip(*row) for row in rows]

    def articles(self) -> Iterator[tuple[str, Article]]:
        """Every article with the file it came from, copies included, by path."""
        for row in self._db.execute(f"SELECT file, {_FIELDS} FROM articles ORDER BY path"):
            yield row[0], _article(row[1:])

    def article(self, article_id: str) -> Article | None:
        """One article by id, or by an unambiguous beginning of its id."""
        if not article_id:
            return None
        rows = self._db.execute(
            f"SELECT {_FIELDS} FROM articles WHERE id LIKE ? || '%' LIMIT 2",
            (re.sub(r"[^0-9a-f]", "x", article_id),),
        ).fetchall()
        return _article(rows[0]) if len(rows) == 1 else None

    def listed(self) -> Iterator[Listed]:
        """Every article, newest first, unknown dates last."""
        fields = _FIELDS.replace("text,", "'',")
        rows = self._db.execute(
            f"SELECT {fields}, copy_of, (SELECT count(*) FROM passages WHERE article = articles.id)"
            " FROM articles ORDER BY published IS NULL, published DESC, path"
        )
        for row in rows:
            yield Listed(_article(row[:8]), passages=row[9], copy_of=row[8])

    def copies(self) -> list[tuple[str, str]]:
        """Paths of articles whose text is that of another, and the path of that other."""
        rows = self._db.execute(
            "SELECT copy.path, kept.path FROM articles AS copy"
            " JOIN articles AS kept ON kept.id = copy.copy_of ORDER BY copy.path"
        )
        return [(row[0], row[1]) for row in rows]

    def counts(self) -> dict[str, int]:
        """Number of files, articles (copies apart), copies and passages."""
        one = self._db.execute(
            "SELECT (SELECT count(*) FROM files),"
            " (SELECT count(*) FROM articles WHERE copy_of IS NULL),"
            " (SELECT count(*) FROM articles WHERE copy_of IS NOT NULL),"
            " (SELECT count(*) FROM passages)"
        ).fetchone()
        return dict(zip(("files", "articles", "copies", "passages"), one, strict=True))

    def digests(self) -> dict[str, str]:
        """Digest of every article that is indexed itself, by id."""
        rows = self._db.execute("SELECT id, digest FROM articles WHERE copy_of IS NULL")
        return dict(rows.fetchall())

    def passage_ids(self, article_id: str | None = None) -> list[str]:
        """Ids of the passages of one article, or of all, in reading order."""
        rows = (
            self._db.execute("SELECT id FROM passages ORDER BY number")
            if article_id is None
            else self._db.execute(
                "SELECT id FROM passages WHERE article = ? ORDER BY number", (article_id,)
            )
        )
        return [row[0] for row in rows]

    def passages(self, ids: Sequence[str]) -> dict[str, Passage]:
        """The passages of these ids; an id that is not there is left out."""
        marks = ", ".join("?" * len(ids))
        fields = ", ".join(f"articles.{name}" for name in _FIELDS.split(", "))
        rows = self._db.execute(
            f"SELECT passages.id, sentences, {fields} FROM passages"
            f" JOIN articles ON articles.id = passages.article WHERE passages.id IN ({marks})",
            list(ids),
        )
        articles: dict[str, Article] = {}  # passages of one article share it
        found = {}
        for row in rows:
            article = articles.setdefault(row[2], _article(row[2:]))
            spans = tuple((a, b) for a, b in json.loads(row[1]))
            found[row[0]] = Passage(article, spans)
        return found

    def lexical(self, question: str, k: int) -> list[tuple[str, float]]:
        """The `k` best passages by BM25 as (id, score >= 0), best first."""
        words = [w for w in re.findall(r"\w+", question.lower()) if w not in _STOPWORDS]
        if not words:
            return []
        query = " OR ".join(f'"{word}"' for word in dict.fromkeys(words))
        rows = self._db.execute(
            f"SELECT passages.id, -{_BM25} FROM words JOIN passages ON number = words.rowid"
            f" WHERE words MATCH ? ORDER BY {_BM25}, number LIMIT ?",
            (query, k),
        )
        return [(row[0], row[1]) for row in rows]

    def check(self) -> str:
        """SQLite's own check; "ok" if nothing is wrong."""
        return str(self._db.execute("PRAGMA quick_check").fetchone()[0])

    # ── writing ───────────────────────────────────────────────────────────────────────────────

    def put_file(self, record: FileRecord, found: Iterable[Article], skips: Iterable[Skip]) -> None:
        """Record a file and all that was found in it, in place of what it held before."""
        self.remove_file(record.path)
        self._db.execute(
            "INSERT INTO files VALUES (?, ?, ?, ?)",
            (record.path, record.bytes, record.mtime_ns, record.sha256),
        )
        self._db.executemany(
            "INSERT INTO skips VALUES (?, ?, ?, ?)",
            [(record.path, s.path, s.code, s.reason) for s in skips],
        )
        for article in found:
            self._db.execute(
                f"INSERT OR REPLACE INTO articles (id, file, digest, origin, {_FIELDS})"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (article.id, record.path, article.digest, article.origin, *_row(article)),
            )

    def commit(self) -> None:
        """Keep what was written."""
        self._db.commit()

    def remove_file(self, path: str) -> None:
        """Forget a file, its articles and its skips; their passages stay until `drop_passages`."""
        for table, column in (("files", "path"), ("skips", "file"), ("articles", "file")):
            self._db.execute(f"DELETE FROM {table} WHERE {column} = ?", (path,))

    def outdate(self, keep: Iterable[str]) -> None:
        """Forget how all files but `keep` looked, so that the next ingest reads them again."""
        keep = set(keep)
        others = [(path,) for path in self.files() if path not in keep]
        self._db.executemany(
            "UPDATE files SET bytes = -1, mtime_ns = 0, sha256 = '' WHERE path = ?", others
        )

    def remove_article(self, article_id: str) -> None:
        """Forget one article; its passages stay until `drop_passages`."""
        self._db.execute("DELETE FROM articles WHERE id = ?", (article_id,))

    def settle_copies(self) -> None:
        """Choose, of all articles with one text, the one that is indexed: the first by path."""
        self._db.execute(
            "UPDATE articles SET copy_of = NULLIF((SELECT other.id FROM articles AS other"
            " WHERE other.origin = articles.origin ORDER BY other.path LIMIT 1), articles.id)"
        )

    def indexed(self) -> set[str]:
        """Ids of the articles that have passages."""
        return {row[0] for row in self._db.execute("SELECT DISTINCT article FROM passages")}

    def put_passages(self, passages: Iterable[Passage]) -> None:
        """Add the passages of one article to the search."""
        for passage in passages:
            cursor = self._db.execute(
                "INSERT INTO passages (id, article, sentences) VALUES (?, ?, ?)",
                (passage.id, passage.article.id, json.dumps(passage.sentences)),
            )
            self._db.execute(
                "INSERT INTO words (rowid, title, body) VALUES (?, ?, ?)",
                (cursor.lastrowid, passage.article.title, passage.text),
            )

    def drop_passages(self, article_id: str) -> list[str]:
        """Take an article out of the search; returns the ids of its passages."""
        ids = self.passage_ids(article_id)
        self._db.execute(
            "DELETE FROM words WHERE rowid IN (SELECT number FROM passages WHERE article = ?)",
            (article_id,),
        )
        self._db.execute("DELETE FROM passages WHERE article = ?", (article_id,))
        return ids


def _row(article: Article) -> tuple[str | None, ...]:
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
    )


def _article(row: Sequence[Any]) -> Article:
    path, title, text, published, source, url, byline, place = row
    day = dt.date.fromisoformat(published) if published else None
    return Article(path, title, text, day, source, url, byline, place)


# words that stand in most articles and tell nothing about which one is meant
_STOPWORDS = frozenset(
    "a about after all also an and any are as at be been before but by can could did do does for"
    " from had has have he her his how i if in into is it its may me more most my of on or our she"
    " should so some such than that the their them then there these they this those to was we were"
    " what when where which while who whom whose why will with would you your".split()
)
