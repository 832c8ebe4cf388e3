"""Page furniture and invisible characters out; title, date, source, byline, dateline in.

Works on lines: news text that was scraped keeps its sentences whole and its furniture on lines
of its own. A line is dropped only if nothing but furniture stands on it.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass, field
from importlib import resources
from itertools import pairwise

from index.core.articles import CAPTION, Article, DatedBy
from index.core.records import RawRecord, Unreadable
from index.text.chunking import sentences
from index.text.language import primary
from index.text.publication_dates import date_in, date_line, parse_date

MAX_TITLE = 300  # characters; longer ones are cut
MAX_ABOUT = 300  # characters that are written about an author

_FURNITURE = re.compile(
    "|".join(
        line
        for line in (resources.files(__package__) / "furniture.txt").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    ),
    re.IGNORECASE,
)

_ENDS_SENTENCE = re.compile(r"""[.!?…。！？][)\]"'”’»]*$""")
_PARAGRAPH = re.compile(r".{141}|[.!?…]\S? \S.*[.!?…]\S?$")  # long, or two sentences
_READING_TIME = re.compile(r"(?:[\w&' ]{1,40} )?[•·|–-]? ?\d{1,2}[ -]min(?:ute)?s? read", re.I)
_SECTION = re.compile(r"[A-Z][\w&'-]*(?: (?:& )?[\w'-]+)?")
_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
_DATELINE = re.compile(
    r"^((?:[A-Z][A-Z.'’-]+)(?: [A-Z][A-Z.'’-]+){0,3}"
    # a region may follow, but a month is none
    rf"(?:, (?!(?:{_MONTH}|[A-Z][a-z]{{2,3}}\.) \d)[A-Z][\w. ]{{1,24}})?)"
    rf"(?:, ((?:{_MONTH}|[A-Z][a-z]{{2,3}}\.) \d{{1,2}}(?:, \d{{4}})?))?"
    r"(?: [(/][A-Z][\w ./-]{1,30}[)/])? ?[–—-]{1,2} "
)
_BYLINE = re.compile(
    r"(?:(?:story|words|text|posted|submitted|written|reported) )?"
    r"(?:by|von|par|por|author):? (.{3,60})",
    re.IGNORECASE,
)
# how a photo's credit ends a paragraph, or begins or ends it with a name
_CREDIT = re.compile(
    r"\((?:[^()]{0,80}\b(?:Photos?|Getty Images|Handout|via (?:AP|AFP|Reuters|Getty))\b[^()]{0,40}"
    r"|(?i:pool|file|courtesy|handout) (?:photo|picture|image)[^()]{0,40}"
    r"|(?i:photo|picture|image)s?(?: by|:)[^()]{2,60})\)\.?$"
    r"|(?<=[.!?] )(?:Photo(?:graph)?|Picture|Image)s?(?: by|:) ?[A-Z][^.!?]{1,60}$"
    r"|\bREUTERS/[A-Z][\w-]+ [A-Z][\w -]{1,40}$"
)
_PHOTO_NUMBER = re.compile(r"(?:photo|image|slide) \d+ of \d+", re.IGNORECASE)  # stands above it
_FROM_FILE = re.compile(r"FILE ?[-–—] ")  # how agencies begin the caption of an older photo
_NAME = re.compile(r"(?!\d)[\w.'’-]+(?: (?!\d)[\w.'’-]+){1,7}")  # words without digits
_PARTICLES = set("and und et y e de der den da di du la le van von ten ter bin al el".split())
# Cc but tab and newline, Cf (zero-width, bidi, tags), private use, surrogates, variation selectors
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    r"\ud800-\udfff\ue000-\uf8ff\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
_SPACES = re.compile(r"[^\S\n]+")


def clean(raw: RawRecord, path: str) -> Article:
    """Make an Article of what a reader found.

    Raises:
        Unreadable: `no_text` if nothing but furniture stands in it.
    """
    title = " ".join(visible(raw.title).split())[:MAX_TITLE]
    told = _article_lines(visible(raw.text).split("\n"), titled=bool(title), source=raw.source)
    lines = told.kept
    if not title:
        title, lines = _title_line(lines)
    paragraphs = _paragraphs(lines, split=raw.paragraphs)
    if paragraphs and title and _same(paragraphs[0], title):
        del paragraphs[0]
    if not paragraphs:
        raise Unreadable("no_text", "There is no article text in it.")
    byline = _BYLINE.sub(r"\1", _field(raw.byline)).removesuffix(f", {raw.source}") or told.byline
    paragraphs = [one for one in paragraphs if not _is_about(byline, one)] or paragraphs
    text = "\n\n".join(map(_with_mark, paragraphs))
    dateline = next((m for p in paragraphs[:6] if (m := _DATELINE.match(p))), None)
    published, dated_by = _published(raw, told, dateline[2] if dateline else None, text)
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
        modified=_modified(raw, told, published),
        language=primary(raw.language),
    )


def _published(
    raw: RawRecord, told: _Lines, dateline: str | None, text: str
) -> tuple[dt.date | None, DatedBy]:
    """The day of publication and what it rests on, by the best evidence there is."""
    told_by: tuple[tuple[dt.date | None, DatedBy], ...] = (
        (_written(raw.published), raw.dated_by),
        (told.published, "line"),
        (_written(dateline or ""), "dateline"),
        (date_in(text), "caption"),
    )
    return next((one for one in told_by if one[0]), (None, ""))


def _written(field: str) -> dt.date | None:
    if day := parse_date(field):
        return day
    line = date_line(field) if len(field) <= 160 else None
    return line.published if line else None


def _modified(raw: RawRecord, told: _Lines, published: dt.date | None) -> dt.date | None:
    """The day of the last change; one before the publication is a mistake of the page."""
    day = parse_date(raw.modified) or told.modified
    return None if day and published and day < published else day


_CURRICULUM = re.compile(
    r" (?:is|was|has (?:been|covered|written|reported)|covers|reports|writes|joined|works|edits)\b"
)


def _is_about(author: str, paragraph: str) -> bool:
    """Tell the lines on its author that stand above or below an article.

    >>> _is_about("Ann Roe", "Ann Roe covers the courts."), _is_about("Ann Roe", "Ann Roe left.")
    (True, False)
    """
    return (
        " " in author
        and len(paragraph) <= MAX_ABOUT
        and paragraph.startswith(author)
        and bool(_CURRICULUM.match(paragraph, len(author)))
    )


def _with_mark(paragraph: str) -> str:
    """Mark every sentence of a photo's caption, because each may be shown alone."""
    bare = paragraph.removeprefix(CAPTION)
    credit = _CREDIT.search(bare)
    if bare == paragraph and not (credit or _FROM_FILE.match(paragraph)):
        return paragraph
    said = bare[: credit.start()] if credit else bare
    marked = [f"{CAPTION}{said[start:end]}" for start, end in sentences(said)]
    return " ".join([*marked, bare[credit.start() :]] if credit else marked)


def visible(text: str) -> str:
    r"""Normalise (NFC) and drop what no reader sees: controls, zero-width, bidi, tags.

    >>> visible("a\u200bb\u00a0 c\x1b[1m")
    'ab c[1m'
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = re.sub("[\u2028\u2029\x0b\x0c\x85]", "\n", text)
    return _SPACES.sub(" ", _INVISIBLE.sub("", text))


def is_furniture(line: str) -> bool:
    """Tell whether a line is furniture of the page and no part of the article.

    >>> is_furniture("Recommended Videos"), is_furniture("1 / 10"), is_furniture("Kim Gunn spoke.")
    (True, True, False)
    """
    return bool(line.strip()) and bool(_FURNITURE.fullmatch(line.strip()))


@dataclass(slots=True)
class _Lines:
    """The lines of an article without furniture, and what lines that went had to tell."""

    source: str
    kept: list[str] = field(default_factory=list)
    published: dt.date | None = None
    modified: dt.date | None = None
    byline: str = ""
    in_head: bool = True
    below_photo: bool = False

    def add(self, line: str, *, may_be_title: bool) -> None:
        bare = line.strip().removeprefix(CAPTION)
        if _READING_TIME.fullmatch(bare):
            if self.kept and _SECTION.fullmatch(self.kept[-1].strip()):
                self.kept.pop()  # the section's name stands right above it
        elif is_furniture(bare):
            self.below_photo = bool(_PHOTO_NUMBER.fullmatch(bare))
        elif not (bare and self._told(bare, may_be_title=may_be_title)):
            is_caption = bare and self.below_photo
            self.kept.append(f"{CAPTION}{bare}" if is_caption else line)
            self.below_photo = self.below_photo and not bare
            # below the first paragraph a date or a name that stands alone is part of the article
            self.in_head = self.in_head and not _PARAGRAPH.search(bare)

    def _told(self, line: str, *, may_be_title: bool) -> bool:
        """Take in a line that tells but author and day; False if it tells anything else."""
        dated = date_line(line) if len(line) <= 160 else None
        rest = dated.rest if dated else line
        if dated and _letters(rest) == _letters(self.source):
            rest = ""  # the paper's name beside the day
        name = "" if may_be_title or not self.in_head else _name(rest)
        if (rest and not name) or not (self.in_head or (dated and dated.labelled)):
            return False
        if dated and dated.published:
            self.published = min(filter(None, (self.published, dated.published)))
        if dated and dated.modified:
            self.modified = max(filter(None, (self.modified, dated.modified)))
        self.byline = self.byline or name
        return True


def _article_lines(lines: list[str], *, titled: bool, source: str) -> _Lines:
    """Drop the furniture; lines that only tell author and day above the text are taken in."""
    found = _Lines(source)
    for line in lines:
        may_be_title = not titled and not any(kept.strip() for kept in found.kept)
        found.add(line, may_be_title=may_be_title)
    return found


def _name(line: str) -> str:
    """Read a byline; "" if the line is none.

    >>> _name("By Ann Roe and Bo de Lund"), _name("By the river"), _name("By Ann Roe, The Lane")
    ('Ann Roe and Bo de Lund', '', 'Ann Roe')
    """
    by = _BYLINE.fullmatch(line)
    name = re.split(r" ?[|,·•] ?| in (?=[A-Z])", by[1])[0] if by else ""
    words = [word for word in name.split() if word not in _PARTICLES]
    return name if _NAME.fullmatch(name) and all(word[0].isupper() for word in words) else ""


def _title_line(lines: list[str]) -> tuple[str, list[str]]:
    """Take the first line as title if it stands alone and is no sentence of the text.

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
    blocks: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            blocks[-1].append(line.strip())
        elif blocks[-1]:
            blocks.append([])
    found: list[str] = []
    for block in blocks:
        found.extend([" ".join(block)] if not split and _hard_wrapped(block) else block)
    return found


def _hard_wrapped(block: list[str]) -> bool:
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
    return " ".join(visible(value).split())[:200]
