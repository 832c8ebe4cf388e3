"""Server-sent events, with an error as the last one."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from typing import Any

from fastapi.responses import StreamingResponse

from index.core.errors import UserError
from ui.service.public_errors import INTERNAL_ERROR, log_error

HEADERS = {"X-Accel-Buffering": "no"}  # of a proxy


async def event_stream(
    texts: AsyncGenerator[str],
    error_of: Callable[[UserError], Mapping[str, Any]],
    *,
    end: str = "",
    headers: Mapping[str, str] | None = None,
) -> StreamingResponse:
    """The reply of these texts, each of events; `error_of` makes the event of an error.

    `end` is the text after all of them. Waits for the first, so that a refusal has its own status.
    """
    first = await anext(texts)

    async def lines() -> AsyncIterator[str]:
        async with aclosing(texts):
            try:
                yield first
                async for text in texts:
                    yield text
            except UserError as error:
                yield event(error_of(error))
            except Exception as bug:
                log_error(bug)
                yield event(error_of(UserError(INTERNAL_ERROR)))
        if end:
            yield end

    return StreamingResponse(
        lines(), media_type="text/event-stream", headers={**HEADERS, **(headers or {})}
    )


def event(row: Mapping[str, Any]) -> str:
    """An event whose data is a JSON object."""
    return f"data: {json.dumps(row, ensure_ascii=False)}\n\n"
