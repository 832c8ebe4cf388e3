"""Makes the event streams that browsers name their visitors' own.

Gradio keeps the events of a call under a name that the browser chooses: whoever guessed it could
listen. So Gradio sees another one, the HMAC of the visitor's cookie and the chosen name under a key
of this server. A guessed or invented name is then just another stream, and no table of owners has
to be kept, which a flood of names could overflow.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from starlette.datastructures import Headers
from starlette.requests import cookie_parser

COOKIE = "assistant_visitor"


class StreamNames:
    """The names of streams by visitor."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def signed(self, visitor: str, chosen: str) -> str:
        """The name of this visitor's stream: 64 hexadecimal digits."""
        key = hmac.digest(self._key, _bytes(visitor), hashlib.sha256)
        return hmac.digest(key, _bytes(chosen), hashlib.sha256).hex()


def visitor_of(headers: Headers) -> str:
    """The visitor's cookie; "" if there is none."""
    return cookie_parser(headers.get("cookie", "")).get(COOKIE, "")


def new_visitor() -> str:
    """Cookie value of a new visitor."""
    return secrets.token_hex(16)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
