"""Binds Gradio event streams to visitors: browsers choose stream names, and could guess others'.

Every visitor gets a cookie of 128 random bits; the first to use a stream name owns it.
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
MAX_STREAMS = 10_000  # least recently used ones are forgotten
_HEARTBEAT = re.compile(r"/gradio_api/heartbeat/([^/]+)/?")


class StreamOwnership:
    """The visitor of each stream."""

    def __init__(self) -> None:
        self._owner: OrderedDict[str, str] = OrderedDict()

    def allows(self, scope: MutableMapping[str, Any], headers: Headers, body: bytes) -> bool:
        """True if a request names no stream, or one that its visitor owns."""
        stream = _stream_of(scope, body)
        if not stream:
            return True
        visitor = visitor_of(headers)
        if not visitor:
            return False
        owner = self._owner.setdefault(stream, visitor)
        self._owner.move_to_end(stream)
        while len(self._owner) > MAX_STREAMS:
            self._owner.popitem(last=False)
        return secrets.compare_digest(owner.encode(), visitor.encode())


def visitor_of(headers: Headers) -> str:
    """The visitor's cookie; "" if there is none."""
    return cookie_parser(headers.get("cookie", "")).get(COOKIE, "")


def new_visitor() -> str:
    """Cookie value of a new visitor."""
    return secrets.token_hex(16)


def _stream_of(scope: MutableMapping[str, Any], body: bytes) -> str:
    if beat := _HEARTBEAT.fullmatch(scope["path"]):
        return beat[1]
    if scope["method"] == "POST":
        try:
            payload = json.loads(body) if body else {}
        except (ValueError, RecursionError):
            return ""
        name = payload.get("session_hash") if isinstance(payload, dict) else ""
        return name if isinstance(name, str) else ""
    query = parse_qs(bytes(scope.get("query_string", b"")).decode("latin-1"))
    return query.get("session_hash", [""])[0]
