"""Outcomes that are kept by what they depend on, for all runs."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from eval.data.outcome import Outcome, outcome_of
from eval.data.run_folder import write


class OutcomeCache:
    """Outcomes by key, one file each; `read` tells whether older ones may be used."""

    def __init__(self, folder: Path, *, read: bool) -> None:
        self._folder = folder
        self._read = read

    def get(self, key: str) -> Outcome | None:
        """The outcome of this key, if one was put and can be read."""
        if not self._read:
            return None
        try:
            return outcome_of(json.loads(self._path(key).read_text("utf-8")))
        except (OSError, ValueError, TypeError, KeyError):
            return None  # a damaged one only costs time

    def put(self, key: str, outcome: Outcome) -> None:
        """Keep an outcome; one that failed is tried again next time."""
        if outcome.error is None:
            write(self._path(key), json.dumps(asdict(outcome), ensure_ascii=False))

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.json"
