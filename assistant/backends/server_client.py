"""A server that runs already: found by its note in the data folder, and asked over loopback.

Loads next to nothing, because a question to a warm server should not wait for imports: settings are
compared as they are written, without reading them as `assistant.core.settings` does. Whatever does not
match, or is not understood, is answered in this process, which also knows how to complain.
"""

from __future__ import annotations

import argparse
import hmac
import http.client
import json
import os
import secrets
import stat
import threading
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from assistant.backends import serialization as wire
from assistant.core.answer import Answer
from assistant.core.query import Query
from index.core.errors import BusyError, DamagedError, NoSpaceError, UsageError, UserError

NOTE = "server.json"
PROTOCOL = 1  # raised when an older client would not understand the server
EARLIER = (
    6  # exchanges that are sent along; `assistant.answering.query_rewriting` remembers no more
)
SILENCE_S = 30.0  # a server that answers says something every half second
PROOF_S = 2.0  # for telling that it is ours
_CONFIG = "assistant.toml"
_PREFIX = "ASSISTANT_"
# what makes no difference to an answer, or is compared by where the note lies
_INDIFFERENT = ("data", "ui.", "models.", "ingest.", "engine.cache_mb", "engine.warm_mb")


def note_of(
    address: tuple[str, int],
    token: str,
    settings: Mapping[str, Any],
    defaults: Mapping[str, Any],
    secret: Sequence[str],
) -> dict[str, Any]:
    """What a server writes down for `find`; the values of the keys in `secret` are sealed."""

    def told(values: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for key, value in values.items():
            value = str(value) if isinstance(value, Path) else value
            if not key.startswith(_INDIFFERENT):
                found[key] = _sealed(token, value) if key in secret else _placed(key, value)
        return found

    return {
        "protocol": PROTOCOL,
        "pid": os.getpid(),
        "host": address[0],
        "port": address[1],
        "token": token,
        "secret": list(secret),
        "settings": told(settings),
        "defaults": told(defaults),
    }


def find(options: argparse.Namespace) -> ServerClient | None:
    """The running server that would answer as this process would; None if there is none."""
    try:
        given = _given(options)
    except (OSError, ValueError, KeyError):
        return None  # this process says what is wrong with it
    if not _same(True, given.get("ui.use", True)):
        return None
    folder = given.get("data") or _data_folder()
    note = _note(Path(str(folder)) / NOTE)
    if note is None or not _matches(note, given):
        return None
    ahead = _same(True, given.get("ui.ahead", True))
    served = ServerClient(note["host"], note["port"], note["token"], reads_ahead=ahead)
    return served if _alive(note["pid"]) and served.is_ours() else None


class ServerClient:
    """An `assistant.cli.ask.AnswerBackend` that asks a running server."""

    def __init__(self, host: str, port: int, token: str, *, reads_ahead: bool = True) -> None:
        self.warning = ""
        self.reads_ahead = reads_ahead
        self._address = (host, port)
        self._token = token

    def is_ours(self) -> bool:
        """True if whoever listens there knows our token, which is not sent to find out."""
        challenge = secrets.token_hex(16)
        try:
            connection = self._connect(PROOF_S)
            try:
                connection.request("GET", f"/v1/here?challenge={challenge}")
                told = json.loads(connection.getresponse().read(1000))
                return hmac.compare_digest(str(told["proof"]), proof(self._token, challenge))
            finally:
                connection.close()
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
            return False

    def answers(self, query: Query, cancel: threading.Event) -> Iterator[Answer]:
        """Ever more complete answers; the last is final."""
        return wire.answers(self.events(query, cancel))

    def events(self, query: Query, cancel: threading.Event) -> Iterator[dict[str, Any]]:
        """The server's events, as they come.

        Raises:
            UserError: what went wrong there, or that it has gone.
        """
        body = {**_asked(query), "strict": query.strict, "stream": True}
        connection = self._connect(SILENCE_S)
        try:
            response = self._post(connection, "/v1/answer", body)
            yield from self._heard(response, cancel)
        except (OSError, http.client.HTTPException, ValueError):
            raise UserError("The running assistant has stopped answering. Ask again.") from None
        finally:
            connection.close()

    def prefill(self, draft: Query, cancel: threading.Event) -> None:
        """Tell the server how far a question is typed; the question itself ends what it does."""
        body = _asked(draft)
        # a server that has gone the question will tell
        with (
            suppress(OSError, http.client.HTTPException, ValueError),
            closing(self._connect(PROOF_S)) as connection,
        ):
            self._post(connection, "/v1/ahead", body).read()

    def found(self, query: Query, k: int) -> list[dict[str, Any]]:
        """What is found, best first.

        Raises:
            UserError: what went wrong there, or that it has gone.
        """
        connection = self._connect(SILENCE_S)
        try:
            body = {"question": query.question, "k": k, **query.filters.to_json()}
            told = json.loads(self._post(connection, "/v1/search", body).read())
        except (OSError, http.client.HTTPException, ValueError):
            raise UserError("The running assistant has stopped answering. Ask again.") from None
        finally:
            connection.close()
        self.warning = told["warning"]
        return list(told["found"])

    def _connect(self, timeout_s: float) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(*self._address, timeout=timeout_s)

    def _post(
        self, connection: http.client.HTTPConnection, path: str, body: Mapping[str, Any]
    ) -> http.client.HTTPResponse:
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
        }
        connection.request("POST", path, json.dumps(body), headers)
        response = connection.getresponse()
        if response.status != 200:
            raise _error(json.loads(response.read(100_000))["error"])
        return response

    def _heard(
        self, response: http.client.HTTPResponse, cancel: threading.Event
    ) -> Iterator[dict[str, Any]]:
        stopped = False
        ended = False
        for line in response:
            if cancel.is_set() and not stopped:
                stopped = True
                self._stop(response.headers["X-Answer-Id"])
            if not line.startswith(b"data: "):
                continue
            event = json.loads(line[6:])
            if event["event"] == "error":
                raise _error(event)
            if event["event"] == "warning":
                self.warning = event["message"]
                continue
            ended = event["event"] == "answer"
            yield event
        if not ended:
            raise ValueError("the stream ended early")

    def _stop(self, answer_id: str) -> None:
        connection = self._connect(PROOF_S)
        try:
            self._post(connection, f"/v1/answer/{answer_id}/cancel", {})
        finally:
            connection.close()


def proof(token: str, challenge: str) -> str:
    """What only somebody who knows the token can say to a challenge."""
    return hmac.new(token.encode(), challenge.encode(), "sha256").hexdigest()


def _asked(query: Query) -> dict[str, Any]:
    before = [wire.turn(past) for past in query.history[-EARLIER:]]
    return {"question": query.question, "history": before, **query.filters.to_json()}


def _error(told: Mapping[str, Any]) -> UserError:
    kinds = {kind.exit_code: kind for kind in (UsageError, BusyError, DamagedError, NoSpaceError)}
    return kinds.get(told.get("exit_code", 1), UserError)(told["message"])


def _given(options: argparse.Namespace) -> dict[str, Any]:
    """Every setting that is written down somewhere, by key, as it is written."""
    path = options.config or Path(_CONFIG)
    given: dict[str, Any] = {}
    if options.config or path.exists():
        for name, value in tomllib.loads(path.read_text("utf-8")).items():
            inner = value if isinstance(value, dict) else None
            given |= {f"{name}.{k}": v for k, v in inner.items()} if inner else {name: value}
    for name, value in os.environ.items():
        if name.startswith(_PREFIX) and value:
            section, _, rest = name.removeprefix(_PREFIX).lower().partition("_")
            given[f"{section}.{rest}" if rest else section] = value
    for pair in options.set:
        key, _, value = pair.partition("=")
        given[key.strip()] = value.strip()
    for key in ("data", "cache"):
        if getattr(options, key):
            given[key] = getattr(options, key)
    return given


def _matches(note: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    """Tell whether the server's settings are those that this process would have."""
    told, default = note["settings"], note["defaults"]
    for key in given:
        if key not in told and not key.startswith(_INDIFFERENT):
            return False  # a key that nobody knows
    for key, value in told.items():
        mine = given.get(key, default[key])
        if key in note["secret"]:
            mine = _sealed(note["token"], mine)
        if not _same(value, _placed(key, mine)):
            return False
    return True


def _same(told: Any, mine: Any) -> bool:
    """Tell whether a value as it is written means the same; numbers and truth by their kind."""
    if isinstance(told, bool):
        return str(mine).lower() in (
            ("true", "1", "yes", "on") if told else ("false", "0", "no", "off")
        )
    if isinstance(told, int | float):
        try:
            return float(mine) == told
        except (TypeError, ValueError):
            return False
    return bool(told == mine)


def _placed(key: str, value: Any) -> Any:
    """A path means the same from any folder only if it is absolute."""
    if key == "cache" or (key.endswith(".model") and Path(str(value)).exists()):
        return str(Path(str(value)).resolve())
    return value


def _sealed(token: str, value: Any) -> str:
    return proof(token, str(value)) if value else ""


def _data_folder() -> Path:
    from platformdirs import user_data_path

    return user_data_path("assistant")


def _note(path: Path) -> dict[str, Any] | None:
    """The note, if it is ours alone and of our kind."""
    try:
        with path.open("rb") as file:
            info = os.fstat(file.fileno())
            if info.st_uid != os.getuid() or stat.S_IMODE(info.st_mode) & 0o077:
                return None
            note = json.loads(file.read(1_000_000))
    except (OSError, ValueError):
        return None
    return note if isinstance(note, dict) and note.get("protocol") == PROTOCOL else None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return True
