"""POST /v1/check: the report of the command line, whole and as events."""

import json

from tests.stories import GOOD


def test_a_draft_is_checked_whole_or_as_events(client):
    report = client.post("/v1/check", json={"text": f"{GOOD} Who won?"}).json()
    assert [one["verdict"] for one in report["sentences"]] == ["supported", "no_claim"]
    assert report["all_supported"]
    told = client.post("/v1/check", json={"text": GOOD, "stream": True}).text
    events = [json.loads(line[6:]) for line in told.splitlines() if line.startswith("data: ")]
    assert [event["event"] for event in events] == ["sentence", "report"]


def test_filters_hold(client):
    body = {"text": GOOD, "as_of": "2020-01-01"}
    [one] = client.post("/v1/check", json=body).json()["sentences"]
    assert one["verdict"] == "not_in_archive"


def test_an_empty_or_too_large_draft_is_refused_with_its_own_status(client):
    for stream in (False, True):
        reply = client.post("/v1/check", json={"text": " ", "stream": stream})
        assert reply.status_code == 400
        assert reply.json()["error"]["message"] == "The draft is empty."
    assert client.post("/v1/check", json={"text": "x" * 200_001}).status_code == 400
    assert client.post("/v1/check", json={"text": "x" * 2_000_000}).status_code == 413
