"""Slow and idle connections of some keep nobody else out."""

import asyncio
import socket
import time
from contextlib import ExitStack, closing

import httpx
import pytest

from tests.serving import TOKEN, HeldModel, asgi_app_of, light_service, running
from ui.web import connections
from ui.web.connections import MAX_IDLE_EACH, MAX_REQUESTS_EACH, OpenRequests
from ui.web.refusal import Refused
from ui.web.server import server_of

HEAD = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "


@pytest.fixture
def address(tmp_path):
    with closing(light_service(tmp_path, HeldModel(held=False))) as service:
        app = asgi_app_of(service)
        with running(app, server=server_of(service, app)) as address:
            yield address


def opened(address):
    host, _, port = address.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=10)


def test_520_half_sent_heads_of_one_address_keep_nobody_out(address):
    """They took all connections there are: 503 for everybody, /healthz included."""
    with ExitStack() as stack:
        slow = [stack.enter_context(opened(address)) for _ in range(520)]
        for one in slow[-MAX_IDLE_EACH:]:
            one.sendall(HEAD)
        begin = time.perf_counter()
        assert httpx.get(f"{address}/healthz", timeout=10).json() == {"alive": True}
        assert time.perf_counter() - begin < 5
        assert slow[0].recv(1) == b""  # it was closed for a newer one


def test_a_head_that_comes_a_byte_at_a_time_is_given_up(address, monkeypatch):
    """Each byte of it began the time limit anew, so there was none."""
    monkeypatch.setattr(connections, "HEAD_TIMEOUT_S", 0.3)
    with opened(address) as slow:
        slow.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert b"200 OK" in slow.recv(4096)
        begin = time.perf_counter()
        with pytest.raises(OSError):
            while time.perf_counter() - begin < 10:
                slow.sendall(b"G")
                time.sleep(0.05)
        assert time.perf_counter() - begin < 5


def test_requests_that_last_are_counted_by_address():
    """One address could hold every place; then it was 503 for everybody."""
    requests = OpenRequests()
    with ExitStack() as stack:
        for _ in range(MAX_REQUESTS_EACH):
            stack.enter_context(requests.entered("2001:db8::1"))
        for address in ("2001:db8::1", "2001:db8::ffff"):
            with pytest.raises(Refused) as refused, requests.entered(address):
                """Not entered."""
            assert (refused.value.status, refused.value.retry_after_s) == (429, 5)
        with requests.entered("2001:db8:1::1"), requests.entered("127.0.0.1"):
            """Others are let in."""
    with requests.entered("2001:db8::1"):
        """There is room again."""


def statuses(app, counter, *requests):
    """What requests are answered while `counter` holds as many of this machine as it may."""

    async def talk(path, key):
        told = []

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            told.append(message)

        headers = [(b"host", b"127.0.0.1"), (b"authorization", b"Bearer " + key.encode())]
        scope = {"type": "http", "method": "GET", "path": path, "query_string": b""}
        await app(scope | {"headers": headers, "client": ("127.0.0.1", 1)}, receive, send)
        return told[0]["status"]

    async def all_of_them():
        with ExitStack() as stack:
            for _ in range(MAX_REQUESTS_EACH):
                stack.enter_context(counter.entered("127.0.0.1"))
            return [await talk(*request) for request in requests]

    return asyncio.run(all_of_them())


def test_healthz_answers_while_as_many_requests_are_open_as_may_be(tmp_path):
    """A supervisor would have ended a server that was only busy."""
    with closing(light_service(tmp_path, HeldModel(held=False))) as service:
        app = asgi_app_of(service)
        assert statuses(app, app._open, ("/v1/models", ""), ("/healthz", "")) == [429, 200]


def test_strangers_who_are_slow_keep_none_out_who_is_known(tmp_path):
    """Slow bodies for the login, or many guesses, would use up the places of their address."""
    with closing(light_service(tmp_path, HeldModel(held=False))) as service:
        app = asgi_app_of(service, "correct horse")
        asked = (("/v1/models", TOKEN), ("/v1/models", ""), ("/login", ""))
        assert statuses(app, app._strangers, *asked) == [200, 429, 429]
