"""The line in front of the engine: who may wait, whose turn it is, and how many are before one.

Knows neither questions nor answers. A client may fill half of the places; the other half is kept
for others, so that nobody is shut out by one who asks a hundred times. Clients take turns.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from dataclasses import dataclass

from index.core.errors import UserError

SECONDS_UNKNOWN = 20.0  # an answer's time before one was measured; two cores need 8 to 30
REMEMBERED = 256  # clients whose last turn is remembered after they have left


class QueueFull(UserError):
    """Too many questions are waiting; `retry_after_s` is when there should be room again."""

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


@dataclass(eq=False, slots=True)
class Ticket:
    """A place in the line; `since` is the monotonic second at which its turn came."""

    client: str
    arrived: int
    since: float | None = None


class FairQueue:
    """At most `waiting` places beside the `at_once` whose turn it is. Safe from several threads."""

    def __init__(self, waiting: int, at_once: int = 1) -> None:
        self._limit = waiting
        self._at_once = at_once
        self._changed = threading.Condition()
        self._waiting: list[Ticket] = []
        self._having_turn: set[Ticket] = set()
        self._last_turn: OrderedDict[str, int] = OrderedDict()
        self._arrivals = 0
        self._turns = 0
        self._took: deque[float] = deque(maxlen=8)  # seconds of the last turns

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @property
    def having_turn(self) -> int:
        """How many have their turn."""
        return len(self._having_turn)

    def enter(self, client: str) -> Ticket:
        """Take a place.

        Raises:
            QueueFull: if all places are taken, or all that this client may have.
        """
        with self._changed:
            waiting = len(self._waiting)
            mine = sum(place.client == client for place in self._waiting)
            if self._free_turn() is False and waiting + mine >= self._limit:
                raise self._busy(waiting, mine)
            self._arrivals += 1
            place = Ticket(client, self._arrivals)
            self._waiting.append(place)
            self._next()
            return place

    def wait(self, place: Ticket, timeout_s: float) -> int:
        """Wait for a change, `timeout_s` at most; returns how many are before it, 0: its turn."""
        with self._changed:
            if (before := self._before(place)) == 0:
                return 0
            self._changed.wait(timeout_s)
            return self._before(place) if before else 0

    def leave(self, place: Ticket) -> None:
        """Give the place to the next one; harmless when repeated."""
        with self._changed:
            if place in self._having_turn:
                self._having_turn.discard(place)
                if place.since is not None:
                    self._took.append(time.monotonic() - place.since)
            elif place in self._waiting:
                self._waiting.remove(place)
            self._next()

    def _free_turn(self) -> bool:
        return len(self._having_turn) < self._at_once

    def _before(self, place: Ticket) -> int:
        if place not in self._waiting:
            return 0
        return self._order().index(place) + len(self._having_turn)

    def _order(self) -> list[Ticket]:
        """Those who wait: one of each client, then the second of each, least recent turn first."""
        nth: dict[str, int] = {}
        keys = {}
        for place in self._waiting:
            nth[place.client] = nth.get(place.client, 0) + 1
            last = self._last_turn.get(place.client, 0)
            keys[place] = (nth[place.client], last, place.arrived)
        return sorted(self._waiting, key=keys.__getitem__)

    def _next(self) -> None:
        while self._free_turn() and self._waiting:
            place = self._order()[0]
            self._waiting.remove(place)
            self._having_turn.add(place)
            place.since = time.monotonic()
            self._turns += 1
            self._last_turn[place.client] = self._turns
            self._last_turn.move_to_end(place.client)
            while len(self._last_turn) > REMEMBERED:
                self._last_turn.popitem(last=False)
        self._changed.notify_all()

    def _busy(self, waiting: int, mine: int) -> QueueFull:
        each = sum(self._took) / len(self._took) if self._took else SECONDS_UNKNOWN
        soon = max(1, round(each / self._at_once))  # when one place is free again
        if waiting >= self._limit:
            who = f"{waiting} questions are waiting already."
        else:
            who = f"You have {mine} question{'s' * (mine != 1)} waiting already."
        return QueueFull(f"{who} Please try again in about {soon} s.", soon)
