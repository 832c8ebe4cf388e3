"""Immutable index generations and the one pointer that publishes them.

    <root>/CURRENT                   the name of the published generation
    <root>/writer.lock, writer.json  held by the process that writes
    <root>/seen.json                 hashes of files
    <root>/g000017/                  library.sqlite, chroma/, manifest.json, sums.json
    <root>/tmp-…/                    a draft; removed by the next writer if its builder died
    <root>/open-…/                   a reader's snapshot of chroma/, a backup's of a generation

A writer copies the current generation, changes the copy, checks it, syncs it to disk, renames it
and moves CURRENT. So a reader sees one generation or the one before, whatever happens.

Hashing a gigabyte costs seconds, so at opening a file that was hashed before is trusted while its
size and time of modification stay the same. `assistant index verify` hashes everything, and so does
an ingest before it builds on a generation. An article's text is compared with its own hash whenever
it is shown.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

from index.core.disk import disk_errors, read_json, sync, write_atomic
from index.core.errors import DamagedError, UsageError, UserError
from index.core.file_hashes import FileHashes
from index.core.writer_lock import is_alive, write_holder, writer_lock
from index.storage.manifest import REBUILD, Generation, Manifest, State, sums, surplus

KEPT = 10  # generations on disk, the published one among them


class GenerationStore:
    """The folder of generations; `keep` of them are kept, fewer on a disk that is short of room."""

    def __init__(self, root: Path, keep: int = KEPT) -> None:
        self.root = root
        self._keep = keep

    # ── reading ───────────────────────────────────────────────────────────────────────────────

    def current_name(self) -> str | None:
        """The published generation's name; None before the first ingest.

        Raises:
            UserError: the folder cannot be read.
        """
        try:
            return (self.root / "CURRENT").read_text("utf-8", "replace").strip()
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise UserError(f"{self.root} cannot be read ({problem.strerror}).") from None

    def names(self) -> list[str]:
        """Names of all complete generations, oldest first.

        Raises:
            UserError: the folder cannot be read.
        """
        try:
            folders = [folder for folder in self.root.glob("g[0-9]*") if folder.is_dir()]
        except OSError as problem:
            raise UserError(f"{self.root} cannot be read ({problem.strerror}).") from None
        return sorted(folder.name for folder in folders if folder.name[1:].isdigit())

    def open(self, *, read_only: bool = False) -> tuple[Generation | None, str]:
        """The published generation, verified, and a warning; None before the first ingest.

        If it is damaged the newest older one that is intact is opened and the warning says so; the
        warning is "" otherwise. Files that have not changed since they were last hashed are not
        hashed again; with `read_only` their hashes are not written down.

        Raises:
            DamagedError: if no generation is intact.
        """
        while (name := self.current_name()) is not None:
            generation, problem = self._newest_intact(name, read_only)
            if problem and self.current_name() != name:
                continue  # an ingest removed what was being opened: it has published another
            if generation is None:
                raise DamagedError(f"{problem} No older one is intact. {REBUILD}")
            warning = f"{problem} Using {generation.name}. {REBUILD}" if problem else ""
            return generation, warning
        return None, ""

    def _newest_intact(self, name: str, read_only: bool) -> tuple[Generation | None, str]:
        """The generation of that name or else the newest older one; what is wrong with it."""
        problem = ""
        hashed = self._hashed()
        for candidate in [name, *self._older(name)]:
            try:
                generation = self._load(candidate)
                generation.verify(digest=hashed.digest)
                if not read_only:
                    hashed.save()
                return generation, problem
            except DamagedError as damaged:
                problem = problem or str(damaged)
        return None, problem

    def _older(self, name: str) -> list[str]:
        """Names of older generations, newest first; of all if there is none of that name."""
        names = self.names()
        return [n for n in reversed(names) if n < name or name not in names]

    def _hashed(self) -> FileHashes:
        return FileHashes(self.root / "seen.json")

    def verified(self, name: str) -> Generation:
        """The generation of that name, after every file was hashed.

        Raises:
            DamagedError: if it is not there or a file of it differs.
        """
        generation = self._load(name)
        try:
            generation.verify()
        except DamagedError:
            self._hashed().forget()  # so the next reader finds it as well
            raise
        return generation

    def is_intact(self, generation: Generation) -> bool:
        """True if every file of it has its checksum."""
        try:
            self.verified(generation.name)
        except DamagedError:
            return False
        return True

    def rebuild_base(self) -> Generation | None:
        """The generation to rebuild from: its articles are intact, its vectors need not be.

        The published one if possible, else the newest older one, else the newest.
        """
        name = self.current_name() or ""
        older = self._older(name)
        newer = [n for n in reversed(self.names()) if n not in (name, *older)]
        for candidate in [name, *older, *newer]:
            with suppress(DamagedError):
                generation = self._load(candidate)
                generation.verify(generation.library.name)
                return generation
        return None

    def states(self) -> list[State]:
        """Every generation, oldest first, and what is wrong with it."""
        hashed = self._hashed()
        states = [self._state(name, hashed) for name in self.names()]
        if not any(state.problem for state in states):
            hashed.save()
        there = self.names()  # an ingest may have removed some while they were read
        return [state for state in states if state.name in there]

    def _state(self, name: str, hashed: FileHashes) -> State:
        manifest, problem = None, ""
        try:
            generation = self._load(name)
            manifest = generation.manifest
            generation.verify(digest=hashed.digest)
        except DamagedError as damaged:
            problem = str(damaged)
        return State(name, name == self.current_name(), manifest, problem)

    def generations(self) -> list[Generation]:
        """Every generation on disk, oldest first; only the manifests are read.

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
        with writer_lock(self.root):
            try:
                with disk_errors(self.root):
                    self._remove_leftovers()
                    write_holder(self.root)
                yield
            finally:
                self._remove_leftovers()

    def _remove_leftovers(self) -> None:
        for folder in (*self.root.glob("tmp-*"), *self.root.glob("open-*")):
            if folder.name.startswith("tmp-") or not is_alive(folder.name.split("-")[1]):
                shutil.rmtree(folder, ignore_errors=True)
        for path in self.root.glob(".CURRENT.*.tmp"):  # of an atomic write that was killed
            path.unlink(missing_ok=True)

    def draft(self, base: Generation | None) -> Path:
        """A folder to build in: a copy of `base`, or empty. Only while `writing`."""
        draft = self.root / f"tmp-{os.getpid()}"
        self._make_room([base.name] if base else [])
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
        """Make the draft the current generation, and remove surplus ones, but not `base`.

        The base is intact, which a generation published after it need not be.
        """
        _write_json(draft / "manifest.json", asdict(manifest))
        _write_json(draft / "sums.json", sums(draft))
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
        self._sweep({folder.name, base.name if base else self.names()[-2:][0]})
        return Generation(folder, manifest)

    def use(self, name: str, instead_of: str | None = None) -> Generation:
        """Publish a generation that is still on disk, older or newer.

        Raises:
            UsageError: if there is none of that name, or `instead_of` is not the published one.
            DamagedError: if it is not intact; the index is as before.
            BusyError: if an ingest is running.
        """
        if name not in self.names():
            raise UsageError(
                f"There is no generation {name}. 'assistant index list' shows those there are."
            )
        with self.writing(), disk_errors(self.root):
            if instead_of not in (None, self.current_name()):
                raise UsageError(f"The index has changed since {instead_of}; nothing was undone.")
            generation = self.verified(name)
            if name != self.current_name():
                self._point_to(name)
            return generation

    def trim(self, current: Generation) -> None:
        """Remove the surplus that a writer left when it was killed."""
        if len(self.names()) <= self._keep:
            return
        others = [state for state in self.states() if state.name != current.name]
        others.sort(key=lambda state: (not state.problem, state.name < current.name, state.name))
        self._sweep({current.name, others[-1].name})

    def _sweep(self, needed: Collection[str]) -> None:
        days = {name: self._day(name) for name in self.names()}
        self._drop(surplus(days, self._keep, needed))
        self._make_room(needed)

    def _day(self, name: str) -> str:
        try:
            return self._load(name).manifest.created[:10]
        except DamagedError:
            return ""

    def _make_room(self, needed: Collection[str]) -> None:
        """Remove the oldest but the published and the `needed` ones, if that makes enough room.

        Enough is twice the size of the published one: the next is a copy of it and what is added.
        """
        current = self.current_name()
        spare = [name for name in self.names() if name not in (current, *needed)]
        if not current or not spare:
            return
        size = {name: _size(self.root / name) for name in (*spare, current)}
        room = 2 * size[current] - shutil.disk_usage(self.root).free
        if room > sum(size[name] for name in spare):
            return
        while room > 0:
            room -= size[spare[0]]
            self._drop([spare.pop(0)])

    def drop_spares(self, base: Generation) -> list[str]:
        """Remove all generations but an intact one to make room; returns their names.

        Raises:
            BusyError: if an ingest is running.
        """
        with self.writing():
            spares = sorted(set(self.names()) - {base.name})
            self._drop(spares)
        return spares

    def _drop(self, names: Iterable[str]) -> None:
        for name in names:
            trash = self.root / f"tmp-{name}"  # a half removed one must not be found by its name
            with suppress(OSError):
                (self.root / name).rename(trash)
                shutil.rmtree(trash, ignore_errors=True)

    def _point_to(self, name: str) -> None:
        write_atomic(self.root / "CURRENT", name + "\n", durable=True)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n", "utf-8")
