"""Servers that speak OpenAI's API: check of the address, HTTP options, errors in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from index.core.addresses import is_http, is_loopback, without_secrets
from index.core.errors import UsageError

if TYPE_CHECKING:
    import openai


def http_options(url: str, section: str) -> dict[str, Any]:
    """The HTTP client's options for the address `section`.url; UsageError if it is not http(s)."""
    if not is_http(url):
        shown = without_secrets(url)
        raise UsageError(f"{section}.url is {shown!r}, not an address like http://host:8000/v1.")
    # a proxy cannot reach this machine; articles go where the setting says, nowhere else
    return {"trust_env": not is_loopback(urlsplit(url).hostname or ""), "follow_redirects": False}


def explain(error: openai.OpenAIError, url: str, section: str) -> str:
    """What went wrong and the way out; `section` holds the settings of the server at `url`."""
    import openai

    url = without_secrets(url)
    match error:
        case openai.APITimeoutError():
            return f"{url} does not answer in time. Is {section}.url right? Else ask again."
        case openai.APIConnectionError():
            return f"Nothing answers at {url}. Start the model server or set {section}.url."
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            return f"{url} refuses the key ({error.status_code}). Set {section}.api_key."
        case openai.InternalServerError() | openai.RateLimitError():
            status = f"{error.status_code}: {_message(error)}"
            return f"{url} cannot answer now ({status}). Ask again, or look into the server's log."
        case openai.APIStatusError():
            status = f"{error.status_code}: {_message(error)}"
            return (
                f"{url} refuses the request ({status})."
                f" Check {section}.model and its context against the server."
            )
    return f"{url} failed: {_message(error)}. Look into the server's log."


def _message(error: openai.OpenAIError) -> str:
    """The server's own message, without what the client puts around it."""
    body = getattr(error, "body", None)
    message = body.get("message") if isinstance(body, dict) else None
    return " ".join(str(message or getattr(error, "message", error)).split())[:200]
