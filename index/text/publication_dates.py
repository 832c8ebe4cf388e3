"""The publication date that headers, lines, datelines and captions state.

The date of an update is never taken for the date of publication. A date in running text is no
evidence, except in a photo's caption: news photos are of the day.
"""

import datetime as dt
import re
from typing import NamedTuple

from index.text.calendar_terms import FOREIGN_MONTH_NUMBERS, MONTH_NUMBERS, WEEKDAY_PATTERN

_MONTH_NUMBERS = FOREIGN_MONTH_NUMBERS | MONTH_NUMBERS
_NAMES = "|".join(sorted(_MONTH_NUMBERS, key=len, reverse=True))
_DATE = re.compile(
    r"(?<![\d/.-])(?:"
    r"(?P<y1>\d{4})-(?P<m1>\d\d)-(?P<d1>\d\d)(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?"
    r"|(?P<d2>\d\d?)\.(?P<m2>\d\d?)\.(?P<y2>\d{4})"
    rf"|(?P<m3>{_NAMES})\.? (?P<d3>\d\d?)(?:st|nd|rd|th)?,? (?P<y3>\d{{4}})"
    rf"|(?P<d4>\d\d?)(?:\.|er|st|nd|rd|th)?(?: de)? (?P<m4>{_NAMES})\.?(?: de|,)? (?P<y4>\d{{4}})"
    r"|(?P<y5>\d{4}) ?[年년] ?(?P<m5>\d\d?) ?[月월] ?(?P<d5>\d\d?) ?[日일]"
    r")(?![\d/])",
    re.IGNORECASE,
)
_WITH_WEEKDAY = re.compile(rf"\b({WEEKDAY_PATTERN}),? (?={_DATE.pattern})", re.IGNORECASE)
_CAPTION = re.compile(r"^\.? ?\((?![^)]*\bfile\b)[^)]+\)", re.IGNORECASE)
_PHOTO = re.compile(r"\b(?:photo|photograph|picture|image)d?\b", re.IGNORECASE)

_UPDATE = re.compile(r"updat|modif|revis|edited|aktualis|mis à jour|actualiz", re.IGNORECASE)
# what may be around a date in a line that states nothing else
_AROUND = re.compile(
    r"(?i)\b(?:"
    r"\d\d?[:.h]\d\d(?::\d\d)?(?: ?[ap]\.?m\b\.?)?|\d\d? ?[ap]\.?m\b\.?|uhr|h"
    r"|\d+ min(?:ute)?s?(?: read)?"
    r"|utc|gmt|bst|ce?s?t|edt|est|et|cdt|ct|mdt|mst|pdt|pst|pt|jst|kst|ist|aes?t|uk"
    r"|first|last|originally|published|posted|publication|updated?|modified|revised|date|on|at"
    r"|veröffentlicht|erstellt|aktualisiert|am|um|publié|modifiée?|mis à jour|le|à"
    r"|publicado|actualizado|el"
    r"|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
    r")(?!\w)"
)
_EDGES = " \t|·•—–-/,.:;()"


class DateLine(NamedTuple):
    """What a line with dates states: publication, last change, whether labelled so, the rest."""

    published: dt.date | None
    modified: dt.date | None
    labelled: bool
    rest: str


def date_line(line: str) -> DateLine | None:
    """Read a line such as those under a headline; None if there is no date in it.

    >>> found = date_line("Published: 17:02, 20 July 2023 | Updated: 18:40, 21 July 2023")
    >>> str(found.published), str(found.modified), found.labelled, found.rest
    ('2023-07-20', '2023-07-21', True, '')
    >>> date_line("Updated July 21, 2023").published, date_line("Last week")
    (None, None)
    >>> date_line("by Ann Roe, Jul. 20, 2023 at 5:04 p.m. EDT").rest
    'by Ann Roe'
    """
    published = modified = None
    end = 0
    for found in _DATE.finditer(line):
        if _UPDATE.search(line, end, found.start()):
            modified = max(filter(None, (modified, _day(found))), default=None)
        else:
            published = published or _day(found)
        end = found.end()
    if not end:
        return None
    bare = _DATE.sub(" ", line)
    labelled = bool(_UPDATE.search(bare) or re.search("publ|post|veröff", bare, re.IGNORECASE))
    rest = " ".join(_AROUND.sub(" ", bare).split())
    return DateLine(
        published, modified, labelled, re.sub(r"(?<=\W)\W+(?=\W)", "", rest).strip(_EDGES)
    )


def _day(found: re.Match[str]) -> dt.date | None:
    form = next(form for form in "12345" if found[f"y{form}"])
    month = found[f"m{form}"].lower()
    number = _MONTH_NUMBERS.get(month) or int(month)
    return valid_date(int(found[f"y{form}"]), number, int(found[f"d{form}"]))


def parse_date(written: str) -> dt.date | None:
    """Read the date of a header or a metadata field; None if it is incomplete or ambiguous.

    >>> parse_date("2023-07-20T08:00:00Z"), parse_date("20 July 2023"), parse_date("July 2023")
    (datetime.date(2023, 7, 20), datetime.date(2023, 7, 20), None)
    """
    written = written.strip()
    if not written or len(written) > 60:
        return None
    if iso := re.match(r"(\d{4})[-/.](\d{2})[-/.](\d{2})(?!\d)", written):
        return valid_date(*map(int, iso.groups()))
    from dateutil import parser

    # Missing parts are filled from the default: two defaults show what was written. The second
    # has the day first, because 05/03/2024 is in March or in May.
    first, second = dt.datetime(2001, 1, 1), dt.datetime(2002, 2, 2)  # noqa: DTZ001
    try:
        one = parser.parse(written, default=first, ignoretz=True)
        two = parser.parse(written, default=second, ignoretz=True, dayfirst=True)
    except (ValueError, OverflowError):
        return None
    return valid_date(one.year, one.month, one.day) if one.date() == two.date() else None


def date_in(text: str) -> dt.date | None:
    """The first date with its right weekday in a photo's caption.

    >>> date_in("in Karuizawa, Japan Thursday, July 20, 2023. (AP)")
    datetime.date(2023, 7, 20)
    >>> date_in("The last train ran on Saturday, December 12, 2009, with eleven people aboard.")
    """
    for found in _WITH_WEEKDAY.finditer(text):
        date = _DATE.match(text, found.end())
        day = _day(date) if date else None
        if not date or not day or f"{day:%A}".casefold() != found[1].casefold():
            continue
        line = text[text.rfind("\n", 0, found.start()) + 1 : date.end()]
        sentence = re.split(r"[.!?] ", line)[-1]
        if _CAPTION.match(text[date.end() :]) or _PHOTO.search(sentence):
            return day
    return None


def valid_date(year: int, month: int, day: int) -> dt.date | None:
    """A date on which an article may have been published (from 1600 to two days ahead), or None.

    >>> valid_date(2023, 7, 20), valid_date(2023, 2, 30), valid_date(2999, 1, 1)
    (datetime.date(2023, 7, 20), None, None)
    """
    try:
        found = dt.date(year, month, day)
    except ValueError:
        return None
    latest = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=2)
    return found if year >= 1600 and found <= latest else None
