"""A rejected request, and its reply in the form that OpenAI's clients read."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

_TYPES = {401: "authentication_error", 429: "rate_limit_error", 500: "server_error"}


class Refused(Exception):
    """A rejected request: HTTP status, message and seconds until a retry makes sense (0: none)."""

    def __init__(self, status: int, message: str, retry_after_s: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after_s = retry_after_s

    @property
    def headers(self) -> dict[str, str]:
        """Retry-After, if a retry makes sense."""
        return {"Retry-After": str(self.retry_after_s)} if self.retry_after_s else {}

    def response(self) -> Response:
        """The reply."""
        error = {
            "message": self.message,
            "type": _TYPES.get(self.status, "invalid_request_error"),
            "param": None,
            "code": "invalid_api_key" if self.status == 401 else None,
        }
        bearer = {"WWW-Authenticate": "Bearer"} if self.status == 401 else {}
        body = {"error": error, "detail": self.message}
        return JSONResponse(body, self.status, self.headers | bearer)
