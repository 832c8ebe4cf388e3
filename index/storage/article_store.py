"""What a published generation knows besides vectors: files, articles, passages and their words.

One SQLite file, the only place of a generation where text stands. `index.storage.article_writer` writes it.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.core.articles import Article, Passage, Skip
from index.core.errors import DamagedError
from index.core.filters import NO_FILTERS, Filters
from index.storage.bm25 import lexical
from index.storage.schema import FIELDS, article_of, day_of

INCOMPLETE = -1  # in the place of a file's time, so that its bytes are compared


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
        return self.mtime_ns == INCOMPLETE


@dataclass(frozen=True, slots=True)
class Listed:
    """An article in the list: its passages counted, its text left out."""

    article: Article
    passages: int
    copy_of: str | None
    superseded_by: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class PassageMeta:
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
class DuplicateInfo:
    """How an article stands to others: those of its origin, and versions of it.

    `unsettled` is another version of which nobody knows whether it is older or newer; `note` is
    the sentence in which the article says that something was wrong. Articles come without text.
    """

    carried_by: tuple[Article, ...] = ()
    superseded_by: Article | None = None
    corrects: tuple[Article, ...] = ()
    unsettled: Article | None = None
    note: str = ""


class ArticleStore:
    """Articles and passages of one generation."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = self._connect(path)
        # an older generation, from which a new one is built, knows fewer columns
        self._columns = {
            row[1] for row in self._db.execute("PRAGMA table_info(articles)").fetchall()
        }

    def _connect(self, path: Path) -> sqlite3.Connection:
        # a published generation never changes, so SQLite need not lock it nor look for a journal
        uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        try:
            db = sqlite3.connect(uri, uri=True, check_same_thread=False)
            db.execute("SELECT count(*) FROM articles").fetchone()
        except sqlite3.DatabaseError as problem:
            raise DamagedError(
                f"{path} is damaged ({problem}). Run 'assistant index rebuild'."
            ) from None
        return db

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

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
            yield row[0], article_of(row[1:])

    def article(self, article_id: str) -> Article | None:
        """One article by id, or by an unambiguous beginning of its id."""
        if not article_id:
            return None
        rows = self._db.execute(
            f"SELECT {self._fields()} FROM articles WHERE id LIKE ? || '%' LIMIT 2",
            (re.sub(r"[^0-9a-f]", "x", article_id),),
        ).fetchall()
        return article_of(rows[0]) if len(rows) == 1 else None

    def listed(self) -> Iterator[Listed]:
        """Every article, newest first, unknown dates last."""
        rows = self._db.execute(
            "SELECT copy_of, (SELECT count(*) FROM passages WHERE article = articles.id),"
            f" {self._known('superseded_by')}, {self._note()}, {self._fields(text=False)}"
            " FROM articles ORDER BY published IS NULL, published DESC, path"
        )
        for copy_of, passages, superseded_by, note, *fields in rows:
            yield Listed(article_of(fields), passages, copy_of, superseded_by, note or "")

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
        return day_of(row[0])

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
                    articles[fields[0]] = _whole(article_of(fields), digest)
                article = articles[fields[0]]
                found[one] = Passage(article, tuple((a, b) for a, b in json.loads(spans)))
                if found[one].id != one:
                    raise ValueError(f"passage {one}")
        except (ValueError, TypeError, sqlite3.DatabaseError) as problem:
            raise DamagedError(
                f"{self._path} is damaged ({problem}). Run 'assistant index rebuild'."
            ) from None
        return found

    def places(self, ids: Sequence[str]) -> dict[str, PassageMeta]:
        """Where the passages of these ids belong; an id that is not there is left out."""
        marks = ", ".join("?" * len(ids))
        newer, newer_day = "0", "NULL"
        if "superseded_by" in self._columns:
            # looked up once for all passages, also where an older generation has no index for it
            newer = (
                "articles.id IN"
                " (SELECT superseded_by FROM articles WHERE superseded_by IS NOT NULL)"
            )
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
            one: PassageMeta(
                article, origin, bool(old), bool(new), day_of(day), source or "", day_of(newer_on)
            )
            for one, article, origin, old, new, day, source, newer_on in rows
        }

    def standing(self, article_id: str) -> DuplicateInfo:
        """How one article stands to the others; nothing if there is no such article."""
        if "superseded_by" not in self._columns:
            return DuplicateInfo()
        row = self._db.execute(
            f"SELECT superseded_by, unsettled, {self._note()} FROM articles WHERE id = ?",
            (article_id,),
        ).fetchone()
        if row is None:
            return DuplicateInfo()
        return DuplicateInfo(
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
        return [article_of(row) for row in rows]

    def _known(self, column: str) -> str:
        return f"articles.{column}" if column in self._columns else "NULL"

    def _fields(self, *, text: bool = True) -> str:
        return ", ".join(
            "''" if name == "text" and not text else self._known(name) for name in FIELDS
        )

    def _note(self) -> str:
        if "wording" not in self._columns:
            return "NULL"
        return "(SELECT note FROM wordings WHERE wordings.wording = articles.wording)"

    def lexical(
        self, question: str, k: int, filters: Filters = NO_FILTERS
    ) -> list[tuple[str, float]]:
        """The `k` best passages of a filters by BM25 as (id, score >= 0), best first."""
        return lexical(self._db, question, k, filters)

    def check(self) -> str:
        """SQLite's own check; "ok" if nothing is wrong."""
        return str(self._db.execute("PRAGMA quick_check").fetchone()[0])


def _whole(article: Article, digest: str) -> Article:
    """The article, if its hash is the one that was written beside it.

    Raises:
        ValueError: if not: the disk has changed it, for what a program does is found at opening.
    """
    if article.digest != digest:
        raise ValueError(f"article {article.id}")
    return article
