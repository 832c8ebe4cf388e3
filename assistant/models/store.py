"""The models on this machine: where they are, and whether they are what they should be.

Identity is the SHA-256, wherever the bytes come from. Files of the catalogue may be used without
asking; any other GGUF needs its hash or the user's explicit trust. Knows no network.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from assistant.models.catalogue import HUB_ID, Model, ModelFile, catalogue
from index.core.disk import file_sha256, write_atomic
from index.core.errors import DamagedError, UsageError, UserError
from index.core.file_hashes import FileHashes

GGUF_MAGIC = b"GGUF"
_HUB_REPO = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*(?<!\.gguf)")
TRAINED = Path(__file__).parent / "trained"  # models of our own, which `eval.train` has made


class ModelStore:
    """The models under `<cache>/models`; decides whether one may be used.

    A file is hashed before its first use; after that only its size and modification time are
    compared. `folder` is the user's own, where `assistant.models.pull` looks first.
    """

    def __init__(
        self,
        cache: Path,
        folder: Path | None = None,
        models: Mapping[str, Model] | None = None,
    ) -> None:
        self.root = cache / "models"
        self.folder = folder
        self._models = catalogue() if models is None else models
        self._hashes = FileHashes(self.root / ".hashes.json")
        self._trusted = self.root / ".trusted"

    def model(self, name: str) -> Model:
        """The catalogue's model of this name; UsageError with similar ones if there is none."""
        if name not in self._models:
            near = get_close_matches(name, self._models) or list(self._models)
            raise UsageError(f"No model is called '{name}'. Did you mean: {', '.join(near)}?")
        return self._models[name]

    def path(self, name: str) -> Path:
        """Where a model of the catalogue is: the GGUF file of an llm, else the model's folder.

        Raises:
            UsageError: the catalogue has no such model.
            UserError: it is not here.
            DamagedError: a file of it is not what the catalogue says.
        """
        model = self.model(name)
        for file in model.files:
            self._check(model, file)
        return self.location(model, model.files[0]) if model.kind == "llm" else self.root / name

    def resolve(self, ref: str, sha256: str | None = None, trust: bool = False) -> Path:
        """Where a model is, by catalogue name, path of a GGUF or folder, or hub id.

        A GGUF (also `owner/repo/file.gguf`) outside the catalogue is used only if its hash is
        `sha256`, or if it is trusted; either is remembered by the file's hash. A folder (of an
        embedder or a reranker), or `owner/repo` in the cache of the hub, is taken as it is.

        Raises:
            UsageError: no such model, not a GGUF, or neither hash nor trust was given.
            UserError: it is not here.
            DamagedError: its hash is another one.
        """
        if ref in self._models:
            return self.path(ref)
        path = self._outside(ref)
        if not path.is_dir():
            require_gguf(path)
            self._accept(path, sha256, trust)
        return path

    def verify(self, name: str) -> None:
        """Read every byte of a model, whatever was known before; raises as `path` does."""
        model = self.model(name)
        for file in model.files:
            self._check(model, file, fresh=True)

    def status(self, name: str) -> Literal["absent", "ready", "damaged"]:
        """What is here of a model, without reading its bytes."""
        model = self.model(name)
        paths = {self.location(model, file): file for file in model.files}
        if not all(path.is_file() for path in paths):
            return "absent"
        sound = all(
            path.stat().st_size == file.bytes and self._hashes.known(path) in (None, file.sha256)
            for path, file in paths.items()
        )
        return "ready" if sound else "damaged"

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
        self._hashes.save()

    def _check(self, model: Model, file: ModelFile, fresh: bool = False) -> None:
        path = self.location(model, file)
        way_out = f"Run 'assistant models pull {model.name}'."
        if not path.is_file():
            raise UserError(f"Model '{model.name}' is not here ({path}). {way_out}")
        if (size := path.stat().st_size) != file.bytes:
            raise DamagedError(f"{path} has {size} bytes, not {file.bytes}. {way_out}")
        if (found := self._digest(path, fresh=fresh)) != file.sha256:
            raise DamagedError(f"{path} is damaged: {differs(found, file.sha256)}. {way_out}")

    def _outside(self, ref: str) -> Path:
        """Where a model outside the catalogue is: at a path, or fetched from the hub."""
        path = Path(ref).expanduser()
        if path.exists():
            return path
        if HUB_ID.fullmatch(ref):
            if (path := self.hub_location(ref)).exists():
                return path
            raise UserError(f"Model '{ref}' is not here. Run 'assistant models pull {ref}'.")
        if snapshot := _hub_snapshot(ref):
            return snapshot
        if _HUB_REPO.fullmatch(ref):
            raise UserError(
                f"No file or folder is at '{ref}', and the model hub's cache has no such model."
                f" Fetch it with 'hf download {ref}', or correct the path."
            )
        if len(path.parts) > 1 or path.suffix:
            raise UsageError(
                f"No file or folder is at '{ref}'. Give a path, a name that"
                " 'assistant models list' shows, or a hub id: owner/repo/file.gguf."
            )
        return self.path(ref)  # raises, with similar names

    def _accept(self, path: Path, sha256: str | None, trust: bool) -> None:
        found = self._digest(path)
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
        with suppress(OSError):  # it is asked for once more then
            write_atomic(remembered, json.dumps({"path": str(path.resolve())}))

    def _digest(self, path: Path, *, fresh: bool = False) -> str:
        found = self._hashes.digest(path, fresh=fresh)
        self._hashes.save()
        return found


def folder_hash(folder: Path) -> str:
    """The identity of a model folder: SHA-256 of its files' names and hashes."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".safetensors", ".bin", ".json", ".txt", ".onnx", ".model"):
            total.update(path.relative_to(folder).as_posix().encode())
            total.update(bytes.fromhex(file_sha256(path)))
    return total.hexdigest()


def _hub_snapshot(ref: str) -> Path | None:
    """The folder in which huggingface_hub keeps `owner/repo`; None if it was not fetched."""
    if not _HUB_REPO.fullmatch(ref):
        return None
    given = os.environ.get("HF_HOME")
    home = (
        Path(given) if given else Path(os.environ.get("XDG_CACHE_HOME", "~/.cache"), "huggingface")
    )
    cache = Path(os.environ.get("HF_HUB_CACHE", home / "hub")).expanduser()
    repo = cache / f"models--{ref.replace('/', '--')}"
    try:
        folder = repo / "snapshots" / (repo / "refs" / "main").read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return folder if folder.is_dir() else None


def differs(found: str, expected: str) -> str:
    """Two hashes in words, short enough to read."""
    return f"its SHA-256 begins {found[:12]}, expected {expected[:12]}"


def require_gguf(path: Path) -> None:
    """UsageError for a file that does not begin as every GGUF does, whoever vouches for it."""
    with path.open("rb") as file:
        magic = file.read(len(GGUF_MAGIC))
    if magic != GGUF_MAGIC:
        raise UsageError(f"{path} is not a GGUF file: it begins with {magic!r}. Give another file.")
