"""Shared by the benchmarks: tables with targets, medians, child processes, sample questions."""

import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from assistant.core.settings import Settings
from eval.benchmarks.synthetic_corpus import SAMPLE, SEED
from index.core.errors import UserError

REFUSED = 7  # exit code of `assistant ask` for a refusal
T = TypeVar("T")
Figures = dict[str, float]
Targets = Mapping[str, tuple[str, float]]  # by the figure's name: ">=" or "<=", and the limit


class Table:
    """Prints sections of figures beside their targets and keeps them; counts those missed."""

    def __init__(self, targets: Targets) -> None:
        self.missed = 0
        self._targets = targets
        self._sections: dict[str, Figures] = {}

    def add(self, title: str, figures: Figures) -> None:
        """Print a section."""
        self._sections[title] = figures
        print(f"\n{title}")
        for name, value in figures.items():
            text = f"  {name:54} {value:12.3f}"
            if name in self._targets:
                sign, limit = self._targets[name]
                met = value >= limit if sign == ">=" else value <= limit
                self.missed += not met
                text += f"  (target {sign} {limit}: {'met' if met else 'MISSED'})"
            print(text, flush=True)

    def write(self, file: Path | None) -> None:
        """Write all sections as JSON, if a file is given."""
        if file:
            file.write_text(json.dumps(self._sections, indent=1) + "\n", "utf-8")


def medians(rows: Sequence[Figures]) -> Figures:
    """The median of each figure over all rows; UserError if there are none."""
    if not rows:
        raise UserError("Nothing could be measured: the model answered none of the questions.")
    return {name: statistics.median(row[name] for row in rows) for name in rows[0]}


def quantile(values: Iterable[float], share: float) -> float:
    """The smallest value that at least `share` (0..1) of the values do not exceed.

    >>> quantile([4.0, 1.0, 3.0, 2.0], 0.5)
    2.0
    """
    return float(np.quantile(list(values), share, method="inverted_cdf"))


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """The seconds a call takes, and its result."""
    begin = time.perf_counter()
    result = work()
    return time.perf_counter() - begin, result


def environment(settings: Settings) -> dict[str, str]:
    """The environment of a child process that uses the index and models of these settings."""
    return os.environ | {
        "ASSISTANT_DATA": str(settings.data),
        "ASSISTANT_CACHE": str(settings.cache),
        "ASSISTANT_ENGINE_WARM_MB": str(settings.engine.warm_mb),
    }


def python(environ: Mapping[str, str], *arguments: str) -> tuple[float, str]:
    """Run this Python: seconds and stdout; UserError if it neither succeeds nor refuses."""
    command = [sys.executable, *arguments]
    took, done = timed(
        lambda: subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    )
    if done.returncode not in (0, REFUSED):
        raise UserError(f"{' '.join(arguments)} failed: {done.stderr.strip()[-200:]}")
    return took, done.stdout


def sample_questions() -> list[str]:
    """The sample's answerable standalone questions, shuffled, the same on every run."""
    found = [row["question"] for row in _answerable() if not row.get("history")]
    random.Random(SEED).shuffle(found)
    return found


def sample_follow_ups() -> list[tuple[str, str]]:
    """The sample's answerable follow-ups to one question, with that question first."""
    rows = [row for row in _answerable() if len(row.get("history") or ()) == 1]
    return [(row["history"][0]["question"], row["question"]) for row in rows]


def _answerable() -> list[dict[str, Any]]:
    lines = (SAMPLE / "questions.jsonl").read_text("utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["answerable"]]
