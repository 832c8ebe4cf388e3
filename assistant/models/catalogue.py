"""The model catalogue: licences, sizes, SHA-256 and where the bytes can be had.

`models.toml` has the models of package registries, `hub_models.toml` those of the model hub alone.
"""

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
    revision: str = "main"


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
    measured: bool = True  # False: no figure of this project is of it

    @property
    def bytes(self) -> int:
        """Size of all its files."""
        return sum(file.bytes for file in self.files)

    @property
    def memory(self) -> int:
        """Bytes that a process with it needs, about: 1.7 times the file, as with the default."""
        return self.bytes * 17 // 10

    @property
    def sha256(self) -> str:
        """Hash of the weights, which identifies the model."""
        return self.files[0].sha256


@functools.cache
def catalogue() -> dict[str, Model]:
    """The models that may be used without asking, by name, the default of each kind first."""
    models = {}
    for name in ("models.toml", "hub_models.toml"):
        text = Path(__file__).with_name(name).read_text(encoding="utf-8")
        for entry in tomllib.loads(text)["model"]:
            folder, hub = entry.pop("folder", None), entry.pop("hub", None)
            files = tuple(_file(file, folder, hub) for file in entry.pop("file"))
            models[entry["name"]] = Model(files=files, **entry)
    return models


def _file(
    entry: dict[str, Any], folder: dict[str, str] | None, hub: dict[str, str] | None
) -> ModelFile:
    if folder:
        member = f"{folder['path']}/{entry['name']}"
        entry["parts"] = [{"wheel": folder["wheel"], "member": member}]
    if hub:
        entry["hub"] = {**hub, "path": entry.pop("path", entry["name"])}
    only_part = {"bytes": entry["bytes"], "sha256": entry["sha256"]}  # need not name them
    parts: list[Part] = []
    for part in entry.pop("parts", ()):
        offset = parts[-1].offset + parts[-1].bytes if parts else 0
        parts.append(Part(offset=offset, **(only_part | part)))
    source = HubFile(**entry.pop("hub")) if "hub" in entry else None
    return ModelFile(parts=tuple(parts), hub=source, **entry)
