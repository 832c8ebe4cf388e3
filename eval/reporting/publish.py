"""Writes runs as one page in Markdown, beside the peer's runs and what others have published."""

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from assistant.core import console
from eval.data.results import Run
from eval.data.run_folder import load_run
from eval.scoring.metric_descriptions import format_value
from index.core.disk import write_atomic

PUBLISHED = Path(__file__).with_name("published.toml")
_METRICS = {
    "answer": "right, of the answerable",
    "answer_precision": "right, of all answers given",
    "rejection": "refused, of the unanswerable",
    "false_refusal": "refused, of the answerable",
    "citation_precision": "citations that support their sentence",
}
_MODES = {"answers": "ours", "warm": "ours, articles read before", "llamaindex": "LlamaIndex"}
_INTRODUCTION = """\
# Quality

Written by `python -m eval publish RUN… --out docs/quality.md`; `eval run` makes the runs. Each row
is one run: its set, who answered (the peer is a plain LlamaIndex pipeline with the same language
model and embedder), its day and the number of its questions. Brackets are 95 % intervals. What the
sets are and where they come from is in [evaluation.md](evaluation.md).
"""
_OTHERS = """\
## What others publish

Measures of other people under other conditions: what differs stands beside each figure, and no row
is a comparison under equal conditions.

| measure | who | figure | source | what differs |
|---|---|---|---|---|
"""


def publish(folders: Sequence[Path], out: Path) -> None:
    """Write the page of these runs to `out`.

    Raises:
        UserError: if a folder holds no finished run.
    """
    runs = [load_run(folder) for folder in folders]
    lines = [_INTRODUCTION, *_ours(runs), "", _OTHERS + "\n".join(_others()), ""]
    write_atomic(out, "\n".join(lines))
    console.say(f"{out}: {len(runs)} runs")


def _ours(runs: Sequence[Run]) -> Iterator[str]:
    yield "| set | who | day | questions | " + " | ".join(_METRICS.values()) + " |"
    yield "|---" * (4 + len(_METRICS)) + "|"
    for run in sorted(runs, key=lambda run: (str(run.config["set"]), run.config["mode"])):
        who = _MODES.get(run.config["mode"], run.config["mode"])
        facts = [run.config["set"], who, run.config["started"][:10], len(run.results)]
        yield f"| {' | '.join(map(str, [*facts, *(_figure(run, name) for name in _METRICS)]))} |"


def _figure(run: Run, name: str) -> str:
    if name not in run.summary.metrics:
        return "–"
    value = format_value(name, run.summary.metrics[name])
    interval = run.summary.intervals.get(name)
    if interval is None or not value.endswith("%"):
        return value
    return f"{value} [{100 * interval[0]:.0f}–{100 * interval[1]:.0f}]"


def _others() -> Iterator[str]:
    for row in tomllib.loads(PUBLISHED.read_text("utf-8"))["figure"]:
        keys = ("measure", "who", "value", "source", "differs")
        yield f"| {' | '.join(row[key] for key in keys)} |"
