"""Standing questions in a server: looked at after its changes, and the routes under /v1/follow."""

from contextlib import closing
from xml.etree import ElementTree as ET

import pytest
from starlette.testclient import TestClient

from index.core.errors import UsageError
from tests.fakes import ScriptedModel, WordVerifier
from tests.serving import asgi_app_of, service_of
from ui.web.app_factory import application
from ui.web.password import Gate

FLOOD = "The flood in Marn killed 12 people, the rescue service said."
BRIDGE = "Engineers closed the railway bridge of Marn because the flood had moved its pillars."


def article(title: str, day: int, text: str) -> str:
    return f"Title: {title}\nDate: 2024-05-0{day}\nSource: Post\n\n{text}\n"


def silent(what, done, total):
    """Report to nobody."""


@pytest.fixture
def service(news):
    news.put(a=article("Flood in Marn", 3, FLOOD))
    with closing(service_of(news, ScriptedModel())) as service:
        service.app.verifier = WordVerifier()
        yield service


def upload(service, folder):
    """Upload an article on the bridge, and wait for the look that follows; its id."""
    sent = folder / "sent"
    sent.write_text(article("Bridge shut after flood in Marn", 5, BRIDGE))
    taken = service.articles.upload([("bridge.txt", sent)], silent)
    looked(service)
    return taken.files[0].articles[0].article.id


def looked(service):
    """Return when every look that is due has been made."""
    service.following._pool.submit(int).result()


def texts(followed):
    return [[update.text for update in one.updates] for one in followed]


def test_an_upload_is_looked_at_and_told_once(service, tmp_path):
    following = service.following
    question = following.add("the flood in Marn").question
    assert texts(following.list()) == [[]]
    upload(service, tmp_path)
    [one] = following.list()
    assert (one.new, texts([one])) == (1, [[BRIDGE]])
    assert [update.text for update in following.run(question.id)] == [BRIDGE]
    assert following.run(question.id) == []
    assert [one.new for one in following.list()] == [0]


def test_what_a_removed_article_said_goes_and_comes_back_with_it(service, tmp_path):
    service.following.add("the flood in Marn")
    gone = upload(service, tmp_path)
    service.articles.remove(gone)
    looked(service)
    assert texts(service.following.list()) == [[]]
    service.articles.undo(service.articles.last_removal)
    looked(service)
    assert texts(service.following.list()) == [[BRIDGE]]


def test_a_question_that_is_ended_is_forgotten(service, tmp_path):
    question = service.following.add("the flood in Marn").question
    upload(service, tmp_path)
    assert service.following.remove(question.id[:4]).id == question.id
    assert service.following.list() == []
    with pytest.raises(UsageError, match="No standing question"):
        service.following.run(question.id)


def test_a_feed_holds_what_was_found_about_its_question(service, tmp_path):
    question = service.following.add("the flood in Marn").question
    other = service.following.add("the bread of Lor").question
    upload(service, tmp_path)
    name = "{http://www.w3.org/2005/Atom}entry"
    entries = {
        q.id: ET.fromstring(service.following.feed(q.id)).findall(name) for q in (question, other)
    }
    assert {key: len(found) for key, found in entries.items()} == {question.id: 1, other.id: 0}


def test_over_http_a_question_is_followed_told_and_ended(service, tmp_path):
    app = asgi_app_of(service)
    client = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)
    body = {"question": "the flood in Marn", "since": "2024-05-01"}
    one = client.post("/v1/follow", json=body).json()
    assert (one["new"], one["updates"], one["filters"]["since"]) == (0, [], "2024-05-01")
    assert client.post("/v1/follow", json=body).status_code == 400  # it is followed already
    upload(service, tmp_path)
    [listed] = client.get("/v1/follow").json()["followed"]
    assert (listed["id"], listed["new"]) == (one["id"], 1)
    told = [client.post(f"/v1/follow/{one['id']}/run").json()["updates"] for _ in range(2)]
    assert [[update["citation"]["quote"] for update in updates] for updates in told] == [
        [BRIDGE],
        [],
    ]
    feed = client.get(f"/v1/follow/{one['id']}/feed")
    assert feed.headers["content-type"].startswith("application/atom+xml")
    assert BRIDGE in feed.text
    assert client.delete(f"/v1/follow/{one['id']}").json() == {"removed": one["id"]}
    assert client.delete(f"/v1/follow/{one['id']}").status_code == 400
    assert client.get("/v1/follow").json() == {"followed": []}


def test_over_http_only_ids_and_those_who_are_let_in_are_served(service):
    app = asgi_app_of(service)
    client = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)
    assert client.get("/v1/follow/..%2Fx/feed").status_code == 404
    foreign = {"Origin": "https://evil.example"}
    assert client.post("/v1/follow/ab/run", headers=foreign).status_code == 403
    stranger = TestClient(application(service, Gate("", token="t" * 48)), "http://127.0.0.1")
    for method, path in (("GET", ""), ("DELETE", "/ab"), ("POST", "/ab/run"), ("GET", "/ab/feed")):
        assert stranger.request(method, f"/v1/follow{path}").status_code == 401
