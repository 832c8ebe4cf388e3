"""Immutable index generations and the one pointer that publishes them.

    <root>/CURRENT                 the name of the published generation
    <root>/writer.lock, writer.json  who writes now
    <root>/seen.json               large files that were read and found whole (`index.storage.checksums`)
    <root>/g000017/                library.sqlite, chroma/, manifest.json, sums.json
    <root>/tmp-…/                  being built; dropped by the next writer if its builder died
    <root>/open-…/                 a reader's private copy of chroma/

A writer copies the live generation, changes the copy, checks it, syncs it to disk, renames it and
moves CURRENT. So a reader sees a whole generation or the one before, whatever happens. Chroma
writes to its SQLite file even on queries, so a reader opens a copy; the large files of vectors,
which it then only reads, are shared by a link. Up to 20,000 vectors stand there plainly as well
(`index.storage.flat_index`), and a reader opens those and needs neither Chroma nor a copy.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

from index.core.disk import disk_errors, read_json, sync, write_json
from index.core.errors import BusyError, DamagedError, UsageError, UserError
from index.storage.checksums import Seen, sums
from index.storage.manifest import CURE, Generation, Manifest, State

KEPT = 2  # generations on disk: the published one and one to go back to


class Store:
    """The folder of generations."""

    def __init__(self, root: Path) -> None:
        self.root = root

    # ── reading ───────────────────────────────────────────────────────────────────────────────

    def current_name(self) -> str | None:
        """The published generation's name; None before the first ingest."""
        try:
            return (self.root / "CURRENT").read_text("utf-8", "replace").strip()
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise UserError(f"{self.root} cannot be read ({problem.strerror}).") from None

    def open(self) -> tuple[Generation | None, str]:
        """The published generation, verified, and a warning.

        If it is damaged the newest older one that is whole is taken and the warning says so; the
        warning is "" otherwise. None before the first ingest. Large files that were read before
        and have not been touched since are not read again (`index.storage.checksums`).

        Raises:
            DamagedError: if no generation is whole.
        """
        while True:
            name = self.current_name()
            if name is None:
                return None, ""
            generation, trouble = self._newest_whole(name)
            if trouble and self.current_name() != name:
                continue  # an ingest swept away what was being opened: it has published another
            if generation is None:
                raise DamagedError(f"{trouble} No older one is whole. {CURE}")
            return generation, f"{trouble} Using {generation.name}. {CURE}" if trouble else ""

    def _newest_whole(self, name: str) -> tuple[Generation | None, str]:
        """The generation of that name or else the newest older one; what is wrong with it."""
        trouble = ""
        names = self.names()
        older = [n for n in names if n < name or name not in names]
        seen = self._seen()
        for candidate in [name, *reversed(older)]:
            try:
                generation = self._load(candidate)
                generation.verify(seen=seen)
            except DamagedError as problem:
                trouble = trouble or str(problem)
                continue
            seen.save()
            return generation, trouble
        return None, trouble

    def _seen(self) -> Seen:
        return Seen(self.root / "seen.json")

    def proved(self, generation: Generation) -> bool:
        """True if every byte of it is as it was built; if not, nothing is trusted any more."""
        try:
            generation.verify()
        except DamagedError:
            self._seen().forget()
            return False
        return True

    def whole(self, name: str) -> Generation:
        """The generation of that name after a look at every checksum.

        Raises:
            DamagedError: if it is not there or a file of it differs.
        """
        generation = self._load(name)
        generation.verify()
        return generation

    def salvage(self) -> Generation | None:
        """The generation to build anew from: its library is whole, its vectors need not be.

        The published one if it can be, else the newest older one, else the newest.
        """
        name = self.current_name() or ""
        for candidate in sorted(self.names(), key=lambda n: (n <= name, n), reverse=True):
            try:
                generation = self._load(candidate)
                generation.verify("library.sqlite")
            except DamagedError:
                continue
            return generation
        return None

    def states(self) -> list[State]:
        """Every generation, oldest first, and whether it is whole."""
        current = self.current_name()
        return [self._state(name, current) for name in self.names()]

    def _state(self, name: str, current: str | None) -> State:
        manifest = None
        trouble = ""
        try:
            generation = self._load(name)
            manifest = generation.manifest
            generation.verify()
        except DamagedError as problem:
            trouble = str(problem)
        return State(name, name == current, manifest, trouble)

    def names(self) -> list[str]:
        """Names of all complete generations, oldest first."""
        folders = [folder for folder in self.root.glob("g[0-9]*") if folder.is_dir()]
        return sorted(folder.name for folder in folders if folder.name[1:].isdigit())

    def kept(self) -> list[Generation]:
        """Every generation on disk, oldest first; only the manifests are looked at.

        Raises:
            DamagedError: if a manifest cannot be read.
        """
        return [self._load(name) for name in self.names()]

    def _load(self, name: str) -> Generation:
        folder = self.root / name
        if name not in self.names():
            raise DamagedError(f"{self.root / 'CURRENT'} names {name[:40]!r}, which is not there.")
        try:
            manifest = Manifest(**read_json(folder / "manifest.json"))
        except TypeError:
            raise DamagedError(f"The manifest of {name} is of another kind.") from None
        return Generation(folder, manifest)

    # ── writing ───────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the writer's lock; leftovers of writers and readers that died are removed.

        Raises:
            BusyError: at once, with the holder's pid, if another process holds it.
            UserError: if the folder cannot be made or written.
        """
        from filelock import FileLock, Timeout

        with disk_errors(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.root / "writer.lock", timeout=0)
            try:
                lock.acquire()
            except Timeout:
                raise BusyError(self._busy()) from None
        try:
            with disk_errors(self.root):
                now = dt.datetime.now().astimezone().strftime("%H:%M")
                (self.root / "writer.json").write_text(
                    json.dumps({"pid": os.getpid(), "since": now}), "utf-8"
                )
                self._sweep()
            yield
        finally:
            try:
                self._sweep()  # what is not published only fills the disk
                (self.root / "writer.json").unlink(missing_ok=True)
            finally:
                lock.release()

    def _busy(self) -> str:
        who = "it has just begun"
        for _ in range(25):  # the holder may not have told yet who it is: half a second at most
            try:
                holder = read_json(self.root / "writer.json")
                if _alive(str(holder["pid"])):  # not one that was killed long ago
                    who = f"pid {holder['pid']}, since {holder['since']}"
                    break
            except (DamagedError, KeyError):
                pass
            time.sleep(0.02)
        return f"Another ingest is running ({who}). Wait for it or stop it."

    def _sweep(self) -> None:
        for folder in self.root.glob("tmp-*"):
            shutil.rmtree(folder, ignore_errors=True)
        for folder in self.root.glob("open-*"):
            if not _alive(folder.name.split("-")[1]):
                shutil.rmtree(folder, ignore_errors=True)

    def draft(self, base: Generation | None) -> Path:
        """A folder to build in: a copy of `base`, or empty. Only while `writing`."""
        draft = self.root / f"tmp-{os.getpid()}"
        if base is None:
            draft.mkdir()
        else:
            shutil.copytree(base.folder, draft)  # plain files: the base is never open for writing
            for name in ("manifest.json", "sums.json"):
                (draft / name).unlink()
        return draft

    def publish(
        self, draft: Path, manifest: Manifest, base: Generation | None = None
    ) -> Generation:
        """Make the draft the current generation; `KEPT` are kept, `base` among them.

        The base was whole, which the generation that was published after it may not have been.
        """
        write_json(draft / "manifest.json", asdict(manifest))
        write_json(draft / "sums.json", sums(draft))
        for path in (*draft.rglob("*"), draft):
            sync(path)
        last = max((int(name[1:]) for name in self.names()), default=0)
        folder = self.root / f"g{last + 1:06d}"
        draft.rename(folder)
        try:
            sync(self.root)
            self._point_to(folder.name)
        except BaseException:
            if self.current_name() != folder.name:
                self._drop([folder.name])
            raise
        newest = self.names()[-KEPT:]
        self._drop(set(self.names()) - {folder.name, *([base.name] if base else newest)})
        return Generation(folder, manifest)

    def use(self, name: str) -> Generation:
        """Publish a generation that is still here: back to an older one, or forward again.

        Raises:
            UsageError: if there is none of that name.
            DamagedError: if it is not whole; the index is as before.
            BusyError: if an ingest is running.
        """
        if name not in self.names():
            raise UsageError(
                f"There is no generation {name}. 'assistant index list' shows those there are."
            )
        with self.writing(), disk_errors(self.root):
            generation = self.whole(name)
            if name != self.current_name():
                self._point_to(name)
            return generation

    def trim(self, current: Generation) -> None:
        """Drop what a writer that was killed while it swept has left beyond `KEPT`."""
        names = self.names()
        if len(names) <= KEPT:
            return
        others = sorted(set(names) - {current.name}, key=lambda n: (n < current.name, n))
        whole = [state.name for state in self.states() if not state.trouble]
        spare = ([n for n in others if n in whole] or others)[-1]
        self._drop(set(others) - {spare})

    def _drop(self, names: Iterable[str]) -> None:
        for name in names:
            going = self.root / f"tmp-{name}"  # one half removed is not to be found by its name
            with suppress(OSError):
                (self.root / name).rename(going)
                shutil.rmtree(going, ignore_errors=True)

    def _point_to(self, name: str) -> None:
        pointer = self.root / "CURRENT.new"
        pointer.write_text(name + "\n", "utf-8")
        sync(pointer)
        pointer.replace(self.root / "CURRENT")
        sync(self.root)


def _alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
