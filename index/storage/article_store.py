"""Files, articles, passages and their BM25 index of one generation, read from one SQLite file."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.core.articles import Article, Passage, Skip
from index.core.errors import DamagedError, UsageError
from index.core.filters import NO_FILTERS, Filters
from index.storage.bm25 import lexical, with_phrases
from index.storage.schema import FIELDS, add_later_columns, article_of, day_of

INCOMPLETE = -1  # in place of a file's time, so that its bytes are compared
UNSETTLED = -1  # in place of a file's ctime, with the same effect
_ARTICLE = ", ".join(f"articles.{name}" for name in FIELDS)
_WITHOUT_TEXT = _ARTICLE.replace("articles.text", "''")
_NOTE = "(SELECT note FROM wordings WHERE wordings.wording = articles.wording)"


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file when it was read; times in nanoseconds since 1970, `ctime_ns` 0 if it is not known.

    A program that changes a file may set back its mtime, but not its ctime.
    """

    path: str
    bytes: int
    mtime_ns: int
    sha256: str
    ctime_ns: int = 0

    def matches(self, info: os.stat_result) -> bool:
        """True if a file with that size and those times need not be read again."""
        return (self.bytes, self.mtime_ns) == (info.st_size, info.st_mtime_ns) and (
            self.ctime_ns in (0, info.st_ctime_ns)
        )

    @property
    def incomplete(self) -> bool:
        """True if one of its articles was removed: it comes back if the file itself is ingested."""
        return self.mtime_ns == INCOMPLETE


@dataclass(frozen=True, slots=True)
class Listed:
    """An article in a list: without text, with the number of its passages.

    `cluster_id` is equal for near copies. `superseded_on`: the day on which the newer version was
    published, if known. `note` is the sentence in which it says that something was corrected.
    """

    article: Article
    passages: int
    copy_of: str | None
    superseded_by: str | None = None
    note: str = ""
    cluster_id: str = ""
    superseded_on: dt.date | None = None

    def is_superseded(self, as_of: dt.date | None) -> bool:
        """True if a newer version was known on that day (None: today)."""
        if as_of is None or self.superseded_on is None:
            return self.superseded_by is not None
        return self.superseded_on <= as_of


@dataclass(frozen=True, slots=True)
class PassageMeta:
    """What decides whether a passage is shown: its article's cluster, versions, day and source.

    `cluster_id` is equal for near copies. `corrects`: its article is the newer version of another.
    `superseded_on`: the day on which the newer version of its article was published, if known.
    """

    article: str
    cluster_id: str
    superseded: bool
    corrects: bool
    published: dt.date | None = None
    source: str = ""
    superseded_on: dt.date | None = None

    def is_superseded(self, as_of: dt.date | None) -> bool:
        """True if a newer version was known on that day (None: today)."""
        if not self.superseded or as_of is None or self.superseded_on is None:
            return self.superseded
        return self.superseded_on <= as_of


@dataclass(frozen=True, slots=True)
class DuplicateInfo:
    """Near copies and other versions of an article, without their texts.

    `unsettled` is another version that may be older or newer; `note` is the sentence in which the
    article says that something was corrected.
    """

    carried_by: tuple[Article, ...] = ()
    superseded_by: Article | None = None
    corrects: tuple[Article, ...] = ()
    unsettled: Article | None = None
    note: str = ""


class ArticleStore:
    """Articles and passages of one generation; DamagedError if the file is no such database."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = self._connect(path)

    def _connect(self, path: Path) -> sqlite3.Connection:
        # a published generation never changes, so SQLite need not lock it nor look for a journal
        uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        try:
            db = sqlite3.connect(uri, uri=True, check_same_thread=False)
            db.execute("SELECT count(*) FROM articles").fetchone()
            add_later_columns(db)
        except sqlite3.DatabaseError as problem:
            raise self._damaged(problem) from None
        return db

    def _damaged(self, problem: object) -> DamagedError:
        return DamagedError(f"{self._path} is damaged ({problem}). Run 'assistant index rebuild'.")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def files(self) -> dict[str, FileRecord]:
        """Every file that was read, by path."""
        rows = self._db.execute(
            "SELECT path, bytes, mtime_ns, sha256, coalesce(ctime_ns, 0) FROM files"
        )
        return {row[0]: FileRecord(*row) for row in rows}

    def articles_by_file(self) -> dict[str, int]:
        """How many articles each file holds, copies included."""
        return dict(self._db.execute("SELECT file, count(*) FROM articles GROUP BY file"))

    def skips(self) -> dict[str, list[Skip]]:
        """What was not indexed of each file that has such."""
        found = defaultdict(list)
        for file, *skip in self._db.execute("SELECT file, path, code, reason FROM skips"):
            found[file].append(Skip(*skip))
        return dict(found)

    def articles(self) -> Iterator[tuple[str, Article]]:
        """Every article with the file it came from, copies included, by path."""
        for row in self._db.execute(f"SELECT file, {_ARTICLE} FROM articles ORDER BY path"):
            yield row[0], article_of(row[1:])

    def article(self, article_id: str) -> Article | None:
        """One article by id, or by an unambiguous beginning of its id."""
        if not article_id:
            return None
        rows = self._db.execute(
            f"SELECT {_ARTICLE} FROM articles WHERE id LIKE ? || '%' LIMIT 2",
            (re.sub(r"[^0-9a-f]", "x", article_id),),
        ).fetchall()
        return article_of(rows[0]) if len(rows) == 1 else None

    def required(self, article_id: str) -> Article:
        """The same; UsageError if no article, or more than one, has an id that begins so."""
        if article := self.article(article_id):
            return article
        raise UsageError(
            f"No article, or more than one, has an id that begins with {article_id!r}. "
            "'assistant articles list' shows the ids."
        )

    def listed(self) -> Iterator[Listed]:
        """Every article, newest first, unknown dates last."""
        rows = self._db.execute(
            "SELECT copy_of, (SELECT count(*) FROM passages WHERE article = articles.id),"
            f" superseded_by, {_NOTE}, coalesce(origin, id),"
            " (SELECT new.published FROM articles AS new WHERE new.id = articles.superseded_by),"
            f" {_WITHOUT_TEXT} FROM articles ORDER BY published IS NULL, published DESC, path"
        )
        for copy_of, passages, superseded_by, note, cluster_id, newer_day, *fields in rows:
            yield Listed(
                *(article_of(fields), passages, copy_of, superseded_by, note or "", cluster_id),
                superseded_on=day_of(newer_day),
            )

    def ids_with(self, searched: str) -> set[str]:
        """Ids of the articles whose text holds `searched`, which is casefolded, copies included."""
        rows = self._db.execute("SELECT id, text FROM articles")
        return {article_id for article_id, text in rows if searched in text.casefold()}

    def copies(self) -> list[tuple[str, str]]:
        """Paths of articles with the same text as another, and the path of that other."""
        return self._pairs("copy_of")

    def superseded(self) -> list[tuple[str, str]]:
        """Paths of articles that have a newer version, and the path of that."""
        return self._pairs("superseded_by")

    def _pairs(self, column: str) -> list[tuple[str, str]]:
        return self._db.execute(
            "SELECT one.path, other.path FROM articles AS one"
            f" JOIN articles AS other ON other.id = one.{column} ORDER BY one.path"
        ).fetchall()

    def near_copies(self) -> list[tuple[str, ...]]:
        """Paths of each cluster of near copies, without exact copies and superseded versions."""
        rows = self._db.execute(
            "SELECT origin, path FROM articles WHERE copy_of IS NULL AND superseded_by IS NULL"
            " AND origin IN (SELECT origin FROM articles WHERE copy_of IS NULL"
            " AND superseded_by IS NULL GROUP BY origin HAVING count(*) > 1) ORDER BY path"
        )
        clusters = defaultdict(list)
        for cluster_id, path in rows:
            clusters[cluster_id].append(path)
        return [tuple(paths) for paths in clusters.values()]

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
        return day_of(row[0])

    def digests(self) -> dict[str, str]:
        """Digest of every article that is indexed itself, by id."""
        rows = self._db.execute("SELECT id, digest FROM articles WHERE copy_of IS NULL")
        return dict(rows.fetchall())

    def passage_ids(self, article_id: str | None = None) -> list[str]:
        """Ids of the passages of one article, or of all, in reading order."""
        where, values = ("WHERE article = ?", (article_id,)) if article_id is not None else ("", ())
        rows = self._db.execute(f"SELECT id FROM passages {where} ORDER BY number", values)
        return [row[0] for row in rows]

    def passages(self, ids: Sequence[str]) -> dict[str, Passage]:
        """The passages with these ids, unknown ones left out; DamagedError if a text differs."""
        rows = self._db.execute(
            f"SELECT passages.id, sentences, digest, {_ARTICLE} FROM passages"
            f" JOIN articles ON articles.id = passages.article WHERE {_among(ids)}",
            list(ids),
        )
        articles: dict[str, Article] = {}  # shared by the passages of an article
        found = {}
        try:
            for passage_id, spans, digest, *fields in rows:
                if fields[0] not in articles:
                    articles[fields[0]] = article = article_of(fields)
                    # the disk may change a byte that no checksum is read for at opening
                    if article.digest != digest:
                        raise ValueError(f"article {article.id}")
                sentences = tuple((start, end) for start, end in json.loads(spans))
                found[passage_id] = Passage(articles[fields[0]], sentences)
                if found[passage_id].id != passage_id:
                    raise ValueError(f"passage {passage_id}")
        except (ValueError, TypeError, sqlite3.DatabaseError) as problem:
            raise self._damaged(problem) from None
        return found

    def passage_meta(self, ids: Sequence[str]) -> dict[str, PassageMeta]:
        """Cluster, versions, day and source of these passages; unknown ids are left out."""
        rows = self._db.execute(
            "SELECT passages.id, article, coalesce(origin, article), superseded_by IS NOT NULL,"
            # evaluated once for all passages
            " articles.id IN"
            " (SELECT superseded_by FROM articles WHERE superseded_by IS NOT NULL),"
            " published, source,"
            " (SELECT new.published FROM articles AS new WHERE new.id = articles.superseded_by)"
            " FROM passages JOIN articles ON articles.id = passages.article"
            f" WHERE {_among(ids)}",
            list(ids),
        )
        return {
            one: PassageMeta(
                *(article, cluster_id, bool(old), bool(new), day_of(day), source or ""),
                superseded_on=day_of(newer_day),
            )
            for one, article, cluster_id, old, new, day, source, newer_day in rows
        }

    def duplicate_info(self, article_id: str) -> DuplicateInfo:
        """Near copies and versions of one article; empty if there is no such article."""
        row = self._db.execute(
            f"SELECT superseded_by, unsettled, {_NOTE} FROM articles WHERE id = ?", (article_id,)
        ).fetchone()
        if row is None:
            return DuplicateInfo()
        newer, unsettled, note = row
        return DuplicateInfo(
            carried_by=tuple(self.carried_by(article_id)),
            superseded_by=next(iter(self._some("id = ?", newer)), None),
            corrects=tuple(self._some("superseded_by = ?", article_id)),
            unsettled=next(iter(self._some("id = ?", unsettled)), None),
            note=note or "",
        )

    def carried_by(self, article_id: str) -> list[Article]:
        """The rest of its cluster by path, without texts and superseded versions."""
        return self._some(
            "superseded_by IS NULL AND id != ?1"
            " AND origin = (SELECT origin FROM articles WHERE id = ?1)",
            article_id,
        )

    def _some(self, where: str, value: str | None) -> list[Article]:
        rows = self._db.execute(
            f"SELECT {_WITHOUT_TEXT} FROM articles WHERE {where} ORDER BY path", (value,)
        )
        return [article_of(row) for row in rows]

    def lexical(
        self, question: str, k: int, filters: Filters = NO_FILTERS
    ) -> list[tuple[str, float]]:
        """BM25 search, see `index.storage.bm25.lexical`."""
        return lexical(self._db, question, k, filters)

    def passages_with(self, phrases: Sequence[str]) -> list[str]:
        """Ids of the passages that have all of these runs of words in title or text, in order.

        Words are compared by their stems; at least one phrase has to have a word.
        """
        return with_phrases(self._db, phrases)

    def check(self) -> str:
        """SQLite's own check; "ok" if nothing is wrong."""
        return str(self._db.execute("PRAGMA quick_check").fetchone()[0])


def _among(ids: Sequence[str]) -> str:
    return f"passages.id IN ({', '.join('?' * len(ids))})"
