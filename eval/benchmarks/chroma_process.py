"""Chroma's Rust server on the loopback address, for a test or a measurement."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

START_S = 60  # a busy machine may need long to start Chroma; an idle one needs a second


def free_port() -> int:
    """A port of the loopback address that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def chroma_server(folder: Path, port: int = 0) -> Iterator[str]:
    """Run Chroma's server over `folder`; yields its address and stops it at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    arguments = ["run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    program = "import sys; from chromadb.cli.cli import app; sys.exit(app())"
    log = folder / "log.txt"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", program, *arguments], stdout=output, stderr=output
        )
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + START_S
        while True:
            with suppress(OSError), urllib.request.urlopen(f"{url}/api/v2/heartbeat", timeout=1):
                break
            if time.monotonic() > until or process.poll() is not None:
                raise RuntimeError(f"no server came up at {url}: {log.read_text()[-500:]}")
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
