"""The report of one run: a table for the terminal and one self-contained HTML page."""

from pathlib import Path

from eval.data.results import Run
from eval.data.run_folder import load_run
from eval.reporting import html_page
from eval.reporting.charts import bars_by_type, risk_drawing, time_drawings
from eval.reporting.failures import KINDS, failure_summary, failures
from eval.reporting.kind_table import kind_lines, peer_of
from eval.reporting.table import about, lines, show
from eval.scoring.metric_descriptions import (
    format_interval,
    format_value,
    is_share,
    lower_is_better,
    ordered,
)

CARDS = 12  # metrics shown at the top


def report(folder: Path, out: Path | None = None) -> None:
    """Print a run's table and write its page (default: RUN/report.html); UserError if it cannot."""
    run = load_run(folder)
    out = out or folder / "report.html"
    html_page.write(out, html(run))
    show([*lines(run), *kind_lines(run, peer_of(run, folder)), "", f"Report: {out}"])


def html(run: Run) -> str:
    """The whole report as one HTML page."""
    found = failures(run)
    lower = ", ".join(name for name in run.metrics if is_share(name) and lower_is_better(name))
    return html_page.render(
        "report.html",
        title=f"Evaluation: {run.setting('set') or run.name}",
        about=about(run),
        cards=[_card(run, name) for name in ordered(run)[:CARDS]],
        lower=f"Lower is better: {lower}." if lower else "",
        bars=bars_by_type(run),
        risk=risk_drawing(run),
        times=time_drawings(run),
        summary=failure_summary(found, len(run.results)),
        failures=found,
        format_value=format_value,
        kinds=[kind for kind in KINDS if any(kind in failure.kinds for failure in found)],
        types=sorted({failure.result.case.type for failure in found} - {""}),
        table=[(n, format_value(n, v), format_interval(run, n)) for n, v in run.metrics.items()],
        config=run.settings.items(),
    )


def _card(run: Run, metric: str) -> dict[str, object]:
    """One metric with its interval; `at`, `low` and `width` are places on a scale of 0..100."""
    value = run.metrics[metric] or 0.0
    bounds = run.summary.intervals.get(metric)
    low, high = bounds or (0.0, 0.0)
    return {
        "name": metric,
        "value": format_value(metric, value),
        "interval": format_interval(run, metric) or "no interval",
        "share": is_share(metric) and 0 <= value <= 1,
        "at": f"{3 + 94 * value:.2f}",
        "low": f"{3 + 94 * low:.2f}" if bounds else "",
        "width": f"{94 * (high - low):.2f}",
    }
