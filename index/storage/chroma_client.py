"""Connecting to a Chroma server, and its errors in one line with the way out."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from index.core.addresses import is_loopback, without_secrets
from index.core.errors import DamagedError, UserError
from index.storage.chroma_collection import CONFIGURATION, import_chroma

TIMEOUT_S = 60.0  # of one request; Chroma's own client would wait for ever
CONNECT_S = 5.0


def connect(url: str, api_key: str) -> Any:
    """Chroma's client of the server at `url`, whose version is checked first.

    Raises:
        UserError: not a Chroma server that may be used.
        httpx.HTTPError: it cannot be reached; see `server_errors`.
    """
    import_chroma()
    import chromadb
    import httpx
    from chromadb.config import Settings

    parts = urlsplit(url)
    no_proxy = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    host = str(parts.hostname)
    if is_loopback(host) and host not in no_proxy.split(","):
        # Chroma's client follows HTTP_PROXY, but a proxy cannot reach this machine's loopback
        os.environ["NO_PROXY"] = os.environ["no_proxy"] = f"{no_proxy},{host}".strip(",")
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    _check_version(url, headers)
    client: Any = chromadb.HttpClient(
        host=url if parts.path else host,
        port=parts.port or (443 if parts.scheme == "https" else 80),
        ssl=parts.scheme == "https",
        headers=headers,
        settings=Settings(anonymized_telemetry=False, allow_reset=False),
    )
    session = getattr(client._server, "_session", None)  # there is no public way to set a timeout
    if isinstance(session, httpx.Client):
        session.timeout = httpx.Timeout(TIMEOUT_S, connect=CONNECT_S)
    return client


def open_collection(client: Any, name: str, *, create: bool) -> Any:
    """The collection of that name, made if `create`.

    Raises:
        UserError: it names an embedding function, which is code that a client would load.
    """
    if create:
        collection = client.get_or_create_collection(
            name, embedding_function=None, configuration=CONFIGURATION
        )
    else:
        collection = client.get_collection(name, embedding_function=None)
    function = (collection.configuration_json or {}).get("embedding_function") or {}
    if function.get("type", "legacy") != "legacy":  # "legacy" is Chroma's word for none
        raise UserError(
            f"The collection {name} names an embedding function ({function.get('name', '?')!r}), "
            "so another program made it. Remove it from the server, or use another server."
        )
    return collection


@contextmanager
def server_errors(url: str, dimension: int) -> Iterator[None]:
    """Turn the errors of Chroma's client into one line with the way out.

    Raises:
        DamagedError: the server does not know this index.
        UserError: anything else.
    """
    import httpx
    from chromadb.errors import AuthorizationError, ChromaAuthError, ChromaError, NotFoundError

    url = without_secrets(url)
    try:
        yield
    except UserError:
        raise
    except (ChromaAuthError, AuthorizationError):
        raise _unauthorised(url) from None
    except NotFoundError:
        raise DamagedError(
            f"The Chroma server at {url} does not know this index. Run "
            "'assistant index rebuild' (it needs no re-embedding), or set vectors.url back."
        ) from None
    except httpx.HTTPError as problem:
        raise UserError(
            f"The Chroma server at {url} does not answer ({type(problem).__name__}). Start it "
            "(chroma run --host 127.0.0.1 --path FOLDER --port PORT) or unset vectors.url."
        ) from None
    except Exception as problem:  # the client raises bare ones for what it does not know
        status = _status(problem)
        if status in (401, 403):
            raise _unauthorised(url) from None
        if not status and not isinstance(problem, ChromaError | ValueError | KeyError | TypeError):
            raise
        words = " ".join(str(problem).split())[:160]
        if "dimension" in words:
            raise UserError(
                f"The collection at {url} has vectors of another length than "
                f"{dimension} ({words}). Was it made by another program?"
            ) from None
        raise UserError(f"The Chroma server at {url} failed ({words}).") from None


def _status(problem: BaseException | None) -> int:
    """The HTTP status behind an error of Chroma's client; 0 if there is none."""
    import httpx

    while problem:
        if isinstance(problem, httpx.HTTPStatusError):
            return problem.response.status_code
        problem = problem.__cause__ or problem.__context__
    return 0


def _check_version(url: str, headers: dict[str, str]) -> None:
    """UserError if the version is wrong: the client's own errors do not say so."""
    import httpx

    shown = without_secrets(url)
    reply = httpx.get(
        f"{url}/api/v2/version", headers=headers, timeout=CONNECT_S, follow_redirects=False
    )
    if reply.status_code in (401, 403):
        raise _unauthorised(url)
    version = reply.text.strip().strip('"')[:40] if reply.status_code == 200 else ""
    if not version.startswith("1."):
        found = f"speaks version {version!r}" if version else f"answers {reply.status_code}"
        raise UserError(
            f"What runs at {shown} is no Chroma server of version 1 (it {found}). Check "
            "vectors.url, or start 'chroma run' of chromadb 1.5.9 or newer."
        )
    if "uvicorn" in reply.headers.get("server", ""):
        raise UserError(
            f"The server at {shown} is Chroma's Python server, which lets strangers run code "
            "(CVE-2026-45829). Start the one in Rust instead: chroma run."
        )


def _unauthorised(url: str) -> UserError:
    shown = without_secrets(url)
    return UserError(f"The server at {shown} wants another key. Set vectors.api_key.")
