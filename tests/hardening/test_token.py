"""Without a password the opened address carries a token, and nothing works without it."""

from __future__ import annotations

import stat
from contextlib import closing

import pytest
from starlette.testclient import TestClient

from tests.serving import TOKEN, WHO, HeldModel, light_service
from ui.web.app_factory import application
from ui.web.password import Gate
from ui.web.security_middleware import TOKEN_NEEDED
from ui.web.server import opening_page

JSON = {"Content-Type": "application/json"}
WAYS = [
    *(("POST", f"/v1/{name}") for name in ("answer", "search", "ahead", "chat/completions")),
    *(("POST", f"/gradio_api/{name}") for name in ("upload", "queue/join", "run/remove", "cancel")),
    *(("GET", f"/{name}") for name in ("metrics", "v1/models", "v1/docs", "config", "runs/a")),
    *(("GET", f"/gradio_api/{name}") for name in ("info", "queue/data?session_hash=a", "file=a")),
    ("POST", f"/v1/answer/{'0' * 32}/cancel"),
    ("GET", "/own/page.js"),
]


@pytest.fixture
def service(tmp_path):
    with closing(light_service(tmp_path, HeldModel(held=False))) as service:
        yield service


@pytest.fixture
def client(service):
    app = application(service, Gate("", TOKEN))
    return TestClient(app, base_url="http://127.0.0.1:7860", follow_redirects=False)


@pytest.mark.parametrize(("method", "path"), WAYS)
@pytest.mark.parametrize("key", ["", "any", TOKEN[:-1], TOKEN.upper()])
def test_without_the_token_nothing_is_answered_added_or_removed(method, path, key, client, service):
    headers = JSON | ({"Authorization": f"Bearer {key}"} if key else {})
    reply = client.request(method, path, json={"question": WHO}, headers=headers)
    assert reply.status_code == (429 if reply.headers.get("retry-after") else 401)
    assert reply.json()["detail"] in (TOKEN_NEEDED, reply.json()["detail"])
    assert service.counts.accepted == 0


def test_the_page_asks_for_the_token_and_takes_it_in_the_form_too(client):
    assert client.get("/").headers["location"] == "/login"
    form = client.get("/login")
    assert "Token" in form.text and TOKEN_NEEDED.partition("'")[0] in form.text
    assert TOKEN not in form.text
    assert client.post("/login", data={"password": "any"}).status_code == 401
    assert client.post("/login", data={"password": TOKEN}).status_code == 303
    assert client.get("/v1/models").status_code == 200


def test_the_opened_address_lets_the_browser_in_by_a_cookie_that_no_other_page_can_use(client):
    asked = client.get(f"/?token={TOKEN}")
    assert asked.headers["location"] == f"/login?token={TOKEN}"
    entered = client.get(asked.headers["location"])
    cookie = entered.headers["set-cookie"].lower()
    assert {"httponly", "samesite=strict", "path=/"} <= set(cookie.split("; "))
    assert TOKEN not in cookie + entered.text
    # a page of ours leads on: a browser keeps a strict cookie from a redirect of somebody else's
    assert 'http-equiv="refresh"' in entered.text
    assert client.get("/v1/models").status_code == 200
    assert client.get("/login").status_code == 303


@pytest.mark.parametrize("token", ["", "any", TOKEN[:-1], f"{TOKEN}x", "%00", "é"])
def test_a_wrong_token_opens_nothing(token, client):
    for path in ("/", "/login"):
        reply = client.get(f"{path}?token={token}", follow_redirects=True)
        assert "set-cookie" not in reply.headers or "session" not in reply.headers["set-cookie"]
    assert client.get("/v1/models").status_code == 401


def test_wrong_tokens_of_others_keep_nobody_out(client):
    for _ in range(10):
        client.post("/login", data={"password": "guess"})
    assert client.get("/v1/models", headers={"Authorization": f"Bearer {TOKEN}"}).is_success
    client.get(f"/login?token={TOKEN}")
    assert client.get("/v1/models").is_success


def test_two_servers_of_one_machine_do_not_end_each_others_sessions(service):
    app = application(service, Gate("", TOKEN))
    other = application(service, Gate("", "u" * 48))
    one = TestClient(app, base_url="http://127.0.0.1:7860")
    two = TestClient(other, base_url="http://127.0.0.1:7861", cookies=one.cookies)
    one.get(f"/login?token={TOKEN}", follow_redirects=False)
    for name, value in one.cookies.items():
        two.cookies.set(name, value)
    assert two.get("/v1/models").status_code == 401
    two.get(f"/login?token={'u' * 48}", follow_redirects=False)
    for name, value in two.cookies.items():
        one.cookies.set(name, value)
    assert one.get("/v1/models").status_code == two.get("/v1/models").status_code == 200


def test_the_browser_is_started_with_a_page_that_others_cannot_read(tmp_path):
    page = opening_page(tmp_path, f"http://127.0.0.1:1/?token={TOKEN}")
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert TOKEN in page.read_text() and TOKEN not in page.as_uri()
