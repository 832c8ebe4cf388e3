"""Writes the folder of a run; `eval.data.results.load_run` reads it back."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eval.data.cases import Case
from eval.data.results import OUTCOME, CaseResult, Outcome
from index.core.articles import fingerprint
from index.core.errors import UsageError


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
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """Equal for runs that cannot differ."""
        return fingerprint(canonical(self.answer), canonical(self.asked))

    def key(self, case: Case) -> str:
        """Equal for questions whose answers cannot differ."""
        turns = [[turn.question, turn.answer] for turn in case.history]
        day = case.as_of.isoformat() if case.as_of else ""
        return fingerprint(canonical(self.answer), case.question, canonical(turns), day)


class RunFolder:
    """The folder of a run; `finished` are the outcomes that an earlier run of the identity left.

    Raises:
        UsageError: if it holds another run, or files of something else.
    """

    def __init__(self, folder: Path, identity: Identity, *, fresh: bool) -> None:
        self._folder = folder
        self._cases = folder / "cases.jsonl"
        config = self._config()
        if config is None and folder.is_dir() and any(folder.iterdir()):
            raise UsageError(f"{folder} holds other files. Give another --out.")
        fingerprints = identity.answer | identity.asked
        if config is not None and config.get("id") != identity.hash and not fresh:
            before = config.get("fingerprint")
            before = before if isinstance(before, dict) else fingerprints
            differs = [name for name, now in fingerprints.items() if before.get(name) != now]
            raise UsageError(
                f"{folder} holds a run that differs in {', '.join(differs) or 'its version'}. "
                "Give another --out, or --no-cache to begin it anew."
            )
        self.finished = {} if fresh or config is None else dict(self._outcomes())
        started = config.get("started") if config and self.finished else None
        config = {
            "id": identity.hash,
            "started": started or dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            **identity.asked,
            **identity.answer,
            **identity.facts,
            "fingerprint": fingerprints,
        }
        self._write("config.json", json.dumps(config, indent=1, ensure_ascii=False))
        (folder / "summary.json").unlink(missing_ok=True)

    def append(self, result: CaseResult) -> None:
        """Add one finished case."""
        with self._cases.open("a", encoding="utf-8") as file:
            file.write(_line(result))

    def write_cases(self, results: Iterable[CaseResult]) -> None:
        """Write these cases, and no other."""
        self._write("cases.jsonl", "".join(map(_line, results)))

    def write_summary(self, summary: dict[str, Any]) -> None:
        """Write the summary, which makes the folder complete."""
        self._write("summary.json", json.dumps(summary, indent=1, ensure_ascii=False))

    def _config(self) -> dict[str, Any] | None:
        try:
            config = json.loads((self._folder / "config.json").read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return config if isinstance(config, dict) else None

    def _outcomes(self) -> Iterator[tuple[str, Outcome]]:
        if not self._cases.is_file():
            return
        for line in self._cases.read_text("utf-8", "replace").split("\n"):
            try:
                row = json.loads(line)
                if row["error"] is None:
                    yield row["id"], OUTCOME.validate_python(row)
            except (ValueError, TypeError, KeyError):
                continue  # a line that was cut off in the middle

    def _write(self, name: str, text: str) -> None:
        """Write a whole file or none of it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._folder / f".{name}.{os.getpid()}"
        draft.write_text(text, "utf-8")
        draft.replace(self._folder / name)


def _line(result: CaseResult) -> str:
    return json.dumps(result.as_json(), ensure_ascii=False) + "\n"
