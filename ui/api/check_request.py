"""One draft of an HTTP request: its report as a whole, or as server-sent events."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Mapping
from contextlib import aclosing
from typing import Any

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import Request
from fastapi.responses import StreamingResponse

from index.core.errors import UserError
from ui.api.errors import is_ours, user_error_object
from ui.service.public_errors import INTERNAL_ERROR, log_error

Events = Generator[dict[str, Any]]


async def checked(request: Request, events: Events, threads: CapacityLimiter) -> dict[str, Any]:
    """The report; ends early if the client disconnects."""
    last: dict[str, Any] = {}
    async with aclosing(_each(request, events, threads)) as each:
        async for event in each:
            last = event
    return {key: value for key, value in last.items() if key != "event"}


async def streamed(request: Request, events: Events, threads: CapacityLimiter) -> StreamingResponse:
    """Server-sent events; waits for the first, so that a refusal has its own status."""
    each = _each(request, events, threads)
    first = await anext(each)

    async def lines() -> AsyncIterator[str]:
        async with aclosing(each):
            try:
                yield _line(first)
                async for event in each:
                    yield _line(event)
            except UserError as error:
                ours = is_ours(request)
                yield _line({"event": "error", **user_error_object(error, ours=ours)})
            except Exception as bug:
                log_error(bug)
                hidden = user_error_object(UserError(INTERNAL_ERROR), ours=False)
                yield _line({"event": "error", **hidden})

    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(lines(), media_type="text/event-stream", headers=headers)


async def _each(
    request: Request, events: Events, threads: CapacityLimiter
) -> AsyncGenerator[dict[str, Any]]:
    """The events, each computed in a thread, until the client has gone."""
    try:
        while event := await run_sync(next, events, None, limiter=threads):
            yield event
            if await request.is_disconnected():
                return
    finally:
        events.close()


def _line(row: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(row, ensure_ascii=False)}\n\n"
