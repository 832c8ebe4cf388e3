"""A comparison as a table for the terminal and as one HTML page."""

from collections.abc import Sequence
from pathlib import Path

from eval.data.run_folder import load_run
from eval.reporting import html_page
from eval.reporting.table import show
from eval.scoring.compare import ALPHA, Change, Comparison, compare
from eval.scoring.metric_descriptions import format_value


def compare_runs(base: Path, others: Sequence[Path], page: Path | None = None) -> None:
    """Print the comparison of some run folders with the first, and write a page if asked to."""
    before = load_run(base)
    found = [compare(before, load_run(folder)) for folder in others]
    for one in found:
        show([*lines(one), ""])
    if page:
        html_page.write(page, html(found))
        show([f"Page: {page}"])


def lines(comparison: Comparison) -> list[str]:
    """The comparison as a table for a terminal."""
    base, other = comparison.base.name, comparison.other.name
    head = f"{other} against {base}: {comparison.pairs} questions in both"
    if comparison.unpaired:
        head += f", {comparison.unpaired} in one only (left out)"
    head += f". Provable: {_provable(comparison.pairs)}."
    width = max(len(change.metric) for change in comparison.changes)
    table = [
        f"{'metric':{width}}  {'before':>8} {'after':>8} {'change':>8}  {'95 %':^19}"
        f" {'+':>4} {'-':>4} {'p':>7}  verdict"
    ]
    for change in comparison.changes:
        cells = _cells(change)
        table.append(
            f"{change.metric:{width}}  {cells['before']:>8} {cells['after']:>8}"
            f" {cells['change']:>8}  {cells['interval']:^19} {len(change.better):>4}"
            f" {len(change.worse):>4} {cells['p']:>7}  {change.verdict}"
        )
    differ = [
        f"differs: {key}: {old or '–'} -> {new or '–'}" for key, old, new in comparison.settings
    ]
    return [head, *differ, "", *table, "", _verdicts(comparison)]


def signed(change: Change, value: float | None) -> str:
    """A difference with its sign, in points where the metric is a share.

    >>> signed(Change("answer", 0.8, 0.77), -0.03)
    '−3.0 %'
    """
    if value is None:
        return "–"
    return ("−" if value < 0 else "+") + format_value(change.metric, abs(value))


def _cells(change: Change) -> dict[str, str]:
    """The figures of a change as text."""
    interval = "–"
    if change.low is not None:
        interval = f"{signed(change, change.low)} … {signed(change, change.high)}"
    p = "–"
    if change.p is not None:
        p = "<0.0001" if change.p < 0.0001 else f"{change.p:.4f}"
    return {
        "before": format_value(change.metric, change.before),
        "after": format_value(change.metric, change.after),
        "change": signed(change, change.difference),
        "interval": interval,
        "p": p,
    }


def _provable(pairs: int) -> str:
    """The least change that McNemar's test can tell from chance, whatever the runs.

    >>> _provable(200)
    '6 questions that all go one way, 3.0 % of them'
    """
    least = next(flips for flips in range(1, 99) if 2 * 0.5**flips < ALPHA)
    share = f", {100 * least / pairs:.1f} % of them" if pairs >= least else " (these are fewer)"
    return f"{least} questions that all go one way{share}"


def _verdicts(comparison: Comparison) -> str:
    found = [
        f"{verdict}: {', '.join(names)}"
        for verdict in ("worse", "perhaps worse", "better", "perhaps better")
        if (names := comparison.metrics_with(verdict))
    ]
    worse = sum(flip.worse for flip in comparison.flips)
    flips = f"{len(comparison.flips)} questions flipped, {worse} of them for the worse."
    return f"{'; '.join(found) or 'No change shown'}. {flips}"


def html(comparisons: Sequence[Comparison]) -> str:
    """Every run against the first one, as one HTML page."""
    flips = [(one.other.name, flip) for one in comparisons for flip in one.flips]
    metrics = dict.fromkeys(metric for _, flip in flips for metric, _, _ in flip.moves)
    base = comparisons[0].base
    parts = [
        {
            "title": one.other.name,
            "verdicts": f"{_verdicts(one)} {one.pairs} questions are in both; provable are "
            f"{_provable(one.pairs)}.",
            "settings": one.settings,
            "rows": [(change, _cells(change)) for change in one.changes],
        }
        for one in comparisons
    ]
    return html_page.render(
        "compare.html",
        title=f"Comparison with {base.name}",
        about=base.setting("set") or base.name,
        parts=parts,
        flips=flips,
        format_value=format_value,
        many=len(comparisons) > 1,
        kinds=["worse", "better", *metrics],
        types=sorted({flip.before.case.type for _, flip in flips} - {""}),
    )
