"""Asks the server of `assistant ui` that runs already; found by its note in the data folder.

Loads next to nothing, because a question to a running server should not wait for imports. A server
whose settings would give other answers than this process's is not asked.
"""

from __future__ import annotations

import hmac
import http.client
import json
import os
import secrets
import stat
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from assistant.backends.serialization import to_json
from assistant.core.query import Query
from assistant.core.settings import SECRETS, Settings, keys, value_in
from index.core.addresses import without_secrets
from index.core.disk import parse_json
from index.core.errors import BusyError, DamagedError, NoSpaceError, UsageError, UserError
from index.core.filters import Filters
from index.core.writer_lock import is_alive

NOTE = "server.json"
PROTOCOL = 3  # raised when an older client would not understand the server
# exchanges that are sent along; `assistant.rewriting.query_rewriting` uses no more
EARLIER = 6
SILENCE_S = 30.0  # a server that answers sends something every half second
ARCHIVE_S = 300.0  # to read the whole archive, on a busy machine
PROOF_S = 2.0  # to prove that it is the server of the note
# what makes no difference to an answer, or is compared by where the note lies
_INDIFFERENT = ("data", "ui.", "models.", "ingest.", "engine.cache_mb", "engine.warm_mb")
_KINDS = {"protocol": int, "pid": int, "host": str, "port": int, "token": str, "settings": dict}
_GONE = "The running assistant has stopped answering. Ask again."


def note_of(address: tuple[str, int], token: str, settings: Settings) -> dict[str, Any]:
    """What a server writes down for `find`."""
    return {
        "protocol": PROTOCOL,
        "pid": os.getpid(),
        "host": address[0],
        "port": address[1],
        "token": token,
        "settings": _comparable(settings, token),
    }


def find(settings: Settings) -> ServerClient | None:
    """The running server that would answer as this process would; None if there is none."""
    note = _note(settings.data / NOTE) if settings.ui.use else None
    if note is None or note["settings"] != _comparable(settings, note["token"]):
        return None
    ahead = settings.ui.ahead
    server = ServerClient(note["host"], note["port"], note["token"], prefill_enabled=ahead)
    return server if is_alive(note["pid"]) and server.proves_itself() else None


def _comparable(settings: Settings, token: str) -> dict[str, Any]:
    """The settings that can change an answer; secrets as their HMAC, paths as absolute ones."""
    found = {key: value_in(settings, key) for key in keys() if not key.startswith(_INDIFFERENT)}
    for key, value in found.items():
        if key in SECRETS or (key.endswith(".url") and without_secrets(value) != value):
            found[key] = proof(token, value) if value else ""
        elif isinstance(value, Path) or (key.endswith(".model") and Path(value).exists()):
            found[key] = str(Path(value).resolve())
    return found


class ServerClient:
    """An `AnswerBackend` that asks a running server."""

    def __init__(self, host: str, port: int, token: str, *, prefill_enabled: bool = True) -> None:
        self.warning = ""
        self.prefill_enabled = prefill_enabled
        self._address = (host, port)
        self._token = token

    def proves_itself(self) -> bool:
        """True if whoever listens there knows our token, which is not sent to find out."""
        challenge = secrets.token_hex(16)
        try:
            with closing(http.client.HTTPConnection(*self._address, timeout=PROOF_S)) as connection:
                connection.request("GET", f"/v1/here?challenge={challenge}")
                reply = json.loads(connection.getresponse().read(1000))
                return hmac.compare_digest(str(reply["proof"]), proof(self._token, challenge))
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
            return False

    def events(self, query: Query, cancel: threading.Event) -> Iterator[dict[str, Any]]:
        """The server's events, as they come; UserError says what went wrong there."""
        body = {**_body(query), "strict": query.strict, "stream": True}
        yield from self._streamed("/v1/answer", body, "answer", cancel)

    def checked(
        self, text: str, filters: Filters, cancel: threading.Event
    ) -> Iterator[dict[str, Any]]:
        """The events of a checked draft, as they come; UserError as for `events`."""
        body = {"text": text, "stream": True, **filters.to_json()}
        yield from self._streamed("/v1/check", body, "report", cancel)

    def _streamed(
        self, path: str, body: Mapping[str, Any], last: str, cancel: threading.Event
    ) -> Iterator[dict[str, Any]]:
        event: dict[str, Any] = {}
        with self._post(path, body) as response:
            for event in self._events(response, cancel):
                if event["event"] == "error":
                    raise _error(event)
                if event["event"] == "warning":
                    self.warning = event["message"]
                else:
                    yield event
            if event.get("event") != last:
                raise ValueError("the stream ended early")

    def prefill(self, draft: Query, cancel: threading.Event) -> None:
        """Send how far a question is typed; asking it ends what the server does meanwhile."""
        with suppress(UserError), self._post("/v1/ahead", _body(draft), PROOF_S) as response:
            response.read()  # if the server has gone, the question will tell

    def found(self, query: Query, k: int) -> list[dict[str, Any]]:
        """What is found, best first; UserError as for `events`."""
        body = {"question": query.question, "k": k, **query.filters.to_json()}
        with self._post("/v1/search", body) as response:
            reply = json.loads(response.read())
        self.warning = reply["warning"]
        return list(reply["found"])

    def source_card(self, excerpt: str, filters: Filters) -> dict[str, Any]:
        """Where an excerpt is from; UserError as for `events`."""
        return self._reply("/v1/find-source", {"excerpt": excerpt, **filters.to_json()})

    def contradictions(self, topic: str, filters: Filters) -> dict[str, Any]:
        """What the articles say differently; UserError as for `events`."""
        return self._reply("/v1/contradictions", {"topic": topic, **filters.to_json()})

    def _reply(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        with self._post(path, body, ARCHIVE_S) as response:
            return dict(json.loads(response.read()))

    def _events(
        self, response: http.client.HTTPResponse, cancel: threading.Event
    ) -> Iterator[dict[str, Any]]:
        """The lines of the stream that hold data; `cancel` is passed on to the server once."""
        stopped = False
        for line in response:
            answer_id = response.headers["X-Answer-Id"]
            if cancel.is_set() and not stopped and answer_id:
                stopped = True
                with self._post(f"/v1/answer/{answer_id}/cancel", {}, PROOF_S):
                    pass
            if line.startswith(b"data: "):
                yield json.loads(line[6:])

    @contextmanager
    def _post(
        self, path: str, body: Mapping[str, Any], timeout_s: float = SILENCE_S
    ) -> Iterator[http.client.HTTPResponse]:
        """The server's reply; an error of it or of the way there is a `UserError`."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        try:
            with closing(http.client.HTTPConnection(*self._address, timeout=timeout_s)) as there:
                there.request("POST", path, json.dumps(body), headers)
                response = there.getresponse()
                if response.status != 200:
                    raise _error(json.loads(response.read(100_000))["error"])
                yield response
        except (OSError, http.client.HTTPException, ValueError):
            raise UserError(_GONE) from None


def proof(token: str, challenge: str) -> str:
    """The HMAC of a challenge, which proves knowledge of the token."""
    return hmac.new(token.encode(), challenge.encode(), "sha256").hexdigest()


def _body(query: Query) -> dict[str, Any]:
    history = to_json(list(query.history[-EARLIER:]))
    return {"question": query.question, "history": history, **query.filters.to_json()}


def _error(row: Mapping[str, Any]) -> UserError:
    kinds = {kind.exit_code: kind for kind in (UsageError, BusyError, DamagedError, NoSpaceError)}
    return kinds.get(row.get("exit_code", 1), UserError)(row["message"])


def _note(path: Path) -> dict[str, Any] | None:
    """The note, if it is ours alone and of our kind."""
    try:
        with path.open("rb") as file:
            info = os.fstat(file.fileno())
            if info.st_uid != os.getuid() or stat.S_IMODE(info.st_mode) & 0o077:
                return None
            note = parse_json(file.read(1_000_000))
    except (OSError, ValueError):
        return None
    whole = isinstance(note, dict) and all(
        isinstance(note.get(key), kind) for key, kind in _KINDS.items()
    )
    return note if whole and note["protocol"] == PROTOCOL else None
