"""Scope: which articles may answer a question, by their day and their source."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles may be used.

    `as_of`: what was known on that day, so nothing published later and no correction that came
    later; an article without a date stays, because nobody knows that it is newer. `since` and
    `until` are the first and the last day of publication; they leave out articles without a date.
    `sources`: any of these names, compared without case; empty for all.
    """

    as_of: dt.date | None = None
    since: dt.date | None = None
    until: dt.date | None = None
    sources: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """True if anything is left out at all."""
        return bool(self.as_of or self.since or self.until or self.sources)

    @property
    def _first(self) -> dt.date:
        return self.since or dt.date.min

    @property
    def _last(self) -> dt.date:
        return min(self.until or dt.date.max, self.as_of or dt.date.max)

    def admits(self, published: dt.date | None, source: str) -> bool:
        """Tell whether an article of that day and source may be used.

        >>> Filters(as_of=dt.date(2023, 7, 20)).admits(dt.date(2023, 7, 21), "")
        False
        >>> Filters(since=dt.date(2023, 7, 1)).admits(None, "")
        False
        """
        if published is None and (self.since or self.until):
            return False
        if published and not self._first <= published <= self._last:
            return False
        wanted = {name.casefold() for name in self.sources}
        return not wanted or source.casefold() in wanted


NO_FILTERS = Filters()
