"""Prints what the commands return: answers, search results, articles, ingest reports.

Everything that comes from an article or a model is made safe for a terminal first.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING, Any

from assistant.core.console import about, fit, line, note, say
from assistant.core.sanitize import for_terminal
from index.core.errors import DamagedError

if TYPE_CHECKING:
    from index.core.articles import Article
    from index.ingest.report import Report
    from index.storage.article_store import ArticleStore
    from index.storage.manifest import State

MOST_NAMES = 3  # near copies named in a line
MOST_NOTES = 20  # skips or notes of one kind that are printed one by one; more are counted
MOST_DAYS = 1_000  # relative days of an article that are resolved to be shown


# ── answers ───────────────────────────────────────────────────────────────────────────────────


def show_answer(answer: Mapping[str, Any]) -> None:
    """Print an answer's JSON object: its sentences with their proof, or why there are none."""
    if answer["refused"]:
        _show_refusal(answer)
    elif not answer["claims"]:  # a greeting, or a question to the reader
        say(for_terminal(answer["answer"]))
        for number, option in enumerate(answer["options"], 1):
            say(f"  {number}. {for_terminal(option)}")
    else:
        _show_claims(answer)


def _show_refusal(answer: Mapping[str, Any]) -> None:
    say(for_terminal(answer["reason"]["reason"]))
    nearest: dict[str, Any] = {}
    for item in sorted(answer["evidence"], key=lambda item: -float(item["relevance"])):
        nearest.setdefault(about(item), item)
    if nearest:
        say("Nearest articles:")
    for article, item in list(nearest.items())[:3]:
        say(f"  {article}")
        say(f"    “{for_terminal(item['text'])}”")


def _show_claims(answer: Mapping[str, Any]) -> None:
    between = "\n" if answer["in_rows"] else " "
    say(between.join(_marked(claim) for claim in answer["claims"] if claim["kept"]) + "\n")
    for citation in answer["citations"]:
        show_citation(citation)
    for caveat in answer["caveats"]:
        note(for_terminal(caveat))
    if answer["cut"]:
        limits = {"deadline": "the time limit", "length": "the length limit"}
        note(f"Stopped by {limits.get(answer['cut'], 'you')}; this is the part that was ready.")
    if some := sum(not claim["kept"] for claim in answer["claims"]):
        note(f"{some} sentence{'s' * (some > 1)} left out: nothing in the articles proves it.")


def _marked(claim: Mapping[str, Any]) -> str:
    label = f"{claim['label']}: " if claim["label"] else ""
    marks = "".join(f"[{number}]" for number in claim["citations"])
    return f"{for_terminal(label + claim['text'])} {marks}"


def show_citation(citation: Mapping[str, Any]) -> None:
    """Print a numbered source with the sentence or title that proves."""
    width = min(100, shutil.get_terminal_size((100, 20)).columns)
    say(f"[{citation['number']}] {about(citation)}")
    quote = f"“{for_terminal(citation['quote']).strip('“”')}”"
    quote = f"Title: {quote}" if citation.get("part") == "title" else quote
    say(textwrap.fill(quote, width, initial_indent="    ", subsequent_indent="    "))


def show_found(found: Iterable[Mapping[str, Any]]) -> None:
    """Print search results of `serialization.search_results` with ranks and scores."""
    say(f"{'':>2} {'dense':>10} {'bm25':>10} {'fused':>7} {'rerank':>7}  {'date':10}  passage")
    for hit in found:
        dense = f"#{hit['dense_rank']} {hit['similarity']:.3f}" if hit["dense_rank"] else "-"
        bm25 = f"#{hit['lexical_rank']} {hit['bm25']:.2f}" if hit["lexical_rank"] else "-"
        say(
            f"{hit['rank']:>2} {dense:>10} {bm25:>10} {hit['fused']:7.4f} {hit['relevance']:7.2f}"
            f"  {hit['published'] or 'undated':10}  "
            f"{fit(hit['title'], 40)}  {fit(hit['text'], 60)}".rstrip()
        )


# ── the index ─────────────────────────────────────────────────────────────────────────────────


def show_report(report: Report, *, as_json: bool, dry_run: bool = False) -> None:
    """Print what an ingest did or would do: counts, then a line for each thing to know."""
    if as_json:
        say(json.dumps(asdict(report), indent=1))
        return
    changes = (
        f"({report.new} new, {report.changed} changed, {report.removed} removed; "
        f"{report.unchanged_files} files unchanged)"
    )
    if dry_run:
        say(
            f"Nothing was written. An ingest would index {report.articles} articles {changes} "
            f"and skip {len(report.skips)}."
        )
    else:
        say(
            f"Indexed {report.articles} articles in {report.passages} passages {changes}. "
            f"Skipped {len(report.skips)}."
        )
    for kind, path in report.planned:
        say(f"{kind.upper()}  {line(path)}")
    for copy, kept in report.copies:
        say(f"COPY  {line(copy)}  Its text is that of {line(kept)}.")
    for kept, *others in report.near_copies:
        names = ", ".join(map(line, others[:MOST_NAMES]))
        more = f" and {len(others) - MOST_NAMES} more" if len(others) > MOST_NAMES else ""
        say(f"NEAR  {line(kept)}  One source with its near copies: {names}{more}.")
    for old, new in report.superseded:
        say(f"OLD   {line(old)}  A newer version supersedes it: {line(new)}.")
    for path in report.missing:
        say(f"GONE  {line(path)}  Still indexed; --prune removes it.")
    if report.unpruned:
        note(f"assistant: {line(report.unpruned)}")
    _show_each(
        "SKIP", "files or records", [(skip.code, skip.path, skip.reason) for skip in report.skips]
    )
    _show_each("NOTE", "articles", [(found.code, found.path, found.text) for found in report.notes])


def _show_each(kind: str, noun: str, found: Sequence[tuple[str, str, str]]) -> None:
    """Print a line for each (code, path, text), or one for all of a code if they are many."""
    paths: dict[str, list[str]] = {}
    for code, path, _ in found:
        paths.setdefault(code, []).append(path)
    for code, many in paths.items():
        if len(many) > MOST_NOTES:  # most articles of some archives get the same note
            first = f"such as {line(many[0])}"
            say(f"{kind} {code}  {len(many)} {noun}, {first}; --json names them.")
    for code, path, text in found:
        if len(paths[code]) <= MOST_NOTES:
            say(f"{kind} {code}  {line(path)}  {line(text)}")


def show_change(report: Report, last: Report) -> None:
    """Print the counts of an ingest in one line, and what of the skips is not in `last`."""
    now = dt.datetime.now().astimezone()
    say(
        f"{now:%H:%M:%S}  {report.new} new, {report.changed} changed, {report.removed} removed; "
        f"{report.articles} articles. Skipped {len(report.skips)}, gone {len(report.missing)}."
    )
    if report.unpruned != last.unpruned:
        note(f"assistant: {line(report.unpruned)}")
    known = set(last.skips)
    new = [skip for skip in report.skips if skip not in known]
    _show_each("SKIP", "files or records", [(skip.code, skip.path, skip.reason) for skip in new])


def show_whole(names: Iterable[str], check: Callable[[str], str | None]) -> int:
    """Print that each is whole, with what `check` says; DamagedError names those that are not."""
    damaged = []
    for name in names:
        try:
            say(f"{name}: whole{check(name) or ''}")
        except DamagedError as problem:
            damaged.append(str(problem))
    if damaged:
        raise DamagedError(" ".join(damaged))
    return 0


def show_state(state: State) -> None:
    """Print a generation in one line."""
    built = state.manifest
    content = "its manifest cannot be read"
    if built:
        content = (
            f"{line(built.created)}  {built.articles} articles  {built.passages} passages  "
            f"{line(built.embedder)}"
        )
    mark = "*" if state.current else " "
    say(f"{mark} {state.name}  {content}  {line(state.problem) or 'whole'}")


# ── articles ──────────────────────────────────────────────────────────────────────────────────


def show_article(library: ArticleStore, article_id: str) -> None:
    """Print an article's metadata, its versions and copies, the days it names, and its text.

    Raises:
        UsageError: if no article, or more than one, has an id that begins so.
    """
    from index.text.chunking import sentences
    from index.text.relative_dates import days_of

    article = library.required(article_id)
    for name in (
        *("id", "title", "published", "dated_by", "modified", "source", "byline", "place"),
        *("language", "url", "path"),
    ):
        guessed = "about " if name == "published" and article.dated_by == "guess" else ""
        _field(name.replace("_", " "), f"{guessed}{getattr(article, name) or ''}")
    others = library.duplicate_info(article.id)
    if others.superseded_by:
        _field("superseded by", _named(others.superseded_by))
    for older in others.corrects:
        _field("corrects", _named(older))
    if others.unsettled:
        unknown = "(the dates do not tell which one is newer)"
        _field("other version", f"{_named(others.unsettled)} {unknown}")
    for copy in others.carried_by:
        _field("also carried by", _named(copy))
    _field("warning", others.note)
    days = (str(day) for span in sentences(article.text) for day in days_of(article, *span))
    first = list(islice(days, MOST_DAYS + 1))
    more = ["…"] if len(first) > MOST_DAYS else []
    _field("days", "; ".join([*dict.fromkeys(first[:MOST_DAYS]), *more]))
    say("\n" + for_terminal(article.text))


def _field(name: str, value: object) -> None:
    if value:
        say(f"{name}: {line(str(value))}")


def _named(article: Article) -> str:
    from assistant.backends.serialization import to_json

    return f"{article.id[:8]} {about(to_json(article))}"


def show_articles(library: ArticleStore, *, as_json: bool = False) -> None:
    """Print a line an article, newest first, or one JSON array."""
    rows = list(library.listed())
    if as_json:
        found = [
            {
                "id": row.article.id,
                "title": row.article.title,
                "published": str(row.article.published) if row.article.published else None,
                "dated_by": row.article.dated_by or None,
                "source": row.article.source,
                "path": row.article.path,
                "passages": row.passages,
                "copy_of": row.copy_of,
                "superseded_by": row.superseded_by,
                "warning": row.note or None,
            }
            for row in rows
        ]
        say(json.dumps(found, ensure_ascii=False, indent=1))
        return
    for row in rows:
        day = row.article.published.isoformat() if row.article.published else "undated"
        day = f"~{day}" if row.article.dated_by == "guess" else day
        size = f"copy of {row.copy_of[:8]}" if row.copy_of else f"{row.passages} passages"
        size += f", superseded by {row.superseded_by[:8]}" if row.superseded_by else ""
        title, source = fit(row.article.title, 60), fit(row.article.source, 24)
        say(f"{row.article.id[:8]}  {day:10}  {title}  {source}  {size}")
