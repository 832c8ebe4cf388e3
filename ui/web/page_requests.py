"""Requests of the page: refuses malformed ones, and makes their event stream the visitor's own.

Gradio answers most malformed requests with 500 and a traceback in the log, so they end here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders

from ui.service.public_errors import INTERNAL_ERROR
from ui.web.refusal import Refused
from ui.web.security_headers import Message, Scope, Send
from ui.web.stream_ownership import StreamNames, visitor_of

NAME = "session_hash"
MAX_DEPTH = 64  # lists and objects within each other
_HEARTBEAT = re.compile(r"(/gradio_api/heartbeat/)([^/]+)/?")
_RUN = re.compile(r"/gradio_api/run/([^/]+)/?")
_JOIN = re.compile(r"/gradio_api/queue/join/?")


@dataclass(frozen=True, slots=True)
class Call:
    """A function that the page may call: Gradio's number of it, its name, how many values."""

    number: int
    name: str
    values: int


class PageRequests:
    """Checks what browsers send to Gradio; `find_calls` gives what they may call (None: any)."""

    def __init__(self, find_calls: Callable[[], Awaitable[list[Call]]] | None = None) -> None:
        self._find_calls = find_calls
        self._calls: list[Call] = []
        self._streams = StreamNames()

    async def checked(self, scope: Scope, body: bytes) -> tuple[Scope, bytes]:
        """The request as Gradio may see it.

        Raises:
            Refused: 400 if it is malformed, 403 for a stream without a visitor, 404 for an unknown
                call.
        """
        sent = _object(body) if scope["method"] == "POST" else {}
        query = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        beat = _HEARTBEAT.fullmatch(scope["path"])
        names = [value for key, value in query if key == NAME]
        names += [beat[2]] if beat else []
        names += [sent[NAME]] if sent.get(NAME) is not None else []
        await self._check_call(scope["path"], sent)
        if not names:
            return scope, body
        if len(names) > 1 or not isinstance(names[0], str):
            raise Refused(400, f"The request has to name one {NAME}.")
        visitor = visitor_of(Headers(scope=scope))
        if not visitor:
            raise Refused(403, "This visitor is not known. Reload the page.")
        own = self._streams.signed(visitor, names[0])
        if beat:
            path = beat[1] + own
            return {**scope, "path": path, "raw_path": path.encode()}, body
        if sent.get(NAME) is None:
            signed = [(key, own if key == NAME else value) for key, value in query]
            return {**scope, "query_string": urlencode(signed).encode()}, body
        body = json.dumps({**sent, NAME: own}).encode()
        headers = MutableHeaders(raw=list(scope["headers"]))
        headers["content-length"] = str(len(body))
        return {**scope, "headers": headers.raw}, body

    async def _check_call(self, path: str, sent: dict[str, Any]) -> None:
        run = _RUN.fullmatch(path)
        if not self._find_calls or not (run or _JOIN.fullmatch(path)):
            return
        self._calls = self._calls or await self._find_calls()
        number = sent.get("fn_index")
        for call in self._calls:
            if call.number == number or (run and number is None and call.name == run[1]):
                break
        else:
            raise Refused(404, "The page has no such call. Reload it.")
        data = sent.get("data")
        if not isinstance(data, list) or len(data) != call.values:
            raise Refused(400, f"The call {call.name} needs `data` with {call.values} values.")


def _object(body: bytes) -> dict[str, Any]:
    """The JSON object of a body, in which every key stands once.

    Raises:
        Refused: 400 for anything else.
    """
    try:
        sent = json.loads(body, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        sent = None
    if not isinstance(sent, dict):
        raise Refused(400, "The body has to be a JSON object in which no key stands twice.")
    level: list[Any] = [sent]
    for _ in range(MAX_DEPTH):
        level = [inner for one in level for inner in _within(one)]
        if not level:
            return sent
    raise Refused(400, f"The body is nested more than {MAX_DEPTH} levels deep.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found


def _within(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def with_fitting_status(send: Send) -> Send:
    """A `send` that mends Gradio's 500 replies: it gives that status for whatever went wrong.

    A message of ours for the visitor becomes 400. A reply without a message is dropped, because
    the exception follows.
    """
    start: Message | None = None
    body = b""

    async def send_mended(message: Message) -> None:
        nonlocal start, body
        if message["type"] == "http.response.start" and message["status"] == 500:
            start = message
        elif start is None:
            await send(message)
        else:
            body += message.get("body", b"")
            if not message.get("more_body") and (told := _error_in(body)):
                await send({**start, "status": 500 if told == INTERNAL_ERROR else 400})
                await send({"type": "http.response.body", "body": body})

    return send_mended


def _error_in(body: bytes) -> str:
    """The message of Gradio's error reply; "" if there is none."""
    try:
        return str(json.loads(body)["error"] or "")
    except (ValueError, KeyError, TypeError):
        return ""
