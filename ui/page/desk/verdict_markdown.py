"""Verdicts on a draft, differences and news of the archive, as Markdown made of JSON objects.

Each sentence is a section with its verdict in words; what drafts and articles say is escaped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from assistant.checking.verdicts import NAMES, SIGNS, VERDICTS
from ui.page.escaping import about, article_address, count, escaped

Json = Mapping[str, Any]

DIFFERENCES = {"contradiction": "✗ contradiction", "changed": "↻ changed since"}
UPDATES = {"new": "+ new", "changed": "↻ changed", "corrected": "✎ corrected"}


def summary(sentences: Sequence[Json], total: int) -> str:
    """How many of `total` sentences were checked, and how many of them have each verdict."""
    counts = Counter(sentence["verdict"] for sentence in sentences)
    each = (f"{SIGNS[one]} {counts[one]} {NAMES[one]}" for one in VERDICTS if counts[one])
    of = f"{len(sentences)} of " if len(sentences) < total else ""
    return f"**{of}{count(total, 'sentence')}**: {', '.join(each)}"


def checked_markdown(sentence: Json) -> str:
    """One sentence: its verdict, its text with what is not proved marked, and its proof."""
    verdict = sentence["verdict"]
    several = f" · {sentence['origins']} independent articles" if sentence["origins"] > 1 else ""
    parts = [
        f"<p><b>{SIGNS[verdict]} {NAMES[verdict]}</b>{several}</p>",
        f"<p>{''.join(_marked(sentence))}</p>",
        *_reasons(sentence),
        *map(_quote, sentence["citations"]),
    ]
    return _section(verdict, parts)


def difference_markdown(difference: Json) -> str:
    """Two sentences that differ, the newer first, each with its value and its day."""
    newer, older = difference["newer"], difference["older"]
    verdict = difference["verdict"]
    values = " / ".join(f"<strong>{escaped(one['value'])}</strong>" for one in (newer, older))
    told = values if newer["value"] else "one sentence denies the other"
    parts = [
        f"<p><b>{DIFFERENCES[verdict]}</b> · {escaped(difference['about'])}: {told}</p>",
        *(_quote(one, one["value"]) for one in (newer, older)),
    ]
    return _section(verdict, parts)


def update_markdown(update: Json) -> str:
    """What an article newly says about a standing question, and the value before it, if any."""
    kind = update["kind"]
    values = (update["was"], update["now"])
    told = f" · {' → '.join(map(escaped, filter(None, values)))}" if any(values) else ""
    fresh = "" if update["told"] else " · <strong>not seen before</strong>"
    parts = [f"<p><b>{UPDATES[kind]}</b>{told}{fresh}</p>", _quote(update["citation"])]
    return _section(kind, parts)


def _section(name: str, parts: Sequence[str]) -> str:
    return f'<section class="checked {name}">{"".join(parts)}</section>'


def _reasons(sentence: Json) -> Iterator[str]:
    """Why: of each marked span, else of the sentence; and what was said for a quotation."""
    if sentence["spans"]:
        rows = (
            f"<li>“{escaped(s['text'])}”: {escaped(s['reason'])}</li>" for s in sentence["spans"]
        )
        yield f"<ul>{''.join(rows)}</ul>"
    elif sentence["verdict"] != "supported":
        yield f"<p><small>{escaped(sentence['reason'])}</small></p>"
    for quotation in sentence["quotations"]:
        if quotation["said"]:
            by = f" by {escaped(quotation['speaker'])}" if quotation["speaker"] else ""
            yield f"<p><small>said{by}: “{escaped(quotation['said'])}”</small></p>"


def _marked(sentence: Json) -> Iterator[str]:
    """The sentence with its spans marked; a span that overlaps one before it is left out."""
    text, at = sentence["text"], 0
    for span in sorted(sentence["spans"], key=lambda one: one["start"]):
        # offsets are those of the draft, where the sentence may be broken into lines
        start = span["start"] - sentence["start"]
        if not text.startswith(span["text"], max(start, at)):
            start = text.find(span["text"], at)
        if start < at or not span["text"]:
            continue
        yield _spaced(text[at:start])
        at = start + len(span["text"])
        yield f"<mark>▸{escaped(span['text'])}◂</mark>"
    yield _spaced(text[at:])


def _spaced(text: str) -> str:
    """Escaped, with a space where the text begins or ends with one."""
    return f"{' ' * text[:1].isspace()}{escaped(text)}{' ' * text[-1:].isspace()}"


def _quote(citation: Json, value: str = "") -> str:
    """A proving sentence, which is a link to its place, under its value; and where it stands."""
    title = "Title: " if citation["part"] == "title" else ""
    link = f'<a href="{article_address(citation)}">{title}“{escaped(citation["quote"])}”</a>'
    told = f"<strong>{escaped(value)}</strong> " if value else ""
    where = f"{escaped(citation['title'] or 'Untitled')} — {about(citation)}"
    return f"<blockquote>{told}{link}<br><small>{where}</small></blockquote>"
