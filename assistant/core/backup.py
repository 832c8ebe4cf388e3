"""Backup of the data folder in one zip file, and the way back.

    backup.json                what made it, and the size and SHA-256 of every other file
    index/g000017/…            the published generation
    index/index.id, feedback.jsonl, following.json, uploads/…, sets/…, runs/…

What can be computed again is not in it (`embeddings.sqlite`, `readings/`).
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from index.core.disk import file_sha256, is_full, read_json, sync
from index.core.errors import (
    DamagedError,
    NoSpaceError,
    NothingIndexedError,
    UsageError,
    UserError,
)
from index.storage.generations import GenerationStore
from index.storage.manifest import Generation, Manifest

LIST = "backup.json"
FORMAT = 1
FILES = ("feedback.jsonl", "following.json", "index/index.id")
FOLDERS = ("uploads", "sets", "runs")
_CHUNK = 1 << 20  # bytes
_MOST = 100_000_000  # bytes of the list
_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError),
    *(ValueError, KeyError, TypeError, AttributeError),
)


@dataclass(frozen=True, slots=True)
class Done:
    """What was backed up or restored; `others`: the number of files beside the generation."""

    generation: str
    manifest: Manifest
    others: int


# ── backup ────────────────────────────────────────────────────────────────────────────────────


def back_up(store: GenerationStore, data: Path, target: Path, *, replace: bool = False) -> Done:
    """Write the published generation and what a person made to `target`, whole or not at all.

    An ingest may run meanwhile. `replace`: an existing `target` is replaced.

    Raises:
        UsageError: `target` exists, or lies in the data folder.
        DamagedError: the generation is not intact.
        UserError: nothing is indexed; it cannot be written.
    """
    if target.exists() and not replace:
        raise UsageError(f"{target} is there already. Give another name, or --replace.")
    if not target.absolute().parent.is_dir():
        raise UsageError(f"There is no folder {target.absolute().parent}.")
    if target.resolve().is_relative_to(data.resolve()):
        raise UsageError(f"{target} lies in the data folder {data}. Give a place outside of it.")
    with _file_errors(target), _held(store) as generation, _whole(target) as file:
        listed = {}
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for path in _files(generation.folder):
                name = path.relative_to(generation.folder).as_posix()
                listed[f"index/{generation.name}/{name}"] = _add(
                    archive, f"index/{generation.name}/{name}", path
                )
            if not _as_published(generation, listed):
                store.verified(generation.name)  # raises, and the next reader finds it as well
            inside = len(listed)
            for path in [path for part in (*FILES, *FOLDERS) for path in _files(data / part)]:
                name = path.relative_to(data).as_posix()
                with suppress(FileNotFoundError):  # removed meanwhile
                    listed[name] = _add(archive, name, path)
            content = {"format": FORMAT, "generation": generation.name, "files": listed}
            archive.writestr(LIST, json.dumps(content, indent=1))
    return Done(generation.name, generation.manifest, len(listed) - inside)


@contextmanager
def _held(store: GenerationStore) -> Iterator[Generation]:
    """The published generation, linked into a folder that no ingest sweeps while this runs."""
    while True:
        generation, _ = store.open(read_only=True)
        if generation is None:
            raise NothingIndexedError
        prefix = f"open-{os.getpid()}-"
        with tempfile.TemporaryDirectory(prefix=prefix, dir=store.root) as folder:
            copy = Path(folder) / generation.name
            try:
                shutil.copytree(generation.folder, copy, copy_function=_link_or_copy)
            except (OSError, shutil.Error):
                if generation.folder.exists():
                    raise
                continue  # an ingest has published another two
            yield Generation(copy, generation.manifest)
            return


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:  # a disk without links
        shutil.copy2(source, target)


@contextmanager
def _whole(target: Path) -> Iterator[IO[bytes]]:
    """A file that becomes `target` at the end; what a killed backup left of one is removed."""
    for left in target.parent.glob(f".{target.name}.*.tmp"):
        left.unlink(missing_ok=True)
    draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield file
        sync(draft)
        draft.replace(target)
        sync(target.parent)
    finally:
        draft.unlink(missing_ok=True)


def _files(part: Path) -> list[Path]:
    """A file itself, or the files in a folder; no links, and no drafts."""
    paths = [part] if part.is_file() else sorted(part.rglob("*"))
    return [p for p in paths if p.is_file() and not p.is_symlink() and not p.name.startswith(".")]


def _add(archive: zipfile.ZipFile, name: str, path: Path) -> dict[str, object]:
    """Add a file as it is now; its size and hash."""
    digest, size = hashlib.sha256(), 0
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    with path.open("rb") as file, archive.open(entry, "w", force_zip64=True) as out:
        while part := file.read(_CHUNK):
            digest.update(part)
            size += len(part)
            out.write(part)
    return {"bytes": size, "sha256": digest.hexdigest()}


def _as_published(generation: Generation, listed: Mapping[str, Mapping[str, object]]) -> bool:
    """True if the files that were added have the checksums of when it was built."""
    return all(
        listed.get(f"index/{generation.name}/{name}", {}).get("sha256") == expected
        for name, expected in read_json(generation.folder / "sums.json").items()
    )


# ── restore ───────────────────────────────────────────────────────────────────────────────────


def restore(store: GenerationStore, data: Path, source: Path, *, replace: bool = False) -> Done:
    """Publish the generation of a backup as the newest one, and put its other files back.

    Every byte is checked before the first is written. `replace`: also if something is indexed, or
    a file of another content is there, which is replaced; generations that are there stay.

    Raises:
        UsageError: there is no such file, or something would be replaced.
        DamagedError: the file is damaged or no backup; nothing was changed.
        BusyError: an ingest is running.
        NoSpaceError: there is no room for it; the index is unchanged.
    """
    with _file_errors(source), source.open("rb") as file:
        backup = _Backup.checked(file, source)
        with store.writing():
            others = _to_put_back(store, data, backup, replace=replace)
            draft = store.draft(None)
            for name, relative in backup.inside.items():
                backup.write(name, draft / relative)
            staged = draft.with_name(f"{draft.name}-others")
            for name in others:
                backup.write(name, staged / name)
            for name in others:
                (data / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.move(staged / name, data / name)
                sync(data / name)
            published = store.publish(draft, backup.manifest)
    return Done(published.name, backup.manifest, len(others))


@dataclass(frozen=True, slots=True)
class _Backup:
    """An open backup file; `files`: size and SHA-256 by name."""

    archive: zipfile.ZipFile
    files: Mapping[str, tuple[int, str]]
    generation: str
    manifest: Manifest

    @classmethod
    def checked(cls, file: IO[bytes], source: Path) -> _Backup:
        """The backup in a file, after all of it was read; DamagedError if a byte is not right."""
        try:
            archive = zipfile.ZipFile(file)
            if archive.getinfo(LIST).file_size > _MOST:
                raise ValueError("its list is too long")
            content = json.loads(archive.read(LIST))
            if content["format"] != FORMAT:
                raise ValueError("another release wrote it")
            files = {n: (int(f["bytes"]), str(f["sha256"])) for n, f in content["files"].items()}
            if sorted(archive.namelist()) != sorted([LIST, *files]):
                raise ValueError("it holds other files than it lists")
            generation = str(content["generation"])
            if wrong := [name for name in files if not _is_ours(name, generation)]:
                raise ValueError(f"it holds {wrong[0][:80]!r}")
            manifest = Manifest(**json.loads(archive.read(f"index/{generation}/manifest.json")))
            backup = cls(archive, files, generation, manifest)
            for name in files:
                backup.write(name, Path(os.devnull))
            return backup
        except _UNREADABLE as problem:
            raise DamagedError(
                f"{source} is damaged or no backup ({str(problem)[:120] or 'cut short'}). "
                "Nothing was changed; use another one."
            ) from None

    @property
    def inside(self) -> dict[str, str]:
        """Files of the generation and their paths in its folder."""
        folder = f"index/{self.generation}/"
        return {n: n.removeprefix(folder) for n in self.files if n.startswith(folder)}

    def write(self, name: str, target: Path) -> None:
        """Write a file of it to `target`; ValueError if the bytes are not what is listed."""
        digest, size = hashlib.sha256(), 0
        target.parent.mkdir(parents=True, exist_ok=True)
        with (
            self.archive.open(name) as file,
            open(target, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as out,
        ):
            while (part := file.read(_CHUNK)) and size <= self.files[name][0]:
                digest.update(part)
                size += len(part)
                out.write(part)
        if (size, digest.hexdigest()) != self.files[name]:
            raise ValueError(f"{name[:80]}: its hash differs")


def _is_ours(name: str, generation: str) -> bool:
    """True for a place in the data folder where a backup of that generation may put a file."""
    parts = PurePosixPath(name).parts
    if ".." in parts or name != "/".join(parts) or not re.fullmatch(r"g\d+", generation):
        return False
    return name in FILES or parts[:2] == ("index", generation) or parts[0] in FOLDERS


def _to_put_back(
    store: GenerationStore, data: Path, backup: _Backup, *, replace: bool
) -> list[str]:
    """The files beside the generation that are not there yet as they are in the backup."""
    if not replace and (current := store.current_name()):
        raise UsageError(
            f"{data} has an index ({current}). With --replace the backup's is put in front of it, "
            f"and 'assistant index use {current}' goes back; or give another folder with --data."
        )
    others = [
        name
        for name, (_, sha256) in backup.files.items()
        if name not in backup.inside and not _holds(data / name, sha256)
    ]
    taken = [name for name in others if (data / name).exists()]
    if taken == ["index/index.id"]:  # of its own vectors on a Chroma server
        others.remove(taken.pop())
    if taken and not replace:
        raise UsageError(
            f"{data / taken[0]} is there with another content ({len(taken)} such files). "
            "--replace replaces it; or give another folder with --data."
        )
    if sum(size for size, _ in backup.files.values()) > shutil.disk_usage(store.root).free:
        raise NoSpaceError(f"No space for the backup in {data}; nothing was changed.")
    return others


def _holds(path: Path, sha256: str) -> bool:
    return path.is_file() and file_sha256(path) == sha256


# ── errors ────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _file_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as problem:
        raise UsageError(f"There is no {problem.filename or path}.") from None
    except OSError as problem:
        if is_full(problem):
            raise NoSpaceError(f"No space left for {path}; the index is unchanged.") from None
        what = errno.errorcode.get(problem.errno or 0, "") and problem.strerror
        raise UserError(f"{problem.filename or path}: {what or problem}.") from None
