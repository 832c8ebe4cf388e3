"""The folder of a run: `config.json`, `cases.jsonl` (one result a line) and `summary.json`."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from eval.data.cases import Case, first_error
from eval.data.results import CaseResult, Run, Summary
from index.core.articles import fingerprint
from index.core.disk import write_atomic
from index.core.errors import UsageError, UserError

Value = TypeVar("Value")
_SUMMARY = TypeAdapter(Summary)
_CONFIG = TypeAdapter(dict[str, Any])


def canonical(value: object) -> str:
    """JSON that is equal for equal values."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """What a run depends on: `answer` determines every answer, `asked` which questions are put.

    `facts` are recorded beside them and change nothing.
    """

    answer: dict[str, Any]
    asked: dict[str, Any]
    facts: dict[str, Any]

    @property
    def hash(self) -> str:
        """Equal for runs that cannot differ."""
        return fingerprint(canonical(self.answer), canonical(self.asked))

    def key(self, case: Case) -> str:
        """Equal for questions whose answers cannot differ."""
        turns = [[turn.question, turn.answer] for turn in case.history]
        day = case.as_of.isoformat() if case.as_of else ""
        return fingerprint(canonical(self.answer), case.question, canonical(turns), day)


def open_folder(folder: Path, identity: Identity, *, fresh: bool) -> None:
    """Begin a run's folder: its configuration alone, which `write_results` completes.

    Raises:
        UsageError: if it holds another run and `fresh` is false, or files of something else.
    """
    before: dict[str, Any] = {}
    try:
        before = _CONFIG.validate_json((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        if folder.is_dir() and any(folder.iterdir()):
            raise UsageError(f"{folder} holds other files. Give another --out.") from None
    prints = identity.answer | identity.asked
    if before.get("id") not in (None, identity.hash) and not fresh:
        known = before.get("fingerprint") or {}
        differs = [name for name, value in prints.items() if known.get(name, value) != value]
        raise UsageError(
            f"{folder} holds a run that differs in {', '.join(differs) or 'its version'}. "
            "Give another --out, or --no-cache to begin it anew."
        )
    started = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    config = {
        "id": identity.hash,
        "started": started if fresh else before.get("started", started),
        **identity.asked,
        **identity.answer,
        **identity.facts,
        "fingerprint": prints,
    }
    write_atomic(folder / "config.json", json.dumps(config, indent=1, ensure_ascii=False))
    (folder / "summary.json").unlink(missing_ok=True)
    write_atomic(folder / "cases.jsonl", "")


def append_result(folder: Path, result: CaseResult) -> None:
    """Add one finished case, for who watches the run."""
    with (folder / "cases.jsonl").open("a", encoding="utf-8") as file:
        file.write(_line(result))


def write_results(folder: Path, results: Sequence[CaseResult], summary: dict[str, Any]) -> None:
    """Write the cases in the set's order and their summary: the folder is complete."""
    write_atomic(folder / "cases.jsonl", "".join(map(_line, results)))
    write_atomic(folder / "summary.json", json.dumps(summary, indent=1, ensure_ascii=False))


def _line(result: CaseResult) -> str:
    return json.dumps(result.as_json(), ensure_ascii=False) + "\n"


def load_run(folder: Path) -> Run:
    """Read a run folder; UserError names the file that is missing or wrong."""
    if not folder.is_dir():
        raise UsageError(
            f"{folder} is no run folder. `assistant eval run --out {folder}` makes it."
        )
    return Run(
        name=folder.resolve().name,
        config=_parsed(_CONFIG, folder / "config.json"),
        results=tuple(_results(folder / "cases.jsonl")),
        summary=_parsed(_SUMMARY, folder / "summary.json"),
    )


def _parsed(adapter: TypeAdapter[Value], path: Path) -> Value:
    text = _text(path)
    try:
        return adapter.validate_json(text)
    except ValidationError as problem:
        raise _wrong(str(path), first_error(problem)) from None


def _results(path: Path) -> list[CaseResult]:
    found: dict[str, CaseResult] = {}
    for number, line in enumerate(_text(path).split("\n"), 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            result = CaseResult.parse(line)
        except ValidationError as problem:
            raise _wrong(where, first_error(problem)) from None
        if result.case.id in found:
            raise _wrong(where, f"the case {result.case.id} is there twice")
        found[result.case.id] = result
    return list(found.values())


def _wrong(where: str, what: str) -> UserError:
    return UserError(f"{where}: {what}. Run it again, or with another --out.")


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise UserError(
            f"{path} is missing: the run is not finished. Start it again with the same --out; "
            "it continues where it stopped."
        ) from None
    except (OSError, UnicodeDecodeError) as problem:
        raise UserError(f"{path} cannot be read: {problem}") from None
