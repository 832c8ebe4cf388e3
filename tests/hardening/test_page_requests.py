"""A malformed request is told so, with a 4xx status and one line; 500 is for our own bugs."""

import json
from contextlib import closing

import pytest
from starlette.testclient import TestClient

from tests.serving import HeldModel, asgi_app_of, finished, gate_of, light_service
from ui.web.app_factory import application, page_of


@pytest.fixture
def free(tmp_path):
    with closing(light_service(tmp_path, HeldModel(held=False))) as service:
        client = TestClient(asgi_app_of(service), base_url="http://127.0.0.1")
        client.get("/")
        yield client


def is_refused(reply, status=None):
    assert reply.status_code == status if status else 400 <= reply.status_code < 500, reply.text
    message = reply.json().get("detail") or reply.json()["error"]
    message = message["message"] if isinstance(message, dict) else str(message)
    assert message and "\n" not in message and "Traceback" not in message


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"x", b"5", b"[]", b"null", b'"x"', b"\xff", b'{"data": []', b'{"data": [], }'),
        b'{"data": [], "data": [1]}',
        b'{"data": ' + b"[" * 100 + b"]" * 100 + b"}",
        b"[" * 100_000,
        b'{"session_hash": 5}',
    ],
)
def test_a_body_that_is_no_plain_object_is_refused(body, free):
    for way in ("queue/join", "cancel", "run/listed"):
        is_refused(free.post(f"/gradio_api/{way}", content=body), 400)


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/healthz", {"Host": "["}),
        ("/healthz", {"Host": "a]b"}),
        ("/v1/models", {"Origin": "http://["}),
        ("/own/%00", {}),
        ("/assets/%00x", {}),
        ("/static/" + "x" * 5_000, {}),
        ("/config%0a", {}),
    ],
)
def test_a_malformed_address_is_refused(path, headers, free):
    is_refused(free.get(path, headers=headers))


@pytest.mark.parametrize("length", ["²".encode("latin-1"), b"-1", b"1e3", b"9" * 5_000])
def test_a_length_that_is_none_is_refused(length, free):
    headers = {"Content-Type": "application/json", "Content-Length": length}
    is_refused(free.post("/v1/answer", content=b"{}", headers=headers), 413)


# ── through Gradio ────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def page(tmp_path, monkeypatch):
    from ui.page.app import build

    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "received"))
    with closing(light_service(tmp_path, HeldModel(held=False))) as service:
        app = application(service, gate_of(), finished(page_of(service, build(service))))
        kind = {"Content-Type": "application/json"}
        with TestClient(app, base_url="http://127.0.0.1", headers=kind) as client:
            client.get("/")
            yield client


HUGE = json.loads("1e999")
WRONG = [
    *({"data": 5}, {"data": None}, {}, {"data": [], "fn_index": 99}, {"data": {}, "fn_index": 0}),
    *({"data": [1, 2, 3, 4, 5], "fn_index": 0}, {"data": [], "fn_index": "x"}),
    *({"data": [{}], "fn_index": -1}, {"data": [{}], "fn_index": 0, "trigger_id": "x"}),
    *({"data": [{}], "fn_index": 0, "session_hash": [1]}, {"data": [{}], "fn_index": HUGE}),
]


@pytest.mark.drill  # Gradio is slow to import
@pytest.mark.parametrize("body", WRONG)
def test_a_call_that_there_is_not_is_refused(body, page, capfd):
    """Gradio answered 500, and printed a traceback for each."""
    sent = json.dumps(body)
    is_refused(page.post("/gradio_api/queue/join", content=sent))
    is_refused(page.post("/gradio_api/run/nothing", content=sent))
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.drill
@pytest.mark.parametrize("data", [5, "x", None, [], [[]], {"page": HUGE}, {"text": {}}])
def test_values_of_another_kind_are_refused_or_read_as_far_as_they_go(data, page, capfd):
    """500 for whatever a function could not read."""
    calls = {one["api_name"]: one for one in page.get("/config").json()["dependencies"]}
    for name, call in calls.items():
        if call["queue"]:
            continue
        body = {"data": [data] * len(call["inputs"])}
        reply = page.post(f"/gradio_api/run/{name}", content=json.dumps(body))
        if reply.status_code != 200:
            is_refused(reply)
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.drill
@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"x", "text/plain"),
        (b"x", "multipart/form-data"),
        (b"x", "multipart/form-data; boundary=b"),
        (b'--b\r\nContent-Disposition: form-data; name="files"\r\n\r\nx\r\n--b--\r\n', None),
    ],
)
def test_an_upload_that_is_none_is_refused(content, kind, page):
    headers = {"Content-Type": kind or "multipart/form-data; boundary=b"}
    reply = page.post("/gradio_api/upload", content=content, headers=headers)
    assert reply.status_code < 500


@pytest.mark.drill
@pytest.mark.parametrize("area", ["assets", "static", "svelte", "own", "runs", "gradio_api/file="])
@pytest.mark.parametrize("name", ["x" * 300, "%2e%2e/x", "a/" * 500, "%ff", "con", "~"])
def test_a_file_that_there_is_not_is_not_found(area, name, page):
    joint = "" if area.endswith("=") else "/"
    assert 400 <= page.get(f"/{area}{joint}{name}").status_code < 500
