"""What an ingest did, or would do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from index.core.articles import Note, Skip
from index.ingest.scanner import Plan
from index.storage.article_store import ArticleStore
from index.storage.manifest import Generation


@dataclass(frozen=True, slots=True)
class Report:
    """What an ingest did. Counts are of articles, except `unchanged_files`.

    `copies`, `near_copies` and `superseded` are of the whole index, by path: (the copy, the one
    indexed in its place); articles with nearly the same text; (the old version, the newer one).
    `missing` are indexed files that are gone. `skips` are of all files, `notes` of those that were
    read. `planned` is of a dry run: ("new", "changed" or "removed"; the article's path).
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


def report_of(plan: Plan, base: Generation | None, library: ArticleStore | None) -> Report:
    """The report of an ingest that turned `base` into `library` (None: there is no index)."""
    new = library.digests() if library else {}
    old = digests_of(base)
    counts = library.counts() if library else {"articles": 0, "passages": 0}
    return Report(
        new=len(new.keys() - old.keys()),
        changed=sum(i in old and old[i] != digest for i, digest in new.items()),
        removed=len(old.keys() - new.keys()),
        unchanged_files=plan.unchanged,
        copies=tuple(library.copies()) if library else (),
        near_copies=tuple(library.near_copies()) if library else (),
        superseded=tuple(library.superseded()) if library else (),
        missing=tuple(plan.gone),
        skips=tuple(plan.skips),
        notes=tuple(plan.notes()),
        generation=base.name if base else "",
        articles=counts["articles"],
        passages=counts["passages"],
    )


def digests_of(base: Generation | None) -> dict[str, str]:
    """The digest of every article that a generation has indexed, by id."""
    if base is None:
        return {}
    with closing(ArticleStore(base.library)) as library:
        return library.digests()


def planned(base: Generation | None, library: ArticleStore) -> Iterator[tuple[str, str]]:
    """What becomes of each article, by path; copies are not articles of their own."""
    new, old = library.digests(), digests_of(base)
    found = [("changed" if i in old else "new", i, library) for i in new if old.get(i) != new[i]]
    before = ArticleStore(base.library) if base else library
    found += [("removed", i, before) for i in old.keys() - new.keys()]
    articles = [(kind, where.article(i)) for kind, i, where in found]
    if base:
        before.close()
    changes = [(kind, article.path) for kind, article in articles if article]
    yield from sorted(changes, key=lambda change: (change[1], change[0]))
