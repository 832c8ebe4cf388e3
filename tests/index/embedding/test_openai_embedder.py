"""An embeddings endpoint: what is sent, what comes back, and one line for whatever goes wrong."""

import numpy as np
import pytest

from assistant.container import App
from assistant.core.settings import load, value_of
from eval.benchmarks.chroma_process import free_port
from index.core.errors import UsageError, UserError
from index.embedding.openai_embedder import BATCH, OpenAIEmbedder
from tests.fakes import WordEmbedding
from tests.servers import json_server

pytestmark = pytest.mark.drill

FLOOD = "The river Ossel broke the dike at Lower Brask and twelve people died in the night."


class Endpoint:
    """What an OpenAI-compatible server does, over the fake embedder; keeps what it was asked."""

    def __init__(self, *, length=3.0):
        self.words = WordEmbedding()
        self.length = length
        self.asked = []
        self.headers = []

    def __call__(self, method, path, headers, body):
        assert (method, path) == ("POST", "/v1/embeddings")
        self.asked.append(body)
        self.headers.append({name.lower(): value for name, value in headers.items()})
        vectors = self.length * self.words.passages(body["input"])
        rows = [
            {"object": "embedding", "index": row, "embedding": vector.tolist()}
            for row, vector in enumerate(vectors)
        ]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        # the order is not promised, the index is
        return 200, {"object": "list", "data": rows[::-1], "model": body["model"], "usage": usage}


@pytest.fixture
def endpoint():
    answers = Endpoint()
    with json_server(answers) as url:
        answers.url = f"{url}/v1"
        yield answers


def test_vectors_are_those_of_the_server_in_order_and_of_length_one(endpoint):
    texts = [f"{FLOOD} {number}" for number in range(BATCH + 3)]
    embedder = OpenAIEmbedder(endpoint.url, "words", question_prefix="query: ")
    assert np.allclose(embedder.passages(texts), WordEmbedding().passages(texts), atol=1e-6)
    assert [len(body["input"]) for body in endpoint.asked] == [BATCH, 3, 1]
    assert {body["model"] for body in endpoint.asked} == {"words"}
    embedder.question("Who died?")
    assert endpoint.asked[-1]["input"] == ["query: Who died?"]
    assert embedder.dimension == 256
    assert embedder.passages([]).shape == (0, 256)


def test_the_identity_is_of_server_model_prefix_and_dimension(endpoint):
    made = OpenAIEmbedder(endpoint.url, "words")
    assert made.identity == OpenAIEmbedder(endpoint.url + "/", "words").identity
    assert made.identity != OpenAIEmbedder(endpoint.url, "others").identity
    assert made.identity != OpenAIEmbedder(endpoint.url, "words", question_prefix="q: ").identity
    with json_server(lambda *request: endpoint(*request)) as url:
        assert made.identity != OpenAIEmbedder(f"{url}/v1", "words").identity


def test_the_settings_make_it_and_hide_its_key(endpoint, tmp_path):
    flags = {
        "data": str(tmp_path),
        "embedder.url": endpoint.url,
        "embedder.model": "words",
        "embedder.api_key": "CANARY",
    }
    app = App(load(flags, environ={}))
    assert isinstance(app.embedder, OpenAIEmbedder)
    assert app.embedder.dimension == 256
    assert endpoint.headers[0]["authorization"] == "Bearer CANARY"
    assert "CANARY" not in repr(app.settings)
    assert value_of(app.settings, "embedder.api_key") == "(set)"


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://here/v1", "http://"])
def test_an_address_must_be_one(url):
    with pytest.raises(UsageError, match=r"embedder\.url"):
        OpenAIEmbedder(url, "words")


def error(message):
    return {"error": {"message": message, "type": "x", "param": None, "code": None}}


def vectors(*rows):
    return {"object": "list", "data": [{"index": n, "embedding": r} for n, r in enumerate(rows)]}


@pytest.mark.parametrize(
    ("status", "said", "told"),
    [
        (401, error("bad key CANARY"), r"embedder\.api_key"),
        (403, error("no"), r"embedder\.api_key"),
        (404, error("no such model"), r"no embedding model 'words'"),
        (400, error("too\nlong"), r"400: too long.*embedder\.model"),
        (200, "<html>hello</html>", r"not embeddings.*embedder\.url"),
        (200, {}, r"not embeddings"),
        (200, {"data": None}, r"not embeddings"),
        (200, vectors(), r"0 vectors for 1 texts"),
        (200, vectors([1.0], [1.0]), r"2 vectors for 1 texts"),
        (200, vectors([]), r"not embeddings"),
        (200, vectors([0.0, 0.0]), r"without length"),
        (200, vectors(["a", "b"]), r"not embeddings|failed"),
    ],
)
def test_what_goes_wrong_is_told_in_one_line(status, said, told):
    with json_server(lambda *_: (status, said)) as url, pytest.raises(UserError, match=told) as why:
        OpenAIEmbedder(f"{url}/v1", "words", api_key="CANARY").passages(["text"])
    assert "\n" not in str(why.value)


def test_nobody_at_the_address_is_told(monkeypatch):
    monkeypatch.setattr("index.embedding.openai_embedder.RETRIES", 0)
    url = f"http://127.0.0.1:{free_port()}/v1"
    with pytest.raises(UserError, match=r"Nothing answers.*embedder\.url"):
        OpenAIEmbedder(url, "words").question("Who?")
