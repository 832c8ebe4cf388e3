"""When what a sentence tells happened: the days that its grammar gives to its verbs.

A day is that of an event if a verb has it as its "when", not if it stands inside a name ("the 2011
flood"), in a dateline, or only bounds a time ("since 2011"). Without the article's own day, or
where a phrase is ambiguous, no day is resolved: none is ever guessed.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assistant.core.answer import Evidence
from index.core.articles import CAPTION
from index.text.calendar_terms import MONTH_PATTERN, WEEKDAY_PATTERN
from index.text.grammar import SPEECH_VERBS, ParsedSentence, Parser, Relation
from index.text.query_dates import periods
from index.text.relative_dates import Period, days_of, format_days

MAX_PARSED = 600  # characters of a sentence that is parsed
PLANNED = frozenset(
    "will shall would be plan schedule expect set due intend aim hope want go slate".split()
)
"""Modalities of what is still to come when it is written of."""


_SAYS = SPEECH_VERBS - {"announce", "declare"}  # which are deeds themselves
_PLANS = frozenset("plan schedule expect slate".split())
_OPEN = frozenset("may might could should can must if unless whether".split())
_OPENS = 20  # characters before a day that opens its sentence
_BOUNDARY = re.compile(r"[,;:()—–]|\b(?:that|which|who|after|before|because|while|when)\b")
_SURE = dt.timedelta(days=31)  # before the article, up to which a day may lack its year
_PAST_SURE = dt.timedelta(days=240)  # the same beside a verb in the past
_PAST_AUXILIARY = re.compile(r"\b(?:was|were|had|did|been|has|have)\b[^,;]{0,20}$")
_AHEAD = dt.timedelta(days=330)  # a planned "3 May" is the next one
_DATELINE = re.compile(
    r"^[A-Z]{2}.{0,60}? ?[-–—]{1,2} |^(?:Updated?|Published|Posted|Last modified|Date)\b.*"
    rf"|^(?:(?:{WEEKDAY_PATTERN}), )?(?:{MONTH_PATTERN}) \d{{1,2}}, \d{{4}}\W+(?=[A-Z])"
)
_INSIDE_A_NAME = re.compile(
    r"(?i)(?:\b(?:the|an?|its|his|her|their|our|these|those|annual|every|each)|\w['’]s?|\(|#|-)\s?$"
)
_COMPARED = re.compile(r"(?i)\b(?:since|than|(?:up|down) from|compared (?:to|with))\b[^,;]{0,60}$")
_OF = re.compile(r"(?i)(?<!start)(?<!end)(?<!morning)(?<!evening)(?<!night)(?<!hours)(?<!day) of $")
_IN = re.compile(
    r"(?i)\b(?:in|during|throughout|early|late|mid|spring|summer|autumn|winter|fall"
    r"|(?:end|start|beginning|middle) of)[ -]$"
)
_BARE_YEAR = re.compile(r"\d{4}|[A-Za-z]+\.?,? \d{4}|[A-Za-z]+")
_FIRST_OF_SPAN = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)?(?: ?[–-] ?| (?:to|and|until|through) )$")
_LAST_OF_SPAN = re.compile(
    r" ?(?:[–-]| (?:to|and|until|through) ) ?(\d{1,2})(?:st|nd|rd|th)?\b(?! [A-Z])(?:, (\d{4}))?"
)
_WEEKDAY_BEFORE = re.compile(rf"(?:{WEEKDAY_PATTERN}),? $")
_MAY_BE_DAY = re.compile(
    r"(?i)\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)|day\b|night\b|\b(?:1[5-9]|20)\d\d\b"
    r"|\b(?:last|this|next) (?:week|month|year)|today|morning|yesterday|tomorrow|days ago"
)


@dataclass(frozen=True, slots=True)
class Event:
    """What happened on the days `first` to `last`, by one sentence. `verb` is its lemma."""

    sentence: Evidence
    first: dt.date
    last: dt.date
    verb: str
    planned: bool = False

    @property
    def text(self) -> str:
        """The sentence, word for word, without the dateline before it."""
        return without_dateline(self.sentence.text)

    @property
    def days(self) -> str:
        """Its days as short as possible."""
        return days_label(self.first, self.last)


def may_name_a_day(sentence: Evidence) -> bool:
    """Whether a sentence is worth parsing: it has a word of a date, and is no caption."""
    text = sentence.text
    return bool(_MAY_BE_DAY.search(text)) and len(text) <= MAX_PARSED and is_prose(text)


def without_dateline(text: str) -> str:
    """A sentence behind its dateline.

    >>> without_dateline("TAVRIN, Velmara (Wire) - The dike broke.")
    'The dike broke.'
    """
    dateline = _DATELINE.match(text)
    return text[dateline.end() :] if dateline else text


def is_prose(text: str) -> bool:
    """Whether a text is a sentence of an article, not a caption, a byline or a heading."""
    return not text.startswith(CAPTION) and text.rstrip(" “”\"’')]")[-1:] in (*".!:…", ",")


def events_in(sentence: Evidence, parser: Parser) -> list[Event]:
    """The dated events of one sentence, in reading order, each day once.

    Where Kim said on Friday what happened on Monday, the Friday is none.
    """
    days = list(_days(sentence))
    if not days:
        return []
    parsed = parser.parse(sentence.text)
    relations = parsed.relations
    found: dict[int, Event] = {}  # by verb: "launched on Wednesday after a first test in April"
    for day in sorted(days, key=lambda one: one.last - one.first):
        relation = _verb_of(day, relations, sentence.text)
        if relation is None or relation.modality in _OPEN:
            continue
        if dated := _with_year(day, sentence, relation):
            published = sentence.article.stated_day  # a plan of a past day says what was planned
            planned = dated.first > published if published else _is_planned(relation)
            event = Event(sentence, dated.first, dated.last, relation.verb, planned)
            found.setdefault(relation.start, event)
    for relation in relations:
        if relation.start in found and any(_is_dated(s, found) for s in _said(relation, parsed)):
            del found[relation.start]
    return list({(one.first, one.last): one for one in found.values()}.values())


def _said(verb: Relation, parsed: ParsedSentence) -> Iterator[Relation]:
    """The first thing that is told in what the subject of a verb says."""
    for speech in parsed.speeches if verb.verb in _SAYS else ():
        if (speech.speaker, speech.verb) == (verb.subject, verb.verb):
            inside = (r for r in parsed.relations if speech.start <= r.start < speech.end)
            yield from sorted((r for r in inside if r != verb), key=lambda r: r.start)[:1]


def _is_dated(relation: Relation, events: Mapping[int, Event]) -> bool:
    """Whether what a verb tells has a day of its own, not only a month or a year."""
    event = events.get(relation.start)
    return event is not None and event.first == event.last


def days_label(first: dt.date, last: dt.date) -> str:
    """Days as short as possible.

    >>> days_label(dt.date(2023, 7, 17), dt.date(2023, 7, 19))
    '17–19 July 2023'
    """
    if first != last and (first.year, first.month) == (last.year, last.month):
        whole = first.day == 1 and (last + dt.timedelta(1)).day == 1
        return f"{first:%B} {first.year}" if whole else f"{first.day}–{last.day} {last:%B %Y}"
    if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31) and first.year < last.year:
        return f"{first.year}–{last.year}"
    return format_days(Period("", 0, 0, first, last))


def _days(sentence: Evidence) -> Iterator[Period]:
    """The days that a sentence names and that may be those of an event."""
    article, text = sentence.article, sentence.text
    dateline = _DATELINE.match(text)
    begins = dateline.end() if dateline else 0
    written = [
        _whole(p, text) for p in periods(_readable(text), article.stated_day) if not p.relative
    ]
    found = [p for p in written if _is_adverbial(p, text)]
    for day in days_of(article, sentence.start, sentence.end):
        if not any(day.start < p.end + 3 and p.start < day.end + 3 for p in written):
            found.append(day)  # "Thursday, July 20" is told by its date
    for day in sorted(found, key=lambda p: p.start):
        bounded = dt.date.min < day.first and day.last < dt.date.max
        before, after = text[: day.start], text[day.end :]
        attributive = re.match(r"['’]s?\b", after)  # "last week's flood"
        compared = _COMPARED.search(before)
        if bounded and day.start >= begins and not compared and not attributive:
            yield day


def _is_adverbial(day: Period, text: str) -> bool:
    """Whether a written date says when something happened, and is no part of a name."""
    before = text[: day.start]
    if _BARE_YEAR.fullmatch(day.phrase):
        return bool(_IN.search(before))
    return not (_INSIDE_A_NAME.search(before) or _OF.search(re.sub(_WEEKDAY_BEFORE, "", before)))


def _whole(day: Period, text: str) -> Period:
    """A day with the other end of its span: "17 to 19 July 2023", "July 17–19, 2023"."""
    if day.first != day.last:
        return day
    first = _FIRST_OF_SPAN.search(text[: day.start])
    last = _LAST_OF_SPAN.match(text, day.end)
    try:
        if first and day.phrase[0].isdigit() and int(first[1]) < day.first.day:
            opened = day.first.replace(day=int(first[1]))
            return day._replace(first=opened, start=first.start())
        if last and not re.search(r"\d{4}", day.phrase):
            year = int(last[2] or day.first.year)
            opened, closed = (
                day.first.replace(year=year),
                day.last.replace(year=year, day=int(last[1])),
            )
            return day._replace(first=opened, last=closed, end=last.end())
    except ValueError:  # the 31st of June
        return day
    return day


def _verb_of(day: Period, relations: tuple[Relation, ...], text: str) -> Relation | None:
    """The verb that has a day as its "when".

    Where the grammar gives it to none, the first verb behind a day that opens the sentence, or the
    last one before the day in its clause.
    """
    for relation in relations:
        for argument in relation.arguments:
            if argument.role == "when" and _same_phrase(argument.text, day.phrase):
                return relation
    if day.start <= _OPENS:
        return min(relations, key=lambda one: one.start, default=None)
    before = [one for one in relations if one.start < day.start]
    nearest = max(before, key=lambda one: one.start, default=None)
    between = text[nearest.start : day.start] if nearest else ""
    return None if _BOUNDARY.search(between) else nearest


def _same_phrase(one: str, other: str) -> bool:
    return one in other or other in one


def _is_planned(relation: Relation) -> bool:
    return relation.modality in PLANNED or relation.verb in _PLANS


def _with_year(day: Period, sentence: Evidence, relation: Relation) -> Period | None:
    """A day without a year as the next one where it is planned; None where no year is sure."""
    published = sentence.article.stated_day
    if published is None or day.relative or re.search(r"\d{4}", day.phrase):
        return day
    if not _is_planned(relation):
        past = _is_past(relation, sentence.text)
        return day if published - day.last < (_PAST_SURE if past else _SURE) else None
    if day.last >= published:
        return day
    later = periods(_readable(sentence.text), min(published, dt.date.max - _AHEAD) + _AHEAD)
    return next((one for one in later if not one.relative and one.end == day.end), None)


def _is_past(relation: Relation, text: str) -> bool:
    """Whether a verb stands in the past: "rose", "was rising"; not "rises", "is rising"."""
    verb = text[relation.start :].split(" ")[0].strip(".,;:").lower()
    present = verb in (relation.verb, f"{relation.verb}s", f"{relation.verb}es")
    helped = _PAST_AUXILIARY.search(text[: relation.start])
    return bool(helped) or not (present or verb.endswith("ing"))


def _readable(text: str) -> str:
    """A sentence in which a month at its end is found ("in May." is "in May ")."""
    return re.sub(r"[.!?](?=\W*$)", " ", text)
