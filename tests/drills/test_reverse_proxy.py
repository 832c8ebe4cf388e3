"""Below a path of another server: page, login, API and uploads work through nginx."""

import json
import re

import httpx
import pytest

from tests.browser.visiting import ARTICLES, GOOD, WHO, served
from tests.reverse_proxy import nginx
from tests.serving import TOKEN

KEY = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(params=[False, True], ids=["path-taken-off", "path-kept"])
def proxy(request, tmp_path):
    """A client of nginx, which shows the page below /news."""
    with (
        served(tmp_path / "here", ARTICLES, **{"ui.root_path": "/news"}) as server,
        nginx(tmp_path / "nginx", server.address[:-1], keeps_path=request.param) as address,
        httpx.Client(base_url=address, timeout=120) as client,
    ):
        yield client


def test_page_login_api_and_uploads_work_below_the_path(proxy):
    assert proxy.get("/v1/models").status_code == 404  # nginx has nothing there
    assert proxy.get("/news").headers["location"].endswith("/news/")
    opened = proxy.get(f"/news/?token={TOKEN}")
    assert opened.headers["location"] == f"/news/login?token={TOKEN}"
    entered = proxy.get(opened.headers["location"])
    assert "url=/news/" in entered.text
    assert "Path=/news;" in entered.headers["set-cookie"]
    page = proxy.get("/news/")
    assert page.status_code == 200
    assert f'"root":"{proxy.base_url}/news"' in page.text
    for path in ["own/page.css", "library", *re.findall(r'src="\./(assets/[^"]+\.js)"', page.text)]:
        assert proxy.get(f"/news/{path}").status_code == 200, path
    sent = proxy.post("/news/gradio_api/upload", files={"files": ("a.txt", b"x" * 3_000_000)})
    assert sent.status_code == 200 and sent.json()[0].endswith("a.txt")
    out = proxy.post("/news/logout")
    assert out.headers["location"] == "/news/login"
    assert proxy.get("/news/library").headers["location"] == "/news/login"
    asked = proxy.post("/news/v1/answer", json={"question": WHO}, headers=KEY)
    assert asked.json()["answer"].startswith(GOOD)
    clip = {"title": "Tram", "text": "The tram ran again on Tuesday, the council said."}
    assert proxy.post("/news/v1/articles", json=clip, headers=KEY).json()["new"] == 1


def test_events_come_through_as_they_are_made(proxy):
    body = {"question": WHO, "stream": True}
    with proxy.stream("POST", "/news/v1/answer", json=body, headers=KEY) as reply:
        told = [
            json.loads(line[6:])["event"] for line in reply.iter_lines() if line[:6] == "data: "
        ]
    assert (told[0], told[-1]) == ("evidence", "answer")
