"""Page furniture and invisible characters out; title, date, source, byline, dateline in.

Works on lines: news text that was scraped keeps its sentences whole and its furniture on lines
of its own. A line is dropped only if nothing but furniture stands on it.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from importlib import resources
from itertools import pairwise

from index.articles import Article
from index.readers import Raw, Unreadable

MAX_TITLE = 300  # characters; longer ones are cut

_FURNITURE = re.compile(
    "|".join(
        line
        for line in (resources.files(__package__) / "furniture.txt").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    ),
    re.IGNORECASE,
)

_ENDS_SENTENCE = re.compile(r"""[.!?…。！？][)\]"'”’»]*$""")
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_WEEKDAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
_FULL_DATE = re.compile(rf"\b({_WEEKDAYS}),? ({_MONTHS}) (\d{{1,2}}),? (\d{{4}})\b")
_STATED_DATE = re.compile(
    r"(?:(?:first|last|originally) )?(?:published|posted|updated)(?: (?:on|at))?:? (.{6,60})", re.I
)
_READING_TIME = re.compile(r"(?:[\w&' ]{1,40} )?[•·|–-]? ?\d{1,2}[ -]min(?:ute)?s? read", re.I)
_SECTION = re.compile(r"[A-Z][\w&'-]*(?: (?:& )?[\w'-]+)?")
_DATELINE = re.compile(
    r"^((?:[A-Z][A-Z.'’-]+)(?: [A-Z][A-Z.'’-]+){0,3}(?:, [A-Z][\w. ]{1,24})?)"
    r"(?: \([A-Z][\w ./-]{1,30}\))? ?[–—-]{1,2} "
)
# Cc but tab and newline, Cf (zero-width, bidi, tags), private use, surrogates, variation selectors
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    r"\ud800-\udfff\ue000-\uf8ff\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
_SPACES = re.compile(r"[^\S\n]+")


def clean(raw: Raw, path: str) -> Article:
    """Make an Article of what a reader found.

    Raises:
        Unreadable: `no_text` if nothing but furniture stands in it.
    """
    lines, stated = _article_lines(visible(raw.text).split("\n"))
    title = " ".join(visible(raw.title).split())[:MAX_TITLE]
    if not title:
        title, lines = _title_line(lines)
    paragraphs = _paragraphs(lines, split=raw.paragraphs)
    if paragraphs and title and _same(paragraphs[0], title):
        del paragraphs[0]
    if not paragraphs:
        raise Unreadable("no_text", "There is no article text in it.")
    text = "\n\n".join(paragraphs)
    dateline = next((m for p in paragraphs[:3] if (m := _DATELINE.match(p))), None)
    return Article(
        path=f"{path}#{raw.record}" if raw.record else path,
        title=title or _shortened(paragraphs[0]),
        text=text,
        published=parse_date(raw.published) or stated or date_in(text),
        source=_field(raw.source),
        url=url[0] if (url := re.match(r"https?://\S+$", visible(raw.url).strip())) else "",
        byline=_field(raw.byline),
        place=dateline[1].strip() if dateline else "",
    )


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


def _article_lines(lines: list[str]) -> tuple[list[str], dt.date | None]:
    """Drop the furniture; a line such as `Published July 29, 2023` gives its date and goes."""
    kept: list[str] = []
    dates: list[dt.date] = []
    for line in lines:
        stated = _STATED_DATE.fullmatch(line.strip())
        day = parse_date(stated[1]) if stated else None
        if day:
            dates.append(day)
        elif _READING_TIME.fullmatch(line.strip()):
            if kept and _SECTION.fullmatch(kept[-1].strip()):
                kept.pop()  # the section's name stands right above it
        elif not is_furniture(line):
            kept.append(line)
    return kept, min(dates, default=None)  # published before it was updated


def parse_date(written: str) -> dt.date | None:
    """Read the date of a header or a metadata field; None if it is no whole, sane date.

    >>> parse_date("2023-07-20T08:00:00Z"), parse_date("20 July 2023"), parse_date("July 2023")
    (datetime.date(2023, 7, 20), datetime.date(2023, 7, 20), None)
    """
    written = written.strip()
    if not written or len(written) > 60:
        return None
    iso = re.match(r"(\d{4})[-/.](\d{2})[-/.](\d{2})(?!\d)", written)
    if iso:
        return _sane(int(iso[1]), int(iso[2]), int(iso[3]))
    from dateutil import parser

    try:
        # a part that is missing is filled from the default: two defaults show what was written
        one = parser.parse(written, default=dt.datetime(2001, 1, 1), ignoretz=True)  # noqa: DTZ001
        # the other way round as well, because 05/03/2024 is in March or in May
        two = parser.parse(
            written,
            default=dt.datetime(2002, 2, 2),  # noqa: DTZ001
            ignoretz=True,
            dayfirst=True,
        )
    except (ValueError, OverflowError):
        return None
    return _sane(one.year, one.month, one.day) if one.date() == two.date() else None


def date_in(text: str) -> dt.date | None:
    """The first date written out with weekday and year, if the weekday is right.

    >>> date_in("in Karuizawa, Japan Thursday, July 20, 2023. (AP)")
    datetime.date(2023, 7, 20)
    """
    for found in _FULL_DATE.finditer(text):
        day = _sane(int(found[4]), _MONTHS.split("|").index(found[2]) + 1, int(found[3]))
        if day and _WEEKDAYS.split("|")[day.weekday()] == found[1]:
            return day
    return None


def _sane(year: int, month: int, day: int) -> dt.date | None:
    try:
        found = dt.date(year, month, day)
    except ValueError:
        return None
    latest = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=2)
    return found if year >= 1600 and found <= latest else None


def _title_line(lines: list[str]) -> tuple[str, list[str]]:
    """Take the first line as title if it stands alone and is no sentence of the text.

    One word above it is the name of a section.
    """
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


def _shortened(text: str) -> str:
    return text if len(text) <= 90 else text[:90].rsplit(" ", 1)[0] + " …"


def _field(value: str) -> str:
    return " ".join(visible(value).split())[:200]
