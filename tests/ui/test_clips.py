"""POST /v1/articles: what a clipper sends is read, kept and found like an upload of the page."""

from contextlib import closing

import pytest
from starlette.testclient import TestClient

from tests.conftest import News
from tests.serving import TOKEN, HeldModel, asgi_app_of, service_of
from tests.stories import FLOOD, GOOD, HOURS, MET, file_of
from ui.service.clips import Clip
from ui.web.app_factory import application
from ui.web.password import Gate

CLIP = {
    "title": "Envoys talk in Karuizawa",
    "text": f"{GOOD} {MET} {HOURS}",
    "url": "https://courier.example/envoys",
    "published": "2023-07-20T09:30:00Z",
    "source": "Harbour Courier",
}
PAGE = f"""<!doctype html><html><head><title>Envoys talk | Courier</title></head><body>
<nav><a href="/">Home</a> <a href="/sport">Sport</a></nav>
<article><h1>Envoys talk</h1><p>{GOOD}</p><p>{MET}</p><p>{HOURS} It was the third such round of
talks between the three since the spring, and none of them said when the next one is to be.</p>
</article><footer>Subscribe to our newsletter</footer></body></html>"""


@pytest.fixture
def news(tmp_path):
    with closing(News(tmp_path)) as news:
        news.put(flood=file_of(FLOOD))
        yield news


@pytest.fixture
def client(news):
    with closing(service_of(news, HeldModel(held=False))) as service:
        yield TestClient(asgi_app_of(service), base_url="http://127.0.0.1")


def sent(client, code=200, headers=None, **body):
    reply = client.post("/v1/articles", json=body, headers=headers)
    assert reply.status_code == code, reply.text
    return reply.json()


def test_a_clipped_text_is_an_article_with_all_that_was_said_of_it(client, news):
    told = sent(client, **CLIP)
    [article] = told["articles"]
    about = {"title": CLIP["title"], "published": "2023-07-20", "source": "Harbour Courier"}
    assert article == {"article": article["article"], **about, "url": CLIP["url"], "copy_of": None}
    assert told["new"] == 1
    found = client.post("/v1/search", json={"question": "How long did the talks last?"}).json()
    assert HOURS in found["found"][0]["text"]
    assert list((news.data / "uploads").glob("*/Envoys talk in Karuizawa.json"))


def test_of_a_page_the_article_is_taken_and_the_clip_says_what_the_page_does_not(client):
    [article] = sent(client, **{**CLIP, "text": "", "html": PAGE})["articles"]
    assert (article["url"], article["published"]) == (CLIP["url"], "2023-07-20")
    assert article["source"] == "Harbour Courier"
    found = client.post("/v1/search", json={"question": "newsletter sport talks"}).json()["found"]
    text = " ".join(one["text"] for one in found)
    assert MET in text and "Subscribe" not in text


def test_the_same_clip_again_is_the_same_article_and_its_text_elsewhere_a_copy(client):
    first, again = sent(client, **CLIP), sent(client, **CLIP)
    assert (first["new"], again["new"]) == (1, 0)
    assert again["articles"] == first["articles"]
    [one] = first["articles"]
    [other] = sent(client, **{**CLIP, "source": "Argus", "title": "Talks"})["articles"]
    [now] = sent(client, **CLIP)["articles"]
    pair = {one["article"]: now["copy_of"], other["article"]: other["copy_of"]}
    assert pair in (
        {one["article"]: None, other["article"]: one["article"]},
        {one["article"]: other["article"], other["article"]: None},
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"text": " "}, "text or as html"),
        ({"html": PAGE}, "text or as html"),
        ({"url": "javascript:alert(1)"}, "address of the web"),
        ({"published": "yesterday"}, "published"),
        ({"title": "x" * 1001}, "title"),
        ({"author": "Ann"}, "author"),
        ({"text": "", "html": "<nav>Home</nav>"}, "no article text"),
    ],
)
def test_what_is_no_article_is_refused_with_the_reason_and_not_kept(client, news, change, reason):
    assert reason in sent(client, 400, **{**CLIP, **change})["error"]["message"]
    assert not [path for path in (news.data / "uploads").rglob("*") if path.is_file()]


def test_a_clip_that_is_too_large_is_not_read(client):
    assert sent(client, **{**CLIP, "text": f"{GOOD} {MET}\n\n" * 20_000})["new"] == 1
    reply = client.post("/v1/articles", json={**CLIP, "text": "x" * 5_000_000})
    assert (reply.status_code, "4,096 KB" in reply.text) == (413, True)


def test_an_extension_needs_the_key_and_no_other_site_gets_in(news):
    with closing(service_of(news, HeldModel(held=False))) as service:
        client = TestClient(application(service, Gate("", TOKEN)), base_url="http://127.0.0.1")
        foreign = {"Origin": "chrome-extension://abc", "Sec-Fetch-Site": "cross-site"}
        sent(client, 403, foreign, **CLIP)
        sent(client, 401, {**foreign, "Authorization": "Bearer wrong"}, **CLIP)
        key = {"Authorization": f"Bearer {TOKEN}"}
        assert sent(client, 200, {**foreign, **key}, **CLIP)["new"] == 1
        asked = client.post("/v1/answer", json={"question": "?"}, headers={**foreign, **key})
        assert asked.status_code == 403


def test_where_uploads_are_off_clips_are_too(news):
    with closing(service_of(news, HeldModel(held=False))) as service:
        service.articles.upload_allowed = False
        client = TestClient(asgi_app_of(service), base_url="http://127.0.0.1")
        assert "Uploading is off" in sent(client, 400, **CLIP)["error"]["message"]


def test_a_title_that_looks_like_markup_stays_a_title():
    name, content = Clip('"><script>x', "", PAGE, "", None, "").file
    assert b"<script>" not in content
    assert name.endswith(".html")
