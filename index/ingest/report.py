"""What an ingest did, or would do."""

from __future__ import annotations

from dataclasses import dataclass

from index.core.articles import Note, Skip


@dataclass(frozen=True, slots=True)
class Report:
    """What an ingest did. Counts are of articles, but `unchanged_files` and `missing`.

    `copies`, `near_copies` and `superseded` are of the whole index, by path: (the copy, the one
    indexed in its place); articles that tell one text in nearly the same words; (the old version,
    the newer one). `skips` are of all files that are there, `notes` of those that were read.
    `planned` is filled by a dry run only: (new, changed or removed; the article's path).
    """

    new: int = 0
    changed: int = 0
    removed: int = 0
    unchanged_files: int = 0
    copies: tuple[tuple[str, str], ...] = ()
    near_copies: tuple[tuple[str, ...], ...] = ()
    superseded: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    skips: tuple[Skip, ...] = ()
    notes: tuple[Note, ...] = ()
    generation: str = ""
    articles: int = 0
    passages: int = 0
    embedded: int = 0
    published: bool = False
    planned: tuple[tuple[str, str], ...] = ()
