"""Boosts passages of the time that a question asks about, and says where else to search.

A preference and no filter: an article of 2 August may report on July, and one that is clearly more
about the subject ranks before one that is only of the right day.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from index.core.filters import Filters
from index.text.query_dates import REPORTED, asks_newest, overlap
from index.text.relative_dates import Period

# Highest boost in logits: enough to rank before a passage that is as much about the subject, too
# little before one that is clearly more so. With 3 the passage of the right time came first for 12
# of 18 questions with a time on the sample set, with 2 for 10, without for 7.
PERIOD = 3.0
NEWEST = 3.0
ON_TOPIC = 5.0  # logits below the best passage; only among these do newer ones rank higher
SEARCHED = 2  # periods of one question that are searched separately


class DatedPassage(NamedTuple):
    """A passage with its day and the reranker's logit."""

    text: str
    published: dt.date | None
    relevance: float


@dataclass(frozen=True, slots=True)
class TemporalIntent:
    """The time a question asks about: periods, and whether it asks for the newest."""

    periods: tuple[Period, ...] = ()
    newest: bool = False

    def __bool__(self) -> bool:
        """True if it asks about any."""
        return bool(self.periods) or self.newest

    def narrowed(self, filters: Filters, days: Sequence[dt.date | None]) -> list[Filters]:
        """Further searches: in each period, or in the newer half of the `days` found."""
        known = sorted(day for day in days if day)
        if self.newest and known and not self.periods:
            return [_narrow(filters, known[len(known) // 2], dt.date.max)]
        return [
            _narrow(filters, period.first, min(period.last, dt.date.max - REPORTED) + REPORTED)
            for period in self.periods[:SEARCHED]
        ]

    def boosts(self, passages: Sequence[DatedPassage]) -> list[float]:
        """What is added to the logit of each passage.

        >>> may, june = dt.date(2024, 5, 3), dt.date(2024, 6, 3)
        >>> both = [DatedPassage("Nine died.", may, 4.0), DatedPassage("Ten died.", june, 3.5)]
        >>> TemporalIntent(newest=True).boosts(both)
        [0.0, 3.0]
        >>> in_may = Period("May", 0, 3, dt.date(2024, 5, 1), dt.date(2024, 5, 31))
        >>> TemporalIntent((in_may,)).boosts(both)
        [3.0, 1.5]
        """
        least = max((p.relevance for p in passages), default=0.0) - ON_TOPIC
        days = sorted({p.published for p in passages if p.published and p.relevance >= least})
        boosts = []
        for text, day, relevance in passages:
            boost = PERIOD * max((overlap(p, text, day) for p in self.periods), default=0.0)
            if self.newest and day and relevance >= least and len(days) > 1:
                boost += NEWEST * days.index(day) / (len(days) - 1)
            boosts.append(boost)
        return boosts


def temporal_intent(question: str, periods: Sequence[Period]) -> TemporalIntent:
    """The intent of a question that names these periods."""
    return TemporalIntent(tuple(periods), asks_newest(question))


def _narrow(filters: Filters, since: dt.date, until: dt.date) -> Filters:
    return replace(
        filters, since=max(since, filters.since or since), until=min(until, filters.until or until)
    )
