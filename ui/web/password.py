"""Password authentication: sessions, the local token, and rate limiting of wrong passwords.

Without a password the token stands in its place, so that other users of the machine stay outside.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from pathlib import Path

from assistant.core.settings import UiSettings
from index.core.errors import UsageError

COOKIE = "assistant_session"
SESSION_S = 30 * 24 * 3600.0  # lifetime after the last use
MAX_SESSIONS = 1_000  # least recently used ones are dropped
WINDOW_S = 60.0
MAX_WRONG = 5  # wrong passwords per address in a window
MAX_WRONG_TOTAL = 100  # of all addresses, which can be forged behind a careless proxy
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
        self._wrong: dict[str, deque[float]] = {}

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
        """Compare with the password in constant time; wrong ones count towards the limit."""
        right = hmac.compare_digest(_digest(given), self._password)
        if not right:
            self._wrong.setdefault(address, deque()).append(self._clock())
        return right

    def retry_after_s(self, address: str) -> int:
        """Seconds until this address may try again; 0: now."""
        since = self._clock() - WINDOW_S
        for known, times in list(self._wrong.items()):
            while times and times[0] <= since:
                times.popleft()
            if not times:
                del self._wrong[known]
        mine = self._wrong.get(address, deque())
        total = sum(map(len, self._wrong.values()))
        if len(mine) < MAX_WRONG and total < MAX_WRONG_TOTAL:
            return 0
        oldest = (
            mine[-MAX_WRONG] if len(mine) >= MAX_WRONG else min(t[0] for t in self._wrong.values())
        )
        return max(1, round(oldest - since))


def _digest(text: str) -> bytes:
    """A fixed-length digest to compare, so that timing tells nothing about the secret."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
