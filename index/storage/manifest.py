"""One published generation of the index: what it was built with, and whether it is whole."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from index.core.disk import read_json
from index.core.errors import DamagedError
from index.storage.checksums import Seen, sha256, sums

SCHEMA = 3  # of the generation's files; another number means: build anew
COMPLETE = 3  # since this schema Chroma's files hold all vectors, so that a reader leaves them be
CURE = "Run 'assistant index rebuild'; it needs no re-embedding."


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

    def same_build(self, other: Manifest) -> bool:
        """True if vectors and passages of one may stand beside those of the other."""
        return all(
            getattr(self, name) == getattr(other, name)
            for name in ("schema", "chromadb", "identity", "dimension", "passage_tokens")
        )


@dataclass(frozen=True, slots=True)
class State:
    """A generation as it is found on disk; `trouble` is "" if it is whole."""

    name: str
    current: bool
    manifest: Manifest | None  # None if it cannot be read
    trouble: str


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
        """The Chroma folder; readers open a `private_copy` of it."""
        return self.folder / "chroma"

    def verify(self, *only: str, seen: Seen | None = None) -> None:
        """Compare every file, or `only` the named ones, with the checksums of when it was built.

        Every byte is read, but for large files that were `seen` to be whole and look as then.

        Raises:
            DamagedError: naming the first file that differs.
        """
        promised = read_json(self.folder / "sums.json")
        digest = seen.digest if seen else sha256
        try:
            if only:
                promised = {name: promised.get(name, "") for name in only}
                found = {name: digest(self.folder / name) for name in only}
            else:
                found = sums(self.folder, digest)
        except OSError as problem:
            raise DamagedError(
                f"The index generation {self.name} is damaged ({problem.strerror})."
            ) from None
        for name in sorted(promised.keys() | found.keys()):
            if promised.get(name) != found.get(name):
                kind = "hash differs" if name in found else "missing"
                raise DamagedError(f"The index generation {self.name} is damaged ({name}: {kind}).")
