"""Password authentication: sessions, the local token, and pauses after wrong passwords.

Without a password the token stands in its place, so that other users of the machine stay outside.
Wrong passwords slow down their own address and nobody else; the right one only waits its turn.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import math
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from assistant.core.settings import UiSettings
from index.core.addresses import address_group
from index.core.errors import UsageError
from ui.web.refusal import Refused

COOKIE = "assistant_session"
SESSION_S = 30 * 24 * 3600.0  # lifetime after the last use
MAX_SESSIONS = 1_000  # least recently used ones are dropped
PAUSE_S = 1.0  # of an address after its first wrong password; twice as long after each other one
MAX_PAUSE_S = 16.0
MAX_WAIT_S = 20.0  # that a password waits for its turn
FORGET_S = 300.0  # an address without wrong passwords for so long begins anew
MAX_ADDRESSES = 10_000  # the oldest are forgotten
PASSWORD_NEEDED = "A password is needed."
TOKEN_NEEDED = "The token is needed: it is in the address that 'assistant ui' printed."
MIN_LENGTH = 8  # characters of a password


def password_of(settings: UiSettings) -> str:
    """The password from the settings or the password file; "" for none.

    Raises:
        UsageError: if it is too short, or its file is unreadable.
    """
    password, file = settings.password, settings.password_file
    if not password and file is not None:
        password = _first_line(file)
        if not password:
            raise UsageError(f"The password file {file} is empty.")
    if password and len(password) < MIN_LENGTH:
        raise UsageError(f"The password is too short; it needs {MIN_LENGTH} characters or more.")
    return password


def _first_line(file: Path) -> str:
    try:
        return next(iter(file.read_text("utf-8").splitlines()), "").strip()
    except (OSError, UnicodeDecodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "it is no text"
        raise UsageError(f"The password file {file} cannot be read ({why}).") from None


class _Pause(NamedTuple):
    """How long an address has to wait after its last wrong password, and until when."""

    seconds: float
    until: float


_NONE = _Pause(0.0, 0.0)


class Gate:
    """Checks passwords, sessions and the token, which only this user and his programs know."""

    def __init__(
        self, password: str, token: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.has_password = bool(password)
        self._password = _digest(password or token)
        self.token = token
        self._clock = clock
        self._sessions: OrderedDict[str, float] = OrderedDict()
        self._wrong: dict[str, _Pause] = {}

    def is_session(self, session: str) -> bool:
        """True for the cookie value of a live session."""
        used = self._sessions.get(session)
        if used is None:
            return False
        if self._clock() - used > SESSION_S:
            del self._sessions[session]
            return False
        self._sessions[session] = self._clock()
        self._sessions.move_to_end(session)
        return True

    def new_session(self) -> str:
        """Start a session; returns its cookie value."""
        session = secrets.token_urlsafe(32)
        self._sessions[session] = self._clock()
        while len(self._sessions) > MAX_SESSIONS:
            self._sessions.popitem(last=False)
        return session

    def end_session(self, session: str) -> None:
        """End a session."""
        self._sessions.pop(session, None)

    def is_token(self, given: str) -> bool:
        """Compare with the token in constant time."""
        return hmac.compare_digest(_digest(given), _digest(self.token))

    def is_password(self, given: str, address: str) -> bool:
        """Compare with the password in constant time; a wrong one makes its address wait."""
        right = hmac.compare_digest(_digest(given), self._password)
        if not right:
            group, now = address_group(address), self._clock()
            pause_s, until = self._wrong.pop(group, _NONE)
            doubled_s = min(2 * pause_s, MAX_PAUSE_S) if now < until + FORGET_S else 0.0
            pause_s = doubled_s or PAUSE_S
            self._wrong[group] = _Pause(pause_s, now + pause_s)
            if len(self._wrong) > MAX_ADDRESSES:
                del self._wrong[next(iter(self._wrong))]
        return right

    def wait_s(self, address: str) -> float:
        """Seconds until a password from this address may be compared; 0: now."""
        return max(0.0, self._wrong.get(address_group(address), _NONE).until - self._clock())


async def check_password(gate: Gate, given: str, address: str) -> None:
    """Return if the password is right. After wrong ones of this address it takes longer.

    Raises:
        Refused: 401 if it is wrong; 429 if too many of this address are waiting.
    """
    waited = 0.0
    while wait_s := gate.wait_s(address):  # after each wait, one is compared and the others go on
        if waited + wait_s > MAX_WAIT_S:
            message = f"Too many wrong passwords. Please try again in {math.ceil(wait_s)} s."
            raise Refused(429, message, math.ceil(wait_s))
        await asyncio.sleep(wait_s)
        waited += wait_s
    if not gate.is_password(given, address):
        raise Refused(401, "The password is wrong." if gate.has_password else TOKEN_NEEDED)


def _digest(text: str) -> bytes:
    """A fixed-length digest to compare, so that timing tells nothing about the secret."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
