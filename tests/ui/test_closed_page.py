"""A page that is closed before it listens to the stream of its question: nobody is answered."""

from contextlib import closing

import httpx
import pytest

from tests.serving import WHO, HeldModel, finished, gate_of, light_service, running
from ui.web.app_factory import application, page_of

pytestmark = pytest.mark.drill  # Gradio is slow to import

TAB = "abc"
NO_FILTERS = [None, None, None, [], [], 0.5]


def join(client, event, *data):
    """Start an event of the page, as its script does."""
    body = {"data": data, "fn_index": event["id"], "session_hash": TAB, "trigger_id": None}
    assert client.post("/gradio_api/queue/join", json=body).status_code == 200


def test_a_question_whose_page_is_closed_before_it_begins_is_not_answered(tmp_path, monkeypatch):
    from ui.page.app import build

    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    model = HeldModel()
    with closing(light_service(tmp_path, model)) as service:
        app = application(service, gate_of(), finished(page_of(service, build(service))))
        with running(app, lifespan="auto") as address, httpx.Client(base_url=address) as client:
            client.get("/")
            events = client.get("/config").json()["dependencies"]
            asks = next(event for event in events if event["types"]["generator"])
            [typed] = [
                event
                for event in events
                if event["outputs"] == asks["inputs"][:1] and event["targets"][0][1] == "submit"
            ]
            with client.stream("GET", f"/gradio_api/heartbeat/{TAB}"):
                join(client, typed, WHO)
                with client.stream("GET", f"/gradio_api/queue/data?session_hash={TAB}") as reply:
                    assert any("process_completed" in line for line in reply.iter_lines())
                join(client, asks, None, None, "talk", *NO_FILTERS)
                assert model.reading.acquire(timeout=30)
            assert model.idle.wait(30)
