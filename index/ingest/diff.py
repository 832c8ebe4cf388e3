"""What an ingest changes, for its report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

from index.ingest.report import Report
from index.ingest.scanner import Plan
from index.storage.article_store import ArticleStore
from index.storage.manifest import Generation


def changes(old: dict[str, str], new: dict[str, str]) -> tuple[int, int, int]:
    """How many articles are new, changed and removed."""
    changed = sum(i in old and old[i] != digest for i, digest in new.items())
    return len(new.keys() - old.keys()), changed, len(old.keys() - new.keys())


def planned(base: Generation | None, library: ArticleStore) -> Iterator[tuple[str, str]]:
    """What becomes of which article, by path; copies are no articles of their own."""
    before = ArticleStore(base.library) if base else None
    old = before.digests() if before else {}
    new = library.digests()
    found = []
    for article_id in old.keys() | new.keys():
        if old.get(article_id) != new.get(article_id):
            kind = "new" if article_id not in old else "changed"
            where = library if article_id in new else before
            article = where.article(article_id) if where else None
            if article:
                found.append((kind if article_id in new else "removed", article.path))
    if before:
        before.close()
    yield from sorted(found, key=lambda one: (one[1], one[0]))


def with_files(report: Report, plan: Plan, *, prune: bool) -> Report:
    """The report, and what was found of the files."""
    return replace(
        report,
        unchanged_files=len(plan.unchanged),
        missing=() if prune else tuple(plan.gone),
        skips=tuple(plan.skips),
        notes=tuple(plan.notes()),
    )


def kinship(library: ArticleStore) -> dict[str, Any]:
    """Of the whole index: copies, near copies and old versions."""
    return {
        "copies": tuple(library.copies()),
        "near_copies": tuple(library.near_copies()),
        "superseded": tuple(library.superseded()),
    }


def digests_of(base: Generation | None) -> dict[str, str]:
    """The digest of every article that a generation has indexed, by id."""
    if base is None:
        return {}
    with closing(ArticleStore(base.library)) as library:
        return library.digests()


def summary(base: Generation | None) -> Report:
    """What there is to say of a generation that stays as it is."""
    if base is None:
        return Report()
    with closing(ArticleStore(base.library)) as library:
        told = kinship(library)
    return Report(
        **told,
        generation=base.name,
        articles=base.manifest.articles,
        passages=base.manifest.passages,
    )
