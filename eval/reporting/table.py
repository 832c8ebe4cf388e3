"""The figures of a run as a table for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.core import console as screen
from eval.data.run_records import Run, shown
from eval.scoring.failures import failures, told

_GROUPS = {
    "retrieval": ("recall@", "mrr", "ndcg@", "quote_recall@", "quote_mrr"),
    "answers": ("answer", "f1", "exact"),
    "refusals": ("rejection", "false_refusal", "balanced_accuracy"),
    "proof": ("quote_shown", "citation_", "unsupported"),
    "cost": ("seconds_", "prompt_tokens", "model_calls", "errors"),
}
_BY_TYPE = ("mrr", "quote_recall@5", "answer", "false_refusal", "rejection", "citation_gold")


def show(told: Sequence[str]) -> None:
    """Print lines; what came from a set or a model cannot steer the terminal."""
    for text in told:
        screen.say(" ".join(screen.line(word) for word in text.split(" ")))


def lines(run: Run) -> list[str]:
    """Figures with their 95 % intervals and numbers of cases, the main ones by type, failures."""
    if not run.metrics:
        return [run.about, "", "Nothing was measured."]
    told_by_type = _type_lines(run)
    return [
        run.about,
        *_replayed(run),
        *_figures(run),
        *(["", *told_by_type] if told_by_type else []),
        "",
        told(failures(run), len(run.cases)),
    ]


def _replayed(run: Run) -> list[str]:
    if not (replayed := run.summary.counts.get("replayed")):
        return []
    return [
        f"{replayed} of them took parts from an earlier run and count in no time; "
        "--no-cache measures anew"
    ]


def _figures(run: Run) -> list[str]:
    left = list(run.metrics)
    found = []
    for group, starts in (*_GROUPS.items(), ("others", ("",))):
        names = [name for start in starts for name in left if name.startswith(start)]
        names = list(dict.fromkeys(names))
        left = [name for name in left if name not in names]
        if names:
            found += ["", f"{group:24} {'figure':>9}   {'95 % interval':21} cases"]
            found += [_figure(run, name) for name in names]
    return found


def _figure(run: Run, name: str) -> str:
    scored = run.summary.counts.get("scored")
    cases = scored.get(name, "") if isinstance(scored, dict) else ""
    value = shown(name, run.metrics[name])
    return f"  {name:22} {value:>9}   {run.interval(name):21} {cases:>5}".rstrip()


def _type_lines(run: Run) -> list[str]:
    by_type = run.summary.by_type
    names = [name for name in _BY_TYPE if name in run.metrics]
    if not by_type or not names:
        return []
    heads = "".join(f"{name:>15}" for name in names)
    return [
        f"{'type':14}{heads}",
        *(
            f"{screen.fit(kind, 14)}"
            + "".join(f"{shown(name, found.get(name)):>15}" for name in names)
            for kind, found in by_type.items()
        ),
    ]
