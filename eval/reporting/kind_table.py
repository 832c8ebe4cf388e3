"""A row a kind of question, beside the same figures of a plain LlamaIndex pipeline."""

from collections import Counter
from pathlib import Path

from assistant.core import console
from eval.data.results import Run
from eval.data.run_folder import load_run
from eval.scoring.metric_descriptions import format_value
from index.core.errors import UserError

PEER = "llamaindex"
# the figures of a kind, the one that decides first; those that were not measured are left out
_FIGURES = {
    "fact": ("answer", "verdict_right"),
    "several": ("parts_covered",),
    "list": ("list_f1", "list_precision", "list_recall"),
    "count": ("count_exact",),
    "summary": ("nuggets_covered", "summary_verified", "summary_short"),
    "comparison": ("differences_found",),
    "timeline": ("timeline_day_right", "timeline_date_f1", "timeline_told"),
    "quotes": ("quotes_speaker_f1", "quotes_verbatim"),
    "reason": ("answer",),
    "archive": ("archive_right",),
    "news": ("parts_covered", "news_in_scope"),
    "unclear": ("asked_back",),
    "greeting": ("greeted",),
    "language": ("language_told",),
    "clear": ("answer", "verdict_right"),
    "plain": ("answer",),
}
_OF_ALL = ("kind_right", "declined", "false_ask_back")


def kind_lines(run: Run, peer: Run | None) -> list[str]:
    """One line a kind that was asked, with its figures; empty for a set without kinds."""
    if not any(result.case.kind or result.case.wanted for result in run.results):
        return []
    counts = Counter(result.case.type for result in run.results)
    beside = peer.summary.by_type if peer else {}
    title = f"{'kind':12}{'n':>4}  figures"
    found = ["", f"{title} (in brackets: {PEER})" if peer else title]
    for kind, names in _FIGURES.items():
        if kind not in counts:
            continue
        ours, theirs = run.summary.by_type.get(kind, {}), beside.get(kind, {})
        cells = [
            f"{name} {format_value(name, ours[name])}"
            + (f" ({format_value(name, theirs[name])})" if name in theirs else "")
            for name in (*names, *_OF_ALL)
            if name in ours
        ]
        found.append(f"{console.fit(kind, 12)}{counts[kind]:>4}  {' · '.join(cells)}")
    return found


def peer_of(run: Run, folder: Path) -> Run | None:
    """The newest run of the peer that asked the same questions, among the folders beside it."""
    found: list[Run] = []
    for config in folder.resolve().parent.glob("*/config.json"):
        try:
            other = load_run(config.parent)
        except UserError:
            continue  # of another program, or not finished
        same = all(other.setting(key) == run.setting(key) for key in ("set", "questions"))
        if same and other.setting("mode") == PEER != run.setting("mode"):
            found.append(other)
    return max(found, key=lambda other: other.setting("started"), default=None)
