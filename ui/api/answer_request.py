"""One question of an HTTP request: its answer as a whole, or as server-sent events."""

import asyncio
import secrets
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing
from typing import Any, Protocol

import anyio
from anyio.to_thread import run_sync
from fastapi import Request
from fastapi.responses import StreamingResponse

from assistant.core.answer import Answer
from assistant.core.query import Query
from index.core.errors import UserError
from ui.api.event_stream import event, event_stream
from ui.service.answer_service import AnswerService
from ui.service.answer_stream import BEAT_S, Step

THREADS = 320  # a waiting request holds one; the most questions that may wait, and some


class EventFormat(Protocol):
    """Turns steps into the objects that are sent."""

    def step(self, step: Step) -> Iterator[dict[str, Any]]:
        """What is new."""

    def error(self, error: UserError) -> dict[str, Any]:
        """What went wrong after the first event."""


class RunningAnswers:
    """The answers under way: how to cancel each by its id, and the threads they wait in."""

    def __init__(self, service: AnswerService) -> None:
        self._service = service
        self._cancels: dict[str, threading.Event] = {}
        self.threads = anyio.CapacityLimiter(THREADS)

    def cancel(self, answer_id: str) -> bool:
        """End an answer; False if none of this id is under way."""
        if cancel := self._cancels.get(answer_id):
            cancel.set()
        return cancel is not None

    async def answer(self, request: Request, query: Query) -> tuple[Answer, str]:
        """The final answer and its id; ends early if the client disconnects."""
        answer, answer_id = Answer(""), secrets.token_hex(16)
        async with aclosing(self._steps(request, query, answer_id)) as steps:
            async for step in steps:
                answer = step.answer
        return answer, answer_id

    async def stream(
        self,
        request: Request,
        query: Query,
        make_format: Callable[[str], EventFormat],
        end: str = "",
    ) -> StreamingResponse:
        """Server-sent events; waits for the first step, so that a refusal has its own status."""
        answer_id = secrets.token_hex(16)
        form = make_format(answer_id)

        async def texts() -> AsyncGenerator[str]:
            sent = -BEAT_S  # the first step is told whatever it brings
            async with aclosing(self._steps(request, query, answer_id)) as steps:
                async for step in steps:
                    news = "".join(map(event, form.step(step)))
                    if news or time.monotonic() - sent > BEAT_S:
                        sent = time.monotonic()
                        yield news or _beat(step)

        headers = {"X-Answer-Id": answer_id}
        return await event_stream(texts(), form.error, end=end, headers=headers)

    async def _steps(self, request: Request, query: Query, answer_id: str) -> AsyncGenerator[Step]:
        """Every step; a client that disconnects cancels the answer."""
        self._cancels[answer_id] = cancel = threading.Event()

        async def watch() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass
            cancel.set()

        steps = self._service.steps(query, cancel, client=client_address(request.scope))
        watching = asyncio.create_task(watch())
        try:
            while step := await run_sync(next, steps, None, limiter=self.threads):
                yield step
        finally:
            watching.cancel()
            cancel.set()
            steps.close()
            del self._cancels[answer_id]


def client_address(scope: Mapping[str, Any]) -> str:
    """The address of an ASGI scope's client: for fairness, and against guessed passwords."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def _beat(step: Step) -> str:
    """A comment, which shows that the server is alive and how far it is."""
    if step.ahead:
        return f": {step.ahead} before you\n\n"
    if step.reading:
        return f": read {step.reading.done} of {step.reading.total} tokens\n\n"
    return ": working\n\n"
