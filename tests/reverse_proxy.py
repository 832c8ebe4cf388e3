"""nginx of the system's packages in front of a server: on loopback, below a path, in a folder."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from ui.web.server import listen

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
CONFIG = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location = /favicon.ico {{ return 204; }}  # which a browser asks of every host
    {location}
  }}
}}
"""
DOCS = Path(__file__).parents[1] / "docs" / "operations.md"


def location() -> str:
    """The block that the docs tell a reader to write."""
    text = DOCS.read_text("utf-8")
    return text[text.index("location /news/ {") :].partition("```")[0]


@contextmanager
def nginx(folder: Path, address: str, *, keeps_path: bool = False) -> Iterator[str]:
    """Run nginx in front of `address`; gives its own. It is skipped where there is no nginx.

    `keeps_path`: it does not take the path off before it hands a request on.
    """
    if NGINX is None:
        pytest.skip("nginx is not installed (apt-get install nginx-light)")
    folder.mkdir()
    with closing(listen("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    block = location().replace("http://127.0.0.1:7860/", f"{address}{'' if keeps_path else '/'}")
    config = folder / "nginx.conf"
    config.write_text(CONFIG.format(folder=folder, port=port, location=block))
    process = subprocess.Popen([NGINX, "-p", str(folder), "-c", str(config)])
    try:
        while process.poll() is None:
            try:
                httpx.get(f"http://127.0.0.1:{port}/")
                break
            except httpx.ConnectError:
                time.sleep(0.05)
        assert process.poll() is None, (folder / "error.log").read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)
