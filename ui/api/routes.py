"""HTTP routes under /v1: `answer` and `search` as on the command line, and OpenAI's chat.

`/v1/chat/completions` takes what any OpenAI client sends: the last user message is the question,
earlier ones are the conversation, and system messages are ignored. Citations are numbered marks
with a list of sources in the text, and objects in the extra field `assistant`. Request bodies are
in `ui.api.schemas`, the objects of replies in `assistant.backends.serialization`.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response, Security
from fastapi import Query as InQuery
from fastapi.security import HTTPBearer

from assistant.backends.archive_replies import contradictions, source_card
from assistant.backends.serialization import EventWriter, search_results, to_json
from assistant.backends.server_client import proof
from assistant.core.query import Query
from assistant.exports.formats import FORMATS, exported
from index.core.errors import UsageError, UserError
from ui.api import openai_chat
from ui.api.answer_request import RunningAnswers, client_address
from ui.api.check_request import checked, streamed
from ui.api.errors import is_ours, unknown_model, user_error_object
from ui.api.follow_routes import add_follow
from ui.api.schemas import (
    Chat,
    CheckedDraft,
    ClippedArticle,
    Draft,
    ErrorBody,
    Excerpt,
    Question,
    Search,
    Topic,
)
from ui.service.answer_service import AnswerService
from ui.service.answer_stream import Step
from ui.service.clips import take


def router(service: AnswerService, token: str) -> APIRouter:
    """The routes; `token` is what the command line knows its server by."""
    key = HTTPBearer(auto_error=False, description="the token, or the password")
    wrong = "What went wrong, in OpenAI's form; 429 has a Retry-After"
    routes = APIRouter(
        prefix="/v1",
        dependencies=[Security(key)],  # for OpenAPI; the security middleware checks it
        responses={"default": {"model": ErrorBody, "description": wrong}},
    )
    running = RunningAnswers(service)
    _add_openai(routes, service, running)
    _add_own(routes, service, running)
    _add_check(routes, service, running)
    _add_archive(routes, service, running)
    add_follow(routes, service, running.threads)
    _add_articles(routes, service, running)

    @routes.get("/here", include_in_schema=False)
    def here(challenge: str) -> dict[str, str]:
        return {"proof": proof(token, challenge[:100])}

    return routes


def _add_openai(routes: APIRouter, service: AnswerService, running: RunningAnswers) -> None:
    names = list(dict.fromkeys(("assistant", service.app.settings.engine.model)))

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
        return openai_chat.models([name])["data"][0] if name in names else unknown_model(name)

    @routes.post(
        "/chat/completions",
        summary="OpenAI's chat: the last user message is answered",
        response_description="OpenAI's completion, or its chunks; the extra field `assistant` of"
        " the completion is the object of /v1/answer, that of a chunk one of its events",
    )
    async def chat(request: Request, body: Chat) -> Any:
        if body.model and body.model not in names:
            return unknown_model(body.model)
        name, extra = body.model or names[0], body.assistant
        question, history = openai_chat.conversation(body.messages)
        query = Query(question, tuple(history), extra.filters, extra.strict).checked()
        if not body.stream:
            return openai_chat.completion(*await running.answer(request, query), name)
        usage = bool(body.stream_options and body.stream_options.include_usage)
        chunks = partial(openai_chat.Chunks, name, usage=usage)
        return await running.stream(request, query, chunks, "data: [DONE]\n\n")


def _add_own(routes: APIRouter, service: AnswerService, running: RunningAnswers) -> None:
    @routes.post(
        "/answer",
        summary="An answer as `assistant ask --json` prints it",
        response_description="one object (docs/http-api.md), with the answer's name in X-Answer-Id"
        " if it is streamed: first an event `evidence`, then one `claim` for each sentence, last"
        " `answer` with the whole object",
    )
    async def answer(request: Request, body: Question) -> Any:
        query = replace(body.query, strict=body.strict).checked()
        if not body.stream:
            found = to_json((await running.answer(request, query))[0])
            if body.format == "json":
                return found
            made = await run_sync(exported, body.format, "", [found])
            return Response(made, media_type=FORMATS[body.format].media_type)
        form = _Events(service, ours=is_ours(request))
        return await running.stream(request, query, lambda answer_id: form)

    @routes.post(
        "/answer/{answer_id}/cancel",
        summary="End an answer that is streamed; it gives what was ready",
        response_description="`cancelled`: false if there was no such answer under way",
    )
    async def cancel(answer_id: str) -> dict[str, bool]:
        return {"cancelled": running.cancel(answer_id)}

    @routes.post(
        "/ahead",
        summary="A question as far as it is typed: its probable prompt is processed meanwhile",
        response_description="`taken`: false if somebody asks, or if it is off (ui.ahead)",
    )
    async def ahead(request: Request, body: Draft) -> dict[str, bool]:
        return {"taken": service.prefill(body.query, client=client_address(request.scope))}

    @routes.post(
        "/search",
        summary="What is found, as `assistant search --json` prints it",
        response_description="`found`: the passages with ranks and scores, best first; `warning`",
    )
    async def search(request: Request, body: Search) -> dict[str, Any]:
        query = Query(body.question, filters=body.filters)
        hits = await run_sync(service.search, query, body.k, limiter=running.threads)
        warning = service.app.search.warning if is_ours(request) else ""
        return {"found": search_results(hits), "warning": warning}


def _add_check(routes: APIRouter, service: AnswerService, running: RunningAnswers) -> None:
    @routes.post(
        "/check",
        summary="A draft checked sentence by sentence, as `assistant check --json` prints it",
        response_description="one object (docs/http-api.md); if it is streamed an event `sentence`"
        " for each sentence, last `report` with the whole object",
    )
    async def check(request: Request, body: CheckedDraft) -> Any:
        events = service.check(body.text, body.filters)
        if body.stream:
            return await streamed(request, events, running.threads)
        return await checked(request, events, running.threads)


def _add_archive(routes: APIRouter, service: AnswerService, running: RunningAnswers) -> None:
    @routes.post(
        "/find-source",
        summary="The article that an excerpt is from, as `assistant find-source --json` prints it",
        response_description="`match`: verbatim, edited or none; `source`, and `others` with it",
    )
    async def find(request: Request, body: Excerpt) -> dict[str, Any]:
        card = partial(source_card, paths=is_ours(request))
        work = partial(card, service.app, body.excerpt, body.filters)
        return await run_sync(service.read_archive, work, limiter=running.threads)

    async def compare(body: Topic) -> dict[str, Any]:
        work = partial(contradictions, service.app, body.topic, body.filters)
        return await run_sync(service.read_archive, work, limiter=running.threads)

    about = "What the articles say differently, as `assistant contradictions --json` prints it"
    told = "`differences`: pairs of sentences, the newest first, each with both citations"

    @routes.get("/contradictions", summary=about, response_description=told)
    async def asked(topic: Annotated[Topic, InQuery()]) -> dict[str, Any]:
        return await compare(topic)

    @routes.post("/contradictions", summary=about, response_description=told)
    async def posted(body: Topic) -> dict[str, Any]:
        return await compare(body)


def _add_articles(routes: APIRouter, service: AnswerService, running: RunningAnswers) -> None:
    @routes.post(
        "/articles",
        summary="An article for the index, as an upload in the page brings it",
        response_description="`new`: 1, or 0 if it was there already or in place of an older text;"
        " `articles`: what is indexed of it, and of which article it is a copy",
    )
    async def clip(body: ClippedArticle) -> dict[str, Any]:
        work = partial(take, service.articles, body.clip)
        upload, taken = await run_sync(work, limiter=running.threads)
        if not taken.articles:
            raise UsageError(" ".join(skip.reason for skip in taken.skips) or "It has no article.")
        rows = [
            {**to_json(row.article), "url": row.article.url, "copy_of": row.copy_of}
            for row in taken.articles
        ]
        return {"new": upload.report.new, "articles": rows}


class _Events:
    """The events of `ask --stream --json`; a warning about the index is for our own client only."""

    def __init__(self, service: AnswerService, *, ours: bool) -> None:
        self._service = service
        self._ours = ours
        self._writer = EventWriter()

    def step(self, step: Step) -> Iterator[dict[str, Any]]:
        if step.answer.final and self._ours and (warning := self._service.app.search.warning):
            yield {"event": "warning", "message": warning}
        yield from self._writer.new(step.answer)

    def error(self, error: UserError) -> dict[str, Any]:
        return {"event": "error", **user_error_object(error, ours=self._ours)}
