"""The command `check`: a draft against the articles, sentence by sentence."""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.cli import options as shared
from assistant.cli.printing import show_citation
from assistant.core import console
from assistant.core.sanitize import for_terminal
from index.core.errors import UsageError, UserError
from index.core.filters import Filters

if TYPE_CHECKING:
    from assistant.backends.answer_backend import AnswerBackend

NOT_PROVED = 7  # exit code


def add(commands: shared.Commands) -> None:
    """Add the command and its options."""
    text = "Check each sentence of a draft against the articles, with proof."
    checking = commands.add("check", text, check)
    checking.add_argument(
        "file", metavar="FILE", help="text, Markdown, Word or HTML; - is text from stdin"
    )
    shared.as_json(checking, "print one JSON object")
    checking.add_argument("--stream", action="store_true", help="with --json: one event a line")
    checking.add_argument("--markdown", action="store_true", help="print the report as Markdown")
    checking.add_argument("--html", metavar="FILE", type=Path, help="write the report as one page")
    shared.filters(checking)
    shared.in_process(checking)


def check(backend: AnswerBackend, options: argparse.Namespace) -> int:
    """Check a draft; 0 if all that it claims is supported."""
    text = _read(options.file)
    filters = Filters(options.as_of, options.since, options.until, tuple(options.source))
    events = backend.checked(text, filters, threading.Event())
    terminal = not (options.json or options.markdown)
    report = _last(events, as_lines=options.json and options.stream, terminal=terminal)
    if options.html:
        _write(options.html, report)
    if options.json and not options.stream:
        result = {key: value for key, value in report.items() if key != "event"}
        console.say(json.dumps(result, ensure_ascii=False, indent=1))
    elif options.markdown:
        from assistant.checking.reports import markdown

        console.say(for_terminal(markdown(report)))
    elif terminal:
        _show_counts(report)
    if backend.warning:
        console.note(f"assistant: {backend.warning}")
    return 0 if report["all_supported"] else NOT_PROVED


def _read(file: str) -> str:
    from assistant.checking.draft import MAX_BYTES, read_draft

    try:
        if file == "-":
            return read_draft(sys.stdin.buffer.read(MAX_BYTES + 1))
        with Path(file).open("rb") as opened:
            return read_draft(opened.read(MAX_BYTES + 1), file)
    except OSError as problem:
        raise UsageError(f"{file} cannot be read ({problem.strerror}).") from None


def _write(path: Path, report: Mapping[str, Any]) -> None:
    from assistant.checking.reports import html

    try:
        path.write_text(html(report), "utf-8", "replace")
    except OSError as problem:
        raise UserError(f"{path} cannot be written ({problem.strerror}).") from None
    console.note(f"Written: {console.line(str(path))}")


def _last(events: Iterator[dict[str, Any]], *, as_lines: bool, terminal: bool) -> dict[str, Any]:
    """Show the sentences as they come; returns the last event, the report."""
    shown: set[int] = set()
    event: dict[str, Any] = {}
    with console.Bars() as bars:
        for event in events:
            if as_lines:
                console.say(json.dumps(event, ensure_ascii=False))
            elif event["event"] == "sentence" and terminal:
                _show(event, shown)
            elif event["event"] == "sentence":
                bars.step("Checking", event["number"], event["of"])
    return event


def _show(sentence: Mapping[str, Any], shown: set[int]) -> None:
    """Print a sentence with its verdict; a citation in full where it is cited first."""
    from assistant.checking.verdicts import NAMES, SIGNS

    verdict = sentence["verdict"]
    count = f"{sentence['number']}/{sentence['of']}"
    console.say(
        f"{SIGNS[verdict]} {count} {NAMES[verdict].upper()}: {for_terminal(sentence['text'])}"
    )
    if verdict == "no_claim":
        return
    marks = "".join(f"[{citation['number']}]" for citation in sentence["citations"])
    console.say(f"    {for_terminal(sentence['reason'])} {marks}".rstrip())
    for span in sentence["spans"]:
        console.say(f"    » {for_terminal(span['text'])} «  {for_terminal(span['reason'])}")
    for quotation in sentence["quotations"]:
        if quotation["said"]:
            by = f" ({for_terminal(quotation['speaker'])})" if quotation["speaker"] else ""
            console.say(f"    said was{by}: “{for_terminal(quotation['said'])}”")
    for citation in sentence["citations"]:
        if citation["number"] not in shown:
            shown.add(citation["number"])
            show_citation(citation)


def _show_counts(report: Mapping[str, Any]) -> None:
    from assistant.checking.verdicts import NAMES

    counts = ", ".join(f"{count} {NAMES[name]}" for name, count in _counted(report))
    console.say(f"\n{len(report['sentences'])} sentences: {counts}. {report['seconds']:.0f} s.")


def _counted(report: Mapping[str, Any]) -> list[tuple[Any, int]]:
    return [(name, count) for name, count in report["counts"].items() if count]
