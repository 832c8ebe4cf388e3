"""The sample's questions that the measurements of speed ask."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import Any

from eval.benchmarks.synthetic_corpus import SAMPLE, SEED


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and one that follows it."""

    first: str
    then: str


def asked() -> list[str]:
    """Those that stand alone and can be answered, shuffled, the same on every run."""
    found = [row["question"] for row in _rows() if row["answerable"] and not row.get("history")]
    random.Random(SEED).shuffle(found)
    return found


def pairs() -> list[Pair]:
    """Those that follow one other question, with it."""
    return [
        Pair(row["history"][0]["question"], row["question"])
        for row in _rows()
        if row["answerable"] and len(row.get("history") or ()) == 1
    ]


def _rows() -> list[dict[str, Any]]:
    lines = (SAMPLE / "questions.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]
