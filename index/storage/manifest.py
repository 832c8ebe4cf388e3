"""One published generation of the index: what it was built with, is it intact, is it kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from index.core.disk import file_sha256, read_json
from index.core.errors import DamagedError

SCHEMA = 3  # of the generation's files; with another number the index is rebuilt
COMPLETE = 3  # since this schema Chroma's files hold all vectors, so readers do not change them
REBUILD = "Run 'assistant index rebuild'; it needs no re-embedding."


def sums(folder: Path, digest: Callable[[Path], str] = file_sha256) -> dict[str, str]:
    """SHA-256 of every file of a generation except `sums.json`, by path in `folder`."""
    return {
        path.relative_to(folder).as_posix(): digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "sums.json"
    }


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation was built with and holds."""

    schema: int
    created: str
    chromadb: str
    embedder: str
    identity: str
    dimension: int
    passage_tokens: int
    extractor: int
    articles: int
    passages: int

    def __post_init__(self) -> None:
        """Raises TypeError for a value of another kind: the file may be damaged."""
        for field in fields(self):
            if type(getattr(self, field.name)).__name__ != field.type:
                raise TypeError(field.name)

    def same_build(self, other: Manifest) -> bool:
        """True if passages and vectors of both may be in one generation."""
        return all(
            getattr(self, name) == getattr(other, name)
            for name in ("schema", "chromadb", "identity", "dimension", "passage_tokens")
        )


@dataclass(frozen=True, slots=True)
class State:
    """A generation on disk; `problem` is "" if it is intact."""

    name: str
    current: bool
    manifest: Manifest | None  # None if it cannot be read
    problem: str


def surplus(days: Mapping[str, str], keep: int, needed: Collection[str]) -> list[str]:
    """Which generations go so that `keep` are left, `needed` among them.

    `days`: the day each was built, by name. Of the older half those go first that another of their
    day follows: so the last changes can be undone one by one, and those of the days before by day.

    >>> surplus({"g1": "1 May", "g2": "2 May", "g3": "2 May", "g4": "3 May"}, 3, ["g4"])
    ['g2']
    """
    left, gone = sorted(days), []
    while len(left) > max(keep, len(needed)):
        free = [name for name in left if name not in needed]
        older = [name for name in free if name in left[: -(keep // 2)]]
        followed = [n for n in older if any(days[n] == days[m] for m in left if m > n)]
        gone.append((followed or older or free)[0])
        left.remove(gone[-1])
    return gone


@dataclass(frozen=True, slots=True)
class Generation:
    """One published, complete generation; its files never change."""

    folder: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        """Such as `g000017`; higher is newer."""
        return self.folder.name

    @property
    def library(self) -> Path:
        """The SQLite file with articles and passages."""
        return self.folder / "library.sqlite"

    @property
    def vectors(self) -> Path:
        """The Chroma folder; readers open a snapshot of it."""
        return self.folder / "chroma"

    def verify(self, *only: str, digest: Callable[[Path], str] = file_sha256) -> None:
        """Compare all files, or `only` the named ones, with the checksums of when it was built.

        Raises:
            DamagedError: naming the first file that differs.
        """
        expected = read_json(self.folder / "sums.json")
        try:
            if only:
                expected = {name: expected.get(name, "") for name in only}
                found = {name: digest(self.folder / name) for name in only}
            else:
                found = sums(self.folder, digest)
        except OSError as problem:
            raise self.damaged(problem.strerror) from None
        for name in sorted(expected.keys() | found.keys()):
            if expected.get(name) != found.get(name):
                raise self.damaged(f"{name}: {'hash differs' if name in found else 'missing'}")

    def damaged(self, what: str | None) -> DamagedError:
        """The error that says what of it is damaged."""
        return DamagedError(f"The index generation {self.name} is damaged ({what}).")
