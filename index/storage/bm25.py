"""The best passages by BM25, from SQLite's FTS5.

On news names and numbers matter and dense vectors blur them; and Chroma's embedded engine has no
sparse index.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence

from index.core.filters import NO_FILTERS, Filters

# a title is short and chosen by an editor: a word of the question in it weighs twice
_BM25 = "bm25(words, 2.0, 1.0)"
# Passages whose BM25 is computed for one question, about 1 µs each. Among 300,000 passages the 30
# best are 99.9 % those of all passages with any word, in a quarter of the time (docs/experiments).
SCORED = 30_000


def lexical(
    db: sqlite3.Connection, question: str, k: int, filters: Filters = NO_FILTERS
) -> list[tuple[str, float]]:
    """The `k` best passages of a filters by BM25 as (id, score >= 0), best first.

    Only passages that hold one of the question's rarer words are scored if its words stand in
    more than `SCORED`: the others hardly ever come among the first, but cost the most.
    """
    rare, common = _by_rarity(db, question)
    found: list[tuple[float, int]] = []
    while rare:
        if not common:
            found = _scored(db, _any_of(rare), k, filters)
            break
        # FTS5 has no word that may be there: those that have one, and those that have none
        found = [
            *_scored(db, f"({_any_of(rare)}) AND ({_any_of(common)})", k, filters),
            *_scored(db, f"({_any_of(rare)}) NOT ({_any_of(common)})", k, filters),
        ]
        if len(found) >= k:
            break
        rare.append(common.pop(0))
    best = sorted(found)[:k]
    ids = _ids(db, [row for _, row in best])
    return [(ids[row], -score) for score, row in best]


def _by_rarity(db: sqlite3.Connection, question: str) -> tuple[list[str], list[str]]:
    """The question's words: those by which passages are found, and those that add to a score.

    The latter are empty if all words together stand in no more passages than `SCORED`.
    """
    words = [w for w in re.findall(r"\w+", question.lower()) if w not in _STOPWORDS]
    counted = sorted(
        (_frequency(db, word), place, word) for place, word in enumerate(dict.fromkeys(words))
    )
    rare: list[str] = []
    common: list[str] = []
    total = 0
    for frequency, _, word in counted:
        total += frequency
        if frequency:
            (common if rare and total > SCORED else rare).append(word)
    return rare, common


def _frequency(db: sqlite3.Connection, word: str) -> int:
    """In how many passages a word stands; from `SCORED` on it is counted no further."""
    row = db.execute(
        "SELECT count(*) FROM (SELECT rowid FROM words WHERE words MATCH ? LIMIT ?)",
        (f'"{word}"', SCORED + 1),
    ).fetchone()
    return int(row[0])


def _scored(
    db: sqlite3.Connection, query: str, k: int, filters: Filters
) -> list[tuple[float, int]]:
    """The `k` best passages by FTS5's score, which is best when least, and their numbers."""
    inside, values = _within(filters)
    rows = db.execute(
        f"SELECT {_BM25} AS score, rowid FROM words WHERE words MATCH ?{inside}"
        " ORDER BY score, rowid LIMIT ?",
        (query, *values, k),
    )
    return [(row[0], row[1]) for row in rows]


def _ids(db: sqlite3.Connection, numbers: Sequence[int]) -> dict[int, str]:
    marks = ", ".join("?" * len(numbers))
    rows = db.execute(f"SELECT number, id FROM passages WHERE number IN ({marks})", list(numbers))
    return {row[0]: row[1] for row in rows}


def _any_of(words: Sequence[str]) -> str:
    return " OR ".join(f'"{word}"' for word in words)


def _within(filters: Filters) -> tuple[str, list[str]]:
    """A condition on `words` that keeps the passages of a filters, and its values."""
    parts, values = [], []
    if filters.as_of:
        parts.append("(published IS NULL OR published <= ?)")
        values.append(filters.as_of.isoformat())
    if filters.since:
        parts.append("published >= ?")
        values.append(filters.since.isoformat())
    if filters.until:
        parts.append("published <= ?")
        values.append(filters.until.isoformat())
    condition = " AND ".join(
        parts
    )  # sources fold their case beyond ASCII: Filters.admits does that
    if not condition:
        return "", []
    # "+": else SQLite puts the question to FTS5 once for each passage of the filters
    return (
        " AND +rowid IN (SELECT number FROM passages JOIN articles ON articles.id = article"
        f" WHERE {condition})",
        values,
    )


# words that stand in most articles and tell nothing about which one is meant
_STOPWORDS = frozenset(
    "a about after all also an and any are as at be been before but by can could did do does for"
    " from had has have he her his how i if in into is it its may me more most my of on or our she"
    " should so some such than that the their them then there these they this those to was we were"
    " what when where which while who whom whose why will with would you your".split()
)
