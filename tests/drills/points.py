"""The named moments of an ingest at which a process kills itself, by SIGKILL.

Production code knows nothing of them: the functions that it calls at those moments are replaced,
in a process that is about to die.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from pathlib import Path

POINTS = (
    *("after_lock", "after_copy", "mid_extract", "mid_embed", "mid_cache_write", "mid_upsert"),
    *("mid_delete", "before_close", "before_manifest_fsync", "before_rename", "after_rename"),
    *("before_current", "after_current", "mid_gc"),
)
PUBLISHED = ("after_current", "mid_gc")  # by then the new index is there


def arm(point: str, number: int = 1) -> None:
    """Let this process die at the `number`-th time that it comes to `point`."""
    globals()[f"_{point}"](_Countdown(number))


class _Countdown:
    def __init__(self, number: int) -> None:
        self._left = number

    def due(self) -> bool:
        """True at the time that counts, which is about to be the last."""
        self._left -= 1
        return self._left == 0


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _replace(owner, name: str, before=None, after=None) -> None:
    """Call `before` ahead of a function and `after` behind it, with its arguments."""
    real = getattr(owner, name)

    def wrapped(*args, **options):
        if before:
            before(*args, **options)
        result = real(*args, **options)
        if after:
            after(*args, **options)
        return result

    setattr(owner, name, wrapped)


def _die_if(due: bool) -> None:
    if due:
        _die()


def _after_lock(at: _Countdown) -> None:
    from index.storage.generations import GenerationStore

    _replace(GenerationStore, "_remove_leftovers", before=lambda *_: _die())


def _after_copy(at: _Countdown) -> None:
    from index.storage.generations import GenerationStore

    _replace(GenerationStore, "draft", after=lambda *_: _die())


def _mid_extract(at: _Countdown) -> None:
    from index.ingest.sandbox import Extractor

    _replace(Extractor, "extract", before=lambda *_: _die_if(at.due()))


def _mid_embed(at: _Countdown) -> None:
    from tests.drills.drill import LoggedEmbedding

    # it has noted what it embeds, so it counts as done
    _replace(LoggedEmbedding, "_vectors", before=lambda *_: _die_if(at.due()))


def _mid_cache_write(at: _Countdown) -> None:
    class Dying(sqlite3.Connection):
        def executemany(self, *args):
            super().executemany(*args)
            _die()  # before the commit

    real = sqlite3.connect

    def connect(path, *args, **options):
        if Path(path).name == "embeddings.sqlite":
            options["factory"] = Dying
        return real(path, *args, **options)

    sqlite3.connect = connect


def _halved(name: str) -> None:
    from chromadb.api.models.Collection import Collection

    real = getattr(Collection, name)

    def half(self, ids, **options):
        some = slice(0, (len(ids) + 1) // 2)
        real(self, ids=ids[some], **{key: value[some] for key, value in options.items()})
        _die()

    setattr(Collection, name, half)


def _mid_upsert(at: _Countdown) -> None:
    _halved("upsert")


def _mid_delete(at: _Countdown) -> None:
    _halved("delete")


def _before_close(at: _Countdown) -> None:
    from index.storage.chroma_folder import ChromaFolder

    _replace(ChromaFolder, "close", before=lambda *_: _die())


def _before_manifest_fsync(at: _Countdown) -> None:
    def die_at_manifest(handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        _die_if(path.name == "manifest.json")

    _replace(os, "fsync", before=die_at_manifest)


def _is_publishing(path: Path, *_) -> bool:
    return path.name.removeprefix("tmp-").isdigit()  # tmp-PID becomes g000017


def _before_rename(at: _Countdown) -> None:
    _replace(Path, "rename", before=lambda path, *_: _die_if(_is_publishing(path)))


def _after_rename(at: _Countdown) -> None:
    _replace(Path, "rename", after=lambda path, *_: _die_if(_is_publishing(path)))


def _before_current(at: _Countdown) -> None:
    _replace(Path, "replace", before=lambda path, *_: _die_if(path.name.startswith(".CURRENT.")))


def _after_current(at: _Countdown) -> None:
    _replace(Path, "replace", after=lambda path, *_: _die_if(path.name.startswith(".CURRENT.")))


def _mid_gc(at: _Countdown) -> None:
    def die_halfway(folder: Path, **_) -> None:
        if Path(folder).name.startswith("tmp-g"):
            files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
            for path in files[: len(files) // 2]:
                path.unlink()
            _die()

    _replace(shutil, "rmtree", before=die_halfway)
