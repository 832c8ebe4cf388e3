"""What kind of figure a metric is, which way is better, and how its values are written."""

from eval.data.results import Run

_AMOUNTS = ("seconds_", "prompt_tokens", "model_calls", "unsupported")
_LOWER_IS_BETTER = (*_AMOUNTS, "false_", "errors")
# the metrics that are shown first, if the run has them; the others follow
_FIRST = (
    *("answer", "answer_precision", "rejection", "false_refusal", "balanced_accuracy"),
    *("citation_precision", "citation_recall", "citation_gold", "quote_shown"),
    *("recall@1", "recall@5", "quote_recall@5", "mrr", "quote_mrr", "ndcg@10"),
)


def is_time(metric: str) -> bool:
    """Whether a metric is a time in seconds."""
    return metric.startswith("seconds_")


def is_share(metric: str) -> bool:
    """Whether a metric is a share, 0..1, and no amount."""
    return not metric.startswith(_AMOUNTS)


def lower_is_better(metric: str) -> bool:
    """Whether a lower value is better.

    >>> lower_is_better("false_refusal"), lower_is_better("answer")
    (True, False)
    """
    return metric.startswith(_LOWER_IS_BETTER)


def ordered(run: Run) -> list[str]:
    """Every metric that was measured, the main ones first, times last."""
    measured = [name for name, value in run.metrics.items() if value is not None]
    rank = {name: number for number, name in enumerate(_FIRST)}
    return sorted(measured, key=lambda name: (is_time(name), rank.get(name, len(rank))))


def format_value(metric: str, value: float | None) -> str:
    """A metric's value as text.

    >>> format_value("answer", 0.8512), format_value("answer", None)
    ('85.1 %', '–')
    >>> format_value("seconds_total", 1.234), format_value("prompt_tokens", 812.4)
    ('1.23 s', '812')
    """
    if value is None:
        return "–"
    if is_time(metric):
        return f"{value:.2f} s"
    if is_share(metric) and -1 <= value <= 1:
        return f"{100 * value:.1f} %"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.2f}"


def format_interval(run: Run, metric: str) -> str:
    """The 95 % confidence interval of a metric as text; empty if it has none."""
    bounds = run.summary.intervals.get(metric)
    return " – ".join(format_value(metric, bound) for bound in bounds) if bounds else ""
