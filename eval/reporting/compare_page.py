"""A comparison as a person reads it: a table for the terminal and one HTML page."""

from __future__ import annotations

from collections.abc import Sequence

from eval.data.run_records import Case, shown
from eval.reporting import html_page as page
from eval.scoring.compare import CHANCE, Change, Comparison, Flip


def lines(comparison: Comparison) -> list[str]:
    """The comparison as a table for a terminal."""
    base, other = comparison.base.name, comparison.other.name
    head = f"{other} against {base}: {comparison.pairs} questions in both"
    if comparison.unpaired:
        head += f", {comparison.unpaired} in one only (left out)"
    head += f". Provable: {_provable(comparison.pairs)}."
    width = max(len(change.metric) for change in comparison.changes)
    rows = [f"{'metric':{width}}  {'before':>8} {'after':>8} {'change':>8}  {'95 %':^19}"]
    rows[0] += f" {'+':>4} {'-':>4} {'p':>7}  verdict"
    rows += [_row(change, width) for change in comparison.changes]
    differ = [
        f"differs: {key}: {old or '–'} -> {new or '–'}" for key, old, new in comparison.settings
    ]
    return [head, *differ, "", *rows, "", _told(comparison)]


def signed(change: Change, value: float | None) -> str:
    """A difference with its sign, in points where the metric is a share.

    >>> signed(Change("answer", 0.8, 0.77), -0.03)
    '−3.0 %'
    """
    if value is None:
        return "–"
    sign = "−" if value < 0 else "+"
    return sign + shown(change.metric, abs(value))


def probability(change: Change) -> str:
    """The p of a change as text.

    >>> probability(Change("answer", 1, 0, chance=0.00004)), probability(Change("answer", 1, 0))
    ('<0.0001', '–')
    """
    if change.chance is None:
        return "–"
    return "<0.0001" if change.chance < 0.0001 else f"{change.chance:.4f}"


def _row(change: Change, width: int) -> str:
    return (
        f"{change.metric:{width}}  {shown(change.metric, change.before):>8} "
        f"{shown(change.metric, change.after):>8} {signed(change, change.difference):>8}  "
        f"{_range(change):^19} {len(change.better):>4} "
        f"{len(change.worse):>4} {probability(change):>7}  {change.verdict}"
    )


def _provable(pairs: int) -> str:
    """The least change that McNemar's test can tell from chance, whatever the runs.

    >>> _provable(200)
    '6 questions that all go one way, 3.0 % of them'
    """
    least = next(flips for flips in range(1, 99) if 2 * 0.5**flips < CHANCE)
    share = f", {100 * least / pairs:.1f} % of them" if pairs >= least else " (these are fewer)"
    return f"{least} questions that all go one way{share}"


def _range(change: Change) -> str:
    if change.low is None:
        return "–"
    return f"{signed(change, change.low)} … {signed(change, change.high)}"


def _told(comparison: Comparison) -> str:
    told = []
    for verdict in ("worse", "perhaps worse", "better", "perhaps better"):
        if names := comparison.found(verdict):
            told.append(f"{verdict}: {', '.join(names)}")
    worse = sum(flip.worse for flip in comparison.flips)
    flips = f"{len(comparison.flips)} questions flipped, {worse} of them for the worse."
    return f"{'; '.join(told) or 'No change shown'}. {flips}"


def html(comparisons: Sequence[Comparison]) -> str:
    """Every run against the first one, as one HTML page."""
    flips = [(one.other.name, flip) for one in comparisons for flip in one.flips]
    metrics = dict.fromkeys(metric for _, flip in flips for metric, _, _ in flip.moves)
    base = comparisons[0].base
    return page.render(
        "compare.html",
        title=f"Comparison with {base.name}",
        about=base.said("set") or base.name,
        parts=[_part(one) for one in comparisons],
        flips=[_flip_shown(run, flip) for run, flip in flips],
        many=len(comparisons) > 1,
        kinds=["worse", "better", *metrics],
        types=sorted({flip.before.type for _, flip in flips} - {""}),
    )


def _part(one: Comparison) -> dict[str, object]:
    rows = [
        {
            "metric": change.metric,
            "before": shown(change.metric, change.before),
            "after": shown(change.metric, change.after),
            "change": signed(change, change.difference),
            "interval": _range(change),
            "counts": f"{len(change.better)} / {len(change.worse)} / {change.pairs or '–'}",
            "p": probability(change),
            "test": change.test,
            "verdict": change.verdict,
            "tone": change.verdict if change.verdict in ("better", "worse") else "soft",
        }
        for change in one.changes
    ]
    return {
        "title": one.other.name,
        "told": f"{_told(one)} {one.pairs} questions are in both; provable are "
        f"{_provable(one.pairs)}.",
        "settings": one.settings,
        "rows": rows,
    }


def _flip_shown(run: str, flip: Flip) -> dict[str, object]:
    names = [metric for metric, _, _ in flip.moves]
    tone = "worse" if flip.worse else "better"
    return {
        "run": run,
        "before": flip.before,
        "after": flip.after,
        "tone": tone,
        "kinds": [tone, *names],
        "moves": [f"{m} {shown(m, before)} → {shown(m, after)}" for m, before, after in flip.moves],
        "whys_before": _whys(flip.before, names),
        "whys_after": _whys(flip.after, names),
    }


def _whys(case: Case, metrics: Sequence[str]) -> list[tuple[str, str]]:
    return [(name, case.scores[name].why) for name in metrics if name in case.scores]
