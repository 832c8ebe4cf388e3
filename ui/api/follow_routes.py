"""HTTP routes under /v1/follow: standing questions, and what is new about them."""

from functools import partial
from typing import Any

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Response

from ui.api.schemas import FollowedText
from ui.service.answer_service import AnswerService

ATOM = "application/atom+xml"


def add_follow(routes: APIRouter, service: AnswerService, threads: CapacityLimiter) -> None:
    """Add them to the routes of the API; `threads` are those that may search."""
    following = service.following

    @routes.get(
        "/follow",
        summary="What is followed, with what was found about it",
        response_description="`followed`: `id`, `question`, `filters`, `new` and `updates` of each",
    )
    async def followed() -> dict[str, Any]:
        every = await run_sync(following.list, limiter=threads)
        return {"followed": [one.to_json() for one in every]}

    @routes.post(
        "/follow",
        summary="Follow a question or topic; what is indexed already is no news",
        response_description="the object of the question, as in `followed`",
    )
    async def follow(body: FollowedText) -> dict[str, Any]:
        add = partial(following.add, body.question, body.filters)
        one = await run_sync(service.read_archive, add, limiter=threads)
        return one.to_json()

    @routes.delete(
        "/follow/{question_id}",
        summary="End a question, and forget what was found about it",
        response_description="`removed`: its id",
    )
    async def unfollow(question_id: str) -> dict[str, str]:
        gone = await run_sync(following.remove, question_id, limiter=threads)
        return {"removed": gone.id}

    @routes.post(
        "/follow/{question_id}/run",
        summary="Look at what was indexed since the last look, and tell what is new",
        response_description="`updates`: what nobody was told yet about it, oldest first",
    )
    async def run(question_id: str) -> dict[str, Any]:
        look = partial(following.run, question_id)
        updates = await run_sync(service.read_archive, look, limiter=threads)
        return {"updates": [one.to_json() for one in updates]}

    @routes.get(
        "/follow/{question_id}/feed",
        summary="What was found about a question, told or not, as an Atom feed",
        response_description="a feed of RFC 4287, newest first",
        response_class=Response,
    )
    async def feed(question_id: str) -> Response:
        written = await run_sync(following.feed, question_id, limiter=threads)
        return Response(written, media_type=ATOM)
