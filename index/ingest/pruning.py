"""Which indexed files are gone, and whether so many may be removed from the index.

A disk that is not mounted, a folder that may not be read and one that was renamed all look like a
folder whose articles were deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePath

from index.core.articles import Skip
from index.ingest.files import name_of

MOST = 0.2  # of the indexed articles that may be removed without --force


def gone_files(
    paths: Sequence[Path], indexed: Iterable[str], found: Collection[str], skips: Iterable[Skip]
) -> list[str]:
    """The indexed files at or below `paths` that are neither `found` nor in or below a skip."""
    missing = [file for file in indexed if file not in found]
    below = {file for path in paths for file in _below(_names(path), missing)}
    skipped = {skip.path for skip in skips}
    return [
        file
        for file in missing
        if file in below and skipped.isdisjoint((file, *map(str, PurePath(file).parents)))
    ]


def doubt(
    paths: Sequence[Path], lost: Sequence[str], found: Iterable[str], articles: Mapping[str, int]
) -> str:
    """Why the `lost` files should not be pruned without --force, in one line; "" if they may.

    `articles` has the number of articles of each indexed file.
    """
    some, every = sum(articles.get(file, 0) for file in lost), sum(articles.values())
    reason = next(_reasons(paths, lost, found), "")
    if not reason and some > MOST * every:
        reason = "these are more than a fifth of the index"
    if not some or not reason:
        return ""
    return (
        f"Nothing was pruned, because {some} of {every} articles would go and {reason}. "
        "If that is meant, give --prune --force."
    )


def _reasons(paths: Sequence[Path], lost: Sequence[str], found: Iterable[str]) -> Iterator[str]:
    for path in paths:
        leads, stands = _names(path)
        if leads != stands and _below((stands,), lost):
            yield f"{stands} is a link now"
        elif _below((leads,), lost) and not _below((leads,), found):
            yield f"there is no article at {leads} (is its disk mounted?)"


def _names(path: Path) -> tuple[str, str]:
    """Where a path leads and where it stands, which differ if it is a link."""
    return name_of(path.resolve()), name_of(path.parent.resolve() / path.name)


def _below(names: tuple[str, ...], files: Iterable[str]) -> list[str]:
    """Those files that are one of `names`, or below one."""
    folders = tuple(f"{name.rstrip('/')}/" for name in names)
    return [file for file in files if file in names or file.startswith(folders)]
