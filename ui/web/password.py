"""Who may come in: one password, sessions that know it, and a brake on guessing.

Knows nothing of HTTP but the name of a cookie. Without a password everybody may come in, which is
why the server then listens on this machine only.
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
SESSION_S = 30 * 24 * 3600.0  # a session ends so long after its last use
SESSIONS = 1_000  # the ones not used for longest go first
WINDOW_S = 60.0
GUESSES = 5  # wrong passwords of one address in a window
GUESSES_OF_ALL = 100  # and of all together, since an address can be forged behind a careless proxy
SHORTEST = 8  # characters of a password


def password_of(settings: UiSettings, from_flag: bool) -> str:
    """The password that the settings name; "" for none.

    Raises:
        UsageError: if it stands on the command line, is too short, or its file cannot be read.
    """
    if from_flag:
        raise UsageError(
            "A password on the command line can be seen by everybody on this machine. "
            "Set ASSISTANT_UI_PASSWORD or ui.password_file."
        )
    password, file = settings.password, settings.password_file
    if not password and file is not None:
        password = _first_line(file)
        if not password:
            raise UsageError(f"The password file {file} is empty.")
    if password and len(password) < SHORTEST:
        raise UsageError(f"The password is too short; it needs {SHORTEST} characters or more.")
    return password


def _first_line(file: Path) -> str:
    try:
        return next(iter(file.read_text("utf-8").splitlines()), "").strip()
    except (OSError, UnicodeDecodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "it is no text"
        raise UsageError(f"The password file {file} cannot be read ({why}).") from None


class Gate:
    """Tells who may come in. `token` is known to programs of this machine's user only."""

    def __init__(
        self, password: str, token: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._password = _digest(password) if password else b""
        self._token = _digest(token)
        self._clock = clock
        self._sessions: OrderedDict[str, float] = OrderedDict()
        self._wrong: dict[str, deque[float]] = {}

    @property
    def locked(self) -> bool:
        """True if there is a password."""
        return bool(self._password)

    def knows(self, session: str) -> bool:
        """Tell whether a cookie is that of a session that has not ended."""
        used = self._sessions.get(session)
        if used is None:
            return False
        if self._clock() - used > SESSION_S:
            del self._sessions[session]
            return False
        self._sessions[session] = self._clock()
        self._sessions.move_to_end(session)
        return True

    def begin(self) -> str:
        """A new session, as the value of its cookie."""
        session = secrets.token_urlsafe(32)
        self._sessions[session] = self._clock()
        while len(self._sessions) > SESSIONS:
            self._sessions.popitem(last=False)
        return session

    def end(self, session: str) -> None:
        """Forget a session."""
        self._sessions.pop(session, None)

    def is_token(self, given: str) -> bool:
        """Tell whether it is the token of this machine's user; takes the same time for any."""
        return hmac.compare_digest(_digest(given), self._token)

    def is_password(self, given: str, address: str) -> bool:
        """Tell whether it is the password, in the same time for any; a wrong one is remembered."""
        right = hmac.compare_digest(_digest(given), self._password) and self.locked
        if not right:
            self._wrong.setdefault(address, deque()).append(self._clock())
        return right

    def brake_s(self, address: str) -> int:
        """Seconds until this address may guess again; 0: now."""
        since = self._clock() - WINDOW_S
        for known, times in list(self._wrong.items()):
            while times and times[0] <= since:
                times.popleft()
            if not times:
                del self._wrong[known]
        mine = self._wrong.get(address, deque())
        total = sum(map(len, self._wrong.values()))
        if len(mine) < GUESSES and total < GUESSES_OF_ALL:
            return 0
        oldest = mine[-GUESSES] if len(mine) >= GUESSES else min(t[0] for t in self._wrong.values())
        return max(1, round(oldest - since))


def _digest(text: str) -> bytes:
    """What is compared, so that neither length nor beginning of a secret tells by time."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
