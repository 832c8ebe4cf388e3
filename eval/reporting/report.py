"""One run as a person reads it: the table, and one self-contained HTML page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from eval.data.run_records import Run, is_share, lower_is_better, ordered, read, shown
from eval.reporting import html_page as page
from eval.reporting import plots
from eval.reporting.charts import groups
from eval.reporting.table import lines, show
from eval.scoring.failures import KINDS, failures, told

CARDS = 12


@dataclass(frozen=True, slots=True)
class Card:
    """One figure with its interval; `at`, `low` and `width` are places on a scale of 0..100."""

    name: str
    value: str
    interval: str
    share: bool
    at: str = ""
    low: str = ""
    width: str = ""


def tell(folder: Path, out: Path | None = None) -> None:
    """Print the table of a run, write its page (`report.html` in its folder) and say where.

    Raises:
        UserError: if the folder holds no run, or the page cannot be written.
    """
    run = read(folder)
    out = out or folder / "report.html"
    page.write(out, html(run))
    show([*lines(run), "", f"Report: {out}"])


def html(run: Run) -> str:
    """The whole report as one HTML page."""
    found = failures(run)
    worse_high = [name for name in run.metrics if is_share(name) and lower_is_better(name)]
    return page.render(
        "report.html",
        title=f"Evaluation: {run.said('set') or run.name}",
        about=run.about,
        cards=[_card(run, name) for name in ordered(run)[:CARDS]],
        lower=f"Lower is better: {', '.join(worse_high)}." if worse_high else "",
        groups=groups(run),
        drawn=plots.available(),
        told=told(found, len(run.cases)),
        failures=found,
        kinds=[kind for kind in KINDS if any(kind in failure.kinds for failure in found)],
        types=sorted({failure.case.type for failure in found} - {""}),
        table=[(name, shown(name, v), run.interval(name)) for name, v in run.metrics.items()],
        config=run.settings.items(),
    )


def _card(run: Run, metric: str) -> Card:
    value = run.metrics[metric] or 0.0
    interval = run.summary.intervals.get(metric)
    low, high = interval or (0.0, 0.0)
    return Card(
        name=metric,
        value=shown(metric, value),
        interval=run.interval(metric) or "no interval",
        share=is_share(metric) and 0 <= value <= 1,
        at=f"{3 + 94 * value:.2f}",
        low=f"{3 + 94 * low:.2f}" if interval else "",
        width=f"{94 * (high - low):.2f}",
    )
