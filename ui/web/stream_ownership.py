"""Whose conversation is whose: Gradio lets a browser name its own stream, which can be guessed.

Every visitor gets a cookie of 128 random bits with the page; the first one to use a stream's name
keeps it.
"""

from __future__ import annotations

import json
import re
import secrets
from collections import OrderedDict
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import cookie_parser

COOKIE = "assistant_visitor"
STREAMS = 10_000  # remembered; those not used for longest go first
_HEARTBEAT = re.compile(r"/gradio_api/heartbeat/([^/]+)/?")


class StreamOwnership:
    """Remembers which visitor a stream belongs to."""

    def __init__(self) -> None:
        self._owner: OrderedDict[str, str] = OrderedDict()

    def may(self, scope: MutableMapping[str, Any], headers: Headers, body: bytes) -> bool:
        """Tell whether a request to the page names no stream, or one of its own visitor."""
        stream = _stream_of(scope, body)
        if not stream:
            return True
        visitor = visitor_of(headers)
        if not visitor:
            return False
        owner = self._owner.setdefault(stream, visitor)
        self._owner.move_to_end(stream)
        while len(self._owner) > STREAMS:
            self._owner.popitem(last=False)
        return secrets.compare_digest(owner.encode(), visitor.encode())


def visitor_of(headers: Headers) -> str:
    """The visitor's cookie; "" if there is none."""
    return cookie_parser(headers.get("cookie", "")).get(COOKIE, "")


def new_visitor() -> str:
    """A cookie for a new visitor."""
    return secrets.token_hex(16)


def _stream_of(scope: MutableMapping[str, Any], body: bytes) -> str:
    if beat := _HEARTBEAT.fullmatch(scope["path"]):
        return beat[1]
    if scope["method"] == "POST":
        try:
            told = json.loads(body) if body else {}
        except (ValueError, RecursionError):
            return ""
        name = told.get("session_hash") if isinstance(told, dict) else ""
        return name if isinstance(name, str) else ""
    query = parse_qs(bytes(scope.get("query_string", b"")).decode("latin-1"))
    return query.get("session_hash", [""])[0]
