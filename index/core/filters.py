"""Filters: which articles may answer a question, by day, by source and one by one."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles may be used.

    `as_of`: as known on that day, so nothing published later and no correction that came later;
    an article without a date stays, because it may be older. `since` and `until` are the first and
    the last day of publication; they leave out articles without a date. `sources`: any of these
    names, compared without case; empty for all. `articles`: these alone, by their whole ids, and
    old versions too; empty for all.
    """

    as_of: dt.date | None = None
    since: dt.date | None = None
    until: dt.date | None = None
    sources: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """From a mapping with days as `date` or ISO 8601 text; ValueError for another text."""
        dates = {
            name: dt.date.fromisoformat(day) if isinstance(day, str) else day
            for name in ("as_of", "since", "until")
            if (day := values.get(name))
        }
        sources, articles = (tuple(values.get(name) or ()) for name in ("sources", "articles"))
        return cls(**dates, sources=sources, articles=articles)

    def to_json(self) -> dict[str, Any]:
        """The inverse of `from_json`, as JSON values."""
        days = {"as_of": self.as_of, "since": self.since, "until": self.until}
        dates = {name: day.isoformat() if day else None for name, day in days.items()}
        return dates | {"sources": list(self.sources), "articles": list(self.articles)}

    def __bool__(self) -> bool:
        """True if anything is left out at all."""
        return bool(self.as_of or self.since or self.until or self.sources or self.articles)

    def admits(self, article_id: str, published: dt.date | None, source: str) -> bool:
        """True if an article of that id, day and source may be used.

        >>> Filters(as_of=dt.date(2023, 7, 20)).admits("ab", dt.date(2023, 7, 21), "")
        False
        >>> Filters(since=dt.date(2023, 7, 1)).admits("ab", None, "")
        False
        >>> Filters(articles=("ab",)).admits("cd", None, "")
        False
        """
        if self.articles and article_id not in self.articles:
            return False
        if published is None:
            in_time = not (self.since or self.until)
        else:
            last = min(self.until or dt.date.max, self.as_of or dt.date.max)
            in_time = (self.since or dt.date.min) <= published <= last
        names = {name.casefold() for name in self.sources}
        return in_time and (not names or source.casefold() in names)


NO_FILTERS = Filters()
