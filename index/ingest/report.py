"""What an ingest did, or would do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from operator import itemgetter

from index.core.articles import Note, Skip
from index.ingest.scanner import Plan
from index.storage.article_store import ArticleStore
from index.storage.manifest import Generation


@dataclass(frozen=True, slots=True)
class Report:
    """What an ingest did. Counts are of articles, except `files` and `unchanged_files`.

    `files` are all that were read, now or before, of the given paths.

    `copies`, `near_copies` and `superseded` are of the whole index, by path: (the copy, the one
    indexed in its place); articles with nearly the same text; (the old version, the newer one).
    `missing` are indexed files that are gone, `unpruned` says why they were not removed all the
    same. `skips` are of all files, `notes` of those that were read. `planned` is of a dry run:
    ("new", "changed" or "removed"; the article's path).
    """

    new: int = 0
    changed: int = 0
    removed: int = 0
    files: int = 0
    unchanged_files: int = 0
    copies: tuple[tuple[str, str], ...] = ()
    near_copies: tuple[tuple[str, ...], ...] = ()
    superseded: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    unpruned: str = ""
    skips: tuple[Skip, ...] = ()
    notes: tuple[Note, ...] = ()
    generation: str = ""
    articles: int = 0
    passages: int = 0
    embedded: int = 0
    published: bool = False
    planned: tuple[tuple[str, str], ...] = ()


@contextmanager
def opened(base: Generation | None) -> Iterator[ArticleStore | None]:
    """The articles of a generation; None without one."""
    if base is None:
        yield None
    else:
        with closing(ArticleStore(base.library)) as library:
            yield library


def report_of(plan: Plan, base: Generation | None, library: ArticleStore | None) -> Report:
    """The report of an ingest that turned `base` into `library` (None: there is no index)."""
    new = library.digests() if library else {}
    with opened(base) as before:
        old = before.digests() if before else {}
    counts = library.counts() if library else {"articles": 0, "passages": 0}
    return Report(
        new=len(new.keys() - old.keys()),
        changed=sum(i in old and old[i] != digest for i, digest in new.items()),
        removed=len(old.keys() - new.keys()),
        files=plan.unchanged + len(plan.changed),
        unchanged_files=plan.unchanged,
        copies=tuple(library.copies()) if library else (),
        near_copies=tuple(library.near_copies()) if library else (),
        superseded=tuple(library.superseded()) if library else (),
        missing=tuple(plan.gone),
        unpruned=plan.doubt,
        skips=tuple(plan.skips),
        notes=tuple(note for _, found in plan.changed.values() for note in found.notes),
        generation=base.name if base else "",
        articles=counts["articles"],
        passages=counts["passages"],
    )


def planned(base: Generation | None, library: ArticleStore) -> tuple[tuple[str, str], ...]:
    """What becomes of each article, sorted by path; copies are not articles of their own."""
    with opened(base) as before:
        new, old = library.digests(), before.digests() if before else {}
        changed = [i for i, digest in new.items() if old.get(i) != digest]
        articles = [("changed" if i in old else "new", library.article(i)) for i in changed]
        if before:
            articles += [("removed", before.article(i)) for i in old.keys() - new.keys()]
    changes = [(kind, article.path) for kind, article in articles if article]
    return tuple(sorted(changes, key=itemgetter(1, 0)))
