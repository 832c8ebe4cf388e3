"""The folder of a run, as it is written; `eval.data.run_records` reads it back."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from eval.data.cases import Case
from eval.data.outcome import Outcome, outcome_of
from eval.runner.plan import Identity
from eval.scoring.scores import score
from index.core.errors import UsageError


class Folder:
    """The folder of a run, and what an earlier run of the same identity has left there.

    Raises:
        UsageError: if it holds another run, or files that are none.
    """

    def __init__(self, folder: Path, identity: Identity, *, fresh: bool) -> None:
        self.folder = folder
        self._cases = folder / "cases.jsonl"
        config = self._config()
        if config is None and folder.is_dir() and any(folder.iterdir()):
            raise UsageError(f"{folder} holds other files. Give another --out.")
        if config is not None and config.get("id") != identity.hash and not fresh:
            differs = ", ".join(_differences(config, identity)) or "its version"
            raise UsageError(
                f"{folder} holds a run that differs in {differs}. "
                "Give another --out, or --no-cache to begin it anew."
            )
        self.finished = {} if fresh or config is None else dict(self._rows())
        started = config.get("started") if config and self.finished else None
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        self._write_config(identity, started or now)
        (folder / "summary.json").unlink(missing_ok=True)

    def append(self, row: dict[str, Any]) -> None:
        """Keep one finished case."""
        with self._cases.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")

    def close(self, rows: Sequence[dict[str, Any]], summary: dict[str, Any]) -> None:
        """Write the cases in the set's order, and their summary."""
        self.begin(rows)
        write(self.folder / "summary.json", json.dumps(summary, indent=1, ensure_ascii=False))

    def begin(self, rows: Sequence[dict[str, Any]]) -> None:
        """Write the cases that are finished, and no other."""
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        write(self._cases, "".join(lines))

    def _config(self) -> dict[str, Any] | None:
        try:
            config = json.loads((self.folder / "config.json").read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return config if isinstance(config, dict) else None

    def _write_config(self, identity: Identity, started: str) -> None:
        config = {
            "id": identity.hash,
            "started": started,
            **identity.asked,
            **identity.answer,
            **identity.facts,
            "fingerprint": identity.answer | identity.asked,
        }
        write(self.folder / "config.json", json.dumps(config, indent=1, ensure_ascii=False))

    def _rows(self) -> Iterator[tuple[str, Outcome]]:
        if not self._cases.is_file():
            return
        for line in self._cases.read_text("utf-8", "replace").split("\n"):
            try:
                row = json.loads(line)
                if row["error"] is None:
                    yield row["id"], outcome_of(row)
            except (ValueError, TypeError, KeyError):
                continue  # the line that was being written when the power went


def _differences(config: dict[str, Any], identity: Identity) -> list[str]:
    before = config.get("fingerprint")
    now = identity.answer | identity.asked
    return [name for name in now if isinstance(before, dict) and before.get(name) != now[name]]


def row_of(case: Case, outcome: Outcome) -> dict[str, Any]:
    """A line of cases.jsonl: the case, its outcome and its scores."""
    return {
        "id": case.id,
        "type": case.type,
        "tags": list(case.tags),
        "question": case.question,
        "history": [asdict(turn) for turn in case.history],
        "searched": outcome.searched,
        "answerable": case.answerable,
        "gold": {
            "answers": list(case.answers),
            "all_of": [list(group) for group in case.all_of],
            "evidence": [asdict(gold) for gold in case.evidence],
        },
        "output": outcome.output,
        "retrieved": list(outcome.retrieved),
        "names": outcome.names,
        "scores": {name: asdict(found) for name, found in score(case, outcome).items()},
        "seconds": outcome.seconds,
        "replayed": outcome.replayed,
        "error": outcome.error,
    }


def write(path: Path, text: str) -> None:
    """Write a whole file or none of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text, "utf-8")
    draft.replace(path)
