"""BM25 search by SQLite's FTS5.

Names and numbers matter in news, and dense vectors blur them; Chroma's embedded engine has no
sparse index.
"""

import json
import re
import sqlite3
from collections.abc import Sequence

from index.core.filters import Filters

# titles count double: they are short and chosen by an editor
_BM25 = "bm25(words, 2.0, 1.0)"
# Passages whose BM25 is computed for one question, about 1 µs each. Among 300,000 passages the 30
# best are 99.9 % those of all passages with any word, in a quarter of the time.
SCORED = 30_000


def lexical(
    db: sqlite3.Connection, question: str, k: int, filters: Filters
) -> list[tuple[str, float]]:
    """The `k` best passages of the articles in `filters` by BM25 as (id, score >= 0), best first.

    If the question's words occur in more than `SCORED` passages, only passages with one of its
    rarer words are scored: the others hardly ever rank first, but cost the most.
    """
    rare, common = _by_rarity(db, question)
    found: list[tuple[float, int]] = []
    while rare:
        if not common:
            found = _scored(db, _any_of(rare), k, filters)
            break
        # FTS5 has no optional words: so those with one of them, and those with none
        found = [
            *_scored(db, f"({_any_of(rare)}) AND ({_any_of(common)})", k, filters),
            *_scored(db, f"({_any_of(rare)}) NOT ({_any_of(common)})", k, filters),
        ]
        if len(found) >= k:
            break
        rare.append(common.pop(0))
    best = sorted(found)[:k]
    marks = ", ".join("?" * len(best))
    rows = db.execute(
        f"SELECT number, id FROM passages WHERE number IN ({marks})", [row for _, row in best]
    )
    ids = dict(rows.fetchall())
    return [(ids[row], -score) for score, row in best]


def with_phrases(db: sqlite3.Connection, phrases: Sequence[str]) -> list[str]:
    """Ids of the passages that have all of these runs of words, by their stems, in reading order.

    No passage if none of the phrases has a word.
    """
    runs = [" ".join(re.findall(r"\w+", phrase)) for phrase in phrases]
    query = " AND ".join(f'"{run}"' for run in runs if run)
    if not query:
        return []
    rows = db.execute(
        "SELECT id FROM passages WHERE number IN (SELECT rowid FROM words WHERE words MATCH ?)"
        " ORDER BY number",
        (query,),
    )
    return [row[0] for row in rows]


def _by_rarity(db: sqlite3.Connection, question: str) -> tuple[list[str], list[str]]:
    """The question's words that select passages, and those that only add to a score.

    The latter are empty if all words together occur in no more than `SCORED` passages.
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
    """The number of passages with a word, counted up to `SCORED` + 1."""
    row = db.execute(
        "SELECT count(*) FROM (SELECT rowid FROM words WHERE words MATCH ? LIMIT ?)",
        (f'"{word}"', SCORED + 1),
    ).fetchone()
    return int(row[0])


def _scored(
    db: sqlite3.Connection, query: str, k: int, filters: Filters
) -> list[tuple[float, int]]:
    """The `k` best passages as (FTS5's score, which is better when lower; number)."""
    limits = (
        ("(published IS NULL OR published <= ?)", filters.as_of and filters.as_of.isoformat()),
        ("published >= ?", filters.since and filters.since.isoformat()),
        ("published <= ?", filters.until and filters.until.isoformat()),
        (
            "article IN (SELECT value FROM json_each(?))",
            filters.articles and json.dumps(filters.articles),
        ),
    )  # not the sources: their case folds beyond ASCII, which Filters.admits does
    condition = " AND ".join(text for text, value in limits if value)
    if condition:
        # "+": else SQLite runs the FTS5 query once for each passage that passes the filters
        condition = (
            " AND +rowid IN (SELECT number FROM passages JOIN articles ON articles.id = article"
            f" WHERE {condition})"
        )
    rows = db.execute(
        f"SELECT {_BM25} AS score, rowid FROM words WHERE words MATCH ?{condition}"
        " ORDER BY score, rowid LIMIT ?",
        (query, *(value for _, value in limits if value), k),
    )
    return rows.fetchall()


def _any_of(words: Sequence[str]) -> str:
    return " OR ".join(f'"{word}"' for word in words)


# words that occur in most articles and do not tell which one is meant
_STOPWORDS = frozenset(
    "a about after all also an and any are as at be been before but by can could did do does for"
    " from had has have he her his how i if in into is it its may me more most my of on or our she"
    " should so some such than that the their them then there these they this those to was we were"
    " what when where which while who whom whose why will with would you your".split()
)
