"""For programs: `/v1/answer` and `/v1/search` as the command line has them, and OpenAI's chat.

`/v1/chat/completions` takes what any OpenAI client sends. The last user message is the question,
the messages before it are the conversation, and system messages change nothing: what the model is
told is ours. Proof stands in the text as numbered marks with a list of sources, and for programs in
the extra field `assistant`. What is sent is in `ui.api.schemas`, what comes back in `assistant.backends.serialization`.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Protocol

import anyio
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Security
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.security import HTTPBearer

from assistant.backends.serialization import EventWriter, search_results, to_json
from assistant.backends.server_client import proof
from assistant.core.answer import Answer
from assistant.core.query import Query
from index.core.errors import UserError
from ui.api import openai_chat
from ui.api.schemas import Chat, Problem, Question, Search, Unfinished
from ui.service.answer_service import AnswerService, Step
from ui.service.answer_stream import BEAT_S
from ui.service.fair_queue import QueueFull
from ui.service.public_errors import public_message, status_of
from ui.web.security_middleware import SORRY, address_of, log

THREADS = 320  # a request that waits holds one; the most that may wait, and some


def router(desk: AnswerService, token: str) -> APIRouter:
    """The routes; `token` is what the command line knows its server by."""
    key = HTTPBearer(auto_error=False, description="the password, if there is one")
    wrong = "What went wrong, in OpenAI's form; 429 has a Retry-After"
    routes = APIRouter(
        prefix="/v1",
        dependencies=[
            Security(key)
        ],  # told in the documents; `ui.web.security_middleware` is what asks for it
        responses={"default": {"model": Problem, "description": wrong}},
    )
    bench = _Bench(desk, {}, anyio.CapacityLimiter(THREADS))
    _openai(routes, bench)
    _own(routes, bench)

    @routes.get("/here", include_in_schema=False)
    def here(challenge: str) -> dict[str, str]:
        return {"proof": proof(token, challenge[:100])}

    return routes


@dataclass(frozen=True, slots=True)
class _Bench:
    """What all routes work with: answers under way by id, and threads to wait in."""

    desk: AnswerService
    running: dict[str, threading.Event]
    threads: anyio.CapacityLimiter


def _openai(routes: APIRouter, bench: _Bench) -> None:
    names = list(dict.fromkeys(("assistant", bench.desk.app.settings.engine.model)))

    @routes.get(
        "/models",
        summary="The names that the field `model` may have",
        response_description="OpenAI's list of models",
    )
    async def models() -> dict[str, Any]:
        return openai_chat.models(names)

    @routes.get(
        "/models/{name:path}",
        summary="One of these models",
        response_description="OpenAI's object of a model",
    )
    async def model(name: str) -> Any:
        return openai_chat.models([name])["data"][0] if name in names else _no_model(name)

    @routes.post(
        "/chat/completions",
        summary="OpenAI's chat: the last user message is answered",
        response_description="OpenAI's completion, or its chunks; the extra field `assistant` of"
        " the completion is the object of /v1/answer, that of a chunk one of its events",
    )
    async def chat(request: Request, body: Chat) -> Any:
        if body.model and body.model not in names:
            return _no_model(body.model)
        question, history = openai_chat.conversation(body.messages)
        name = body.model or names[0]
        given = body.assistant
        query = Query(question, tuple(history), given.filters, given.strict)
        asked = _Steps(bench, request, query)
        if not body.stream:
            return openai_chat.completion(await asked.last(), name, asked.id)
        usage = bool(body.stream_options and body.stream_options.include_usage)
        return await _stream(asked, openai_chat.Chunks(name, asked.id, usage=usage), "[DONE]")


def _own(routes: APIRouter, bench: _Bench) -> None:
    desk = bench.desk

    @routes.post(
        "/answer",
        summary="An answer as `assistant ask --json` prints it",
        response_description="one object (docs/http-api.md), with the answer's name in X-Answer-Id if"
        " it is streamed: first an event `evidence`, then one `claim` for each sentence, last"
        " `answer` with the whole object",
    )
    async def answer(request: Request, body: Question) -> Any:
        asked = _Steps(bench, request, replace(body.query, strict=body.strict))
        if not body.stream:
            return to_json(await asked.last())
        return await _stream(asked, _Events(desk, ours=is_ours(request)))

    @routes.post(
        "/answer/{answer_id}/cancel",
        summary="End an answer that is streamed; it gives what was ready",
        response_description="`cancelled`: false if there was no such answer under way",
    )
    async def cancel(answer_id: str) -> dict[str, bool]:
        if known := bench.running.get(answer_id):
            known.set()
        return {"cancelled": known is not None}

    @routes.post(
        "/ahead",
        summary="A question as far as it is typed: what it will probably need is read meanwhile",
        response_description="`taken`: false if somebody asks, or if it is off (ui.ahead)",
    )
    async def ahead(request: Request, body: Unfinished) -> dict[str, bool]:
        return {"taken": desk.prefill(body.query, client=address_of(request.scope))}

    @routes.post(
        "/search",
        summary="What is found, as `assistant search --json` prints it",
        response_description="`found`: the passages with ranks and scores, best first; `warning`",
    )
    async def search(request: Request, body: Search) -> dict[str, Any]:
        def find() -> list[dict[str, Any]]:
            query = Query(body.question, filters=body.filters)
            return search_results(desk.search(query, body.k))

        found = await run_sync(find, limiter=bench.threads)
        warning = desk.app.search.warning if is_ours(request) else ""
        return {"found": found, "warning": warning}


class _Steps:
    """A question's steps for a request; whoever goes away ends them."""

    def __init__(self, bench: _Bench, request: Request, query: Query) -> None:
        self.id = secrets.token_hex(16)
        self._request = request
        self._threads = bench.threads
        self._running = bench.running
        self._cancel = threading.Event()
        self._steps: Generator[Step] = bench.desk.steps(
            query.checked(), self._cancel, client=address_of(request.scope)
        )

    async def last(self) -> Answer:
        """The final answer."""
        answer = Answer("")
        async with aclosing(self.all()) as steps:
            async for step in steps:
                answer = step.answer
        return answer

    async def all(self) -> AsyncGenerator[Step]:
        """Every step."""
        self._running[self.id] = self._cancel
        gone = asyncio.create_task(self._until_gone())
        try:
            while step := await run_sync(next, self._steps, None, limiter=self._threads):
                yield step
        finally:
            gone.cancel()
            self._cancel.set()
            self._steps.close()
            self._running.pop(self.id, None)

    async def _until_gone(self) -> None:
        while (await self._request.receive())["type"] != "http.disconnect":
            pass
        self._cancel.set()


class Writer(Protocol):
    """Turns steps into what is sent."""

    def step(self, step: Step) -> Iterator[dict[str, Any]]:
        """What is new."""

    def error(self, error: UserError) -> dict[str, Any]:
        """What went wrong after the first word."""


async def _stream(asked: _Steps, writer: Writer, end: str = "") -> StreamingResponse:
    """Server-sent events; the first step is waited for, so that a refusal has its own status."""
    steps = asked.all()
    first = await anext(steps)

    async def lines() -> AsyncIterator[str]:
        async with aclosing(steps):
            try:
                yield _beat(first) + "".join(map(_event, writer.step(first)))
                said = time.monotonic()
                async for step in steps:
                    news = "".join(map(_event, writer.step(step)))
                    if news or time.monotonic() - said > BEAT_S:
                        said = time.monotonic()
                        yield news or _beat(step)
            except UserError as error:
                yield _event(writer.error(error))
            except Exception as bug:
                log(bug)
                yield _event(writer.error(UserError(SORRY)))
        if end:
            yield f"data: {end}\n\n"

    return StreamingResponse(
        lines(),
        media_type="text/event-stream",
        headers={"X-Answer-Id": asked.id, "X-Accel-Buffering": "no"},
    )


def _event(told_of: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(told_of, ensure_ascii=False)}\n\n"


def _beat(step: Step) -> str:
    """A comment, which shows that the server lives and how far it is."""
    if step.ahead:
        return f": {step.ahead} before you\n\n"
    if step.reading:
        return f": read {step.reading.done} of {step.reading.total} tokens\n\n"
    return ": working\n\n"


class _Events:
    """The events of `assistant.backends.serialization`; what is wrong with the index is told to ours only."""

    def __init__(self, desk: AnswerService, *, ours: bool) -> None:
        self._desk = desk
        self._ours = ours
        self._telling = EventWriter()

    def step(self, step: Step) -> Iterator[dict[str, Any]]:
        if step.answer.final and self._ours and (warning := self._desk.app.search.warning):
            yield {"event": "warning", "message": warning}
        yield from self._telling.new(step.answer)

    def error(self, error: UserError) -> dict[str, Any]:
        return {"event": "error", **problem(error, ours=self._ours)}


def problem(error: UserError, *, ours: bool) -> dict[str, Any]:
    """An error as OpenAI's clients read it; with `ours` word for word, else without paths."""
    status = status_of(error)
    kinds = {400: "invalid_request_error", 429: "rate_limit_error"}
    codes = {429: "queue_full", 503: "unavailable"}
    return {
        "message": str(error) if ours else public_message(error),
        "type": kinds.get(status, "server_error"),
        "param": None,
        "code": codes.get(status),
        "exit_code": error.exit_code,
    }


def is_ours(request: Request) -> bool:
    """True if the request is of a program of this machine's user, which may see paths."""
    return bool(request.scope.get("assistant.ours"))


async def on_user_error(request: Request, error: Exception) -> JSONResponse:
    """A `UserError` as an answer."""
    assert isinstance(error, UserError)
    headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, QueueFull) else {}
    body = {"error": problem(error, ours=is_ours(request))}
    return JSONResponse(body, status_of(error), headers)


async def on_bug(request: Request, error: Exception) -> JSONResponse:
    """What nobody thought of; `ui.web.security_middleware` logs where it was."""
    kind = {"message": SORRY, "type": "server_error", "param": None, "code": None}
    return JSONResponse({"error": {**kind, "exit_code": 1}}, 500)


async def on_wrong_body(request: Request, error: Exception) -> JSONResponse:
    """A body that is not as documented: which field, and why; not what stood in it."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part != "body")
    message = f"{where or 'The body'}: {first['msg']}."
    kind = {"message": message, "type": "invalid_request_error", "param": where or None}
    return JSONResponse({"error": {**kind, "code": None, "exit_code": 2}}, 400)


def _no_model(name: str) -> JSONResponse:
    message = f"There is no model {name[:80]!r}. GET /v1/models lists those there are."
    error = {"message": message, "type": "invalid_request_error", "param": "model"}
    return JSONResponse({"error": {**error, "code": "model_not_found"}}, 404)
