"""The page as an application that is made while its server answers programs already."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse

from ui.web.request_body import Receive
from ui.web.security_headers import Scope, Send

POLL_S = 0.1  # between two looks at whether the server ends


class LatePage:
    """Passes requests on to the routes of `page`; those that come before it is there wait for it.

    They raise what its making has raised, and get a 503 if the server is `closing` before.
    """

    def __init__(self, page: Future[FastAPI], closing: Callable[[], bool]) -> None:
        self.page = page
        self._closing = closing
        self._started: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        while not (self._started or self.page).done():
            if self._closing():
                await PlainTextResponse("The server is ending.", 503)(scope, receive, send)
                return
            await asyncio.sleep(POLL_S)
        if self._started:
            self._started.result()
        # not the application itself, which would answer errors before the one around it can
        await self.page.result().router(scope, receive, send)

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        """Start the page when it is there, without waiting for it, and end it at last."""
        async with AsyncExitStack() as running:
            self._started = asyncio.create_task(self._start(running))
            try:
                yield
            finally:
                self._started.cancel()

    async def _start(self, running: AsyncExitStack) -> None:
        page = await asyncio.wrap_future(self.page)
        await running.enter_async_context(page.router.lifespan_context(page))
