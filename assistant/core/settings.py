"""One frozen Settings: defaults < assistant.toml < ASSISTANT_* < flags.

Every value remembers where it came from, so that `assistant doctor` can say it. A key nobody
knows is refused, because a misspelt one would otherwise be silently ignored.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from index.core.errors import UsageError

PREFIX = "ASSISTANT_"
CONFIG = "assistant.toml"
SECRETS = ("engine.api_key", "embedder.api_key", "vectors.api_key", "ui.password")  # never shown


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _data() -> Path:
    from platformdirs import user_data_path

    return user_data_path("assistant")


def _cache() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("assistant")


class EngineSettings(_Section):
    """The language model."""

    model: str = Field(
        "qwen2.5-coder-1.5b-instruct",
        description="catalogue name, path of a GGUF file, hub id, or the server's model name",
    )
    url: str = Field(
        "", description="OpenAI-compatible server (Ollama, vLLM, …); empty: in process"
    )
    api_key: str = Field("", description="key for that server", repr=False)
    sha256: str = Field("", description="hash that vouches for a GGUF outside the catalogue")
    trust: bool = Field(False, description="use a GGUF outside the catalogue without a hash")
    template: str = Field("", description="chat template; empty: the catalogue's, or by vocabulary")
    context_tokens: int = Field(4096, ge=512, description="room for prompt and answer together")
    threads: int = Field(0, ge=0, description="CPU threads; 0: all that may be used")
    gpu_layers: int = Field(0, ge=0, description="layers of the model that a GPU holds")
    warm_mb: int = Field(
        2000, ge=0, description="disk for what the model knows of articles read beforehand; 0: none"
    )
    cache_mb: int = Field(
        0,
        ge=0,
        description="memory for prompts that were read before; 0: an eighth of what is free,"
        " 256 to 2048",
    )


class EmbedderSettings(_Section):
    """What gives passages and questions their vectors."""

    model: str = Field(
        "bge-small-en-v1.5-int8", description="catalogue name or a sentence-transformers folder"
    )
    question_prefix: str = Field("", description="put before a question, for a folder's model")
    url: str = Field(
        "",
        description="OpenAI-compatible embeddings server (vLLM, …), `model` as it names it; "
        "empty: in process",
    )
    api_key: str = Field("", description="key for that server", repr=False)


class IngestSettings(_Section):
    """How files are read."""

    fields: str = Field(
        "", description="what an export calls its fields, such as `title=headline, text=story`"
    )


class VectorsSettings(_Section):
    """Where the passages' vectors are kept."""

    url: str = Field("", description="Chroma server (chroma run); empty: in the index's own folder")
    api_key: str = Field("", description="bearer token for a proxy in front of it", repr=False)


class RerankerSettings(_Section):
    """What reads question and passage together."""

    model: str = Field("ms-marco-minilm-l12-int8", description="catalogue name")


class AnswerSettings(_Section):
    """How much is searched, read and written for one question."""

    passages: int = Field(8, ge=1, le=50, description="passages that sentences are taken from")
    evidence_tokens: int = Field(
        280, ge=50, le=16_000, description="tokens of evidence the model reads, about"
    )
    max_tokens: int = Field(120, ge=8, le=4096, description="tokens of an answer")
    deadline_s: float = Field(120.0, gt=0, description="seconds until an answer is cut")
    strict: float = Field(
        0.5, ge=0, le=1, description="how sure an answer has to be: 0 refuses least, 1 most"
    )


class ModelsSettings(_Section):
    """Where models come from."""

    folder: Path | None = Field(
        None, description="folder of yours that `models pull` looks in first"
    )


class UiSettings(_Section):
    """The server of `assistant ui`."""

    host: str = Field("127.0.0.1", description="address to listen on; another one needs a password")
    port: int = Field(7860, ge=0, le=65_535, description="port to listen on; 0: any free one")
    password: str = Field("", description="what a visitor or a program has to know", repr=False)
    password_file: Path | None = Field(None, description="file whose first line is the password")
    names: str = Field(
        "", description="names it is reached by through a proxy, with commas between them"
    )
    upload: bool = Field(True, description="let visitors add articles")
    waiting: int = Field(
        16, ge=1, le=256, description="questions that may wait; one client may fill half of it"
    )
    at_once: int = Field(
        1, ge=1, le=64, description="answers written at once; more than 1 only with engine.url"
    )
    ahead: bool = Field(
        True,
        description="while a question is typed (page, `chat`), read what it will probably need; "
        "only with a model in this process",
    )
    use: bool = Field(
        True, description="let `ask`, `chat` and `search` use a server that is running"
    )


class Settings(_Section):
    """Everything that can be set. `origins` maps a key such as `engine.threads` to its source."""

    data: Path = Field(
        default_factory=_data, description="folder of the index and everything a person made"
    )
    cache: Path = Field(default_factory=_cache, description="folder of the models")
    engine: EngineSettings = EngineSettings()
    ingest: IngestSettings = IngestSettings()
    embedder: EmbedderSettings = EmbedderSettings()
    vectors: VectorsSettings = VectorsSettings()
    reranker: RerankerSettings = RerankerSettings()
    answer: AnswerSettings = AnswerSettings()
    models: ModelsSettings = ModelsSettings()
    ui: UiSettings = UiSettings()
    origins: dict[str, str] = Field(default_factory=dict, exclude=True, repr=False)


def load(
    flags: Mapping[str, str] | None = None,
    config: Path | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Settings:
    """Read all sources; `config` defaults to `assistant.toml` in the working folder if it is there.

    Raises:
        UsageError: for an unknown key, a value of the wrong kind or an unreadable file.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    path = config or Path(CONFIG)
    for source, found in (
        (str(path), _from_file(path, required=config is not None)),
        ("environment", _from_environment(environ)),
        ("flag", dict(flags or {})),
    ):
        for key, value in found.items():
            where = (
                f"{PREFIX}{key.upper().replace('.', '_')}" if source == "environment" else source
            )
            if key not in keys():
                raise _unknown(key, where)
            values[key] = value
            origins[key] = where
    nested: dict[str, Any] = {"origins": origins}
    for key, value in values.items():
        section, _, name = key.rpartition(".")
        (nested.setdefault(section, {}) if section else nested)[name] = value
    try:
        return Settings.model_validate(nested)
    except ValidationError as problem:
        first = problem.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        value = "what it is" if key in SECRETS else repr(str(first["input"])[:60])
        raise UsageError(
            f"The setting {key} ({origins.get(key, 'settings')}) cannot be {value}: {first['msg']}."
        ) from None


def keys() -> dict[str, Any]:
    """Every key with its pydantic field, in reading order."""
    found = {}
    for name, field in Settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, _Section):
            inner = field.annotation.model_fields
            found.update({f"{name}.{part}": spec for part, spec in inner.items()})
        elif name != "origins":
            found[name] = field
    return found


def value_of(settings: Settings, key: str) -> Any:
    """The value of a dotted key; a secret is masked."""
    value = value_in(settings, key)
    return "(set)" if key in SECRETS and value else value


def value_in(settings: Settings, key: str) -> Any:
    """The value of a dotted key as it is, secrets too: for nobody's eyes."""
    value: Any = settings
    for part in key.split("."):
        value = getattr(value, part)
    return value


def parse_flags(pairs: Sequence[str]) -> dict[str, str]:
    """Turn `KEY=VALUE` flags into a mapping.

    Raises:
        UsageError: for one without `=`.
    """
    found = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"--set wants KEY=VALUE, such as engine.threads=2; got {pair!r}.")
        found[key.strip()] = value.strip()
    return found


def _from_file(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        tree = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        if required:
            raise UsageError(f"There is no settings file {path}.") from None
        return {}
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"{path} cannot be read: {problem}.") from None
    except tomllib.TOMLDecodeError as problem:
        raise UsageError(f"{path} is not TOML: {problem}.") from None
    flat: dict[str, Any] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            flat.update({f"{name}.{part}": inner for part, inner in value.items()})
        else:
            flat[name] = value
    return flat


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    known = {PREFIX + key.upper().replace(".", "_"): key for key in keys()}
    found = {}
    for name, value in environ.items():
        if name.startswith(PREFIX) and value:  # an empty variable is as good as none
            found[known.get(name, name.removeprefix(PREFIX).lower())] = value
    return found


def _unknown(key: str, where: str) -> UsageError:
    near = get_close_matches(key, keys(), n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}?" if near else "'assistant doctor' lists all settings."
    return UsageError(f"{where} names the unknown setting {key!r}. {hint}")
