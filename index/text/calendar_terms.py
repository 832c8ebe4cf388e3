"""Names of months and weekdays and numbers in words: the parts that every date grammar shares.

The `…_PATTERN`s are alternatives for regular expressions, without a group around them.
"""

MONTHS = tuple(
    "January February March April May June July August September October November December".split()
)
WEEKDAYS = tuple("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())
CALENDAR_NAMES = frozenset(name.lower() for name in (*MONTHS, *WEEKDAYS))

MONTH_NUMBERS = {name.lower(): number for number, name in enumerate(MONTHS, 1)}
"""English months in lower case, written out or shortened ("sept", "sep"), to 1..12."""
MONTH_NUMBERS |= {"sept": 9} | {name[:3]: number for name, number in MONTH_NUMBERS.items()}

FOREIGN_MONTH_NUMBERS = {
    name: number
    for number, names in enumerate(
        "januar janvier enero gennaio janeiro januari ocak stycznia января"
        "|februar février febrero febbraio fevereiro februari şubat lutego февраля"
        "|märz mars marzo março maart marts mart marca марта"
        "|avril abril aprile nisan kwietnia апреля|mai mayo maggio maio mei maj mayıs maja мая"
        "|juni juin junio giugno junho haziran czerwca июня"
        "|juli juillet julio luglio julho temmuz lipca июля"
        "|août agosto augustus augusti ağustos sierpnia августа"
        "|septembre septiembre settembre setembro eylül września сентября"
        "|oktober octobre octubre ottobre outubro ekim października октября"
        "|novembre noviembre novembro kasım listopada ноября"
        "|dezember décembre diciembre dicembre dezembro desember aralık grudnia декабря".split("|"),
        1,
    )
    for name in names.split()
}
"""Months of twelve European languages as dates write them, in lower case, to 1..12."""

MONTH_PATTERN = "|".join(MONTHS)
MONTH_OR_SHORT_PATTERN = "|".join(sorted(MONTH_NUMBERS, key=len, reverse=True))
WEEKDAY_PATTERN = "|".join(WEEKDAYS)
YEAR_PATTERN = r"(?:1[89]|20)\d\d"

_TO_TWENTY = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen twenty"
).split()
TENS = {
    word: 10 * number
    for number, word in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(), 2
    )
}
NUMBER_WORDS = {word: number for number, word in enumerate(_TO_TWENTY)} | TENS
"""Zero to twenty, and the tens up to ninety."""
ORDINALS = {
    word: number
    for number, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth".split(), 1
    )
}
SMALL_COUNTS = {word: number for word, number in NUMBER_WORDS.items() if 2 <= number <= 7}
"""How many days, weeks or years back a phrase may count in words: "three days ago"."""


def written_day_pattern(year: str) -> str:
    """A day and its month in either order, and the year (a pattern) if it follows.

    The groups are d1, m1, y1 for "20 July 2023" and m2, d2, y2 for "July 20, 2023".
    """
    return (
        rf"(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<m1>{MONTH_OR_SHORT_PATTERN})\b\.?"
        rf"(?:,? (?P<y1>{year}))?"
        rf"|(?P<m2>{MONTH_OR_SHORT_PATTERN})\.? (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?!,\d)"
        rf"(?:,? (?P<y2>{year}))?"
    )
