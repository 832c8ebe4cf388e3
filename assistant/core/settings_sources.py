"""Where settings come from: the person's own file, the working folder's, environment, flags.

The file of a working folder may be anybody's: a folder that was downloaded or is shared could send
questions to a stranger. So what is guarded is left out of it until `assistant settings allow` has
noted the file in the person's own folder, by path and content.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.core.disk import write_atomic
from index.core.errors import UsageError

FILE = "assistant.toml"
MAX_BYTES = 1_000_000
PREFIX = "ASSISTANT_"
Source = Mapping[str, tuple[Any, str]]  # values with their origins, by key such as engine.threads


def user_folder(kind: str) -> Path:
    """The person's own folder of this kind: config, data or cache."""
    import platformdirs

    return Path(getattr(platformdirs, f"user_{kind}_dir")("assistant"))


def variable(key: str) -> str:
    """The environment variable of a key."""
    return PREFIX + key.upper().replace(".", "_")


def gather(
    flags: Mapping[str, str],
    config: Path | None,
    environ: Mapping[str, str],
    known: Collection[str],
    guarded: Collection[str],
) -> tuple[Source, list[str]]:
    """What all sources give, the later ones over the earlier, and what is left out, in words.

    `config` stands in place of both files; `known` are the keys there are, `guarded` those that the
    file of a working folder may not set.

    Raises:
        UsageError: a file cannot be read.
    """
    notices: list[str] = []
    here: Source = {}
    if config is not None:
        own = SettingsFile.read(config, required=True).source
    else:
        own = SettingsFile.read(user_folder("config") / FILE).source
        here = _of_working_folder(guarded, notices)
    keys = {variable(key): key for key in known}
    from_environment = {
        keys.get(name, name.removeprefix(PREFIX).lower()): (value, name)
        for name, value in environ.items()
        if name.startswith(PREFIX) and value  # an empty variable counts as none
    }
    from_flags = {key: (value, "flag") for key, value in flags.items()}
    sources = [own, here, from_environment, from_flags]
    given = {key: found for source in sources for key, found in source.items()}
    for key in [key for key in given if key.endswith(".api_key")]:
        if notice := _foreign(key, sources, here):
            del given[key]
            notices.append(notice)
    return given, notices


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """A settings file as it was read; `source` is empty if there is none."""

    path: Path
    source: Source
    content: bytes

    @classmethod
    def read(cls, path: Path, *, required: bool = False) -> SettingsFile:
        """Read a file, which has to be there if it is `required`.

        Raises:
            UsageError: it is not there, cannot be read, or is no TOML.
        """
        try:
            if not required and path.exists() and not path.is_file():
                raise UsageError(f"{path} cannot be read: it is no file.")  # a pipe never ends
            with path.open("rb") as file:
                content = file.read(MAX_BYTES)
            tree = tomllib.loads(content.decode("utf-8"))
        except FileNotFoundError:
            if required:
                raise UsageError(f"There is no settings file {path}.") from None
            return cls(path, {}, b"")
        except (OSError, UnicodeDecodeError) as problem:
            raise UsageError(f"{path} cannot be read: {problem}.") from None
        except (ValueError, RecursionError) as problem:  # not all are TOMLDecodeError
            raise UsageError(f"{path} is not TOML: {problem}.") from None
        flat: dict[str, Any] = {}
        for name, value in tree.items():
            in_section = isinstance(value, dict)
            flat |= {f"{name}.{k}": v for k, v in value.items()} if in_section else {name: value}
        return cls(path, {key: (value, str(path)) for key, value in flat.items()}, content)

    @property
    def allowed(self) -> bool:
        """True if this content at this path was allowed."""
        return os.path.isfile(self._note)  # noqa: PTH113 - it never raises

    def allow(self) -> None:
        """Note that this content at this path is allowed."""
        write_atomic(self._note, f"{self.path.resolve()}\n")

    @property
    def _note(self) -> Path:
        seal = hashlib.sha256(os.fsencode(self.path.resolve()) + b"\0" + self.content)
        return user_folder("config") / "allowed" / seal.hexdigest()


def _of_working_folder(guarded: Collection[str], notices: list[str]) -> Source:
    """What its file may set; what it may not is told in a notice."""
    file = SettingsFile.read(Path(FILE))
    refused = [key for key in file.source if key in guarded]
    if not refused or file.allowed:
        return file.source
    notices.append(
        f"{FILE} in this folder sets {', '.join(refused)}: not used, because anybody may have "
        "written it. If you trust it, run 'assistant settings allow'."
    )
    return {key: found for key, found in file.source.items() if key not in refused}


def _foreign(key: str, sources: Sequence[Source], here: Source) -> str:
    """What to say of a server's key that was set for another address than the one used, or "".

    Of the person's own sources one may give the address and another the key.
    """
    url = f"{key.removesuffix('api_key')}url"
    keyed = next(source for source in reversed(sources) if key in source)
    addressed = next((source for source in reversed(sources) if url in source), keyed)
    other = url in keyed and keyed[url][0] != addressed[url][0]
    if keyed is addressed or not (other or keyed is here or addressed is here):
        return ""
    return (
        f"{key} ({keyed[key][1]}) is not sent to {url} ({addressed[url][1]}): it was set for "
        "another address. Set both in the same place."
    )
