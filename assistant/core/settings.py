"""One frozen Settings: defaults < assistant.toml files < ASSISTANT_* variables < flags.

Plain dataclasses and a loader of a few milliseconds, because `ask` beside a running server compares
its settings with the server's before anything else is imported. Every value remembers its source,
for `assistant doctor`. An unknown key is an error: a misspelt one would silently change nothing.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from functools import cache, partial
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Any, get_args

from assistant.core.settings_sources import gather, user_folder, variable
from index.core.addresses import without_secrets
from index.core.errors import UsageError

_TRUE, _FALSE = ("true", "1", "yes", "on", "t", "y"), ("false", "0", "no", "off", "f", "n")


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of one setting: its meaning and its range; name, kind and default by `keys`."""

    description: str
    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    secret: bool = False
    kind: Any = str
    default: Any = None


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """The language model."""

    model: Annotated[
        str, Key("catalogue name, path of a GGUF file, hub id, or the server's model name")
    ] = "qwen2.5-coder-1.5b-instruct"
    url: Annotated[str, Key("OpenAI-compatible server (Ollama, vLLM, …); empty: in process")] = ""
    api_key: Annotated[str, Key("key for that server", secret=True)] = field(default="", repr=False)
    sha256: Annotated[str, Key("expected hash of a GGUF file outside the catalogue")] = ""
    trust: Annotated[bool, Key("use a GGUF file outside the catalogue without a hash")] = False
    template: Annotated[str, Key("chat template; empty: the catalogue's, or by vocabulary")] = ""
    context_tokens: Annotated[int, Key("context size: prompt and answer together", ge=512)] = 4096
    threads: Annotated[int, Key("CPU threads; 0: all that may be used", ge=0)] = 0
    gpu_layers: Annotated[int, Key("layers of the model that a GPU holds", ge=0)] = 0
    warm_mb: Annotated[int, Key("disk space for model states of articles; 0: none", ge=0)] = 2000
    cache_mb: Annotated[int, Key("prompt cache; 0: 1/8 of free memory, 256 to 2048", ge=0)] = 0


@dataclass(frozen=True, slots=True)
class IngestSettings:
    """How files are read."""

    fields: Annotated[str, Key("an export's field names: `title=headline, text=story`")] = ""


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """The generations of the index."""

    keep: Annotated[
        int,
        Key("generations kept to go back to, fewer if the disk is short of room", ge=2, le=1000),
    ] = 10


@dataclass(frozen=True, slots=True)
class EmbedderSettings:
    """What gives passages and questions their vectors."""

    model: Annotated[str, Key("catalogue name, a SentenceTransformer folder or a hub id")] = (
        "bge-small-en-v1.5-int8"
    )
    question_prefix: Annotated[str, Key("put before a question, for a folder's model")] = ""
    url: Annotated[
        str, Key("OpenAI-compatible embeddings server, `model` as it names it; empty: in process")
    ] = ""
    api_key: Annotated[str, Key("key for that server", secret=True)] = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class VectorsSettings:
    """Where the passages' vectors are kept."""

    url: Annotated[str, Key("Chroma server (chroma run); empty: in the index's own folder")] = ""
    api_key: Annotated[str, Key("bearer token for a proxy in front of it", secret=True)] = field(
        default="", repr=False
    )


@dataclass(frozen=True, slots=True)
class RerankerSettings:
    """What reads question and passage together."""

    model: Annotated[str, Key("catalogue name, a CrossEncoder folder or a hub id")] = (
        "ms-marco-minilm-l12-int8"
    )


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    """How much is searched, read and written for one question."""

    passages: Annotated[int, Key("passages that sentences are taken from", ge=1, le=50)] = 8
    evidence_tokens: Annotated[int, Key("tokens of evidence, about", ge=50, le=16_000)] = 280
    max_tokens: Annotated[int, Key("tokens of an answer", ge=8, le=4096)] = 120
    deadline_s: Annotated[float, Key("seconds until an answer is cut", gt=0)] = 120.0
    strict: Annotated[
        float, Key("how sure an answer has to be: 0 refuses least, 1 most", ge=0, le=1)
    ] = 0.5
    quote_first: Annotated[
        bool,
        Key("answer with the sentence that stands out, not judged, where one does"),
    ] = False


@dataclass(frozen=True, slots=True)
class ModelsSettings:
    """Where models come from."""

    folder: Annotated[Path | None, Key("folder of yours that `models pull` looks in first")] = None


@dataclass(frozen=True, slots=True)
class UiSettings:
    """The server of `assistant ui`."""

    host: Annotated[str, Key("address to listen on; another one needs a password")] = "127.0.0.1"
    port: Annotated[int, Key("port to listen on; 0: any free one", ge=0, le=65_535)] = 7860
    password: Annotated[str, Key("what a visitor or a program has to know", secret=True)] = field(
        default="", repr=False
    )
    password_file: Annotated[Path | None, Key("file whose first line is the password")] = None
    names: Annotated[
        str, Key("names it has behind a proxy, with commas between; then X-Forwarded-For counts")
    ] = ""
    root_path: Annotated[str, Key("path below which a proxy shows it, such as /news")] = ""
    upload: Annotated[bool, Key("let visitors add articles")] = True
    waiting: Annotated[
        int, Key("questions that may wait; one client may fill half of it", ge=1, le=256)
    ] = 16
    at_once: Annotated[int, Key("answers at once; above 1 with engine.url", ge=1, le=64)] = 1
    ahead: Annotated[
        bool, Key("process the prompt of a question while it is typed; not with engine.url")
    ] = True
    use: Annotated[bool, Key("let `ask`, `chat` and `search` use a server that is running")] = True


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set.

    `origins` maps a key such as `engine.threads` to its source; `notices` say what a source sets
    that is not used.
    """

    data: Annotated[Path, Key("folder of the index and everything a person made")] = field(
        default_factory=partial(user_folder, "data")
    )
    cache: Annotated[Path, Key("folder of the models")] = field(
        default_factory=partial(user_folder, "cache")
    )
    engine: EngineSettings = EngineSettings()
    ingest: IngestSettings = IngestSettings()
    index: IndexSettings = IndexSettings()
    embedder: EmbedderSettings = EmbedderSettings()
    vectors: VectorsSettings = VectorsSettings()
    reranker: RerankerSettings = RerankerSettings()
    answer: AnswerSettings = AnswerSettings()
    models: ModelsSettings = ModelsSettings()
    ui: UiSettings = UiSettings()
    origins: Mapping[str, str] = field(default_factory=dict, repr=False)
    notices: tuple[str, ...] = field(default=(), repr=False, compare=False)


SECTIONS: dict[str, Any] = {
    part.name: part.type for part in fields(Settings) if is_dataclass(part.type)
}


@cache
def keys() -> Mapping[str, Key]:
    """Every key, such as `engine.threads`, in reading order."""
    found: dict[str, Key] = {}
    for part in fields(Settings):
        for one in fields(SECTIONS[part.name]) if part.name in SECTIONS else (part,):
            if known := getattr(one.type, "__metadata__", None):
                name = part.name if one is part else f"{part.name}.{one.name}"
                default = None if one.default is MISSING else one.default
                found[name] = replace(known[0], kind=get_args(one.type)[0], default=default)
    return found


SECRETS = tuple(name for name, key in keys().items() if key.secret)  # never shown
# where things are sent, kept, listened to or loaded from: not for the file of a working folder
GUARDED = frozenset(
    name
    for name, key in keys().items()
    if key.secret or key.kind not in (str, bool, int, float) or name.endswith(".url")
) | {"engine.sha256", "engine.trust", "embedder.model", "reranker.model", "ui.host", "ui.names"}


def load(
    flags: Mapping[str, str] | None = None,
    config: Path | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Settings:
    """Read all sources; `config` stands in place of the files `assistant.toml` that are there.

    Those are the one in the user's configuration folder, and over it the working folder's.

    Raises:
        UsageError: for an unknown key, a value of the wrong kind or an unreadable file.
    """
    given, notices = gather(flags or {}, config, environ, keys(), GUARDED)
    values = {key: value for key, (value, _) in given.items()}
    origins = {key: origin for key, (_, origin) in given.items()}
    return replace(with_values(Settings(), values, origins), notices=tuple(notices))


def with_values(
    settings: Settings, values: Mapping[str, Any], origins: Mapping[str, str]
) -> Settings:
    """`settings` with other values, by key; `origins` says where each comes from.

    Raises:
        UsageError: for an unknown key or a value of the wrong kind or out of range.
    """
    known = keys()
    parts: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        origin = origins.get(name, "settings")
        if name not in known:
            raise _unknown(name, origin)
        section, _, attribute = name.rpartition(".")
        try:
            parts.setdefault(section, {})[attribute] = _converted(known[name], value)
        except ValueError as problem:
            shown = "what it is" if known[name].secret else repr(str(value)[:60])
            message = f"The setting {name} ({origin}) cannot be {shown}: {problem}."
            raise UsageError(message) from None
    tops: dict[str, Any] = parts.pop("", {})
    tops |= {name: replace(getattr(settings, name), **inner) for name, inner in parts.items()}
    return replace(settings, **tops, origins={**settings.origins, **origins})


def _converted(key: Key, value: Any) -> Any:
    """A value as it is written (TOML, or the text of a variable or flag) in the key's own type."""
    text = value.strip() if isinstance(value, str) else value
    if key.kind is bool:
        if (word := str(text).lower()) not in (*_TRUE, *_FALSE):
            raise ValueError("it should be a boolean, true or false")
        return word in _TRUE
    if key.kind in (int, float):
        try:
            number = float(text)
        except (TypeError, ValueError):
            number = float("nan")
        if number != number or (key.kind is int and not number.is_integer()):
            raise ValueError(f"it should be {'an integer' if key.kind is int else 'a number'}")
        _check_range(key, number)
        return int(number) if key.kind is int else number
    if not isinstance(value, str | Path):
        raise ValueError("it should be a text")
    return str(value) if key.kind is str else Path(value)


def _check_range(key: Key, number: float) -> None:
    if key.ge is not None and number < key.ge:
        raise ValueError(f"it should be {key.ge} or more")
    if key.gt is not None and number <= key.gt:
        raise ValueError(f"it should be greater than {key.gt}")
    if key.le is not None and number > key.le:
        raise ValueError(f"it should be {key.le} or less")


def value_in(settings: Settings, key: str) -> Any:
    """The value of a dotted key as it is, secrets too: not to be shown."""
    return attrgetter(key)(settings)


def value_of(settings: Settings, key: str) -> Any:
    """The value of a dotted key to show: secrets are masked, in addresses too."""
    value = value_in(settings, key)
    if key in SECRETS and value:
        return "(set)"
    return without_secrets(value) if key.endswith(".url") else value


def public_values(settings: Settings, sections: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The values of these sections as plain JSON values, without secrets."""
    found: dict[str, dict[str, Any]] = {section: {} for section in sections}
    for key in keys():
        section, _, name = key.rpartition(".")
        if section in found and key not in SECRETS:
            value = value_of(settings, key)
            found[section][name] = str(value) if isinstance(value, Path) else value
    return found


def parse_flags(pairs: Sequence[str]) -> dict[str, str]:
    """Turn `KEY=VALUE` flags into a mapping.

    Raises:
        UsageError: for one without `=`, and for a secret.
    """
    for pair in pairs:
        if "=" not in pair:
            raise UsageError(f"--set wants KEY=VALUE, such as engine.threads=2; got {pair!r}.")
    split = (pair.partition("=") for pair in pairs)
    flags = {key.strip(): value.strip() for key, _, value in split}
    for key, value in flags.items():
        if key in SECRETS or (key.endswith(".url") and without_secrets(value) != value):
            raise UsageError(
                f"A secret on the command line ({key}) can be seen by everybody on this machine. "
                f"Set {variable(key)} in the environment instead."
            )
    return flags


def _unknown(key: str, where: str) -> UsageError:
    from difflib import get_close_matches

    near = get_close_matches(key, keys(), n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}?" if near else "'assistant doctor' lists all settings."
    return UsageError(f"{where} names the unknown setting {key!r}. {hint}")
