"""The model catalogue (`models.toml`): licences, sizes, SHA-256 and where the bytes can be had."""

import functools
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Kind = Literal["llm", "embedder", "reranker", "parser"]
PARSER = "en-core-web-sm-3.8"  # there is one
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

    `max_tokens` is the longest input in tokens, 0 without a limit. `template` belongs to language
    models; `dimension`, `pooling` and `query_prefix` to embedders.
    """

    name: str
    kind: Kind
    licence: str
    note: str
    files: tuple[ModelFile, ...]
    max_tokens: int = 0
    template: str = ""
    dimension: int = 0
    pooling: str = ""
    query_prefix: str = ""
    answers: bool = True  # False: too weak to answer, for tests only

    @property
    def bytes(self) -> int:
        """Size of all its files."""
        return sum(file.bytes for file in self.files)

    @property
    def sha256(self) -> str:
        """Hash of the weights, which identifies the model."""
        return self.files[0].sha256


@functools.cache
def catalogue() -> dict[str, Model]:
    """The models that may be used without asking, by name, the default of each kind first."""
    text = Path(__file__).with_name("models.toml").read_text(encoding="utf-8")
    models = {}
    for entry in tomllib.loads(text)["model"]:
        folder = entry.pop("folder", None)
        files = tuple(_file(file, folder) for file in entry.pop("file"))
        models[entry["name"]] = Model(files=files, **entry)
    return models


def _file(entry: dict[str, Any], folder: dict[str, str] | None) -> ModelFile:
    if folder:
        member = f"{folder['path']}/{entry['name']}"
        entry["parts"] = [{"wheel": folder["wheel"], "member": member}]
    only_part = {"bytes": entry["bytes"], "sha256": entry["sha256"]}  # need not name them
    parts: list[Part] = []
    for part in entry.pop("parts", ()):
        offset = parts[-1].offset + parts[-1].bytes if parts else 0
        parts.append(Part(offset=offset, **(only_part | part)))
    hub = HubFile(**entry.pop("hub")) if "hub" in entry else None
    return ModelFile(parts=tuple(parts), hub=hub, **entry)
