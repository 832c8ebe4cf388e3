"""Tiny servers on the loopback address that a test starts and stops."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = tuple[int, Any]  # status, and JSON or text


class Handler(BaseHTTPRequestHandler):
    """One request; the server's `reply` answers it by the methods below."""

    sys_version = ""

    def answer(self) -> None:
        self.server.reply(self)  # type: ignore[attr-defined]

    do_GET = do_HEAD = do_POST = answer

    def body(self) -> Any:
        """The JSON that was sent; None if there is none."""
        size = int(self.headers.get("content-length") or 0)
        return json.loads(self.rfile.read(size)) if size else None

    def say(self, status: int, what: Any, **headers: str) -> None:
        """Answer with bytes, text or JSON."""
        text = what if isinstance(what, str | bytes) else json.dumps(what)
        data = text.encode() if isinstance(text, str) else text
        kind = "text/plain" if isinstance(what, str) else "application/json"
        self.send_response(status)
        for name, value in {"content_type": kind, "content_length": len(data), **headers}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def send_events(self, *events: bytes) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for event in events:
            self.wfile.write(event)
            self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def http_server(reply: Callable[[Handler], None], name: str = "test") -> Iterator[str]:
    """Gives each request to `reply`; gives its address."""
    Named = type("Named", (Handler,), {"server_version": name})
    server = ThreadingHTTPServer(("127.0.0.1", 0), Named)
    server.daemon_threads, server.block_on_close = True, False
    server.reply = reply  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def json_server(reply: Callable[[str, str, dict[str, str], Any], Reply], name: str = "test"):
    """Answers each request by `reply(method, path, headers, JSON)`; gives its address."""
    return http_server(
        lambda got: got.say(*reply(got.command, got.path, dict(got.headers), got.body())), name
    )
