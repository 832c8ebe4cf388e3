"""The named moments of an ingest at which a process kills itself, by SIGKILL.

Production code knows nothing of them: the functions that it calls at those moments are replaced,
in a process that is about to die.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

from index.ingest.sandbox import Extractor
from index.storage.chroma_folder import ChromaFolder
from index.storage.generations import GenerationStore
from tests.fakes import WordEmbedding


def arm(point: str, number: int = 1) -> None:
    """Let this process die at the `number`-th time that it comes to `point`."""
    POINTS[point](number)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _dies(owner, name: str, when=lambda *_: True, *, after: bool = False) -> Callable[[int], None]:
    """Before a call of this function, or `after` one; a call counts if `when` is true of it."""

    def replace(number: int) -> None:
        real, left = getattr(owner, name), number

        def dying(*args, **options):
            nonlocal left
            result = real(*args, **options) if after else None
            left -= bool(when(*args))
            if left == 0:
                _die()
            return result if after else real(*args, **options)

        setattr(owner, name, dying)

    return replace


def _mid_cache_write(_: int) -> None:
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


def _halfway(name: str) -> Callable[[int], None]:
    """When half of what Chroma is given is done."""

    def replace(_: int) -> None:
        from chromadb.api.models.Collection import Collection

        real = getattr(Collection, name)

        def half(self, ids, **options):
            some = slice(0, (len(ids) + 1) // 2)
            real(self, ids=ids[some], **{key: value[some] for key, value in options.items()})
            _die()

        setattr(Collection, name, half)

    return replace


def _is_manifest(handle: int) -> bool:
    return Path(f"/proc/self/fd/{handle}").readlink().name == "manifest.json"


def _is_publishing(path: Path, *_) -> bool:
    return path.name.removeprefix("tmp-").isdigit()  # tmp-PID becomes g000017


def _is_pointer(path: Path, *_) -> bool:
    return path.name.startswith(".CURRENT.")


def _is_half_swept(folder: Path) -> bool:
    """Removes half of a generation that is to go; False of any other folder."""
    if not Path(folder).name.startswith("tmp-g"):
        return False
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    for path in files[: len(files) // 2]:
        path.unlink()
    return True


POINTS = {
    "after_lock": _dies(GenerationStore, "_remove_leftovers"),
    "after_copy": _dies(GenerationStore, "draft", after=True),
    "mid_extract": _dies(Extractor, "extract"),
    "mid_embed": _dies(WordEmbedding, "_vectors"),  # what it embeds is noted, so it counts as done
    "mid_cache_write": _mid_cache_write,
    "mid_upsert": _halfway("upsert"),
    "mid_delete": _halfway("delete"),
    "before_close": _dies(ChromaFolder, "close"),
    "before_manifest_fsync": _dies(os, "fsync", _is_manifest),
    "before_rename": _dies(Path, "rename", _is_publishing),
    "after_rename": _dies(Path, "rename", _is_publishing, after=True),
    "before_current": _dies(Path, "replace", _is_pointer),
    "after_current": _dies(Path, "replace", _is_pointer, after=True),
    "mid_gc": _dies(shutil, "rmtree", _is_half_swept),
}
PUBLISHED = ("after_current", "mid_gc")  # by then the new index is there
