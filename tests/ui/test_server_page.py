"""Gradio behind the guard: what of it is open; no file and no stream is read through it."""

import json
import re
from contextlib import closing

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.serving import GOOD, HeldModel, finished, gate_of, light_service
from ui.web.app_factory import application, page_of
from ui.web.security_middleware import PAGE_ROUTES, UPLOAD_ROUTE

pytestmark = pytest.mark.drill  # Gradio is slow to import

READ = (
    "/ /theme.css /favicon.ico /manifest.json /robots.txt /config /config/ /svelte/x /static/x"
    " /assets/x /gradio_api/info /gradio_api/info/ /gradio_api/theme.css /gradio_api/startup-events"
    " /gradio_api/app_id /gradio_api/app_id/ /gradio_api/upload_progress /gradio_api/queue/data"
    " /gradio_api/heartbeat/x /gradio_api/file=x"
)
SENT = "queue/join cancel reset reset/ run/x run/x/ upload"
OPENED = {
    *("HEAD /", "HEAD /gradio_api/file=x"),
    *(f"GET {path}" for path in READ.split()),
    *(f"POST /gradio_api/{path}" for path in SENT.split()),
}


def shout(text: str) -> str:
    return text.upper()


@pytest.fixture(scope="module")
def blocks():
    import gradio as gr

    with gr.Blocks(analytics_enabled=False) as blocks:
        gr.api(shout)
    return blocks


@pytest.fixture
def make(blocks, tmp_path, monkeypatch):
    """Builds a client of the whole application, by password and uploads."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    service = light_service(tmp_path, HeldModel(held=False))

    def build(password="", upload=True):
        service.articles.upload_allowed = upload
        app = application(service, gate_of(password), finished(page_of(service, blocks)))
        return TestClient(app, base_url="http://127.0.0.1", follow_redirects=False)

    with closing(service):
        yield build


@pytest.fixture
def client(make):
    client = make()
    client.get("/")
    return client


def ways(client):
    """Every way into Gradio's application, with `x` for what varies."""
    [late] = [r.app for r in client.app._app.routes if getattr(r, "path", None) == ""]
    [mounted] = [r.app for r in late.page.result().routes if getattr(r, "path", None) == ""]
    found = set()
    pending = list(mounted.routes)
    while pending:
        route = pending.pop()
        if inner := getattr(route, "original_router", None):
            pending += inner.routes
        elif isinstance(route, Route):
            path = re.sub(r"\{[^}]*\}", "x", route.path)
            found |= {f"{method} {path}" for method in route.methods}
    return found


def test_a01_to_a12_of_gradios_ways_exactly_these_are_open(client):
    found = ways(client)
    assert len(found) > 60
    opened = {way for way in found if PAGE_ROUTES.match(way) or UPLOAD_ROUTE.fullmatch(way)}
    assert opened == OPENED & found
    assert OPENED - found <= {"HEAD /gradio_api/file=x"}


def test_a01_to_a12_every_other_way_is_closed(client):
    for way in sorted(ways(client) - OPENED):
        method, path = way.split(" ", 1)
        if method in ("GET", "POST", "HEAD") and path not in ("/login", "/logout", "/openapi.json"):
            assert client.request(method, path).status_code == 404, way


def test_a01_to_a12_with_a_password_all_of_it_is_closed(make):
    client = make("correct horse")
    for way in sorted(OPENED):
        method, path = way.split(" ", 1)
        reply = client.request(method, path)
        assert reply.status_code == (303 if path == "/" else 401), way
    assert client.get("/").headers["location"] == "/login"


@pytest.mark.parametrize(
    "path",
    [
        *("/etc/passwd", "../../../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "//etc/passwd"),
        *("http://127.0.0.1:1/", "https://evil.example/x", "file:///etc/passwd", "server.json"),
        *("/proc/self/environ", "", "%00", "/dev/null", "~/.ssh/id_rsa"),
        *("{here}/library.sqlite", "{here}/model.gguf", "{here}/article.html"),
    ],
)
def test_a23_no_file_of_this_machine_can_be_read(path, client, tmp_path):
    for name in ("library.sqlite", "model.gguf", "article.html"):
        (tmp_path / name).write_text("<script>secret</script>")
    reply = client.get(f"/gradio_api/file={path.format(here=tmp_path)}")
    assert reply.status_code in (403, 404)
    assert "root:" not in reply.text and "secret" not in reply.text


def test_a22_an_upload_is_taken_and_only_given_back_as_a_download(client, tmp_path):
    reply = client.post("/gradio_api/upload", files={"files": ("talks.html", GOOD.encode())})
    [path] = reply.json()
    assert path.startswith(str(tmp_path / "gradio"))
    back = client.get(f"/gradio_api/file={path}")
    assert (back.status_code, back.text) == (200, GOOD)
    assert back.headers["content-disposition"].startswith("attachment")
    assert back.headers["x-content-type-options"] == "nosniff"


def test_a22_where_uploads_are_off_gradio_takes_none(make):
    client = make(upload=False)
    reply = client.post("/gradio_api/upload", files={"files": ("a.txt", b"x")})
    assert reply.status_code == 404


def test_a25_the_page_asks_and_hears_its_own_stream(make):
    with make() as client:
        page = client.get("/")
        assert "window.gradio_config" in page.text
        assert "script-src 'self' 'sha256-" in page.headers["content-security-policy"]
        join = {"data": ["rain"], "fn_index": 0, "session_hash": "abc", "trigger_id": None}
        assert client.post("/gradio_api/queue/join", json=join).status_code == 200
        other = TestClient(client.app, base_url="http://127.0.0.1")
        assert other.get("/gradio_api/queue/data?session_hash=abc").status_code == 403
        with client.stream("GET", "/gradio_api/queue/data?session_hash=abc") as reply:
            lines = [line for line in reply.iter_lines() if line.startswith("data: ")]
        last = [json.loads(line[6:]) for line in lines if "process_completed" in line]
        assert last[0]["output"]["data"] == ["RAIN"]


def test_a27_a_wrong_call_shows_no_stack(make):
    with make() as client:
        client.get("/")
        for body in ({"data": [], "fn_index": 99, "session_hash": "a"}, {"data": 5}, {}):
            reply = client.post("/gradio_api/queue/join", json=body)
            assert reply.status_code >= 400
            assert "Traceback" not in reply.text and "/site-packages/" not in reply.text


def test_a28_the_page_looks_nothing_up(client, network_blocked):
    assert client.get("/theme.css").status_code == 200
    assert client.get("/config").json()["analytics_enabled"] is False
    assert network_blocked == []
