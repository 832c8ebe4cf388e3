"""Updates as Markdown and as an Atom feed (RFC 4287)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from xml.etree import ElementTree as ET

from assistant.core.sanitize import for_markdown, for_terminal
from assistant.following.standing_questions import StandingQuestion, Update

_ATOM = "http://www.w3.org/2005/Atom"
_NAMESPACE = "urn:assistant:update:"


def headline(update: Update) -> str:
    """What is new in one line: its kind, values and text.

    >>> headline(Update("q", "changed", "Fifteen died.", {}, "12", "15"))
    'Changed, 12 → 15: Fifteen died.'
    """
    values = f", {update.was} → {update.now}" if update.now else ""
    return for_terminal(f"{update.kind.capitalize()}{values}: {update.text}")


def about(update: Update) -> str:
    """Title, source and day of the article.

    >>> about(Update("q", "new", "It rained.", {"title": "Rain", "source": "", "published": None}))
    'Rain, undated'
    """
    cited = update.citation
    parts = (cited["title"], cited["source"], cited["published"] or "undated")
    return for_terminal(", ".join(filter(None, parts)))


def markdown(updates: Sequence[Update], questions: Mapping[str, StandingQuestion]) -> str:
    """A section for each question with a line for each update."""
    lines: list[str] = []
    ordered = sorted(updates, key=lambda update: update.question)
    for question, group in groupby(ordered, key=lambda update: update.question):
        lines += [f"## {for_markdown(_text_of(question, questions))}", ""]
        for update in group:
            lines.append(f"- {for_markdown(headline(update))} ({for_markdown(about(update))})")
            if update.kind == "corrected" and update.was:
                lines.append(f"  - before: {for_markdown(update.was)}")
        lines.append("")
    return "\n".join(lines)


def atom(updates: Sequence[Update], questions: Mapping[str, StandingQuestion]) -> str:
    """An Atom feed, newest first; times are the start of the day on which it was found."""
    ET.register_namespace("", _ATOM)
    feed = ET.Element(f"{{{_ATOM}}}feed")
    newest = max((update.found for update in updates), default="1970-01-01")
    _add(feed, "id", "urn:assistant:follow")
    _add(feed, "title", "Followed questions")
    _add(feed, "updated", f"{newest}T00:00:00Z")
    _add(ET.SubElement(feed, f"{{{_ATOM}}}author"), "name", "assistant")
    for update in updates:
        entry = ET.SubElement(feed, f"{{{_ATOM}}}entry")
        _add(entry, "id", _NAMESPACE + update.id)
        _add(entry, "title", headline(update))
        _add(entry, "updated", f"{update.found}T00:00:00Z")
        asked = for_terminal(_text_of(update.question, questions))
        _add(entry, "summary", f"{asked} — {about(update)}: “{for_terminal(update.text)}”")
    return ET.tostring(feed, "unicode", xml_declaration=True) + "\n"


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, f"{{{_ATOM}}}{name}").text = text


def _text_of(question: str, questions: Mapping[str, StandingQuestion]) -> str:
    return questions[question].text if question in questions else "A question of before"
