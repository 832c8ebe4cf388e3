"""The pages of the extraction corpus: each story of `sets/pages` set in a site's page skeleton.

The truth is written by hand. `stories.txt` has one sentence a line; a skeleton
marks its own furniture as ⟦…⟧ and what no reader sees as ⟪…⟫. Making a page takes the marks away
and keeps what stood in them. Nothing is random, so a page is the same on every machine.

A skeleton begins with `@ key: value` lines: `stories` (the names of those it is made with) and,
where its dates are all traps, `date: unknown`. Then follows the page with its holes:

    {{title}} {{byline}} {{place}} …   a field of the story
    {{p}} {{item}} {{heading}}         the next one; without one, the line is left out
    {{p*}} {{item*}}                   the line is repeated for all that are left
    {{p|links}} {{title|json}}         changed on the way in, see `_CHANGES`
    {{iso}} {{us-11}} {{path+2}} …     the story's date, or one some days off it, see `_date`
"""

from __future__ import annotations

import datetime as dt
import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from eval.extraction.gold_pages import Page

SET = Path(__file__).parents[1] / "sets" / "pages"


@dataclass(frozen=True, slots=True)
class Story:
    """One made-up article; a paragraph is a tuple of its sentences."""

    fields: dict[str, str]
    paragraphs: tuple[tuple[str, ...], ...]

    @property
    def date(self) -> dt.date:
        """The day it was published."""
        return dt.date.fromisoformat(self.fields["date"])

    def listed(self, name: str) -> list[str]:
        """The parts of a field that holds several."""
        return [part.strip() for part in self.fields.get(name, "").split("|") if part.strip()]


def made_up_pages() -> list[Page]:
    """Make all pages, in the order of their skeletons' names."""
    by_name = stories()
    made: list[Page] = []
    for path in sorted((SET / "skeletons").iterdir()):
        head, body = _split(path.read_text("utf-8"))
        for name in head["stories"].split():
            page_name = f"{path.stem}-{name}{path.suffix}"
            made.append(_Setting(by_name[name], path.suffix == ".html").page(page_name, head, body))
    return made


def stories() -> dict[str, Story]:
    """Read the stories by name."""
    found: dict[str, Story] = {}
    for part in (SET / "stories.txt").read_text("utf-8").split("=== ")[1:]:
        head, *paragraphs = part.strip().split("\n\n")
        name, *lines = head.split("\n")
        fields = dict(line.split(": ", 1) for line in lines)
        found[name] = Story(fields, tuple(tuple(p.split("\n")) for p in paragraphs))
    return found


def _split(text: str) -> tuple[dict[str, str], str]:
    head = re.match(r"(?:@ .*\n)+", text)
    assert head, "a skeleton begins with its `@ key: value` lines"
    lines = head[0].splitlines()
    return dict(line[2:].split(": ", 1) for line in lines), text[head.end() :]


# ── dates ─────────────────────────────────────────────────────────────────────────────────────

_FORMATS: dict[str, Callable[[dt.date], str]] = {
    "iso": dt.date.isoformat,
    "path": lambda day: f"{day:%Y/%m/%d}",
    "dots": lambda day: f"{day:%d.%m.%Y}",
    "compact": lambda day: f"{day:%Y%m%d}",
    "us": lambda day: f"{day:%B} {day.day}, {day.year}",
    "ap": lambda day: f"{day:%b}. {day.day}, {day.year}",
    "uk": lambda day: f"{day.day} {day:%B} {day.year}",
    "long": lambda day: f"{day:%A}, {day:%B} {day.day}, {day.year}",
    "month": lambda day: f"{day:%B} {day.day}",
    "year": lambda day: str(day.year),
}
_DATE_HOLE = re.compile(rf"({'|'.join(_FORMATS)})(?:([+-]\d+))?$")


def _date(hole: str, day: dt.date) -> str | None:
    """Fill a hole such as `us-11`: eleven days before the story's own date.

    >>> _date("us-11", dt.date(2023, 7, 20)), _date("title", dt.date(2023, 7, 20))
    ('July 9, 2023', None)
    """
    found = _DATE_HOLE.match(hole)
    return _FORMATS[found[1]](day + dt.timedelta(int(found[2] or 0))) if found else None


# ── text as sites write it ────────────────────────────────────────────────────────────────────


def _links(text: str) -> str:
    """Link two words and set one in bold, as editors do in the middle of a sentence."""
    words = text.split(" ")
    if len(words) > 5:
        words[2] = f'<a href="/topic/{len(words)}">{words[2]}'
        words[3] = f"{words[3]}</a>"
        words[5] = f"<strong>{words[5]}</strong>"
    return " ".join(words)


def _space(text: str) -> str:
    """Break lines in the middle of sentences and put odd spaces between words."""
    odd = ("\n\t\t", "&nbsp;", "  ", " &#8203;", "\r\n", " <!-- -->")
    words = text.split(" ")
    return "".join(f"{w}{odd[i % len(odd)]}" for i, w in enumerate(words[:-1])) + words[-1]


def _wrapped(text: str) -> str:
    """Wrap at 72 characters, as mail programs and wire services do."""
    lines = [""]
    for word in text.split(" "):
        if len(lines[-1]) + len(word) > 72:
            lines.append("")
        lines[-1] += f"{word} "
    return "\n".join(line.rstrip() for line in lines)


_CHANGES: dict[str, Callable[[str], str]] = {
    "links": _links,
    "space": _space,
    "wrapped": _wrapped,
    "cap": lambda text: f'<span class="dropcap">{text[0]}</span>{text[1:]}',
    "spans": lambda text: "".join(f"<span>{part}</span> " for part in re.split(r"(?<=\.) ", text)),
    "upper": str.upper,
    "json": lambda text: json.dumps(html.unescape(text), ensure_ascii=False)[1:-1],
    "md": lambda text: re.sub(r"^(\S+ \S+) (\S+)", r"\1 [\2](https://news.example/t)", text),
}


# ── a story set in a skeleton ─────────────────────────────────────────────────────────────────

_HOLE = re.compile(r"\{\{([\w+-]+)(\*?)(?:\|(\w+))?\}\}")
_MARKED = re.compile(r"⟦(.*?)⟧|⟪(.*?)⟫", re.DOTALL)


@dataclass(slots=True)
class _Setting:
    story: Story
    is_html: bool
    sentences: list[str] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    _left: dict[str, list[tuple[str, ...]]] = field(init=False)

    def __post_init__(self) -> None:
        self._left = {
            "p": list(self.story.paragraphs),
            "item": [(item,) for item in self.story.listed("items")],
            "heading": [(heading,) for heading in self.story.listed("headings")],
        }

    def page(self, name: str, head: dict[str, str], body: str) -> Page:
        marked = "\n".join(line for one in body.split("\n") for line in self._lines(one))
        furniture = [_seen(one[1]) for one in _MARKED.finditer(marked) if one[1]]
        hidden = [_seen(one[2]) for one in _MARKED.finditer(marked) if one[2]]

        data = _MARKED.sub(lambda one: one[1] or one[2], marked)
        return Page(
            name,
            data.encode(head.get("encoding", "utf-8"), "xmlcharrefreplace"),
            required=tuple(self.sentences),
            forbidden=tuple(furniture),
            hidden=tuple(hidden),
            captions=tuple(self.captions),
            published="none" if head.get("date") == "unknown" else str(self.story.date),
            **{
                field_name: self.story.fields[field_name]
                for field_name in ("title", "byline", "source", "place")
                if f"{{{{{field_name}" in body
            },
        )

    def _lines(self, line: str) -> Iterator[str]:
        """Fill one line of the skeleton; it becomes none or several if it holds paragraphs."""
        queue = next((h for h in _HOLE.finditer(line) if h[1] in self._left), None)
        if not queue:
            yield _HOLE.sub(self._filled, line)
            return
        left = self._left[queue[1]]
        for _ in range(len(left) if queue[2] else min(1, len(left))):
            yield _HOLE.sub(self._filled, line)

    def _filled(self, hole: re.Match[str]) -> str:
        name, change = hole[1], _CHANGES.get(hole[3] or "", str)
        if name in self._left:
            sentences = self._left[name].pop(0)
        elif name == "caption":
            sentences = (f"{self.story.fields['caption']}.",)
        elif name == "dated_caption":
            sentences = (f"{self.story.fields['caption']}, {_date('long', self.story.date)}.",)
        elif name == "pull":
            return self._escaped(self.story.paragraphs[0][0])
        elif name in ("deck", "correction") and change is str:
            sentences = (self.story.fields[name],)
        else:
            written = _date(name, self.story.date) or self.story.fields[name]
            return change(self._escaped(written))
        self.sentences.extend(sentences)
        if name in ("caption", "dated_caption") or _is_below_photo(hole):
            self.captions.extend(sentences)
        return change(self._escaped(" ".join(sentences)))

    def _escaped(self, text: str) -> str:
        return html.escape(text) if self.is_html else text


def _is_below_photo(hole: re.Match[str]) -> bool:
    before = hole.string[: hole.start()]
    return before.rfind("<figcaption") > before.rfind("</figcaption")


def _seen(marked: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", marked)).split())
