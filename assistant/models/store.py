"""The models: which may be used, whether they are here, and whether they are what they should be.

Bytes may come from anywhere; identity is the SHA-256. The catalogue (`models.toml`) names the
files that may be used without asking; any other GGUF needs its hash or a person's explicit trust.
Knows no network: how missing bytes are fetched is `assistant.models.pull`'s business.
"""

from __future__ import annotations

import functools
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from assistant.core.file_hashes import Hashes, differs, note_down
from index.core.errors import DamagedError, UsageError, UserError

Kind = Literal["llm", "embedder", "reranker"]
ProgressCallback = Callable[[int, int, str], None]
"""Called with bytes done, bytes in all (0 if unknown) and what is being done."""

GGUF_MAGIC = b"GGUF"
HUB_ID = re.compile(
    r"(?P<repo>[\w-][\w.-]*/[\w-][\w.-]*)/(?P<path>(?:[\w-][\w.-]*/)*[\w-][\w.-]*\.gguf)"
)


@dataclass(frozen=True, slots=True)
class Part:
    """`bytes` bytes of a model's file, from byte `offset` on, that are a member of a wheel."""

    wheel: str
    member: str
    offset: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a model hub's repository: `repo` is `owner/name`, `path` is inside it."""

    repo: str
    path: str


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file of a model. `name` is relative to the model's folder; `parts` cover it in order."""

    name: str
    bytes: int
    sha256: str
    parts: tuple[Part, ...] = ()
    hub: HubFile | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """An entry of the catalogue; its first file holds the weights.

    `max_tokens` is the longest input in tokens. `template` belongs to language models;
    `dimension`, `pooling` and `query_prefix` to embedders.
    """

    name: str
    kind: Kind
    licence: str
    note: str
    files: tuple[ModelFile, ...]
    max_tokens: int
    template: str = ""
    dimension: int = 0
    pooling: str = ""
    query_prefix: str = ""
    answers: bool = True  # False: too weak, only for trying the machinery

    @property
    def bytes(self) -> int:
        """Size of all its files."""
        return sum(file.bytes for file in self.files)

    @property
    def sha256(self) -> str:
        """Hash of the weights, which is what the model is known by."""
        return self.files[0].sha256


@dataclass(frozen=True, slots=True)
class ModelState:
    """What is here of a model: `bytes` of it are on the disk, in the place where it is used."""

    status: Literal["absent", "ready", "damaged"]
    bytes: int


@functools.cache
def catalogue() -> dict[str, Model]:
    """The models that may be used without asking, by name, the default of each kind first."""
    text = Path(__file__).with_name("models.toml").read_text(encoding="utf-8")
    return {entry["name"]: _model(entry) for entry in tomllib.loads(text)["model"]}


def _model(entry: dict[str, Any]) -> Model:
    files = tuple(_file(file) for file in entry.pop("file"))
    return Model(files=files, **entry)


def _file(entry: dict[str, Any]) -> ModelFile:
    whole = {"bytes": entry["bytes"], "sha256": entry["sha256"]}
    parts: list[Part] = []
    for part in entry.pop("parts", ()):
        offset = parts[-1].offset + parts[-1].bytes if parts else 0
        parts.append(Part(offset=offset, **(whole | part)))
    hub = HubFile(**entry.pop("hub")) if "hub" in entry else None
    return ModelFile(parts=tuple(parts), hub=hub, **entry)


class ModelStore:
    """The models under `<cache>/models`, and the only judge of whether one may be used.

    A file is hashed before its first use; after that its size and modification time are compared,
    which costs nothing. `folder` is a place of the person's own where `pull` looks first.
    """

    def __init__(
        self,
        cache: Path,
        folder: Path | None = None,
        models: Mapping[str, Model] | None = None,
    ) -> None:
        self.root = cache / "models"
        self._folder = folder
        self._models = catalogue() if models is None else models
        self._hashes = Hashes(self.root / ".hashes")
        self._trusted = self.root / ".trusted"

    def path(self, name: str) -> Path:
        """Where a model of the catalogue is: the GGUF file of an llm, else the model's folder.

        Raises:
            UsageError: the catalogue has no such model.
            UserError: it is not here.
            DamagedError: a file of it is not what the catalogue says.
        """
        model = self._known(name)
        for file in model.files:
            self._check(model, file)
        home = self.root / name
        return home / model.files[0].name if model.kind == "llm" else home

    def resolve(self, ref: str, sha256: str | None = None, trust: bool = False) -> Path:
        """Where a model is, by catalogue name, path of a GGUF or folder, or `owner/repo/file.gguf`.

        A GGUF outside the catalogue is used only if its hash is `sha256`, or if it is trusted;
        either is remembered by the file's hash. A folder (of an embedder) is taken as it is.

        Raises:
            UsageError: no such model, not a GGUF, or nobody has vouched for it.
            UserError: it is not here.
            DamagedError: its bytes are not the ones promised.
        """
        if ref in self._models:
            return self.path(ref)
        path = self._foreign(ref)
        if path.is_dir():
            return path
        require_gguf(path)
        self._accept(path, sha256, trust)
        return path

    def pull(self, *refs: str, progress: ProgressCallback = lambda done, total, what: None) -> None:
        """Fetch what is missing or damaged of some models (catalogue names or hub ids).

        Models pulled together share the wheels they have in common. An interrupted pull leaves
        the models as they were and keeps the good parts for the next one.

        Raises:
            UsageError: no such model.
            UserError: no source has it; each is named with the reason.
            DamagedError: what a source gave is cut, or has another hash.
            NoSpaceError: the disk is full, or would be.
        """
        from assistant.models.pull import pull

        models = [self._known(ref) for ref in refs if not HUB_ID.fullmatch(ref)]
        hub_ids = [ref for ref in refs if HUB_ID.fullmatch(ref)]
        pull(self, models, hub_ids, self._folder, progress)

    def verify(self, name: str) -> None:
        """Read every byte of a model and compare its hashes, whatever was known before.

        Raises:
            UsageError, UserError, DamagedError: as `path`.
        """
        model = self._known(name)
        for file in model.files:
            self._check(model, file, fresh=True)

    def state(self, name: str) -> ModelState:
        """What is here of a model, without reading its bytes."""
        model = self._known(name)
        sizes = [_size(self.location(model, file)) for file in model.files]
        here = sum(size or 0 for size in sizes)
        if None in sizes:
            return ModelState("absent", here)
        damaged = any(
            size != file.bytes
            or self._hashes.known(self.location(model, file)) not in (None, file.sha256)
            for size, file in zip(sizes, model.files, strict=True)
        )
        return ModelState("damaged" if damaged else "ready", here)

    def location(self, model: Model, file: ModelFile) -> Path:
        """Where a file of a model is used, present or not."""
        return self.root / model.name / file.name

    def hub_location(self, ref: str) -> Path:
        """Where the GGUF with a hub id is used, present or not."""
        return self.root / "hub" / ref

    def sound(self, model: Model, file: ModelFile) -> bool:
        """Whether a file is here with the right bytes."""
        try:
            self._check(model, file)
        except UserError:
            return False
        return True

    def place(self, staged: Path, location: Path, sha256: str) -> None:
        """Move a finished file, whose hash was just found to be `sha256`, to where it is used."""
        with staged.open("r+b") as file:
            os.fsync(file.fileno())
        location.parent.mkdir(parents=True, exist_ok=True)
        staged.replace(location)
        self._hashes.record(location, sha256)

    def _known(self, name: str) -> Model:
        if name not in self._models:
            raise self._unknown(name)
        return self._models[name]

    def _unknown(self, name: str) -> UsageError:
        near = get_close_matches(name, self._models) or list(self._models)
        return UsageError(f"No model is called '{name}'. Did you mean: {', '.join(near)}?")

    def _check(self, model: Model, file: ModelFile, fresh: bool = False) -> None:
        path = self.location(model, file)
        size = _size(path)
        way_out = f"Run 'assistant models pull {model.name}'."
        if size is None:
            raise UserError(f"Model '{model.name}' is not here ({path}). {way_out}")
        if size != file.bytes:
            raise DamagedError(f"{path} has {size} bytes, not {file.bytes}. {way_out}")
        found = self._hashes.get(path, fresh)
        if found != file.sha256:
            raise DamagedError(f"{path} is damaged: {differs(found, file.sha256)}. {way_out}")

    def _foreign(self, ref: str) -> Path:
        path = Path(ref).expanduser()
        if path.exists():
            return path
        if HUB_ID.fullmatch(ref):
            path = self.hub_location(ref)
            if path.exists():
                return path
            raise UserError(f"Model '{ref}' is not here. Run 'assistant models pull {ref}'.")
        if len(path.parts) > 1 or path.suffix:
            raise UsageError(
                f"No file or folder is at '{ref}'. Give a path, a name that"
                " 'assistant models list' shows, or a hub id: owner/repo/file.gguf."
            )
        raise self._unknown(ref)

    def _accept(self, path: Path, sha256: str | None, trust: bool) -> None:
        found = self._hashes.get(path)
        remembered = self._trusted / f"{found}.json"
        if sha256 is not None and sha256.lower() != found:
            raise DamagedError(
                f"{path} is not the file you named: {differs(found, sha256.lower())}."
                " Fetch it again, or correct the hash."
            )
        if remembered.exists():
            return
        if sha256 is None and not trust:
            raise UsageError(
                f"Nothing vouches for {path}: it is not in the catalogue. Its SHA-256 is {found}."
                " If that is the file you want, give this hash with it, or trust it once."
            )
        note_down(remembered, {"path": str(path.resolve()), "bytes": path.stat().st_size})


def require_gguf(path: Path) -> None:
    """Refuse a file that does not begin as every GGUF does, whoever vouches for it.

    Raises:
        UsageError: it is not a GGUF.
    """
    with path.open("rb") as file:
        magic = file.read(len(GGUF_MAGIC))
    if magic != GGUF_MAGIC:
        raise UsageError(f"{path} is not a GGUF file: it begins with {magic!r}. Give another file.")


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None
