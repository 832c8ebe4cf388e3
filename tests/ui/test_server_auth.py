"""The door: who may come in, from where, with how much. Each test bears its row of the test plan.

Everything here is decided by the guard, before Gradio is asked; `test_server_page.py` looks at
Gradio itself.
"""

import asyncio
import base64
import hashlib
import logging
from contextlib import closing

import pytest
from starlette.testclient import TestClient

import ui.web.security_middleware
from assistant.cli.entry import main
from tests.fakes import app_that_says
from tests.serving import TOKEN, WHO, HeldModel, asgi_app_of, gate_of, light_service
from ui.web.password import COOKIE, Gate
from ui.web.security_middleware import API_BODY_BYTES, HEADERS, PAGE_BODY_BYTES, SecurityMiddleware

PASSWORD = "correct horse"
HERE = "http://127.0.0.1:7860"
CANARY = "sk-CANARY-7f3a"


@pytest.fixture(autouse=True)
def delays(monkeypatch):
    """The seconds that somebody was kept waiting, without waiting them."""
    waited = []
    sleep = asyncio.sleep

    async def at_once(seconds, *rest):
        if seconds == ui.web.security_middleware.WRONG_PASSWORD_DELAY_S:
            waited.append(seconds)
            seconds = 0
        return await sleep(seconds, *rest)

    monkeypatch.setattr(asyncio, "sleep", at_once)
    return waited


@pytest.fixture
def service(tmp_path):
    with closing(light_service(tmp_path, HeldModel(held=False))) as service:
        yield service


def client_of(app, **options):
    return TestClient(app, base_url=HERE, follow_redirects=False, **options)


@pytest.fixture
def locked(service):
    return client_of(asgi_app_of(service, PASSWORD))


@pytest.fixture
def free(service):
    return client_of(asgi_app_of(service))


def log_in(client, password=PASSWORD):
    return client.post("/login", data={"password": password})


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


CLOSED = [
    ("GET", "/config"),
    ("GET", "/gradio_api/info"),
    ("POST", "/gradio_api/queue/join"),
    ("GET", "/gradio_api/queue/data?session_hash=a"),
    ("POST", "/gradio_api/upload"),
    ("GET", "/gradio_api/file=/etc/passwd"),
    ("POST", "/gradio_api/call/ask"),
    ("GET", "/gradio_api/openapi.json"),
    ("POST", "/gradio_api/component_server"),
    ("GET", "/monitoring"),
    ("POST", "/v1/chat/completions"),
    ("GET", "/v1/models"),
]


@pytest.mark.parametrize(("row", "method", "path"), [(n, *way) for n, way in enumerate(CLOSED, 1)])
def test_a01_to_a12_without_login_it_is_closed(row, method, path, locked):
    reply = locked.request(method, path, headers={"Content-Type": "application/json"})
    assert reply.status_code in (401, 404), row
    assert reply.json()["error"]["message"]


def test_a01_to_a12_what_is_open_without_login_is_exactly_this(service):
    app = asgi_app_of(service, PASSWORD)
    ways = [("GET", "/"), ("GET", "/login"), ("POST", "/logout"), ("GET", "/metrics")]
    ways += [("GET", f"/{name}") for name in ("healthz", "readyz", "theme.css", "favicon.ico")]
    ways += [("GET", "/v1/here?challenge=x"), ("GET", "/own/page.js"), ("GET", "/assets/x.js")]
    ways += [("GET", "/v1/docs"), ("GET", "/gradio_api/app_id"), ("GET", "/gradio_api/runs")]
    found = {path: client_of(app).request(method, path).status_code for method, path in ways}
    assert {path for path, status in found.items() if status == 200} == {
        *("/login", "/healthz", "/readyz", "/v1/here?challenge=x")
    }
    assert found["/"] == 303  # to the login
    assert {found[p] for p in found.keys() - {"/login", "/healthz", "/readyz", "/"}} <= {
        *(200, 401, 404)
    }


def test_a13_wrong_passwords_are_answered_late_and_from_the_sixth_on_not_at_all(locked, delays):
    replies = [log_in(locked, "wrong password") for _ in range(50)]
    assert [r.status_code for r in replies] == [401] * 5 + [429] * 45
    assert delays == [1.0] * 5
    assert int(replies[-1].headers["retry-after"]) > 50
    assert "Too many wrong passwords" in replies[-1].text
    assert log_in(locked).status_code == 429  # the right one is no oracle meanwhile
    assert locked.get("/v1/models", headers=bearer(PASSWORD)).status_code == 429
    assert locked.get("/v1/models", headers=bearer(TOKEN)).status_code == 200


def test_a13_the_brake_is_let_go_after_a_minute_and_counts_by_address():
    now = [0.0]
    gate = Gate(PASSWORD, TOKEN, lambda: now[0])
    for _ in range(5):
        assert not gate.is_password("wrong", "a")
    assert (gate.retry_after_s("a"), gate.retry_after_s("b")) == (60, 0)
    now[0] = 59.0
    assert gate.retry_after_s("a") == 1
    now[0] = 60.5
    assert gate.retry_after_s("a") == 0


def test_a13_many_addresses_together_are_braked_too():
    gate = Gate(PASSWORD, TOKEN, lambda: 0.0)
    for number in range(100):
        gate.is_password("wrong", f"address {number}")
    assert gate.retry_after_s("a new one") == 60


def test_a14_any_wrong_password_costs_the_same_work(monkeypatch):
    """There are no user names; what is compared are digests of one length, by compare_digest."""
    compared = []
    compare = ui.web.password.hmac.compare_digest

    def counting(a, b):
        compared.append((len(a), len(b)))
        return compare(a, b)

    monkeypatch.setattr(ui.web.password.hmac, "compare_digest", counting)
    gate = Gate(PASSWORD, TOKEN)
    for guess in ("", "c", PASSWORD[:-1], "x" * 100_000, "\udcff"):
        assert not gate.is_password(guess, "a")
    assert gate.is_password(PASSWORD, "a")
    assert compared == [(32, 32)] * 6


def test_a15_the_cookie_is_for_this_server_and_no_script(locked):
    cookie = log_in(locked).headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}_7860=")
    assert {"httponly", "samesite=lax", "path=/"} <= set(cookie.lower().split("; "))
    assert "secure" not in cookie.lower()


def test_a15_behind_https_the_cookie_is_secure(service):
    client = TestClient(asgi_app_of(service, PASSWORD), base_url="https://127.0.0.1")
    cookie = client.post("/login", data={"password": PASSWORD}, follow_redirects=False)
    assert "secure" in cookie.headers["set-cookie"].lower().split("; ")


def test_a16_login_opens_and_logout_ends_the_session(locked):
    assert log_in(locked).status_code == 303
    assert locked.get("/v1/models").status_code == 200
    session = locked.cookies[f"{COOKIE}_7860"]
    assert locked.post("/logout").status_code == 303
    locked.cookies.set(f"{COOKIE}_7860", session)
    assert locked.get("/v1/models").status_code == 401


def test_a16_a_session_ends_by_itself_and_there_are_not_endlessly_many():
    now = [0.0]
    gate = Gate(PASSWORD, TOKEN, lambda: now[0])
    session = gate.new_session()
    now[0] = 29 * 24 * 3600.0
    assert gate.is_session(session)
    now[0] += 31 * 24 * 3600.0
    assert not gate.is_session(session)
    first = gate.new_session()
    for _ in range(1000):
        gate.new_session()
    assert not gate.is_session(first)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "example"])
def test_a17_another_address_needs_a_password(host, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("assistant.container.App", app_that_says())
    monkeypatch.setenv("ASSISTANT_DATA", str(tmp_path))
    monkeypatch.setenv("ASSISTANT_CACHE", str(tmp_path))
    assert main(["ui", "--host", host]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == (
        "",
        f"assistant: Refusing to listen on {host} without a password. "
        "Set ASSISTANT_UI_PASSWORD_FILE, or use 127.0.0.1.\n",
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--set", "ui.password=correct horse"], "can be seen by everybody"),
        (["--set", "ui.password_file=empty"], "The password file empty is empty."),
        (["--set", "ui.password_file=none"], "The password file none cannot be read"),
        (["--set", "ui.password_file=short"], "too short; it needs 8 characters"),
    ],
)
def test_a17_a_password_that_is_none_is_refused(options, message, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("assistant.container.App", app_that_says())
    monkeypatch.setenv("ASSISTANT_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "short").write_text("1234567\n")
    assert main(["ui", "--host", "0.0.0.0", *options]) == 2
    error = capsys.readouterr().err
    assert message in error and "correct horse" not in error


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "a@b", "x" * 5000])
def test_a18_a_foreign_host_is_refused(host, free):
    reply = free.get("/healthz", headers={"Host": host})
    assert reply.status_code == 400
    assert "ui.names" in reply.json()["error"]["message"]


@pytest.mark.parametrize(
    "host", ["127.0.0.1:7860", "localhost", "[::1]:7860", "192.0.2.7", "News.Lan"]
)
def test_a18_addresses_our_own_names_and_those_in_the_settings_are_known(host, tmp_path):
    names = {"ui.names": "news.lan, other"}
    with closing(light_service(tmp_path, HeldModel(held=False), **names)) as service:
        client = client_of(asgi_app_of(service))
        assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a19_a_foreign_page_has_no_effect(headers, free, service):
    reply = free.post("/v1/answer", json={"question": WHO}, headers=headers)
    assert reply.status_code == 403
    assert "access-control-allow-origin" not in reply.headers
    assert free.options("/v1/answer", headers=headers).status_code == 404
    assert service.counts.accepted == 0
    join = free.post("/gradio_api/queue/join", json={}, headers=headers)
    assert join.status_code == 403


def test_a19_our_own_page_and_a_link_to_us_work(free):
    own = {"Origin": HERE, "Sec-Fetch-Site": "same-origin"}
    assert free.post("/v1/answer", json={"question": WHO}, headers=own).status_code == 200
    link = free.get("/login", headers={"Sec-Fetch-Site": "cross-site"})
    assert link.status_code == 303


@pytest.mark.parametrize(
    "kind", ["text/plain", "", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_a20_what_a_foreign_form_can_send_is_refused(kind, free, service):
    reply = free.post("/v1/answer", content=b'{"question": "?"}', headers={"Content-Type": kind})
    assert reply.status_code == 415
    assert service.counts.accepted == 0


def test_a21_a_body_of_65_kib_is_too_large(free):
    assert API_BODY_BYTES == 64 * 1024
    body = b'{"question": "' + b"x" * (65 * 1024) + b'"}'
    reply = free.post("/v1/answer", content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code == 413
    assert reply.json()["error"]["message"] == "The request is too large; the limit is 64 KB."
    page = free.post("/gradio_api/queue/join", content=b"x" * (PAGE_BODY_BYTES + 1))
    assert page.status_code == 413


def test_a21_a_body_that_does_not_tell_its_size_is_counted(free):
    def pieces():
        for _ in range(70):
            yield b"x" * 1024

    headers = {"Content-Type": "application/json"}
    assert free.post("/v1/answer", content=pieces(), headers=headers).status_code == 413


def test_a21_a_size_that_is_none_is_refused(free):
    headers = {"Content-Type": "application/json", "Content-Length": "-5"}
    assert free.post("/v1/answer", content=b"{}", headers=headers).status_code == 413


def test_a21_a_body_that_never_ends_is_given_up(service, monkeypatch):
    monkeypatch.setattr(ui.web.security_middleware, "BODY_TIMEOUT_S", 0.01)

    async def talk():
        told = []

        async def never():
            await asyncio.Event().wait()

        async def send(message):
            told.append(message)

        headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")]
        scope = {"type": "http", "method": "POST", "path": "/v1/answer", "headers": headers}
        await asgi_app_of(service)(scope, never, send)
        return told[0]["status"]

    assert asyncio.run(talk()) == 408


def test_a22_an_upload_is_refused_where_it_is_off_or_too_large(service):
    off = client_of(SecurityMiddleware(nothing, gate_of(), (), upload=False))
    reply = off.post("/gradio_api/upload", content=b"x" * 3_000_000)
    assert (reply.status_code, reply.json()["detail"]) == (404, "Uploading is off.")
    on = client_of(SecurityMiddleware(nothing, gate_of(), (), upload=True))
    assert on.post("/gradio_api/upload", content=b"x" * 3_000_000).status_code == 204
    large = {"Content-Length": str(65 * 1024 * 1024)}
    assert on.post("/gradio_api/upload", content=b"", headers=large).status_code == 413
    assert on.post("/gradio_api/upload", content=iter([b"x"])).status_code == 411


async def nothing(scope, receive, send):
    """An application that takes everything."""
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


@pytest.mark.parametrize(
    "path",
    [
        *("/gradio_api/proxy=http://192.0.2.7/", "/gradio_api/stream/a/b/c/playlist.m3u8"),
        *("/gradio_api/runs", "/gradio_api/run-history/records", "/gradio_api/vibe-code"),
        *("/gradio_api/component_server", "/gradio_api/process_recording", "/dev/reload"),
        *("/monitoring/summary", "/gradio_api/profiling/traces", "/openapi.json", "/docs"),
        *("/own/../server.py", "/own/server.py", "/v1/answer/../x", "/gradio_api/call/v2/ask"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a23_routes_that_nobody_opened_are_closed(method, path, free):
    reply = free.request(method, path, headers={"Content-Type": "application/json"})
    assert reply.status_code == 404


@pytest.mark.parametrize("key", ["", " ", "wrong password", "x" * 60_000, PASSWORD[:-1], "ключ"])
def test_a24_a_program_without_the_right_key_is_refused(key, locked):
    headers = {"Authorization": f"Bearer {key}".encode()}
    reply = locked.post("/v1/chat/completions", json={"messages": []}, headers=headers)
    assert reply.status_code == 401
    assert reply.json()["error"]["type"] == "authentication_error"
    assert reply.headers["www-authenticate"] == "Bearer"
    assert locked.post("/v1/chat/completions", json={"messages": []}).status_code == 401


def test_a24_the_password_is_the_key_of_programs(locked):
    assert locked.get("/v1/models", headers=bearer(PASSWORD)).status_code == 200
    assert locked.get("/metrics", headers={"Authorization": f"bearer {PASSWORD}"}).is_success


def test_a25_a_stream_is_its_visitors_own(service):
    app = SecurityMiddleware(nothing, gate_of(), (), upload=False)
    mine, other = client_of(app), client_of(app)
    for client in (mine, other):
        client.get("/")
    visitor = mine.cookies["assistant_visitor"]
    assert len(visitor) == 32 and visitor != other.cookies["assistant_visitor"]
    join = {"session_hash": "guessed", "data": []}
    assert mine.post("/gradio_api/queue/join", json=join).status_code == 204
    for client, status in ((mine, 204), (other, 403), (client_of(app), 403)):
        assert client.get("/gradio_api/queue/data?session_hash=guessed").status_code == status
        assert client.get("/gradio_api/heartbeat/guessed").status_code == status
        assert client.post("/gradio_api/cancel", json=join).status_code == status
        assert client.post("/gradio_api/queue/join", json=join).status_code == status


def test_a26_secrets_and_questions_are_in_no_log_and_no_reply(tmp_path, monkeypatch, capfd, caplog):
    monkeypatch.setenv("ASSISTANT_ENGINE_API_KEY", CANARY)

    class Bug(HeldModel):
        def stream(self, messages, limits, cancel=None):
            raise RuntimeError(f"{CANARY}: {messages[-1].content}")
            yield

    settings = {"engine.api_key": CANARY, "ui.password": CANARY}
    with (
        caplog.at_level(logging.DEBUG),
        closing(light_service(tmp_path, Bug(), **settings)) as service,
    ):
        client = client_of(asgi_app_of(service, CANARY), raise_server_exceptions=False)
        seen = []
        for body in ({"question": WHO}, {"question": WHO, "stream": True}, {"question": 5}):
            for key in (CANARY, "wrong " + CANARY):
                reply = client.post("/v1/answer", json=body, headers=bearer(key))
                seen.append(reply.text)
        for path in ("/metrics", "/readyz", "/v1/models", "/v1/docs", "/v1/openapi.json"):
            seen.append(client.get(path, headers=bearer(CANARY)).text)
        seen += [log_in(client, "wrong " + CANARY).text]
    out, err = capfd.readouterr()
    everything = "\n".join([*seen, out, err, repr(service.app.settings)])
    assert CANARY not in everything
    logged = "\n".join([out, err, caplog.text])
    assert "special representative" not in logged
    assert '{"error": "RuntimeError", "at": "' in err
    assert all("special representative" not in line for line in err.splitlines())


def test_a27_errors_show_no_path_and_no_stack(tmp_path, capfd):
    class Bug(HeldModel):
        def stream(self, messages, limits, cancel=None):
            raise RuntimeError("/somewhere/secret")
            yield

    with closing(light_service(tmp_path, Bug())) as service:
        client = client_of(asgi_app_of(service), raise_server_exceptions=False)
        for stream in (False, True):
            body = {"question": WHO, "stream": stream}
            reply = client.post("/v1/answer", json=body)
            assert "secret" not in reply.text and "Traceback" not in reply.text
            assert "Something went wrong here" in reply.text
        assert service.counts.failed == 2
    assert "Traceback" not in capfd.readouterr().err


def test_a28_no_name_is_looked_up(free, network_blocked):
    free.get("/healthz")
    free.post("/v1/answer", json={"question": WHO})
    assert network_blocked == []


@pytest.mark.parametrize("path", ["/healthz", "/", "/login", "/nothing", "/v1/models", "/v1/docs"])
def test_every_reply_carries_the_headers(path, locked):
    reply = locked.get(path)
    assert {name: reply.headers.get(name) for name in HEADERS} == HEADERS
    policy = reply.headers["content-security-policy"]
    assert "script-src 'self'" in policy and "unsafe-eval" not in policy
    assert "script-src 'self' 'unsafe-inline'" not in policy
    assert "server" not in reply.headers


def test_of_inline_scripts_only_those_of_the_document_may_run():
    code = b"window.x = 1"

    async def page(scope, receive, send):
        kind = (b"content-type", b"text/html")
        await send({"type": "http.response.start", "status": 200, "headers": [kind]})
        await send({"type": "http.response.body", "body": b"<script>win", "more_body": True})
        rest = code[3:] + b"</script><script src=/own/a.js></script>"
        await send({"type": "http.response.body", "body": rest})

    reply = client_of(SecurityMiddleware(page, gate_of(), (), upload=False)).get("/")
    digest = base64.b64encode(hashlib.sha256(code).digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}';" in reply.headers["content-security-policy"]
    assert reply.text == "<script>window.x = 1</script><script src=/own/a.js></script>"
