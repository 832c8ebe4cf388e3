"""The queue in front of the model: who may wait, whose turn it is, how many are before one.

Clients take turns. One client may fill half of the queue; the other half is kept for others, so
that nobody is shut out by one who asks a hundred times.
"""

import threading
import time
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass

from index.core.errors import UserError

SECONDS_UNKNOWN = 20.0  # an answer's time before one was measured; two cores need 8 to 30
REMEMBERED = 256  # clients whose last turn is remembered after they have left


class QueueFull(UserError):
    """Too many questions are waiting; `retry_after_s` is when there should be room again."""

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Closing(UserError):
    """The server is ending and takes no more questions."""


@dataclass(eq=False, slots=True)
class Ticket:
    """A place in the queue; `since` is the monotonic second at which its turn came."""

    client: str
    arrived: int
    since: float | None = None


class FairQueue:
    """At most `waiting` tickets beside the `at_once` active ones. Safe to use from threads."""

    def __init__(self, waiting: int, at_once: int = 1) -> None:
        self._limit = waiting
        self._at_once = at_once
        self._changed = threading.Condition()
        self._waiting: list[Ticket] = []
        self._active: set[Ticket] = set()
        self._last_turn: OrderedDict[str, int] = OrderedDict()
        self._arrivals = 0
        self._turns = 0
        self._took: deque[float] = deque(maxlen=8)  # seconds of the last turns

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @property
    def active(self) -> int:
        """How many have their turn."""
        return len(self._active)

    def enter(self, client: str) -> Ticket:
        """Take a place.

        Raises:
            QueueFull: if all places are taken, or all that this client may have.
        """
        with self._changed:
            mine = sum(ticket.client == client for ticket in self._waiting)
            if len(self._active) >= self._at_once and len(self._waiting) + mine >= self._limit:
                raise self._full(mine)
            self._arrivals += 1
            ticket = Ticket(client, self._arrivals)
            self._waiting.append(ticket)
            self._start_next()
            return ticket

    def wait(self, ticket: Ticket, timeout_s: float) -> int:
        """Wait for a change, `timeout_s` at most; returns how many are before it.

        0 is its turn, or that it has left.
        """
        with self._changed:
            if before := self._before(ticket):
                self._changed.wait(timeout_s)
                before = self._before(ticket)
            return before

    @property
    def turn_s(self) -> float:
        """About how many seconds until the next place is free, by the last turns."""
        each = sum(self._took) / len(self._took) if self._took else SECONDS_UNKNOWN
        return each / self._at_once

    def leave(self, ticket: Ticket) -> None:
        """Give the place to the next one; harmless when repeated."""
        with self._changed:
            if ticket in self._active:
                self._active.discard(ticket)
                self._took.append(time.monotonic() - (ticket.since or 0.0))
            elif ticket in self._waiting:
                self._waiting.remove(ticket)
            self._start_next()

    def withdraw(self, ticket: Ticket) -> None:
        """Leave if the turn has not come."""
        with self._changed:
            if ticket in self._waiting:
                self.leave(ticket)

    def _before(self, ticket: Ticket) -> int:
        if ticket not in self._waiting:
            return 0
        return self._order().index(ticket) + len(self._active)

    def _order(self) -> list[Ticket]:
        """Those who wait: one of each client, then the second of each, least recent turn first."""
        nth = Counter[str]()
        keys = {}
        for ticket in self._waiting:
            nth[ticket.client] += 1
            last = self._last_turn.get(ticket.client, 0)
            keys[ticket] = (nth[ticket.client], last, ticket.arrived)
        return sorted(self._waiting, key=keys.__getitem__)

    def _start_next(self) -> None:
        while len(self._active) < self._at_once and self._waiting:
            ticket = self._order()[0]
            self._waiting.remove(ticket)
            self._active.add(ticket)
            ticket.since = time.monotonic()
            self._turns += 1
            self._last_turn[ticket.client] = self._turns
            self._last_turn.move_to_end(ticket.client)
            while len(self._last_turn) > REMEMBERED:
                self._last_turn.popitem(last=False)
        self._changed.notify_all()

    def _full(self, mine: int) -> QueueFull:
        soon = max(1, round(self.turn_s))
        who = f"You have {mine} question{'s' * (mine != 1)} waiting already."
        if len(self._waiting) >= self._limit:
            who = f"{len(self._waiting)} questions are waiting already."
        return QueueFull(f"{who} Please try again in about {soon} s.", soon)
