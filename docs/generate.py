"""Writes docs/settings.md and the module list of docs/architecture.md from the code.

`make docs` runs it; tests/test_docs.py fails while a generated page differs from the code.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from assistant.core.settings import GUARDED, SECTIONS, Key, keys

ROOT = Path(__file__).parent.parent
PACKAGES = ("assistant", "index", "prompts", "ui", "eval")
BEGIN, END = "<!-- modules: begin -->\n", "<!-- modules: end -->\n"

_INTRODUCTION = """\
# Settings

Generated from the settings module by `make docs`.

Sources, the later one wins: defaults, `assistant.toml` in your configuration folder
(`~/.config/assistant` on Linux) and the one in the working folder (or `--config FILE` in place of
both), environment variables, flags. An unknown key is an error. `assistant settings` shows every
value and where it comes from.

A working folder may be anybody's: one that was downloaded could send your questions to a stranger.
So of its file, the settings marked *guarded* and all secrets are left out, and named in a line,
until you run `assistant settings allow` in that folder; it holds for this content at this place. A
server's key goes only to an address that was set beside it, or to one of yours if it was set alone.

Secrets are not taken on the command line, where all users of the machine see them: set the
variable.

```toml
[engine]
threads = 2
```

is the same as `ASSISTANT_ENGINE_THREADS=2` and as `--set engine.threads=2`.
"""
_FOLDERS = {"data": "your data folder", "cache": "your cache folder"}  # of the operating system


def settings_page() -> str:
    """The page of all settings: a table a section, a row a key."""
    lines = [_INTRODUCTION]
    for section, group in groupby(keys().items(), lambda item: item[0].rpartition(".")[0]):
        title = "Folders"
        if section:
            about = SECTIONS[section].__doc__ or ""
            title = f"`{section}`: {about.partition('.')[0]}"
        lines += [f"## {title}", "", "| key | default | range | what it is |", "|---|---|---|---|"]
        lines += [*(_row(key, field) for key, field in group), ""]
    return "\n".join(lines)


def _row(name: str, key: Key) -> str:
    default = _FOLDERS.get(name) or ("—" if key.default in ("", None) else f"`{key.default}`")
    least = key.gt if key.ge is None else key.ge
    span = "" if least is key.le is None else f"{'> ' * (key.gt is not None)}{least}"
    span += f" to {key.le}" if key.le is not None else " or more" * (key.ge is not None)
    note = " (secret: never shown)" if key.secret else " (*guarded*)" * (name in GUARDED)
    return f"| `{name}` | {default} | {span} | {key.description}{note} |"


def module_list() -> str:
    """Every module with the first line of its docstring, by folder."""
    lines = []
    for package in PACKAGES:
        folders = {path.parent for path in (ROOT / package).rglob("*.py")}
        for folder in sorted(folders):
            lines += [*_folder(folder), ""]
    return "\n".join(lines)


def _folder(folder: Path) -> Iterator[str]:
    name = folder.relative_to(ROOT).as_posix()
    yield f"### {name}"
    yield ""
    if about := _first_line(folder / "__init__.py"):
        yield f"{about}\n"
    modules = [path for path in sorted(folder.glob("*.py")) if path.name != "__init__.py"]
    if modules:
        yield "| module | |\n|---|---|"
    for path in modules:
        yield f"| `{path.name}` | {_first_line(path).replace('|', chr(92) + '|')} |"


def _first_line(path: Path) -> str:
    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) if path.exists() else None
    return (text or "").partition("\n")[0]


def pages() -> dict[Path, str]:
    """The text of every generated page, by file."""
    architecture = ROOT / "docs" / "architecture.md"
    before, _, rest = architecture.read_text("utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    return {
        ROOT / "docs" / "settings.md": settings_page(),
        architecture: f"{before}{BEGIN}\n{module_list()}\n{END}{after}",
    }


if __name__ == "__main__":
    for file, text in pages().items():
        file.write_text(text, "utf-8")
