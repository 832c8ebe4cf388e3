"""What a person sees in a terminal: progress on stderr, answers and tables on stdout.

Everything that comes from an article or a model passes the text gate first.
"""

from __future__ import annotations

import datetime as dt
import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any

from assistant.core.sanitize import for_terminal

if TYPE_CHECKING:
    from assistant.core.answer import Answer, Citation, Evidence
    from index.core.articles import Article
    from index.ingest.report import Report
    from index.storage.manifest import State

MOST_NAMES = 3  # near copies named in a line
MOST_NOTES = 20  # notes of one kind that are told one by one


def say(text: str = "", *, end: str = "\n") -> None:
    """Print a result."""
    print(text, end=end, flush=True)  # noqa: T201


def note(text: str) -> None:
    """Print something about the work, on stderr."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def line(text: str) -> str:
    """Text as one line, so that a line break in a title or a path cannot forge another."""
    return " ".join(for_terminal(text).split())


def fit(text: str, width: int) -> str:
    """One line of at most `width` characters, padded to it."""
    text = line(text)
    return (text if len(text) <= width else text[: width - 1] + "…").ljust(width)


class Bars:
    """Progress bars on stderr, one a stage; nothing where stderr is no terminal."""

    def __init__(self, unit: str = "", *, in_bytes: bool = False) -> None:
        self._options: dict[str, Any] = {"unit": unit}
        if in_bytes:
            self._options = {"unit": "B", "unit_scale": True, "unit_divisor": 1000}
        self._stage = ""
        self._bar: Any = None

    def __enter__(self) -> Bars:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._finish()

    def step(self, stage: str, done: int, total: int) -> None:
        """Show that `done` of `total` is done; total 0 if nobody knows."""
        if not sys.stderr.isatty():
            return
        if stage != self._stage:
            self._finish()
            from tqdm import tqdm

            self._stage = stage
            self._bar = tqdm(total=total or None, desc=stage, file=sys.stderr, **self._options)
        self._bar.total = total or None
        self._bar.update(done - self._bar.n)

    def _finish(self) -> None:
        if self._bar is not None:
            self._bar.close()
        self._bar, self._stage = None, ""


def show_field(name: str, value: object) -> None:
    """Print what is known under a name; nothing if it is not known."""
    if value:
        say(f"{name}: {line(str(value))}")


def about(article: Article) -> str:
    """Title, paper and day in one line."""
    day = f"{article.published.day} {article.published:%B %Y}" if article.published else "undated"
    place = f"{article.source}, {day}" if article.source else day
    return line(f"{article.title} — {place}")


def show_claims(answer: Answer, already: int) -> int:
    """Print the proved sentences beyond the first `already`; returns how many are printed now."""
    for claim in answer.supported[already:]:
        marks = "".join(f"[{citation.number}]" for citation in claim.citations)
        say(f"{' ' if already else ''}{for_terminal(claim.text)} {marks}", end="")
        already += 1
    return already


def show_end(answer: Answer) -> None:
    """Print what follows the sentences: the citations, or why there is no answer."""
    if answer.refusal:
        say(for_terminal(answer.refusal.reason))
        nearest: dict[str, Evidence] = {}
        for item in sorted(answer.evidence, key=lambda item: -item.relevance):
            nearest.setdefault(about(item.article), item)
        if nearest:
            say("Nearest articles:")
        for article, item in list(nearest.items())[:3]:
            say(f"  {article}")
            say(f"    “{for_terminal(item.text)}”")
        return
    say("\n")
    for citation in answer.citations:
        show_citation(citation)
    for caveat in answer.caveats:
        note(for_terminal(caveat))
    if answer.finish_reason:
        why = {"deadline": "the time limit", "length": "the length limit"}.get(
            answer.finish_reason, "you"
        )
        note(f"Stopped by {why}; this is the part that was ready.")
    if answer.rejected:
        some = len(answer.rejected)
        note(f"{some} sentence{'s' * (some > 1)} left out: nothing in the articles proves it.")


def show_citation(citation: Citation) -> None:
    """Print a numbered source with the sentence that proves."""
    width = min(100, shutil.get_terminal_size((100, 20)).columns)
    say(f"[{citation.number}] {about(citation.article)}")
    quote = f"“{for_terminal(citation.quote).strip('“”')}”"
    say(textwrap.fill(quote, width, initial_indent="    ", subsequent_indent="    "))


def show_found(found: Iterable[Mapping[str, Any]]) -> None:
    """Print search results (`assistant.backends.serialization.found`): ranks, scores, fused score, rerank score."""
    say(f"{'':>2} {'dense':>10} {'bm25':>10} {'fused':>7} {'rerank':>7}  {'date':10}  passage")
    for hit in found:
        dense = f"#{hit['dense_rank']} {hit['similarity']:.3f}" if hit["dense_rank"] else "-"
        bm25 = f"#{hit['lexical_rank']} {hit['bm25']:.2f}" if hit["lexical_rank"] else "-"
        say(
            f"{hit['rank']:>2} {dense:>10} {bm25:>10} {hit['fused']:7.4f} {hit['relevance']:7.2f}"
            f"  {hit['published'] or 'undated':10}  "
            f"{fit(hit['title'], 40)}  {fit(hit['text'], 60)}".rstrip()
        )


def show_report(report: Report) -> None:
    """Print what an ingest did: a line of counts, then a line for each thing to know."""
    say(
        f"Indexed {report.articles} articles in {report.passages} passages ({report.new} new, "
        f"{report.changed} changed, {report.removed} removed; "
        f"{report.unchanged_files} files unchanged). Skipped {len(report.skips)}."
    )
    _show_files(report)


def show_plan(report: Report) -> None:
    """Print what an ingest would do: a line of counts, then a line for each article and file."""
    say(
        f"Nothing was written. An ingest would index {report.articles} articles "
        f"({report.new} new, {report.changed} changed, {report.removed} removed; "
        f"{report.unchanged_files} files unchanged) and skip {len(report.skips)}."
    )
    for kind, path in report.planned:
        say(f"{kind.upper()}  {line(path)}")
    _show_files(report)


def show_change(report: Report, last: Report) -> None:
    """Print what a change did in one line, and a line for each skip that is not old."""
    now = dt.datetime.now().astimezone()
    say(
        f"{now:%H:%M:%S}  {report.new} new, {report.changed} changed, {report.removed} removed; "
        f"{report.articles} articles. Skipped {len(report.skips)}, gone {len(report.missing)}."
    )
    for skip in report.skips:
        if skip not in last.skips:
            say(f"SKIP {skip.code}  {line(skip.path)}  {line(skip.reason)}")


def show_state(state: State) -> None:
    """Print a generation in one line."""
    mark = "*" if state.current else " "
    built = state.manifest
    about = "its manifest cannot be read"
    if built:
        about = (
            f"{built.created}  {built.articles} articles  {built.passages} passages  "
            f"{line(built.embedder)}"
        )
    say(f"{mark} {state.name}  {about}  {line(state.trouble) or 'whole'}")


def _show_files(report: Report) -> None:
    for copy, kept in report.copies:
        say(f"COPY  {line(copy)}  Its text is that of {line(kept)}.")
    for kept, *others in report.near_copies:
        told = ", ".join(map(line, others[:MOST_NAMES]))
        more = f" and {len(others) - MOST_NAMES} more" if len(others) > MOST_NAMES else ""
        say(f"NEAR  {line(kept)}  One source with its near copies: {told}{more}.")
    for old, new in report.superseded:
        say(f"OLD   {line(old)}  A newer version supersedes it: {line(new)}.")
    for path in report.missing:
        say(f"GONE  {line(path)}  Still indexed; --prune removes it.")
    for skip in report.skips:
        say(f"SKIP {skip.code}  {line(skip.path)}  {line(skip.reason)}")
    _show_notes(report)


def _show_notes(report: Report) -> None:
    """A line for each note; those that are said of most articles of an archive are counted."""
    counts = Counter(told.code for told in report.notes)
    for code, count in counts.items():
        if count > MOST_NOTES:
            say(f"NOTE {code}  {count} articles; --json names them.")
    for told in report.notes:
        if counts[told.code] <= MOST_NOTES:
            say(f"NOTE {told.code}  {line(told.path)}  {line(told.text)}")
