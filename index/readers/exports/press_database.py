"""Exports of press databases (Nexis, Factiva, ProQuest): many articles in one text, cut apart.

They are recognised and cut by their own marks ("Document 3 of 50", "End of Document", the number
that Factiva ends an article with); head and foot of each article are read by their labels, and
where there are none by the order of the lines. The day of loading is never that of publication.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from index.core.articles import Skip
from index.core.records import RawRecord
from index.readers.common import one_line
from index.text.publication_dates import date_line

HEAD_LINES = 40  # lines with text above an article, at most
FOOT_LINES = 60  # and below it
LONG = 180  # characters; so much without a label belongs to the article
WRAPPED = 40  # characters of a line that goes on in the next one

_FACTIVA_NUMBER = r"Document [A-Z0-9]{3,10}\d{8}\w{6,12}"
_BEGIN = re.compile(r"document \d{1,6} of \d{1,6}|\d{1,6} of \d{1,6} documents?", re.I)
_END = re.compile(rf"end of document|{_FACTIVA_NUMBER}|[_=]{{20,}}", re.I)
_MARKS = re.compile(
    rf"^[ \t]*(?:{_BEGIN.pattern}|end of document|{_FACTIVA_NUMBER})[ \t\r]*$", re.I | re.M
)
_MARKS_IN_HTML = re.compile(
    rf"(?:>|^)\s{{0,99}}(?:{_BEGIN.pattern}|end of document|{_FACTIVA_NUMBER})\s{{0,99}}(?:<|$)",
    re.I | re.M,
)
_LABELS = {
    **{"headline": "title", "title": "title", "byline": "byline", "author": "byline"},
    **{"publication title": "source", "publication": "source", "journal name": "source"},
    **{"publication info": "info", "publication date": "published", "date": "published"},
    **{"load-date": "loaded", "url": "url", "full text": "text", "body": "text", "text": "text"},
    **dict.fromkeys("section length dateline highlight abstract links location".split(), ""),
    **dict.fromkeys("language classification subject graphic industry geographic".split(), ""),
    **dict.fromkeys("edition copyright publisher company person issn pages notes".split(), ""),
    **dict.fromkeys("publication-type journal-code database".split(), ""),
    **dict.fromkeys(("publication type", "source type", "document type", "document url"), ""),
    **dict.fromkeys(("proquest document id", "publication year", "last updated"), ""),
}
_LABEL = re.compile(rf"({'|'.join(_LABELS)})[ \t]*:(?:\s+(.*))?", re.I)
# such labels stand below the text only
_FOOT = re.compile(
    r"(?:load-date|language|graphic|publication-type|subject|distribution|document-type)[ \t]*:.*"
    r"|classification|graphic|notes",
    re.I,
)
_COPYRIGHT = re.compile(r"(?:©|\(c\)|copyright\b(?! law)).{0,200}|all rights reserved\.?", re.I)
_WORDS = re.compile(r"\d[\d,.]* words", re.I)
_LANGUAGES = re.compile("english|german|french|spanish|italian|dutch|portuguese", re.I)
_NO_TITLE = re.compile(r".*\bedition\b.*|\d\d?:\d\d.*|[A-Z0-9]{2,10}|final", re.I)
_TAG = re.compile(
    r"(HD|BY|WC|PD|ET|SN|SC|PG|LA|CY|LP|TD|CO|IN|NS|RE|IPC|IPD|PUB|AN)(?:[ \t|]+(.*))?"
)
_COVER = re.compile(r"(?:job number:|documents \(\d+\)).*", re.I)


def is_export(markup: str) -> bool:
    """Whether a page or text has the marks of such an export."""
    return bool(_MARKS_IN_HTML.search(markup))


def with_articles_apart(
    records: Iterable[RawRecord | Skip], path: str
) -> Iterator[RawRecord | Skip]:
    """The same records, with each export that is one text replaced by its articles."""
    for record in records:
        if isinstance(record, Skip) or record.record or not _MARKS.search(record.text):
            yield record
            continue
        # word processors make the heading of the first article the title of the file
        text = f"{record.title}\n\n{record.text}" if record.title else record.text
        text = re.sub(" (?=Load-Date: )", "\n", text)  # where lines of a PDF have been joined
        for number, lines in enumerate(_pieces(text), 1):
            article = _article(lines)
            if re.search(r"\w", article.text):
                yield replace(article, record=str(number), paragraphs=record.paragraphs)
            else:
                yield Skip(f"{path}#{number}", "no_text", f"Article {number} has no text.")


def _pieces(text: str) -> Iterator[list[str]]:
    """The stripped lines of each article; what is around them has no marks of an article."""
    piece: list[str] = []
    for line in [*text.split("\n"), "End of Document"]:
        bare = line.strip()
        if not (_BEGIN.fullmatch(bare) or _END.fullmatch(bare)):
            piece.append(bare)
            continue
        piece = _without_cover(piece)
        if sum(map(bool, piece)) > 2:
            yield piece
        piece = []


def _without_cover(lines: list[str]) -> list[str]:
    """What follows the cover, which lists the titles: from the title that it names first."""
    if not any(map(_COVER.fullmatch, lines)):
        return lines
    first = next((line[2:].strip() for line in lines if line.startswith("1.")), "")
    starts = [number for number, line in enumerate(lines) if first and line == first]
    return lines[starts[-1] :] if starts else []


@dataclass(slots=True)
class _Head:
    """What stands above an article: its labels, the lines without one, those below the day."""

    fields: dict[str, str] = field(default_factory=dict)
    plain: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)
    day: str = ""
    counted: bool = False  # the number of words stands above the day, as in Factiva


def _article(lines: list[str]) -> RawRecord:
    tags = [tag[1] for tag in map(_TAG.fullmatch, lines) if tag]
    if {"HD", "PD"} <= set(tags) and {"LP", "TD"} & set(tags):
        return _tagged(lines)
    start, first = _body(lines)
    head = _head(lines[:start])
    end = _foot(lines, start)
    foot = _head(lines[end:]).fields
    fields = foot | head.fields
    title, source = _title_and_source(head)
    info = fields.get("info", "")
    dated = date_line(info[-160:]) if info else None
    day = fields.get("published") or head.day or (str(dated.published or "") if dated else "")
    return RawRecord(
        text="\n".join([first, *lines[start:end]]).strip("\n"),
        title=fields.get("title") or title,
        published=day,
        source=fields.get("source") or re.split(r"\s*[;,]", info)[0] or source,
        url=fields.get("url", ""),
        byline=fields.get("byline") or _byline(head),
        dated_by="header",
        guessed="" if day else fields.get("loaded", ""),
    )


def _body(lines: list[str]) -> tuple[int, str]:
    """The number of the line that the article's text begins with, and what stands at its label."""
    filled = [number for number, line in enumerate(lines) if line][:HEAD_LINES]
    for number in filled:
        label = _LABEL.fullmatch(lines[number])
        if lines[number].lower() == "body" or (label and _LABELS[label[1].lower()] == "text"):
            return number + 1, (label[2] or "") if label else ""
    start = since = 0
    for number in filled:
        line = lines[number]
        if start and _FOOT.fullmatch(line):
            break
        if any(mark.fullmatch(line) for mark in (_LABEL, _COPYRIGHT, _WORDS, _LANGUAGES)):
            start, since = number + 1, 0
        else:
            since += len(line)
        if since > (LONG if start else 3 * LONG):  # a title may be long
            break
    return start, ""


def _foot(lines: list[str], start: int) -> int:
    """The number of the first line below the article's text."""
    filled = [number for number in range(start, len(lines)) if lines[number]]
    for number in filled[1:][-FOOT_LINES:]:
        line = lines[number]
        if any(mark.fullmatch(line) for mark in (_LABEL, _FOOT, _COPYRIGHT)):
            return number
    return len(lines)


def _head(lines: list[str]) -> _Head:
    head = _Head()
    for above, line in pairwise(["", *lines]):
        if not line:
            continue
        label = _LABEL.fullmatch(line)
        dated = date_line(line) if len(line) < 80 and not head.day and not label else None
        if label:
            name, value = _LABELS[label[1].lower()], label[2] or ""
            if name:
                head.fields.setdefault(name, value.strip())
        elif _WORDS.fullmatch(line):
            head.counted = not head.day
        elif dated and not dated.rest:
            head.day = line
        elif head.below and len(above) > WRAPPED and above.endswith(head.below[-1][-WRAPPED:]):
            head.below[-1] += f" {line}"  # a title on two lines
        elif not _COPYRIGHT.fullmatch(line):
            (head.below if head.day else head.plain).append(line)
    return head


def _title_and_source(head: _Head) -> tuple[str, str]:
    """Title, source and day stand in this order; Factiva has the source, Nexis the title last."""
    above = [line for line in head.plain if not line.startswith("By ")]
    below = [line for line in head.below if not _NO_TITLE.fullmatch(line)]
    first, last = (above[0], above[-1]) if above else ("", "")
    if not head.day or head.counted:
        return first, next(iter(below), "") if head.day else ""
    if len(above) > 1:
        return first, last
    return (below[0], first) if below else (first, "")


def _byline(head: _Head) -> str:
    """The line below the title that names the author; Factiva has it with and without "By"."""
    below_title = head.plain[1:] if head.counted and len(head.plain) == 2 else []
    named = [line for line in head.plain if line.startswith("By ")] or below_title
    return next(iter(named), "") if len("".join(named)) < 100 else ""


def _tagged(lines: list[str]) -> RawRecord:
    """An article of which every part has a tag of two or three letters."""
    parts: dict[str, list[str]] = {}
    tag = ""
    for line in lines:
        if found := _TAG.fullmatch(line):
            tag, line = found[1], found[2] or ""
        parts.setdefault(tag, []).append(line.strip("| "))
    of = {tag: one_line(" ".join(values)) for tag, values in parts.items()}
    return RawRecord(
        text="\n".join([*parts.get("LP", []), "", *parts.get("TD", [])]).strip("\n"),
        title=of["HD"],
        published=of["PD"],
        source=of.get("SN", ""),
        byline=of.get("BY", ""),
        dated_by="header",
    )
