"""Makes an Article of a raw record.

Page furniture and invisible characters are removed; title, date, source, byline and dateline are
taken from the text where no field states them.

Works on lines: scraped news text keeps its sentences whole and its furniture on lines of its own.
A line is dropped only if it holds nothing but furniture.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from importlib import resources
from itertools import groupby, pairwise

from index.core.articles import CAPTION, Article, DatedBy
from index.core.records import RawRecord, Unreadable
from index.text.calendar_terms import MONTH_PATTERN
from index.text.chunking import sentences
from index.text.language import primary
from index.text.publication_dates import date_in, date_line, parse_date
from index.text.visible_text import one_line, visible

MAX_TITLE = 300  # characters; longer ones are cut
MAX_AUTHOR_NOTE = 300  # characters
MAX_DATE_LINE = 160  # characters
MAX_FIELD = 200  # characters of a byline or source

_LINES = (resources.files(__package__) / "boilerplate_lines.txt").read_text("utf-8").splitlines()
_FURNITURE = re.compile(
    "|".join(line for line in _LINES if line and not line.startswith("#")), re.IGNORECASE
)

_ENDS_SENTENCE = re.compile(r"""[.!?…。！？][)\]"'”’»]*$""")
_PARAGRAPH = re.compile(r".{141}|[.!?…]\S? \S.*[.!?…]\S?$")  # long, or two sentences
_READING_TIME = re.compile(r"(?:[\w&' ]{1,40} )?[•·|–-]? ?\d{1,2}[ -]min(?:ute)?s? read", re.I)
_SECTION = re.compile(r"[A-Z][\w&'-]*(?: (?:& )?[\w'-]+)?")
_DATELINE = re.compile(
    r"^((?:[A-Z][A-Z.'’-]+)(?: [A-Z][A-Z.'’-]+){0,3}"
    # a region may follow, but a month is none
    rf"(?:, (?!(?:{MONTH_PATTERN}|[A-Z][a-z]{{2,3}}\.) \d)[A-Z][\w. ]{{1,24}})?)"
    rf"(?:, ((?:{MONTH_PATTERN}|[A-Z][a-z]{{2,3}}\.) \d{{1,2}}(?:, \d{{4}})?))?"
    r"(?: [(/][A-Z][\w ./-]{1,30}[)/])? ?[–—-]{1,2} "
)
_BYLINE = re.compile(
    r"(?i)(?:(?:story|words|text|posted|submitted|written|reported) )?"
    r"(?:by|von|par|por|author):? (.{3,60})"
)
# how a photo's credit ends a paragraph, or begins or ends it with a name
_CREDIT = re.compile(
    r"\((?:[^()]{0,80}\b(?:Photos?|Getty Images|Handout|via (?:AP|AFP|Reuters|Getty))\b[^()]{0,40}"
    r"|(?i:pool|file|courtesy|handout) (?:photo|picture|image)[^()]{0,40}"
    r"|(?i:photo|picture|image)s?(?: by|:)[^()]{2,60})\)\.?$"
    r"|(?<=[.!?] )(?:Photo(?:graph)?|Picture|Image)s?(?: by|:) ?[A-Z][^.!?]{1,60}$"
    r"|\bREUTERS/[A-Z][\w-]+ [A-Z][\w -]{1,40}$"
)
# a quotation between two apostrophes and two, as wikis and LaTeX write it; no inches (6'2'')
_QUOTED_TWICE = re.compile(r"(?<![\w'`])(?:''|``)(?=[^\s'])((?:(?!''|``).)+)(?<=\S)''(?![\w'])")
_PHOTO_NUMBER = re.compile(r"(?:photo|image|slide) \d+ of \d+", re.IGNORECASE)  # above a caption
_FROM_FILE = re.compile(r"FILE ?[-–—] ")  # how agencies begin the caption of an older photo
_NAME = re.compile(r"(?!\d)[\w.'’-]+(?: (?!\d)[\w.'’-]+){1,7}")  # words without digits
_PARTICLES = set("and und et y e de der den da di du la le van von ten ter bin al el".split())
_AUTHOR_NOTE = re.compile(
    r" (?:is|was|has (?:been|covered|written|reported)|covers|reports|writes|joined|works|edits)\b"
)


def clean(raw: RawRecord, path: str) -> Article:
    """Make an Article of a raw record; Unreadable `no_text` if it is nothing but furniture."""
    title = one_line(raw.title)[:MAX_TITLE]
    page = _Lines.of(raw, titled=bool(title))
    lines = page.text
    if not title:
        title, lines = _title_line(lines)
    paragraphs = _paragraphs(lines, split=raw.paragraphs)
    if paragraphs and title and _same(paragraphs[0], title):
        del paragraphs[0]
    if not paragraphs:
        raise Unreadable("no_text", "There is no article text in it.")
    byline = _BYLINE.sub(r"\1", _field(raw.byline)).removesuffix(f", {raw.source}") or page.byline
    paragraphs = [one for one in paragraphs if not _is_about(byline, one)] or paragraphs
    text = _QUOTED_TWICE.sub(r'"\1"', "\n\n".join(map(_mark_caption, paragraphs)))
    dateline = next((m for p in paragraphs[:6] if (m := _DATELINE.match(p))), None)
    evidence: tuple[tuple[dt.date | None, DatedBy], ...] = (  # the best first
        (_written_date(raw.published), raw.dated_by),
        (page.published, "line"),
        (_written_date(dateline[2] or "") if dateline else None, "dateline"),
        (date_in(text), "caption"),
        (parse_date(raw.guessed), "guess"),
    )
    published, dated_by = next((one for one in evidence if one[0]), (None, ""))
    modified = parse_date(raw.modified) or page.modified
    if modified and published and modified < published:
        modified = None  # a mistake of the page
    return Article(
        path=f"{path}#{raw.record}" if raw.record else path,
        title=title or _shortened(paragraphs[0]),
        text=text,
        published=published,
        source=_field(raw.source),
        url=url[0] if (url := re.match(r"https?://\S+$", visible(raw.url).strip())) else "",
        byline=byline,
        place=dateline[1].strip() if dateline else "",
        dated_by=dated_by,
        modified=modified,
        language=primary(raw.language),
    )


def _written_date(field: str) -> dt.date | None:
    if day := parse_date(field):
        return day
    line = date_line(field) if len(field) <= MAX_DATE_LINE else None
    return line.published if line else None


def _is_about(author: str, paragraph: str) -> bool:
    """Whether a paragraph is the note on its author above or below an article.

    >>> _is_about("Ann Roe", "Ann Roe covers the courts."), _is_about("Ann Roe", "Ann Roe left.")
    (True, False)
    """
    return (
        " " in author
        and len(paragraph) <= MAX_AUTHOR_NOTE
        and paragraph.startswith(author)
        and bool(_AUTHOR_NOTE.match(paragraph, len(author)))
    )


def _mark_caption(paragraph: str) -> str:
    """Mark every sentence of a photo's caption, because each may be shown alone."""
    bare = paragraph.removeprefix(CAPTION)
    credit = _CREDIT.search(bare)
    if bare == paragraph and not (credit or _FROM_FILE.match(paragraph)):
        return paragraph
    caption = bare[: credit.start()] if credit else bare
    marked = [f"{CAPTION}{caption[start:end]}" for start, end in sentences(caption)]
    return " ".join([*marked, bare[credit.start() :]] if credit else marked)


def is_furniture(line: str) -> bool:
    """Whether a line is furniture of the page and no part of the article.

    >>> is_furniture("Recommended Videos"), is_furniture("1 / 10"), is_furniture("Kim Gunn spoke.")
    (True, True, False)
    """
    return bool(line.strip()) and bool(_FURNITURE.fullmatch(line.strip()))


@dataclass(slots=True)
class _Lines:
    """The lines of an article without furniture, and what lines that were dropped state of it."""

    source: str
    text: list[str] = field(default_factory=list)
    published: dt.date | None = None
    modified: dt.date | None = None
    byline: str = ""
    in_head: bool = True
    below_photo: bool = False

    @classmethod
    def of(cls, raw: RawRecord, *, titled: bool) -> _Lines:
        """Sort the lines of a page; without a title the first line with text may be it."""
        found = cls(raw.source)
        for line in raw.head:
            found._is_metadata(visible(line).strip(), may_be_title=False)
        for line in visible(raw.text).split("\n"):
            found._add(line, may_be_title=not titled and not any(map(str.strip, found.text)))
        return found

    def _add(self, line: str, *, may_be_title: bool) -> None:
        bare = line.strip().removeprefix(CAPTION)
        if _READING_TIME.fullmatch(bare):
            if self.text and _SECTION.fullmatch(self.text[-1].strip()):
                self.text.pop()  # the section's name is right above it
        elif is_furniture(bare):
            self.below_photo = bool(_PHOTO_NUMBER.fullmatch(bare))
        elif not (bare and self._is_metadata(bare, may_be_title=may_be_title)):
            self.text.append(f"{CAPTION}{bare}" if bare and self.below_photo else line)
            self.below_photo = self.below_photo and not bare
            # below the first paragraph a date or a name that is alone is part of the article
            self.in_head = self.in_head and not _PARAGRAPH.search(bare)

    def _is_metadata(self, line: str, *, may_be_title: bool) -> bool:
        """Take in a line that states only author and day; False if it states anything else."""
        dated = date_line(line) if len(line) <= MAX_DATE_LINE else None
        rest = dated.rest if dated else line
        if dated and _letters(rest) == _letters(self.source):
            rest = ""  # the source's name beside the day
        name = "" if may_be_title or not self.in_head else _author(rest)
        if (rest and not name) or not (self.in_head or (dated and dated.labelled)):
            return False
        if dated and dated.published:
            self.published = min(filter(None, (self.published, dated.published)))
        if dated and dated.modified:
            self.modified = max(filter(None, (self.modified, dated.modified)))
        self.byline = self.byline or name
        return True


def _author(line: str) -> str:
    """The names in a byline; "" if the line is none.

    >>> _author("By Ann Roe and Bo de Lund"), _author("By the river"), _author("By Ann Roe, Lane")
    ('Ann Roe and Bo de Lund', '', 'Ann Roe')
    """
    by = _BYLINE.fullmatch(line)
    name = re.split(r" ?[|,·•] ?| in (?=[A-Z])", by[1])[0] if by else ""
    words = [word for word in name.split() if word not in _PARTICLES]
    return name if _NAME.fullmatch(name) and all(word[0].isupper() for word in words) else ""


def _title_line(lines: list[str]) -> tuple[str, list[str]]:
    """Take the first line as title if it is alone and no sentence of the text.

    One word above it is the name of a section.
    """
    lines = _below_menu(lines)
    filled = [number for number, line in enumerate(lines) if line.strip()]
    for first, second in pairwise(filled[:3]):
        line = lines[first].strip()
        one_word, alone = " " not in line, second > first + 1
        ends = _ENDS_SENTENCE.search(line)
        if alone and not one_word and 8 <= len(line) <= 200 and not ends:
            return line, lines[second:]
        if not one_word or ends:
            break
    return "", lines


def _below_menu(lines: list[str]) -> list[str]:
    """Drop the menu that a scraped page begins with: two or more lines of a word or two.

    >>> _below_menu(["Sections", "Our app", "", "A bridge is closed for nine weeks"])
    ['A bridge is closed for nine weeks']
    """
    short = 0
    for number, line in enumerate(lines):
        words = len(line.split())
        if words > 2 or _ENDS_SENTENCE.search(line):
            return lines[number:] if short >= 2 and words > 3 else lines
        short += words > 0
    return lines


def _paragraphs(lines: list[str], *, split: bool) -> list[str]:
    """Group lines into paragraphs; lines of hard-wrapped text are joined again."""
    found: list[str] = []
    for filled, group in groupby(map(str.strip, lines), bool):
        block = list(group) if filled else []
        found.extend([" ".join(block)] if not split and _is_hard_wrapped(block) else block)
    return found


def _is_hard_wrapped(block: list[str]) -> bool:
    body = block[:-1]
    unfinished = sum(not _ENDS_SENTENCE.search(line) for line in body)
    return len(block) > 1 and unfinished > len(body) / 2 and all(len(x) <= 100 for x in block)


def _same(one: str, other: str) -> bool:
    return one.casefold().strip(" .#*") == other.casefold().strip(" .#*")


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()


def _shortened(text: str) -> str:
    return text if len(text) <= 90 else text[:90].rsplit(" ", 1)[0] + " …"


def _field(value: str) -> str:
    return one_line(value)[:MAX_FIELD]
