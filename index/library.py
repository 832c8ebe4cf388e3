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
from index.origins import Carrier, Signature, correction_note, families, maker, signature, versions
from index.scope import EVERYTHING, Scope

_SCHEMA = """
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
CREATE INDEX passages_by_article ON passages (article);
"""
_FIELDS = (
    *("path", "title", "text", "published", "source", "url", "byline", "place"),
    *("dated_by", "modified", "language"),
)
# a title is short and chosen by an editor: a word of the question in it weighs twice
_BM25 = "bm25(words, 2.0, 1.0)"
# Passages whose BM25 is computed for one question, about 1 µs each. Among 300,000 passages the 30
# best are 99.9 % those of all passages with any word, in a quarter of the time (eval/LOG.md).
SCORED = 30_000
_INCOMPLETE = -1  # in the place of a file's time, so that its bytes are compared


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file as it was when it was read; `mtime_ns` in nanoseconds since 1970."""

    path: str
    bytes: int
    mtime_ns: int
    sha256: str

    @property
    def incomplete(self) -> bool:
        """True if one of its articles was removed: it comes back with a file that is named."""
        return self.mtime_ns == _INCOMPLETE


@dataclass(frozen=True, slots=True)
class Listed:
    """An article in the list: its passages counted, its text left out."""

    article: Article
    passages: int
    copy_of: str | None
    superseded_by: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a passage belongs: `origin` is equal for passages of near copies.

    `corrects` tells that its article is the newer version of another. `superseded_on` is the day
    on which the newer version of its article was published, None if nobody knows.
    """

    article: str
    origin: str
    superseded: bool
    corrects: bool
    published: dt.date | None = None
    source: str = ""
    superseded_on: dt.date | None = None

    def superseded_by_then(self, day: dt.date | None) -> bool:
        """Tell whether a newer version was known on `day` (None: today)."""
        if not self.superseded or day is None or self.superseded_on is None:
            return self.superseded
        return self.superseded_on <= day


@dataclass(frozen=True, slots=True)
class Standing:
    """How an article stands to others: those of its origin, and versions of it.

    `unsettled` is another version of which nobody knows whether it is older or newer; `note` is
    the sentence in which the article says that something was wrong. Articles come without text.
    """

    carried_by: tuple[Article, ...] = ()
    superseded_by: Article | None = None
    corrects: tuple[Article, ...] = ()
    unsettled: Article | None = None
    note: str = ""


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
            # an older generation, from which a new one is built, knows fewer columns
            self._columns = {
                row[1] for row in self._db.execute("PRAGMA table_info(articles)").fetchall()
            }
            self._db.execute("SELECT count(*) FROM articles").fetchone()
        except sqlite3.DatabaseError as problem:
            if writable:  # a full disk, for one
                raise
            raise DamagedError(
                f"{path} is damaged ({problem}). Run 'assistant index rebuild'."
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
        for row in self._db.execute(f"SELECT file, {self._fields()} FROM articles ORDER BY path"):
            yield row[0], _article(row[1:])

    def article(self, article_id: str) -> Article | None:
        """One article by id, or by an unambiguous beginning of its id."""
        if not article_id:
            return None
        rows = self._db.execute(
            f"SELECT {self._fields()} FROM articles WHERE id LIKE ? || '%' LIMIT 2",
            (re.sub(r"[^0-9a-f]", "x", article_id),),
        ).fetchall()
        return _article(rows[0]) if len(rows) == 1 else None

    def listed(self) -> Iterator[Listed]:
        """Every article, newest first, unknown dates last."""
        rows = self._db.execute(
            "SELECT copy_of, (SELECT count(*) FROM passages WHERE article = articles.id),"
            f" {self._known('superseded_by')}, {self._note()}, {self._fields(text=False)}"
            " FROM articles ORDER BY published IS NULL, published DESC, path"
        )
        for copy_of, passages, superseded_by, note, *fields in rows:
            yield Listed(_article(fields), passages, copy_of, superseded_by, note or "")

    def copies(self) -> list[tuple[str, str]]:
        """Paths of articles whose text is that of another, and the path of that other."""
        rows = self._db.execute(
            "SELECT copy.path, kept.path FROM articles AS copy"
            " JOIN articles AS kept ON kept.id = copy.copy_of ORDER BY copy.path"
        )
        return [(row[0], row[1]) for row in rows]

    def near_copies(self) -> list[tuple[str, ...]]:
        """Paths of articles that tell one text in nearly the same words, old versions apart.

        Exact copies count once, as the one that is indexed.
        """
        if "origin" not in self._columns:
            return []
        rows = self._db.execute(
            "SELECT origin, path FROM articles WHERE copy_of IS NULL AND superseded_by IS NULL"
            " AND origin IN (SELECT origin FROM articles WHERE copy_of IS NULL"
            " AND superseded_by IS NULL GROUP BY origin HAVING count(*) > 1) ORDER BY path"
        )
        families: dict[str, list[str]] = {}
        for origin, path in rows:
            families.setdefault(origin, []).append(path)
        return [tuple(family) for family in families.values()]

    def superseded(self) -> list[tuple[str, str]]:
        """Paths of articles that have a newer version, and the path of that."""
        if "superseded_by" not in self._columns:
            return []
        rows = self._db.execute(
            "SELECT old.path, new.path FROM articles AS old"
            " JOIN articles AS new ON new.id = old.superseded_by ORDER BY old.path"
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

    def newest(self, until: dt.date) -> dt.date | None:
        """The day of the newest article that is not dated later than `until`; None if none is."""
        row = self._db.execute(
            "SELECT max(published) FROM articles WHERE published <= ?", (until.isoformat(),)
        ).fetchone()
        return _day(row[0])

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
        """The passages of these ids; an id that is not there is left out.

        Raises:
            DamagedError: if one is not the text that was indexed under its id.
        """
        marks = ", ".join("?" * len(ids))
        rows = self._db.execute(
            f"SELECT passages.id, sentences, digest, {self._fields()} FROM passages"
            f" JOIN articles ON articles.id = passages.article WHERE passages.id IN ({marks})",
            list(ids),
        )
        articles: dict[str, Article] = {}  # passages of one article share it
        found = {}
        try:
            for one, spans, digest, *fields in rows:
                if fields[0] not in articles:
                    articles[fields[0]] = _whole(_article(fields), digest)
                article = articles[fields[0]]
                found[one] = Passage(article, tuple((a, b) for a, b in json.loads(spans)))
                if found[one].id != one:
                    raise ValueError(f"passage {one}")
        except (ValueError, TypeError, sqlite3.DatabaseError) as problem:
            raise DamagedError(
                f"{self._path} is damaged ({problem}). Run 'assistant index rebuild'."
            ) from None
        return found

    def places(self, ids: Sequence[str]) -> dict[str, Place]:
        """Where the passages of these ids belong; an id that is not there is left out."""
        marks = ", ".join("?" * len(ids))
        newer, newer_day = "0", "NULL"
        if "superseded_by" in self._columns:
            newer = "EXISTS (SELECT 1 FROM articles AS old WHERE old.superseded_by = articles.id)"
            newer_day = (
                "(SELECT new.published FROM articles AS new WHERE new.id = articles.superseded_by)"
            )
        rows = self._db.execute(
            f"SELECT passages.id, article, coalesce({self._known('origin')}, article),"
            f" {self._known('superseded_by')} IS NOT NULL, {newer}, published, source, {newer_day}"
            f" FROM passages JOIN articles ON articles.id = passages.article"
            f" WHERE passages.id IN ({marks})",
            list(ids),
        )
        return {
            one: Place(
                article, origin, bool(old), bool(new), _day(day), source or "", _day(newer_on)
            )
            for one, article, origin, old, new, day, source, newer_on in rows
        }

    def standing(self, article_id: str) -> Standing:
        """How one article stands to the others; nothing if there is no such article."""
        if "superseded_by" not in self._columns:
            return Standing()
        row = self._db.execute(
            f"SELECT superseded_by, unsettled, {self._note()} FROM articles WHERE id = ?",
            (article_id,),
        ).fetchone()
        if row is None:
            return Standing()
        return Standing(
            carried_by=tuple(self.carried_by(article_id)),
            superseded_by=self._one(row[0]),
            corrects=tuple(self._some("superseded_by = ?", article_id)),
            unsettled=self._one(row[1]),
            note=row[2] or "",
        )

    def carried_by(self, article_id: str) -> list[Article]:
        """The other articles of one origin, exact and near copies, by path and without text.

        Versions that are superseded are left out: they are the same article's past.
        """
        if "superseded_by" not in self._columns:
            return []
        return self._some(
            "superseded_by IS NULL AND id != ?1"
            " AND origin = (SELECT origin FROM articles WHERE id = ?1)",
            article_id,
        )

    def _one(self, article_id: str | None) -> Article | None:
        return next(iter(self._some("id = ?", article_id)), None) if article_id else None

    def _some(self, where: str, *values: str) -> list[Article]:
        fields = self._fields(text=False)
        rows = self._db.execute(
            f"SELECT {fields} FROM articles WHERE {where} ORDER BY path", values
        )
        return [_article(row) for row in rows]

    def _known(self, column: str) -> str:
        return f"articles.{column}" if column in self._columns else "NULL"

    def _fields(self, *, text: bool = True) -> str:
        return ", ".join(
            "''" if name == "text" and not text else self._known(name) for name in _FIELDS
        )

    def _note(self) -> str:
        if "wording" not in self._columns:
            return "NULL"
        return "(SELECT note FROM wordings WHERE wordings.wording = articles.wording)"

    def lexical(self, question: str, k: int, scope: Scope = EVERYTHING) -> list[tuple[str, float]]:
        """The `k` best passages of a scope by BM25 as (id, score >= 0), best first.

        Only passages that hold one of the question's rarer words are scored if its words stand in
        more than `SCORED`: the others hardly ever come among the first, but cost the most.
        """
        rare, common = self._by_rarity(question)
        found: list[tuple[float, int]] = []
        while rare:
            if not common:
                found = self._scored(_any_of(rare), k, scope)
                break
            # FTS5 has no word that may be there: those that have one, and those that have none
            found = [
                *self._scored(f"({_any_of(rare)}) AND ({_any_of(common)})", k, scope),
                *self._scored(f"({_any_of(rare)}) NOT ({_any_of(common)})", k, scope),
            ]
            if len(found) >= k:
                break
            rare.append(common.pop(0))
        best = sorted(found)[:k]
        ids = self._ids([row for _, row in best])
        return [(ids[row], -score) for score, row in best]

    def _by_rarity(self, question: str) -> tuple[list[str], list[str]]:
        """The question's words: those by which passages are found, and those that add to a score.

        The latter are empty if all words together stand in no more passages than `SCORED`.
        """
        words = [w for w in re.findall(r"\w+", question.lower()) if w not in _STOPWORDS]
        counted = sorted(
            (self._frequency(word), place, word) for place, word in enumerate(dict.fromkeys(words))
        )
        rare: list[str] = []
        common: list[str] = []
        total = 0
        for frequency, _, word in counted:
            total += frequency
            if frequency:
                (common if rare and total > SCORED else rare).append(word)
        return rare, common

    def _frequency(self, word: str) -> int:
        """In how many passages a word stands; from `SCORED` on it is counted no further."""
        row = self._db.execute(
            "SELECT count(*) FROM (SELECT rowid FROM words WHERE words MATCH ? LIMIT ?)",
            (f'"{word}"', SCORED + 1),
        ).fetchone()
        return int(row[0])

    def _scored(self, query: str, k: int, scope: Scope) -> list[tuple[float, int]]:
        """The `k` best passages by FTS5's score, which is best when least, and their numbers."""
        inside, values = _within(scope)
        rows = self._db.execute(
            f"SELECT {_BM25} AS score, rowid FROM words WHERE words MATCH ?{inside}"
            " ORDER BY score, rowid LIMIT ?",
            (query, *values, k),
        )
        return [(row[0], row[1]) for row in rows]

    def _ids(self, numbers: Sequence[int]) -> dict[int, str]:
        marks = ", ".join("?" * len(numbers))
        rows = self._db.execute(
            f"SELECT number, id FROM passages WHERE number IN ({marks})", list(numbers)
        )
        return {row[0]: row[1] for row in rows}

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
        marks = ", ".join("?" * (4 + len(_FIELDS)))
        for article in found:
            self._db.execute(
                f"INSERT OR REPLACE INTO articles (id, file, digest, wording, {', '.join(_FIELDS)})"
                f" VALUES ({marks})",
                (article.id, record.path, article.digest, article.wording, *_row(article)),
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
        self._db.executemany("UPDATE files SET bytes = -1, sha256 = '' WHERE path = ?", others)

    def remove_article(self, article_id: str) -> None:
        """Forget one article; its file is `incomplete`, its passages stay until `drop_passages`."""
        self._db.execute(
            "UPDATE files SET mtime_ns = ? WHERE path = (SELECT file FROM articles WHERE id = ?)",
            (_INCOMPLETE, article_id),
        )
        self._db.execute("DELETE FROM articles WHERE id = ?", (article_id,))

    def settle_copies(self) -> None:
        """Choose, of all articles with one text, the one that is indexed: the first by path."""
        self._db.execute(
            "UPDATE articles SET copy_of = NULLIF((SELECT other.id FROM articles AS other"
            " WHERE other.wording = articles.wording ORDER BY other.path LIMIT 1), articles.id)"
        )

    def settle_origins(self) -> None:
        """Find near copies and versions among all articles; only new texts are signed.

        To be called after `settle_copies`.
        """
        self._sign()
        rows = self._db.execute("SELECT wording, size, slots FROM wordings").fetchall()
        signatures = {row[0]: Signature(row[1], row[2]) for row in rows}
        origins = families(signatures)
        self._db.executemany(
            "UPDATE articles SET origin = ?2 WHERE wording = ?1 AND origin IS NOT ?2",
            origins.items(),
        )
        found = versions(self._carriers(), signatures, origins)
        self._db.execute("UPDATE articles SET superseded_by = NULL, unsettled = NULL")
        for column, pairs in (("superseded_by", found.superseded), ("unsettled", found.unsettled)):
            self._db.executemany(
                f"UPDATE articles SET {column} = (SELECT id FROM articles"
                " WHERE wording = ?2 AND copy_of IS NULL) WHERE wording = ?1",
                pairs.items(),
            )

    def _sign(self) -> None:
        made_by = maker()
        self._db.execute(
            "DELETE FROM wordings WHERE maker != ?"
            " OR wording NOT IN (SELECT wording FROM articles)",
            (made_by,),
        )
        fresh = self._db.execute(
            "SELECT wording, max(title), text FROM articles"
            " WHERE wording NOT IN (SELECT wording FROM wordings) GROUP BY wording"
        )
        for wording, title, text in fresh.fetchall():
            signed, note = signature(text), correction_note(title, text)
            self._db.execute(
                "INSERT INTO wordings VALUES (?, ?, ?, ?, ?)",
                (wording, made_by, signed.size, signed.slots, note),
            )

    def _carriers(self) -> Iterator[Carrier]:
        rows = self._db.execute(
            "SELECT articles.wording, title, source, url, coalesce(modified, published),"
            " mtime_ns, note FROM articles JOIN files ON files.path = articles.file"
            " JOIN wordings ON wordings.wording = articles.wording"
        )
        for wording, title, source, url, day, mtime_ns, note in rows:
            known = dt.date.fromisoformat(day) if day else None
            yield Carrier(wording, title, source, url, known, mtime_ns, bool(note))

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


def _any_of(words: Sequence[str]) -> str:
    return " OR ".join(f'"{word}"' for word in words)


def _within(scope: Scope) -> tuple[str, list[str]]:
    """A condition on `words` that keeps the passages of a scope, and its values."""
    parts, values = [], []
    if scope.as_of:
        parts.append("(published IS NULL OR published <= ?)")
        values.append(scope.as_of.isoformat())
    if scope.since:
        parts.append("published >= ?")
        values.append(scope.since.isoformat())
    if scope.until:
        parts.append("published <= ?")
        values.append(scope.until.isoformat())
    condition = " AND ".join(parts)  # sources fold their case beyond ASCII: Scope.admits does that
    if not condition:
        return "", []
    return (
        " AND rowid IN (SELECT number FROM passages JOIN articles ON articles.id = article"
        f" WHERE {condition})",
        values,
    )


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
        article.dated_by,
        article.modified.isoformat() if article.modified else None,
        article.language,
    )


def _article(row: Sequence[Any]) -> Article:
    path, title, text, published, source, url, byline, place, dated_by, modified, language = row
    return Article(
        *(path, title, text, _day(published), source, url, byline, place),
        *(dated_by or "", _day(modified), language or ""),
    )


def _whole(article: Article, digest: str) -> Article:
    """The article, if its hash is the one that was written beside it.

    Raises:
        ValueError: if not: the disk has changed it, for what a program does is found at opening.
    """
    if article.digest != digest:
        raise ValueError(f"article {article.id}")
    return article


def _day(written: str | None) -> dt.date | None:
    return dt.date.fromisoformat(written) if written else None


# words that stand in most articles and tell nothing about which one is meant
_STOPWORDS = frozenset(
    "a about after all also an and any are as at be been before but by can could did do does for"
    " from had has have he her his how i if in into is it its may me more most my of on or our she"
    " should so some such than that the their them then there these they this those to was we were"
    " what when where which while who whom whose why will with would you your".split()
)
