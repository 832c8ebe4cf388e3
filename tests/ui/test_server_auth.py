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

import ui.web.request_body
from tests.command_line import CommandLine
from tests.serving import TOKEN, WHO, HeldModel, asgi_app_of, gate_of, light_service
from ui.web.password import COOKIE, FORGET_S, Gate
from ui.web.received_uploads import UploadQuota
from ui.web.security_headers import HEADERS
from ui.web.security_middleware import PAGE_BODY_BYTES, SecurityMiddleware

PASSWORD = "correct horse"
HERE = "http://127.0.0.1:7860"
CANARY = "sk-CANARY-7f3a"


@pytest.fixture
def model():
    return HeldModel(held=False)


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


@pytest.mark.parametrize(
    "way",
    [
        *("GET /config", "GET /gradio_api/info", "POST /gradio_api/queue/join"),
        *("GET /gradio_api/queue/data?session_hash=a", "POST /gradio_api/upload"),
        *("GET /gradio_api/file=/etc/passwd", "POST /gradio_api/call/ask"),
        *("GET /gradio_api/openapi.json", "POST /gradio_api/component_server"),
        *("GET /monitoring", "POST /v1/chat/completions", "GET /v1/models"),
    ],
)
def test_a01_to_a12_without_login_it_is_closed(way, locked):
    reply = locked.request(*way.split(" "), headers={"Content-Type": "application/json"})
    assert reply.status_code in (401, 404)
    assert reply.json()["error"]["message"]


def test_a01_to_a12_what_is_open_without_login_is_exactly_this(service):
    app = asgi_app_of(service, PASSWORD)
    paths = "/ /login /metrics /healthz /readyz /theme.css /favicon.ico /v1/here?challenge=x"
    paths += " /own/page.js /assets/x.js /v1/docs /gradio_api/app_id /gradio_api/runs"
    found = {path: client_of(app).get(path).status_code for path in paths.split()}
    found["/logout"] = client_of(app).post("/logout").status_code
    assert {path for path, status in found.items() if status == 200} == {
        *("/login", "/healthz", "/readyz", "/v1/here?challenge=x")
    }
    assert found["/"] == 303  # to the login
    assert {found[p] for p in found.keys() - {"/login", "/healthz", "/readyz", "/"}} <= {
        *(200, 401, 404)
    }


def test_a13_each_wrong_password_makes_its_address_wait_twice_as_long():
    now = [0.0]
    gate = Gate(PASSWORD, TOKEN, lambda: now[0])
    waits = []
    for _ in range(7):
        assert not gate.is_password("wrong", "192.0.2.1")
        waits.append(gate.wait_s("192.0.2.1"))
        now[0] += waits[-1]
    assert waits == [1, 2, 4, 8, 16, 16, 16]
    assert gate.wait_s("192.0.2.1") == gate.wait_s("192.0.2.2") == 0
    now[0] += FORGET_S + 1
    gate.is_password("wrong", "192.0.2.1")
    assert gate.wait_s("192.0.2.1") == 1


def test_a14_any_wrong_password_costs_the_same_work(monkeypatch):
    """There are no user names; what is compared are digests of one length, by compare_digest."""
    compared = []
    compare = ui.web.password.hmac.compare_digest
    monkeypatch.setattr(
        ui.web.password.hmac,
        "compare_digest",
        lambda a, b: compared.append((len(a), len(b))) or compare(a, b),
    )
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


def test_a15_behind_https_the_cookie_is_secure(locked):
    locked.base_url = "https://127.0.0.1"
    assert "secure" in log_in(locked).headers["set-cookie"].lower().split("; ")


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


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    return CommandLine(tmp_path, monkeypatch, capsys)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "example"])
def test_a17_another_address_needs_a_password(host, run):
    refusal = run.refused("ui", "--host", host, code=2)
    assert f"Refusing to listen on {host} without a password." in refusal
    assert "ASSISTANT_UI_PASSWORD_FILE" in refusal


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("ui.password=correct horse", "can be seen by everybody"),
        ("ui.password_file=empty", "The password file empty is empty."),
        ("ui.password_file=none", "The password file none cannot be read"),
        ("ui.password_file=short", "too short; it needs 8 characters"),
    ],
)
def test_a17_a_password_that_is_none_is_refused(setting, message, run):
    (run.root / "empty").write_text("\n")
    (run.root / "short").write_text("1234567\n")
    refusal = run.refused("ui", "--host", "0.0.0.0", "--set", setting, code=2)
    assert message in refusal and "correct horse" not in refusal


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
    ("header", "value"),
    [
        *(("Origin", page) for page in ("https://evil.example", "http://127.0.0.1:9999", "null")),
        *(("Sec-Fetch-Site", site) for site in ("cross-site", "same-site")),
    ],
)
def test_a19_a_foreign_page_has_no_effect(header, value, free, service):
    headers = {header: value}
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


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        ("/v1/answer", b"x" * (64 * 1024 + 1), {}),
        ("/v1/answer", [b"x" * 1024] * 70, {}),  # does not tell its size
        ("/v1/answer", b"{}", {"Content-Length": "-5"}),
        ("/gradio_api/queue/join", b"x" * (PAGE_BODY_BYTES + 1), {}),
    ],
    ids=["one byte too many", "chunked", "a size that is none", "the page"],
)
def test_a21_a_body_that_is_too_large_is_refused(path, body, headers, free):
    reply = free.post(path, content=body, headers={"Content-Type": "application/json", **headers})
    assert reply.status_code == 413


def test_a21_a_body_that_never_ends_is_given_up(service, monkeypatch):
    monkeypatch.setattr(ui.web.request_body, "BODY_TIMEOUT_S", 0.01)

    told = []

    async def never():
        await asyncio.Event().wait()

    async def send(message):
        told.append(message)

    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/v1/answer", "headers": headers}
    asyncio.run(asgi_app_of(service)(scope, never, send))
    assert told[0]["status"] == 408


def test_a22_an_upload_is_refused_where_it_is_off_or_too_large(tmp_path):
    off = client_of(guarded())
    reply = off.post("/gradio_api/upload", content=b"x" * 3_000_000)
    assert (reply.status_code, reply.json()["detail"]) == (404, "Uploading is off.")
    on = client_of(guarded(quota=UploadQuota(tmp_path)))
    assert on.post("/gradio_api/upload", content=b"x" * 3_000_000).status_code == 204
    large = {"Content-Length": str(65 * 1024 * 1024)}
    assert on.post("/gradio_api/upload", content=b"", headers=large).status_code == 413
    assert on.post("/gradio_api/upload", content=iter([b"x"])).status_code == 411


async def nothing(scope, receive, send):
    """An application that takes everything."""
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


def guarded(app=nothing, **options):
    return SecurityMiddleware(app, gate_of(), (), **options)


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


class Bug(HeldModel):
    """Fails with a secret and the question in its error."""

    def stream(self, messages, limits, cancel=None):
        raise RuntimeError(f"{CANARY} /somewhere/secret: {messages[-1].content}")
        yield


def test_a26_secrets_and_questions_are_in_no_log_and_no_reply(tmp_path, monkeypatch, capfd, caplog):
    monkeypatch.setenv("ASSISTANT_ENGINE_API_KEY", CANARY)
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
        seen.append(log_in(client, "wrong " + CANARY).text)
    out, err = capfd.readouterr()
    everything = "\n".join([*seen, out, err, repr(service.app.settings)])
    assert CANARY not in everything
    assert "special representative" not in "\n".join([out, err, caplog.text])
    assert '{"error": "RuntimeError", "at": "' in err


def test_a27_errors_show_no_path_and_no_stack(tmp_path, capfd):
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

    reply = client_of(guarded(page)).get("/")
    digest = base64.b64encode(hashlib.sha256(code).digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}';" in reply.headers["content-security-policy"]
    assert reply.text == "<script>window.x = 1</script><script src=/own/a.js></script>"
