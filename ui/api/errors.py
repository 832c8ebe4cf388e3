"""Errors as HTTP replies, in the form that OpenAI's clients read."""

from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from index.core.errors import UserError
from ui.service.fair_queue import QueueFull
from ui.service.public_errors import INTERNAL_ERROR, public_message, status_of

_TYPES = {400: "invalid_request_error", 404: "invalid_request_error", 429: "rate_limit_error"}
_CODES = {404: "model_not_found", 429: "queue_full", 503: "unavailable"}


def error_object(
    message: str, status: int, exit_code: int = 1, param: str | None = None
) -> dict[str, Any]:
    """The object under the key `error`; `exit_code` is that of the command line."""
    return {
        "message": message,
        "type": _TYPES.get(status, "server_error"),
        "param": param,
        "code": _CODES.get(status),
        "exit_code": exit_code,
    }


def user_error_object(error: UserError, *, ours: bool) -> dict[str, Any]:
    """The object of a `UserError`; with `ours` word for word, else without paths."""
    message = str(error) if ours else public_message(error)
    return error_object(message, status_of(error), error.exit_code)


def is_ours(request: Request) -> bool:
    """True if the request is from a program of this machine's user, which may see paths."""
    return bool(request.scope.get("assistant.ours"))


async def on_user_error(request: Request, error: Exception) -> JSONResponse:
    """The reply to a request that raised a `UserError`."""
    assert isinstance(error, UserError)
    headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, QueueFull) else {}
    body = {"error": user_error_object(error, ours=is_ours(request))}
    return JSONResponse(body, status_of(error), headers)


async def on_bug(request: Request, error: Exception) -> JSONResponse:
    """The reply to a request that raised anything else; the security middleware logs it."""
    return JSONResponse({"error": error_object(INTERNAL_ERROR, 500)}, 500)


async def on_invalid_body(request: Request, error: Exception) -> JSONResponse:
    """The reply to a body that does not fit its schema: which field and why, not its value."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part != "body")
    message = f"{where or 'The body'}: {first['msg']}."
    return JSONResponse({"error": error_object(message, 400, 2, where or None)}, 400)


def unknown_model(name: str) -> JSONResponse:
    """The reply to a request for a model that is not served."""
    message = f"There is no model {name[:80]!r}. GET /v1/models lists those there are."
    return JSONResponse({"error": error_object(message, 404, 2, "model")}, 404)
