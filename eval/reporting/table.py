"""The metrics of a run as a table for a terminal."""

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress

from assistant.core import console
from eval.data.results import Run
from eval.reporting.failures import failure_summary, failures
from eval.scoring.metric_descriptions import format_interval, format_value

_GROUPS = {
    "retrieval": ("recall@", "mrr", "ndcg@", "quote_recall@", "quote_mrr"),
    "answers": ("answer", "f1", "exact"),
    "refusals": ("rejection", "false_refusal", "balanced_accuracy"),
    "evidence": ("quote_shown", "citation_", "unsupported"),
    "cost": ("seconds_", "prompt_tokens", "model_calls", "errors"),
    "others": ("",),
}
_BY_TYPE = ("mrr", "quote_recall@5", "answer", "false_refusal", "rejection", "citation_gold")


def show(text: Sequence[str]) -> None:
    """Print lines; what came from a set or a model cannot steer the terminal."""
    for line in text:
        console.say(" ".join(console.line(word) for word in line.split(" ")))


def about(run: Run) -> str:
    """How much was asked, of which model, and when, in one line."""
    asked = f"{len(run.results)} questions"
    if run.unasked:
        asked = f"stopped after {len(run.results)} of {len(run.results) + run.unasked} questions"
    started = run.setting("started")
    with suppress(ValueError):
        started = f"{dt.datetime.fromisoformat(started):%Y-%m-%d %H:%M %Z}".strip()
    return " · ".join(part for part in (asked, run.setting("model"), started) if part)


def lines(run: Run) -> list[str]:
    """Metrics with intervals and numbers of cases, the main ones by type, and failures."""
    if not run.metrics:
        return [about(run), "", "Nothing was measured."]
    found = [about(run)]
    if replayed := run.summary.counts.get("replayed"):
        found.append(
            f"{replayed} of them took parts from an earlier run and are not timed; "
            "--no-cache measures anew"
        )
    scored = run.summary.counts.get("scored")
    scored = scored if isinstance(scored, dict) else {}
    left = list(run.metrics)
    for group, starts in _GROUPS.items():
        names = dict.fromkeys(n for start in starts for n in left if n.startswith(start))
        left = [name for name in left if name not in names]
        if names:
            found += ["", f"{group:24} {'figure':>9}   {'95 % interval':21} cases"]
        for name in names:
            value, interval = format_value(name, run.metrics[name]), format_interval(run, name)
            found.append(
                f"  {name:22} {value:>9}   {interval:21} {scored.get(name, ''):>5}".rstrip()
            )
    shown = [name for name in _BY_TYPE if name in run.metrics]
    if run.summary.by_type and shown:
        found += ["", f"{'type':14}" + "".join(f"{name:>15}" for name in shown)]
        for kind, values in run.summary.by_type.items():
            cells = [f"{format_value(name, values.get(name)):>15}" for name in shown]
            found.append(f"{console.fit(kind, 14)}{''.join(cells)}")
    return [*found, "", failure_summary(failures(run), len(run.results))]
