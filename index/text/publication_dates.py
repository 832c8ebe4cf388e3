"""Which day an article says it was published: as headers, lines, datelines and captions write it.

The day of an update is never taken for the day of publication. A date that is only told in the
text is no evidence either, but in a caption, because news photos are of the day.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import NamedTuple

_MONTHS = [  # English, German, French, Spanish; a stop after a short form is allowed everywhere
    "january jan januar janvier enero",
    "february feb februar février febrero",
    "march mar märz mars marzo",
    "april apr avril abril",
    "may mai mayo",
    "june jun juni juin junio",
    "july jul juli juillet julio",
    "august aug août agosto",
    "september sept sep septembre septiembre",
    "october oct oktober octobre octubre",
    "november nov novembre noviembre",
    "december dec dezember décembre diciembre",
]
_NUMBER = {name: n for n, names in enumerate(_MONTHS, 1) for name in names.split()}
_NAMES = "|".join(sorted(_NUMBER, key=len, reverse=True))
_DATE = re.compile(
    r"(?<![\d/.-])(?:"
    r"(\d{4})-(\d\d)-(\d\d)(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?"
    r"|(\d\d?)\.(\d\d?)\.(\d{4})"
    rf"|({_NAMES})\.? (\d\d?)(?:st|nd|rd|th)?,? (\d{{4}})"
    rf"|(\d\d?)(?:\.|er|st|nd|rd|th)?(?: de)? ({_NAMES})\.?(?: de|,)? (\d{{4}})"
    r")(?![\d/])",
    re.IGNORECASE,
)
_WEEKDAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
_WITH_WEEKDAY = re.compile(rf"\b({_WEEKDAYS}),? (?={_DATE.pattern})", re.IGNORECASE)
_CAPTION = re.compile(r"^\.? ?\((?![^)]*\bfile\b)[^)]+\)", re.IGNORECASE)
_PHOTO = re.compile(r"\b(?:photo|photograph|picture|image)d?\b", re.IGNORECASE)

_UPDATE = re.compile(r"updat|modif|revis|edited|aktualis|mis à jour|actualiz", re.IGNORECASE)
# what stands around a date in a line that tells nothing else
_AROUND = re.compile(
    r"\b(?:"
    r"\d\d?[:.h]\d\d(?::\d\d)?(?: ?[ap]\.?m\b\.?)?|\d\d? ?[ap]\.?m\b\.?|uhr|h"
    r"|\d+ min(?:ute)?s?(?: read)?"
    r"|utc|gmt|bst|ce?s?t|edt|est|et|cdt|ct|mdt|mst|pdt|pst|pt|jst|kst|ist|aes?t|uk"
    r"|first|last|originally|published|posted|publication|updated?|modified|revised|date|on|at"
    r"|veröffentlicht|erstellt|aktualisiert|am|um|publié|modifiée?|mis à jour|le|à"
    r"|publicado|actualizado|el"
    r"|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
    r")(?!\w)",
    re.IGNORECASE,
)
_EDGES = " \t|·•—–-/,.:;()"


class DateLine(NamedTuple):
    """What a line with dates tells: the days of publication and of the last change, the rest."""

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
    day = modified = None
    end = 0
    for found in _DATE.finditer(line):
        label = line[end : found.start()]
        if _UPDATE.search(label):
            modified = max(filter(None, (modified, _day(found))), default=None)
        else:
            day = day or _day(found)
        end = found.end()
    if not end:
        return None
    bare = _DATE.sub(" ", line)
    labelled = bool(_UPDATE.search(bare) or re.search("publ|post|veröff", bare, re.IGNORECASE))
    rest = " ".join(_AROUND.sub(" ", bare).split())
    return DateLine(day, modified, labelled, re.sub(r"(?<=\W)\W+(?=\W)", "", rest).strip(_EDGES))


def _day(found: re.Match[str]) -> dt.date | None:
    """Make a day of a match of `_DATE`, in whichever of its forms."""
    g = found.groups()[-12:]
    if g[0]:
        return sane(int(g[0]), int(g[1]), int(g[2]))
    if g[3]:
        return sane(int(g[5]), int(g[4]), int(g[3]))
    if g[6]:
        return sane(int(g[8]), _NUMBER[g[6].lower()], int(g[7]))
    return sane(int(g[11]), _NUMBER[g[10].lower()], int(g[9]))


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
        return sane(int(iso[1]), int(iso[2]), int(iso[3]))
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
    return sane(one.year, one.month, one.day) if one.date() == two.date() else None


def date_in(text: str) -> dt.date | None:
    """Find the first date with its right weekday that a caption tells.

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


def sane(year: int, month: int, day: int) -> dt.date | None:
    """Make a date that an article may have been published on; None if it is none.

    >>> sane(2023, 7, 20), sane(2023, 2, 30), sane(2999, 1, 1)
    (datetime.date(2023, 7, 20), None, None)
    """
    try:
        found = dt.date(year, month, day)
    except ValueError:
        return None
    latest = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=2)
    return found if year >= 1600 and found <= latest else None
