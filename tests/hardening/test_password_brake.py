"""Wrong passwords slow down whoever sends them, and nobody else."""

import asyncio
from contextlib import closing

import httpx
import pytest

from tests.serving import TOKEN, HeldModel, light_service
from ui.web.password import MAX_WAIT_S, Gate, check_password
from ui.web.refusal import Refused
from ui.web.server import server_of

PASSWORD = "correct horse"
LAST = 16.0  # seconds of the longest pause


class Clock:
    """A clock of which sleeping is all that takes time."""

    def __init__(self, monkeypatch) -> None:
        self.now = 1.0
        sleep = asyncio.sleep

        async def at_once(seconds):
            until = self.now + seconds
            await sleep(0)
            self.now = max(self.now, until)

        monkeypatch.setattr("ui.web.password.asyncio.sleep", at_once)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


@pytest.fixture
def gate(clock):
    return Gate(PASSWORD, TOKEN, clock)


def attempt(gate, given, address):
    try:
        asyncio.run(check_password(gate, given, address))
    except Refused as refused:
        return refused.status
    return 200


def test_a_hundred_wrong_ones_from_everywhere_lock_nobody_out(gate, clock):
    """A hundred in a minute, by forged addresses too, locked out the right password of all."""
    for number in range(200):
        assert attempt(gate, "wrong", f"192.0.2.{number}") == 401
    begun = clock.now
    assert attempt(gate, PASSWORD, "198.51.100.1") == 200
    assert clock.now == begun


def test_the_right_password_passes_after_wrong_ones_of_the_same_address(gate, clock):
    """After five wrong ones it was refused for a minute, however often somebody tried."""
    for _ in range(10):
        gate.is_password("wrong", "127.0.0.1")
        clock.now += LAST
    gate.is_password("wrong", "127.0.0.1")
    begun = clock.now
    assert attempt(gate, PASSWORD, "127.0.0.2") == 200
    assert clock.now - begun == LAST


def test_many_at_once_are_compared_one_a_pause(gate, clock):
    """Each wrong one was only answered late, so a hundred at once were a hundred guesses."""

    async def all_at_once():
        guesses = (check_password(gate, f"wrong {n}", "192.0.2.1") for n in range(50))
        return await asyncio.gather(*guesses, return_exceptions=True)

    statuses = [refused.status for refused in asyncio.run(all_at_once())]
    assert statuses.count(401) <= 6
    assert statuses.count(401) + statuses.count(429) == 50
    assert gate.wait_s("192.0.2.1") <= MAX_WAIT_S


@pytest.mark.parametrize(("names", "trusted"), [("", False), ("news.lan", True)])
def test_only_behind_a_proxy_an_address_may_be_forwarded(names, trusted, tmp_path):
    """Anybody on this machine could write X-Forwarded-For and be as many clients as they liked."""
    with closing(light_service(tmp_path, HeldModel(held=False), **{"ui.names": names})) as service:
        seen = []

        async def app(scope, receive, send):
            seen.append(scope["client"][0])
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})

        config = server_of(service, app).config
        config.load()

        async def ask():
            transport = httpx.ASGITransport(config.loaded_app, client=("127.0.0.1", 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
                await http.get("/", headers={"X-Forwarded-For": "198.51.100.1"})

        asyncio.run(ask())
    assert seen == ["198.51.100.1" if trusted else "127.0.0.1"]
