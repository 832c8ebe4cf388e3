"""The server answers programs before its page is built; a request for the page waits for it."""

import threading
from concurrent.futures import Future
from contextlib import asynccontextmanager, closing

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse

from tests.serving import HeldModel, gate_of, light_service, running
from ui.web.app_factory import application


@pytest.fixture
def page():
    return Future()


@pytest.fixture
def service(tmp_path):
    with closing(light_service(tmp_path, HeldModel(held=False))) as service:
        yield service


@pytest.fixture
def address(page, service):
    with running(application(service, gate_of(), page), lifespan="auto") as address:
        yield address


def test_programs_are_answered_before_the_page_is_there_and_its_visitors_wait(page, address):
    happened = []

    @asynccontextmanager
    async def lifespan(app):
        happened.append("begun")
        yield
        happened.append("ended")

    made = FastAPI(lifespan=lifespan)
    made.add_api_route("/", lambda: PlainTextResponse(" ".join(happened)))
    seen = []
    visit = threading.Thread(target=lambda: seen.append(httpx.get(f"{address}/", timeout=60).text))
    visit.start()
    assert httpx.get(f"{address}/healthz").status_code == 200
    assert httpx.get(f"{address}/v1/models").status_code == 200
    assert visit.is_alive() and not seen
    page.set_result(made)
    visit.join(10)
    assert seen == ["begun"]


def test_a_page_that_cannot_be_built_is_an_error_of_the_server_and_programs_go_on(page, address):
    page.set_exception(OSError("no page"))
    assert httpx.get(f"{address}/").status_code == 500
    assert httpx.get(f"{address}/v1/models").status_code == 200


def test_who_waits_for_the_page_of_a_server_that_ends_is_told(service, address):
    service.stop()
    reply = httpx.get(f"{address}/", timeout=60)
    assert (reply.status_code, reply.text) == (503, "The server is ending.")


def test_a_page_ends_with_its_server(page, service):
    ended = []

    @asynccontextmanager
    async def lifespan(app):
        yield
        ended.append(app)

    page.set_result(FastAPI(lifespan=lifespan))
    with running(application(service, gate_of(), page), lifespan="auto") as address:
        assert httpx.get(f"{address}/").status_code == 404
        assert not ended
    assert ended == [page.result()]
