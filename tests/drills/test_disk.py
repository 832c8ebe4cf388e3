"""A disk that is full or fails at any moment leaves the old index, and the next run works."""

import errno
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from index.core.errors import NoSpaceError, UserError
from tests.conftest import NEW, OLD
from tests.drills.drill import Place, held, ingested, ran


def test_a_full_disk(small_disk, mutations, extent):
    """Ever less of it is filled up until there is room for an ingest."""
    place = Place(small_disk)
    mutations._place = place
    mutations.change(30, 30)
    ingested(place)
    published = held(place, mutations.corpus, {}, clean=True)
    mutations.change(30, 30)
    ballast = small_disk / "ballast"
    refused = 0
    for room in range(0, 12_000_000, extent.room):
        ballast.unlink(missing_ok=True)
        free = shutil.disk_usage(small_disk).free
        ballast.write_bytes(b"\0" * max(0, free - room))
        code, _, err = ran(small_disk, "ingest", str(place.folder), "--prune", "--force")
        if code == 0:
            break
        refused += 1
        assert code == 6, err
        assert "No space left" in err and "The old index is unchanged." in err
        assert not list(place.store.root.glob("tmp-*"))
        # the old one answers from a full disk as well
        assert held(place, mutations.corpus, published, clean=False) == published
    assert refused > 1
    ballast.unlink(missing_ok=True)
    held(place, mutations.corpus, published, clean=True)


def _sqlite_executemany(monkeypatch, calls) -> None:
    class Failing(sqlite3.Connection):
        def executemany(self, *args):
            calls(sqlite3.OperationalError("disk I/O error"))
            return super().executemany(*args)

    real = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda *args, **options: real(*args, **options, factory=Failing)
    )


def _function(owner, name: str, code: int):
    def fail(monkeypatch, calls) -> None:
        real = getattr(owner, name)

        def failing(*args, **options):
            calls(OSError(code, os.strerror(code), "a file"))
            return real(*args, **options)

        monkeypatch.setattr(owner, name, failing)

    return fail


BROKEN, FULL, QUOTA = errno.EIO, errno.ENOSPC, errno.EDQUOT


@pytest.mark.parametrize(
    "failing",
    [
        *(_function(os, "fsync", code) for code in (BROKEN, FULL)),
        *(_function(Path, "rename", code) for code in (BROKEN, QUOTA)),
        *(_function(Path, "replace", code) for code in (BROKEN, FULL)),
        *(_function(Path, "write_text", code) for code in (BROKEN, FULL)),
        *(_function(shutil, "copyfile", code) for code in (BROKEN, QUOTA)),
        _function(Path, "mkdir", BROKEN),
        _sqlite_executemany,
    ],
)
def test_a_disk_that_fails_at_the_nth_call(failing, news):
    """It fails at the first, the second, … until a run is clean."""
    news.write("tram.txt", OLD)
    news.ingest()
    news.write("tram.txt", NEW)
    news.store.open()  # the hashes are noted, which may fail without harm
    for nth in range(1, 200):
        left = nth

        def calls(problem):
            nonlocal left
            left -= 1
            if left == 0:
                raise problem

        with pytest.MonkeyPatch.context() as patch:
            failing(patch, calls)
            try:
                news.ingest()
            except NoSpaceError as problem:
                assert "unchanged" in str(problem)
            except UserError as problem:
                assert "disk" in str(problem)
            if left > 0:
                break  # nothing failed
        if news.store.current_name() == "g000002":
            break  # what failed was only the clearing up
        assert news.finds("tram") == OLD
        assert news.store.names() == ["g000001"]
        assert not list(news.store.root.glob("tmp-*"))
    news.ingest()
    assert news.finds("tram") == NEW
