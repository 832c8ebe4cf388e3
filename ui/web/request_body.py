"""Bodies of requests: at most so many bytes, within so many seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.datastructures import Headers

from ui.web.refusal import Refused

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

BODY_TIMEOUT_S = 30.0


def length(headers: Headers, limit: int) -> int:
    """The Content-Length.

    Raises:
        Refused: 411 if it is missing, 413 if it is no number of bytes up to `limit`.
    """
    given = headers.get("content-length")
    if given is None:
        raise Refused(411, "The request has to say how large it is (Content-Length).")
    if not (given.isascii() and given.isdigit()) or len(given) > 20 or int(given) > limit:
        raise _too_large(limit)
    return int(given)


async def read(headers: Headers, receive: Receive, limit: int) -> bytes:
    """The whole body: at most `limit` bytes, within `BODY_TIMEOUT_S`.

    Raises:
        Refused: 413 or 408 if it is not.
    """
    if "content-length" in headers:
        length(headers, limit)
    body = bytearray()
    receive = in_time(receive, BODY_TIMEOUT_S)
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > limit:
            raise _too_large(limit)
        if not message.get("more_body"):
            return bytes(body)


def in_time(receive: Receive, seconds: float) -> Receive:
    """A `receive` that raises Refused (408) if the body is not there `seconds` from now."""
    end = asyncio.get_running_loop().time() + seconds
    arrived = False

    async def limited() -> Message:
        nonlocal arrived
        if arrived:
            return await receive()
        try:
            async with asyncio.timeout_at(end):
                message = await receive()
        except TimeoutError:
            raise Refused(408, "The request came too slowly.") from None
        arrived = not message.get("more_body")
        return message

    return limited


def replayed(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the consumed body once more, then what follows."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _too_large(limit: int) -> Refused:
    return Refused(413, f"The request is too large; the limit is {limit // 1024:,} KB.")
