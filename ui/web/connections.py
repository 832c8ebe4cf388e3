"""Limits of connections and requests: slow and idle ones of some keep nobody else out.

A connection has to send the head of its next request in time; when one address has many that have
not, its oldest is closed for a new one. So nothing but answered requests adds up, and of those an
address may have so many at once. `/healthz` always answers.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from uvicorn.protocols.http.h11_impl import H11Protocol

from index.core.addresses import address_group
from ui.web.refusal import Refused

HEAD_TIMEOUT_S = 10.0  # for the head of a request; uvicorn closes idle connections after 5 s
MAX_IDLE = 256  # connections without a request
MAX_IDLE_EACH = 64  # of one address
MAX_REQUESTS = 512  # that are being answered
MAX_REQUESTS_EACH = 160  # of one address; one may have 128 questions waiting (ui.waiting)
RETRY_AFTER_S = 5


class BoundedProtocol(H11Protocol):
    """uvicorn's HTTP/1.1, whose heads have 16 KiB at most, with a time limit on heads."""

    _group = ""
    _idle_since = 0.0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Make room among the idle ones."""
        super().connection_made(transport)
        self._group = address_group(self.client[0] if self.client else "")
        self._wait_for_head()
        idle = [one for one in self.connections if isinstance(one, BoundedProtocol) and one.is_idle]
        mine = [one for one in idle if one._group == self._group]
        for group, most in ((mine, MAX_IDLE_EACH), (idle, MAX_IDLE)):
            if len(group) > most:
                min(group, key=lambda one: one._idle_since).transport.close()

    def on_response_complete(self) -> None:
        """Wait for the next head."""
        super().on_response_complete()
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        if self._timer:
            self._timer.cancel()
        super().connection_lost(exc)

    @property
    def is_idle(self) -> bool:
        """True while no whole head has come since the last reply."""
        answered = self.cycle is None or self.cycle.response_complete
        return answered and not self.transport.is_closing()

    def _wait_for_head(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._idle_since = self.loop.time()
        self._timer = self.loop.call_later(HEAD_TIMEOUT_S, self._close_if_idle)

    def _close_if_idle(self) -> None:
        if self.is_idle:
            self.transport.close()


class OpenRequests:
    """Counts the requests that are being answered, by address."""

    def __init__(self) -> None:
        self._open = Counter[str]()

    @contextmanager
    def entered(self, address: str) -> Iterator[None]:
        """Count one while it lasts.

        Raises:
            Refused: 429 if the address, or all together, have too many open.
        """
        group = address_group(address)
        if self._open[group] >= MAX_REQUESTS_EACH or self._open.total() >= MAX_REQUESTS:
            message = f"Too many requests are open. Please try again in {RETRY_AFTER_S} s."
            raise Refused(429, message, RETRY_AFTER_S)
        self._open[group] += 1
        try:
            yield
        finally:
            self._open[group] -= 1
            if not self._open[group]:
                del self._open[group]
