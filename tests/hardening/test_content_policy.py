"""No script of somebody else's file is script of ours."""

from contextlib import closing
from importlib.resources import files

import pytest
from starlette.testclient import TestClient

from eval.reporting.html_page import csp_hash, render
from tests.serving import HeldModel, asgi_app_of, gate_of, light_service
from ui.web.security_middleware import SecurityMiddleware

HOSTILE = "<script>fetch('/v1/search')</script>"


def policy(reply):
    parts = (part.strip().split() for part in reply.headers["content-security-policy"].split(";"))
    return {name: values for name, *values in parts}


@pytest.fixture
def client(tmp_path):
    with closing(light_service(tmp_path, HeldModel(held=False))) as service:
        yield TestClient(asgi_app_of(service), base_url="http://127.0.0.1")


def test_a_report_of_somebody_else_runs_no_script_of_its_own(client, tmp_path):
    """Any inline script of a run folder got a hash, and ran with all rights of the page."""
    folder = tmp_path / "runs" / "theirs"
    folder.mkdir(parents=True)
    (folder / "report.html").write_bytes(HOSTILE.encode() + b"\xff")
    reply = client.get("/runs/theirs")
    assert reply.status_code == 200
    rules = policy(reply)
    script = (files("eval.reporting") / "templates" / "script.js").read_text("utf-8")
    assert rules["script-src"] == [csp_hash(script)]
    assert csp_hash("fetch('/v1/search')") not in reply.headers["content-security-policy"]
    assert rules["sandbox"] == ["allow-scripts"]  # without a same origin
    assert rules["default-src"] == ["'none'"]
    assert "connect-src" not in rules and "form-action" in rules


def test_the_script_of_our_own_reports_is_the_one_that_may_run(client, tmp_path):
    folder = tmp_path / "runs" / "ours"
    folder.mkdir(parents=True)
    page = render("base.html", title="A run", about="")
    (folder / "report.html").write_text(page, "utf-8")
    [allowed] = policy(client.get("/runs/ours"))["script-src"]
    script = page.partition("<script>")[2].partition("</script>")[0]
    assert allowed == csp_hash(script)


@pytest.mark.parametrize("kind", ["text/javascript; charset=utf-8", "text/css"])
def test_what_a_page_loads_may_load_nothing_as_a_page(kind):
    async def file(scope, receive, send):
        headers = [(b"content-type", kind.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": HOSTILE.encode()})

    reply = TestClient(SecurityMiddleware(file, gate_of(), ()), base_url="http://127.0.0.1").get(
        "/assets/x.js"
    )
    assert policy(reply) == {"default-src": ["'none'"], "frame-ancestors": ["'none'"]}


@pytest.mark.parametrize("path", ["/gradio_api/file=x", "/own/x.html", "/assets/x", "/static/x"])
def test_no_inline_script_of_a_file_may_run(path):
    """Whatever HTML was sent, its inline scripts were allowed."""

    async def html(scope, receive, send):
        headers = [(b"content-type", b"text/html; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": HOSTILE.encode()})

    app = SecurityMiddleware(html, gate_of(), ())
    reply = TestClient(app, base_url="http://127.0.0.1").get(path)
    assert reply.text == HOSTILE
    assert policy(reply)["script-src"] == ["'self'"]
