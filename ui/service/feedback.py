"""Votes of readers on answers: a line each in a file of the data folder, sent nowhere.

The last vote on an exchange counts. Evaluation cases (docs/evaluation.md) are made of those that
tell a right answer: answers and refusals voted up, and answers voted down with a note that says
what is right.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from index.core.disk import disk_errors, parse_json
from index.core.errors import UsageError

MAX_NOTE = 1_000  # characters
MAX_LINE = 100_000  # bytes of what is kept of one exchange
MAX_FILE = 50_000_000  # bytes of all votes


class Feedback:
    """The file of all votes. Safe to use from several threads."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._writing = threading.Lock()

    def keep(self, row: Mapping[str, Any]) -> None:
        """Keep a vote: `key` of the exchange, `vote`, `note`, its `answer` and `history`.

        Raises:
            UsageError: if it is no vote on an answer, far too long, or too many are kept.
            NoSpaceError: if the disk is full.
        """
        vote, answer, history = row.get("vote"), row.get("answer"), row.get("history")
        if vote not in ("up", "down") or not isinstance(answer, Mapping):
            raise UsageError("This is no vote on an answer.")
        kept = {
            "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "key": str(row.get("key", ""))[:64],
            "vote": vote,
            "note": str(row.get("note", "")).strip()[:MAX_NOTE],
            "answer": dict(answer),
            "history": history if isinstance(history, list) else [],
        }
        line = (json.dumps(kept, ensure_ascii=False) + "\n").encode("utf-8", "replace")
        if len(line) > MAX_LINE:
            raise UsageError("This exchange is too long to be kept with a vote.")
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._writing, disk_errors(self._file.parent):
            handle = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(handle, "ab") as file:
                if file.tell() + len(line) > MAX_FILE:
                    raise UsageError(
                        f"No more votes are kept: {self._file} has {MAX_FILE // 1_000_000} MB."
                        " Save the cases, then delete the file."
                    )
                file.write(line)

    def votes(self) -> list[dict[str, Any]]:
        """The last vote on each exchange, oldest first; a line that was cut off is left out."""
        found: dict[str, dict[str, Any]] = {}
        try:
            lines = self._file.read_text("utf-8", "replace").splitlines()
        except FileNotFoundError:
            return []
        for number, line in enumerate(lines):
            try:
                row = parse_json(line)
                found[row["key"] or str(number)] = row
            except (ValueError, TypeError, KeyError):
                continue
        return list(found.values())

    def cases(self, name_of: Callable[[str], str]) -> str:
        """The votes as lines of an evaluation set's questions.jsonl.

        `name_of` gives the file name of an article by its id, "" if it is gone.
        """
        made = (_case(vote, name_of) for vote in self.votes())
        return "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in made if case)


def _case(vote: Mapping[str, Any], name_of: Callable[[str], str]) -> dict[str, Any] | None:
    """The case of a vote; None if it tells no right answer or is not whole."""
    answer, praised = vote["answer"], vote["vote"] == "up"
    try:
        case: dict[str, Any] = {
            "id": f"feedback-{vote['key'] or vote['at']}",
            "question": str(answer["question"]),
            "tags": ["feedback", vote["vote"]],
        }
        if praised and answer["refused"]:
            return case | {"answers": [], "answerable": False}
        right = str(answer["answer"]) if praised else vote["note"]
        if not right:
            return None
        case |= {"answers": [right], "answerable": True}
        if praised:
            case["evidence"] = [
                {"article": name, "quote": _quote(citation)}
                for citation in answer["citations"]
                if (name := name_of(str(citation["article"])))
            ]
        if vote["history"]:
            case["history"] = [
                {"question": str(turn["question"]), "answer": str(turn["answer"])}
                for turn in vote["history"]
            ]
        return case
    except (KeyError, TypeError, AttributeError):
        return None


def _quote(citation: Mapping[str, Any]) -> str:
    """The cited sentence; "", for the whole article, where its title is cited."""
    return "" if citation.get("part") == "title" else str(citation["quote"])
