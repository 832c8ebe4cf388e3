"""An event stream is its visitor's own, whatever is sent."""

import asyncio
import json

import pytest
from starlette.responses import JSONResponse
from starlette.testclient import TestClient

from tests.serving import gate_of
from ui.web.security_middleware import SecurityMiddleware


async def echo(scope, receive, send):
    """Answers with what Gradio would see."""
    body = (await receive())["body"].decode()
    seen = {"path": scope["path"], "query": scope["query_string"].decode(), "body": body}
    seen["length"] = dict(scope["headers"]).get(b"content-length", b"").decode()
    await JSONResponse(seen)(scope, receive, send)


@pytest.fixture
def app():
    return SecurityMiddleware(echo, gate_of(), ())


def visitor(app):
    client = TestClient(app, base_url="http://127.0.0.1", follow_redirects=False)
    client.cookies.set("assistant_visitor", f"{id(client):032x}")
    return client


def names(client, chosen):
    """The names that Gradio sees of one stream, by every way to name it."""
    body = {"session_hash": chosen, "data": [], "fn_index": 0, "event_id": "e"}
    joined = client.post("/gradio_api/queue/join", json=body).json()
    assert joined["length"] == str(len(joined["body"]))
    return {
        json.loads(joined["body"])["session_hash"],
        json.loads(client.post("/gradio_api/cancel", json=body).json()["body"])["session_hash"],
        client.get(f"/gradio_api/queue/data?session_hash={chosen}").json()["query"][13:],
        client.get(f"/gradio_api/heartbeat/{chosen}").json()["path"][22:],
    }


def test_a_stream_has_one_name_for_its_visitor_and_another_for_everybody_else(app):
    mine, other = visitor(app), visitor(app)
    [name] = names(mine, "guessed")
    assert len(name) == 64
    assert names(mine, "guessed") == {name}
    assert names(mine, "another").isdisjoint({name})
    assert names(other, "guessed").isdisjoint({name})
    assert names(other, name).isdisjoint({name})
    assert names(visitor(SecurityMiddleware(echo, gate_of(), ())), "guessed") != {name}


def test_ten_thousand_invented_names_do_not_take_a_stream_from_its_owner(app):
    """They pushed the owner out of a table; the next who asked owned the stream."""
    mine, other = visitor(app), visitor(app)
    before = names(mine, "guessed")

    async def invent():
        for number in range(10_001):
            scope = {
                "method": "GET",
                "path": f"/gradio_api/heartbeat/{number}",
                "headers": [(b"cookie", b"assistant_visitor=" + b"b" * 32)],
            }
            await app._page.checked(scope, b"")

    asyncio.run(invent())
    assert names(mine, "guessed") == before
    assert names(other, "guessed").isdisjoint(before)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/gradio_api/queue/data?session_hash=own&session_hash=guessed", b""),
        ("GET", "/gradio_api/heartbeat/own?session_hash=guessed", b""),
        ("POST", "/gradio_api/queue/join", b'{"session_hash": "own", "session_hash": "guessed"}'),
        ("POST", "/gradio_api/queue/join?session_hash=own", b'{"session_hash": "guessed"}'),
        ("POST", "/gradio_api/queue/join", b'{"session_hash": ["own", "guessed"]}'),
    ],
)
def test_a_request_that_names_two_streams_is_refused(method, path, body, app):
    """The first name was checked, Gradio used the last."""
    reply = visitor(app).request(method, path, content=body)
    assert reply.status_code == 400
    assert reply.json()["detail"]


def test_without_a_visitor_there_is_no_stream(app):
    stranger = TestClient(app, base_url="http://127.0.0.1")
    assert stranger.get("/gradio_api/queue/data?session_hash=guessed").status_code == 403
