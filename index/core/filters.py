"""Scope: which articles may answer a question, by their day and their source."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


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

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """From a mapping with dates as `date` or ISO 8601 text; other keys are ignored.

        Raises:
            ValueError: for a text that is not a date.
        """
        dates = {
            name: dt.date.fromisoformat(day) if isinstance(day, str) else day
            for name in ("as_of", "since", "until")
            if (day := values.get(name))
        }
        return cls(**dates, sources=tuple(values.get("sources") or ()))

    def to_json(self) -> dict[str, Any]:
        """The inverse of `from_json`, as JSON values."""
        days = {"as_of": self.as_of, "since": self.since, "until": self.until}
        dates = {name: day.isoformat() if day else None for name, day in days.items()}
        return dates | {"sources": list(self.sources)}

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
