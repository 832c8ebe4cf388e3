"""One draft of an HTTP request: its report as a whole, or as server-sent events."""

from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing
from typing import Any

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import Request
from fastapi.responses import StreamingResponse

from index.core.errors import UserError
from ui.api.errors import is_ours, user_error_object
from ui.api.event_stream import event, event_stream

Events = Generator[dict[str, Any]]


async def checked(request: Request, events: Events, threads: CapacityLimiter) -> dict[str, Any]:
    """The report; ends early if the client disconnects."""
    last: dict[str, Any] = {}
    async with aclosing(_each(request, events, threads)) as each:
        async for row in each:
            last = row
    return {key: value for key, value in last.items() if key != "event"}


async def streamed(request: Request, events: Events, threads: CapacityLimiter) -> StreamingResponse:
    """Server-sent events; waits for the first, so that a refusal has its own status."""

    async def texts() -> AsyncGenerator[str]:
        async with aclosing(_each(request, events, threads)) as each:
            async for row in each:
                yield event(row)

    def error(problem: UserError) -> dict[str, Any]:
        return {"event": "error", **user_error_object(problem, ours=is_ours(request))}

    return await event_stream(texts(), error)


async def _each(
    request: Request, events: Events, threads: CapacityLimiter
) -> AsyncGenerator[dict[str, Any]]:
    """The events, each computed in a thread, until the client has gone."""
    try:
        while row := await run_sync(next, events, None, limiter=threads):
            yield row
            if await request.is_disconnected():
                return
    finally:
        events.close()
