"""`assistant ui`: runs the HTTP server of one model and one index.

Listens on the loopback address unless there is a password. While it runs, `server.json` in the data
folder tells programs of its user its address and token.
"""

from __future__ import annotations

import errno
import gc
import json
import os
import re
import secrets
import socket
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from assistant.backends.server_client import NOTE, note_of
from assistant.container import App
from index.core.addresses import is_loopback
from index.core.disk import disk_errors, read_json, write_atomic
from index.core.errors import DamagedError, UsageError, UserError
from ui.web.password import Gate, password_of
from ui.web.received_uploads import received_folder

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

    from ui.service.answer_service import AnswerService
    from ui.web.security_middleware import SecurityMiddleware

OPENING = "open.html"
SHUTDOWN_TIMEOUT_S = 2  # for open connections


def serve(app: App, *, open_browser: bool = False) -> int:
    """Serve until Ctrl-C or SIGTERM; returns 0.

    Raises:
        UsageError: for an address that may not be listened on without a password.
        UserError: if the port is taken or a model is missing.
    """
    settings = app.settings.ui
    password = password_of(settings)
    require_password(settings.host, password)
    require_path(settings.root_path)
    listening = listen(settings.host, settings.port)
    with listening, received_folder(app.settings.data) as received:
        os.environ["GRADIO_TEMP_DIR"] = str(received)
        gate = Gate(password, token=secrets.token_hex(24))
        port = listening.getsockname()[1]
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        address = f"http://{host}:{port}"
        if not password:
            address += f"/?token={gate.token}"
        with server_note(app, port, gate.token):
            _run(app, listening, gate, address, open_browser=open_browser)
    return 0


def require_password(host: str, password: str) -> None:
    """Raises UsageError if other machines could connect without a password."""
    if not is_loopback(host) and not password:
        raise UsageError(
            f"Refusing to listen on {host} without a password. "
            "Set ASSISTANT_UI_PASSWORD_FILE, or use 127.0.0.1."
        )


def require_path(path: str) -> None:
    """Raises UsageError for a `ui.root_path` that is no path such as `/news` or `/a/news`."""
    if path and not re.fullmatch(r"(?:/[A-Za-z0-9][A-Za-z0-9._~-]*)+", path):
        raise UsageError(
            f"The path {path!r} cannot be used (ui.root_path). Give one such as /news, without a"
            " slash at its end."
        )


def listen(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        UserError: if the port is taken or not permitted.
        UsageError: if this machine does not have the address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as problem:
        listening.close()
        if isinstance(problem, PermissionError):
            raise UserError(f"Port {port} may not be used; choose one above 1023.") from None
        if isinstance(problem, socket.gaierror) or problem.errno == errno.EADDRNOTAVAIL:
            raise UsageError(f"This machine has no address {host}.") from None
        raise UserError(
            f"Port {port} is taken. Choose another (--port), or 0 for any free one."
        ) from None
    return listening


def _run(
    app: App, listening: socket.socket, gate: Gate, address: str, *, open_browser: bool
) -> None:
    from ui.service.answer_service import AnswerService

    settings = app.settings.ui
    service = AnswerService(
        app, waiting=settings.waiting, at_once=settings.at_once, upload=settings.upload
    )
    try:
        with ThreadPoolExecutor(1) as pool:
            warm = pool.submit(service.warm)
            # when questions can be answered: Gradio takes as long again to import
            page = pool.submit(_made_page, service, warm)
            server = _server(service, gate, page)
            if trouble := warm.result():
                sys.stderr.write(f"assistant: {trouble}\n")
            page.add_done_callback(partial(_when_made, service, server))
            sys.stdout.write(f"The assistant is at {address} (Ctrl-C ends it).\n")
            sys.stdout.flush()
            if open_browser:
                import webbrowser

                opening = opening_page(app.settings.data, address).as_uri()
                threading.Thread(target=webbrowser.open, args=(opening,), daemon=True).start()
            server.run([listening])
        page.result()  # raises what kept it from being made
    finally:
        service.close()
        (app.settings.data / OPENING).unlink(missing_ok=True)


def opening_page(data: Path, address: str) -> Path:
    """A page that leads to `address`, and only this user can read.

    All users of the machine can see what a program is started with, so not the address itself.
    """
    path = (data / OPENING).absolute()
    write_atomic(path, f'<!doctype html><meta http-equiv="refresh" content="0; url={address}">')
    return path


def _server(service: AnswerService, gate: Gate, page: Future[FastAPI]) -> uvicorn.Server:
    from ui.web.app_factory import application

    return server_of(service, application(service, gate, page))


def _made_page(service: AnswerService, warm: Future[str]) -> FastAPI:
    """The page, made once the models are loaded; raises what their loading has raised."""
    warm.result()
    gc.disable()  # a fifth of Gradio's import is a search for garbage, of which there is little
    try:
        from ui.page.app import build
        from ui.web.app_factory import page_of

        return page_of(service, build(service))
    finally:
        gc.freeze()  # skip a million library objects in every later collection
        gc.enable()


def _when_made(service: AnswerService, server: uvicorn.Server, page: Future[FastAPI]) -> None:
    """End the server if it has no page; else begin what may take the processor then."""
    if page.exception():
        server.should_exit = True
    elif not service.closing:
        service.prefill_articles()


def server_of(service: AnswerService, app: SecurityMiddleware) -> uvicorn.Server:
    """The HTTP server of an application, which ends running answers and streams when it stops."""
    import uvicorn

    from ui.web.connections import BoundedProtocol

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            service.stop()
            app.end_streams()
            super().handle_exit(sig, frame)

    config = uvicorn.Config(
        app,
        http=BoundedProtocol,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="none",
        # anybody may write these headers; a proxy, and only where there is one, overwrites them
        proxy_headers=bool(service.app.settings.ui.names),
        timeout_graceful_shutdown=SHUTDOWN_TIMEOUT_S,
    )
    return Server(config)


@contextmanager
def server_note(app: App, port: int, token: str) -> Iterator[None]:
    """Write `server.json` for `server_client.find`, readable by this user only, while it runs."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(app.settings.ui.host, app.settings.ui.host)
    note = note_of((host, port), token, app.settings)
    path = app.settings.data / NOTE
    with disk_errors(app.settings.data):
        write_atomic(path, json.dumps(note))
    try:
        yield
    finally:
        with suppress(OSError, DamagedError, KeyError):  # another server may have replaced it
            if read_json(path)["token"] == token:
                path.unlink()
