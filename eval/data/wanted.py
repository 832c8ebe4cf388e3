"""What a right answer to a question of a certain kind holds, beside or instead of one fact.

The key `wanted` of a case. A group is a list of accepted texts, any one of which is enough.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, StrictBool, StrictStr, with_config


def not_blank(text: str) -> str:
    """The text; ValueError if there is nothing in it."""
    if not text.strip():
        raise ValueError("this text is empty")
    return text


Text = Annotated[StrictStr, AfterValidator(not_blank)]
Texts = tuple[Text, ...]
Groups = tuple[Annotated[Texts, Field(min_length=1)], ...]
Days = tuple[dt.date, dt.date]


def days(text: str) -> Days:
    """First and last day of "2024-05-03" or of "2024-05-03/2024-05-05".

    >>> days("2024-05-03")
    (datetime.date(2024, 5, 3), datetime.date(2024, 5, 3))
    """
    first, _, last = text.partition("/")
    return dt.date.fromisoformat(first), dt.date.fromisoformat(last or first)


def _is_days(text: str) -> str:
    days(text)
    return text


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class Event:
    """A row of a timeline: its day, or span of days, and a piece of the sentence that tells it.

    An optional one is true, but nothing is lost if it lacks.
    """

    day: Annotated[StrictStr, AfterValidator(_is_days)]
    quote: Text
    optional: StrictBool = False


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody said, as it stands in an article. Nothing is lost if an optional one lacks."""

    speaker: Text
    text: Text
    optional: StrictBool = False


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for in an answer; empty where it does not apply.

    Empty altogether it says that the question is clear and must not be asked back.

    Attributes:
        items: Entries of a list.
        count: The number that is asked for.
        rows: Rows of a timeline.
        said: All statements that are asked for.
        nuggets: Facts of which a summary holds as many as it can.
        parts: Facts that a full answer holds; with `verdict`, what says the same as it.
        differences: Of each difference, what stands on the one side and on the other.
        asks_back: Pieces of the questions that may have been meant; empty where any will do.
        verdict: The answer to a question that is answered by yes or no.
        language: The question's language, where it is one in which nothing is checked.
    """

    items: Groups = ()
    count: Annotated[int, Field(strict=True, ge=0)] | None = None
    rows: tuple[Event, ...] = ()
    said: tuple[Statement, ...] = ()
    nuggets: Groups = ()
    parts: Groups = ()
    differences: tuple[Annotated[Groups, Field(min_length=2)], ...] = ()
    asks_back: Texts = ()
    verdict: Literal["yes", "no"] | None = None
    language: Text | None = None
