"""Tiny servers on the loopback address that a test starts and stops."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = tuple[int, Any]  # status, and JSON or text


@contextmanager
def json_server(
    reply: Callable[[str, str, dict[str, str], Any], Reply], name: str = ""
) -> Iterator[str]:
    """Answers each request by `reply(method, path, headers, JSON)`; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        server_version = name or "test"
        sys_version = ""

        def answer(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(size)) if size else None
            status, what = reply(self.command, self.path, dict(self.headers), body)
            data = what if isinstance(what, str) else json.dumps(what)
            self.send_response(status)
            kind = "text/plain" if isinstance(what, str) else "application/json"
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(data.encode())))
            self.end_headers()
            self.wfile.write(data.encode())

        do_GET = do_POST = answer

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
