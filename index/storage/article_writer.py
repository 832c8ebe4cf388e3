"""Writes the articles of a draft, and finds copies, near copies and versions among them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from index.core.articles import Article, Passage, Skip
from index.dedup.near_duplicates import Signature, clusters, maker
from index.dedup.revisions import ArticleVersion, find_revisions
from index.storage.article_store import INCOMPLETE, ArticleStore, FileRecord
from index.storage.schema import FIELDS, SCHEMA, day_of, row_of


class ArticleWriter(ArticleStore):
    """Articles and passages of a draft; nothing written after the last `commit` is kept."""

    def _connect(self, path: Path) -> sqlite3.Connection:
        is_new = not path.exists()
        db = sqlite3.connect(path, check_same_thread=False)
        if is_new:
            db.executescript(SCHEMA)
        elif "ctime_ns" not in {row[1] for row in db.execute("PRAGMA table_info(files)")}:
            db.execute("ALTER TABLE files ADD COLUMN ctime_ns INTEGER")
        db.execute("CREATE INDEX IF NOT EXISTS skips_by_file ON skips (file)")
        return db

    def put_file(self, record: FileRecord, found: Iterable[Article], skips: Iterable[Skip]) -> None:
        """Record a file and all that was found in it, in place of what it held before."""
        self.remove_file(record.path)
        self._db.execute(
            "INSERT INTO files (path, bytes, mtime_ns, sha256, ctime_ns) VALUES (?, ?, ?, ?, ?)",
            (record.path, record.bytes, record.mtime_ns, record.sha256, record.ctime_ns),
        )
        self._db.executemany(
            "INSERT INTO skips VALUES (?, ?, ?, ?)",
            [(record.path, s.path, s.code, s.reason) for s in skips],
        )
        self._db.executemany(
            f"INSERT OR REPLACE INTO articles (id, file, digest, wording, {', '.join(FIELDS)})"
            f" VALUES ({', '.join('?' * (4 + len(FIELDS)))})",
            ((a.id, record.path, a.digest, a.text_hash, *row_of(a)) for a in found),
        )

    def touch(self, records: Iterable[FileRecord]) -> None:
        """Note the times of files whose bytes are those that were read."""
        self._db.executemany(
            "UPDATE files SET mtime_ns = ?2, ctime_ns = ?3 WHERE path = ?1",
            [(record.path, record.mtime_ns, record.ctime_ns) for record in records],
        )

    def commit(self) -> None:
        """Keep what was written."""
        self._db.commit()

    def remove_file(self, path: str) -> None:
        """Remove a file, its articles and its skips; their passages stay until `drop_passages`."""
        for table, column in (("files", "path"), ("skips", "file"), ("articles", "file")):
            self._db.execute(f"DELETE FROM {table} WHERE {column} = ?", (path,))

    def mark_changed(self, but: Iterable[str]) -> None:
        """Have the next ingest read all files again, except `but` these."""
        but = set(but)
        others = [(path,) for path in self.files() if path not in but]
        self._db.executemany("UPDATE files SET bytes = -1, sha256 = '' WHERE path = ?", others)

    def remove_article(self, article_id: str) -> None:
        """Remove an article; its file is `incomplete`, its passages stay until `drop_passages`."""
        self._db.execute(
            "UPDATE files SET mtime_ns = ? WHERE path = (SELECT file FROM articles WHERE id = ?)",
            (INCOMPLETE, article_id),
        )
        self._db.execute("DELETE FROM articles WHERE id = ?", (article_id,))

    def mark_copies(self) -> None:
        """Of all articles with one text, let only the first by path be indexed."""
        self._db.execute(
            "UPDATE articles SET copy_of = NULLIF((SELECT other.id FROM articles AS other"
            " WHERE other.wording = articles.wording ORDER BY other.path LIMIT 1), articles.id)"
        )

    def mark_near_copies(self) -> None:
        """Find near copies and versions among all articles, after `mark_copies`."""
        rows = self._db.execute("SELECT wording, size, slots FROM wordings").fetchall()
        signatures = {row[0]: Signature(row[1], row[2]) for row in rows}
        cluster_ids = clusters(signatures)
        self._db.executemany(
            "UPDATE articles SET origin = ?2 WHERE wording = ?1 AND origin IS NOT ?2",
            cluster_ids.items(),
        )
        found = find_revisions(self._versions(), signatures, cluster_ids)
        self._db.execute("UPDATE articles SET superseded_by = NULL, unsettled = NULL")
        for column, pairs in (("superseded_by", found.superseded), ("unsettled", found.undecided)):
            self._db.executemany(
                f"UPDATE articles SET {column} = (SELECT id FROM articles"
                " WHERE wording = ?2 AND copy_of IS NULL) WHERE wording = ?1",
                pairs.items(),
            )

    def unsigned(self) -> list[str]:
        """Ids of articles that need a signature, one of each text; outdated ones are removed."""
        self._db.execute(
            "DELETE FROM wordings WHERE maker != ?"
            " OR wording NOT IN (SELECT wording FROM articles)",
            (maker(),),
        )
        rows = self._db.execute(
            "SELECT id, min(path) FROM articles"
            " WHERE wording NOT IN (SELECT wording FROM wordings) GROUP BY wording"
        )
        return [row[0] for row in rows]

    def sign(self, article: Article, signed: Signature, note: str) -> None:
        """Keep what `mark_near_copies` needs to know of a text."""
        self._db.execute(
            "INSERT INTO wordings VALUES (?, ?, ?, ?, ?)",
            (article.text_hash, maker(), signed.size, signed.slots, note),
        )

    def refuse(self, article: Article, code: str, reason: str) -> list[Skip]:
        """Put Skips in the place of all articles with the text of this one."""
        rows = self._db.execute(
            "SELECT file, path FROM articles WHERE wording = ?", (article.text_hash,)
        ).fetchall()
        self._db.executemany(
            "INSERT INTO skips VALUES (?, ?, ?, ?)",
            [(file, path, code, reason) for file, path in rows],
        )
        self._db.execute("DELETE FROM articles WHERE wording = ?", (article.text_hash,))
        return [Skip(path, code, reason) for _, path in rows]

    def _versions(self) -> Iterator[ArticleVersion]:
        rows = self._db.execute(
            "SELECT articles.wording, title, source, url, coalesce(modified, published),"
            " mtime_ns, note FROM articles JOIN files ON files.path = articles.file"
            " JOIN wordings ON wordings.wording = articles.wording"
        )
        for text_hash, title, source, url, day, mtime_ns, note in rows:
            yield ArticleVersion(text_hash, title, source, url, day_of(day), mtime_ns, bool(note))

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
        """Remove an article from the search; returns the ids of its passages."""
        ids = self.passage_ids(article_id)
        self._db.execute(
            "DELETE FROM words WHERE rowid IN (SELECT number FROM passages WHERE article = ?)",
            (article_id,),
        )
        self._db.execute("DELETE FROM passages WHERE article = ?", (article_id,))
        return ids
