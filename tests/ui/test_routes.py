"""For programs: OpenAI's chat with its own client, and the command line's objects over HTTP."""

import json
import threading
from contextlib import closing

import httpx
import openai
import pytest
from starlette.testclient import TestClient

from assistant.backends.serialization import events, search_results, to_json
from assistant.core.query import Query
from index.core.errors import DamagedError
from tests.conftest import News
from tests.fakes import ScriptedModel
from tests.serving import (
    GOOD,
    TOKEN,
    WHO,
    HeldModel,
    asgi_app_of,
    hanging_up,
    light_service,
    running,
    service_of,
)

MET = "Kim Gunn met his counterparts in Karuizawa."


@pytest.fixture
def model():
    return HeldModel(f"{GOOD} Sung Kim came from Mars. {MET}", held=False)


@pytest.fixture
def official(client):
    """The official client, over the application itself."""
    return openai.OpenAI(
        base_url="http://127.0.0.1/v1", api_key="any", http_client=client, max_retries=0
    )


def said(text, role="user"):
    return {"role": role, "content": text}


def events_of(text):
    lines = [line for line in text.splitlines() if line.startswith("data: ")]
    return [json.loads(line[6:]) for line in lines if line != "data: [DONE]"]


# ── OpenAI ────────────────────────────────────────────────────────────────────────────────────


def test_the_official_client_lists_and_retrieves_models(official, service):
    names = [model.id for model in official.models.list()]
    assert names == ["assistant", service.app.settings.engine.model]
    assert official.models.retrieve("assistant").owned_by == "local"
    with pytest.raises(openai.NotFoundError, match="There is no model 'gpt-9'"):
        official.models.retrieve("gpt-9")


def test_the_official_client_gets_marked_sentences_sources_usage_and_proof(official):
    done = official.chat.completions.create(model="assistant", messages=[said(WHO)])
    proof = done.model_extra["assistant"]
    kept = [c for c in proof["claims"] if c["kept"]]
    marked = [f"{c['text']} {''.join(f'[{n}]' for n in c['citations'])}" for c in kept]
    text, _, sources = done.choices[0].message.content.partition("\n\n")
    assert text == " ".join(marked)
    assert text.startswith(f"{GOOD} [1] {MET} [")
    assert sources.splitlines() == [
        f"[{c['number']}] Envoys talk in Karuizawa — Harbour Courier, 20 July 2023"
        for c in proof["citations"]
    ]
    assert done.choices[0].finish_reason == "stop"
    assert (done.usage.prompt_tokens, done.usage.completion_tokens) == (400, 12)
    assert done.usage.total_tokens == 412
    assert GOOD in [c["quote"] for c in proof["citations"]]
    cached = done.usage.prompt_tokens_details.cached_tokens
    assert cached == proof["timings"]["cached_tokens"]
    assert [claim["kept"] for claim in proof["claims"]] == [True, False, True]


def test_a_stream_ends_with_the_same_text_and_brings_evidence_before_words(official):
    asked = {"model": "assistant", "messages": [said(WHO)]}
    usage = {"stream": True, "stream_options": {"include_usage": True}}
    chunks = list(official.chat.completions.create(**asked, **usage))
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    whole = official.chat.completions.create(**asked)
    assert text == whole.choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"
    told = [c.model_extra["assistant"]["event"] for c in chunks if "assistant" in c.model_extra]
    assert told == ["evidence", "claim", "claim", "claim", "answer"]
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].usage.total_tokens == 412


def test_llamaindex_gets_the_answer_its_citations_and_its_events(client):
    from llama_index.core.llms import ChatMessage
    from llama_index.llms.openai_like import OpenAILike

    llamaindex = OpenAILike(
        model="assistant",
        api_base="http://127.0.0.1/v1",
        api_key="any",
        is_chat_model=True,
        http_client=client,
        max_retries=0,
    )
    done = llamaindex.chat([ChatMessage("You are brief.", role="system"), ChatMessage(WHO)])
    assert llamaindex.complete(WHO).text == done.message.content
    assert done.additional_kwargs["total_tokens"] == 412
    [first, *_] = done.raw.model_extra["assistant"]["citations"]
    assert (first["title"], first["quote"]) == ("Envoys talk in Karuizawa", GOOD)
    parts = list(llamaindex.stream_chat([ChatMessage(WHO)]))
    told = [e for part in parts if (e := part.raw.model_extra.get("assistant"))]
    assert [event["event"] for event in told] == ["evidence", "claim", "claim", "claim", "answer"]
    assert "".join(part.delta or "" for part in parts) == done.message.content


def test_a_refusal_is_a_completion_that_says_so(official):
    iceland = [said("Who is the representative of Iceland?")]
    done = official.chat.completions.create(model="assistant", messages=iceland)
    assert done.choices[0].message.content.startswith("Not in these articles")
    assert done.model_extra["assistant"]["refused"] is True


def test_earlier_messages_are_the_conversation_without_our_marks(tmp_path):
    model = ScriptedModel(MET)
    with closing(light_service(tmp_path, model)) as service:
        client = TestClient(asgi_app_of(service), base_url="http://127.0.0.1")
        earlier = f"{GOOD} [1]\n\n[1] Envoys talk in Karuizawa — Harbour Courier, 20 July 2023"
        messages = [
            said("Answer in rhymes.", "system"),
            said(WHO),
            said(earlier, "assistant"),
            said([{"type": "text", "text": "Where did he meet his counterparts?"}]),
        ]
        done = client.post("/v1/chat/completions", json={"messages": messages}).json()
    assert "Kim Gunn" in done["assistant"]["searched"]
    shown = model.shown[0][1].content
    assert f"The answer was: {GOOD}" in shown
    assert "rhymes" not in str(model.shown)


def test_the_extra_field_says_which_articles_may_answer(client):
    body = {"messages": [said(WHO)], "assistant": {"until": "2020-01-01", "strict": 0.2}}
    done = client.post("/v1/chat/completions", json=body).json()
    assert done["assistant"]["reason"]["code"] == "nothing_relevant"


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ("{", 400, "JSON decode error"),
        ({"messages": []}, 400, "messages: List should have at least 1 item"),
        ({}, 400, "messages: Field required"),
        ({"messages": [{"role": "oracle", "content": "?"}]}, 400, "messages.0.role"),
        ({"messages": [said("I am.", "assistant")]}, 400, "has to be the user's question"),
        ({"messages": [said("")]}, 400, "The question is empty"),
        ({"messages": [said("x" * 2001)]}, 400, "has 2,001 characters; the limit is 2,000"),
        ({"messages": [said(WHO)], "n": 2}, 400, "n: Input should be 1"),
        ({"messages": [said(WHO)], "model": "gpt-9"}, 404, "There is no model 'gpt-9'"),
        ({"messages": [said([{"type": "image_url"}])]}, 400, "Only text can be asked"),
        ({"messages": [said(WHO)], "assistant": {"as_off": "x"}}, 400, "as_off: Extra inputs"),
    ],
)
def test_what_is_wrong_comes_in_openais_form(body, status, message, client):
    sent = body if isinstance(body, str) else json.dumps(body)
    kind = {"Content-Type": "application/json"}
    reply = client.post("/v1/chat/completions", content=sent, headers=kind)
    error = reply.json()["error"]
    assert (reply.status_code, error["type"]) == (status, "invalid_request_error")
    assert message in error["message"]
    assert {"message", "type", "param", "code"} <= error.keys()


def test_l6_of_twenty_streams_one_runs_eight_wait_and_eleven_are_turned_away(tmp_path):
    model = HeldModel()
    with (
        closing(light_service(tmp_path, model)) as service,
        running(asgi_app_of(service)) as address,
    ):
        replies = []
        have_all = threading.Semaphore(0)

        def ask():
            body = {"stream": True, "messages": [said(WHO)]}
            with httpx.stream("POST", f"{address}/v1/chat/completions", json=body) as reply:
                replies.append(reply)
                have_all.release()
                reply.read()

        threads = [threading.Thread(target=ask) for _ in range(20)]
        for thread in threads:
            thread.start()
        for _ in threads:  # the headers of all twenty are here before anything is answered
            assert have_all.acquire(timeout=30)
        assert (service.asking, service.waiting) == (1, 8)
        model.go.set()
        for thread in threads:
            thread.join(30)
        away = [reply for reply in replies if reply.status_code == 429]
        assert len(away) == 11
        assert all(int(reply.headers["retry-after"]) >= 1 for reply in away)
        error = away[0].json()["error"]
        assert (error["type"], error["code"]) == ("rate_limit_error", "queue_full")
        assert "You have 8 questions waiting already" in error["message"]
        done = [reply for reply in replies if reply.status_code == 200]
        assert all(GOOD in reply.text and reply.text.endswith("[DONE]\n\n") for reply in done)
        counts = service.counts
        assert (counts.accepted, counts.answered, counts.busy) == (9, 9, 11)


@pytest.mark.parametrize("path", ["/v1/answer", "/v1/chat/completions"])
@pytest.mark.parametrize("stream", [True, False])
def test_whoever_goes_away_frees_the_engine(path, stream, tmp_path):
    model = HeldModel()
    body = {"question": WHO, "stream": stream}
    if path == "/v1/chat/completions":
        body = {"messages": [said(WHO)], "stream": stream}
    with (
        closing(light_service(tmp_path, model)) as service,
        running(asgi_app_of(service)) as address,
    ):
        with hanging_up(address, path, body):
            assert model.reading.acquire(timeout=10)
        assert model.idle.wait(10)
        model.go.set()
        assert list(service.stream(Query(WHO)))[-1].text == GOOD
        counts = service.counts
        assert (counts.accepted, counts.answered, counts.cancelled) == (2, 1, 1)


# ── our own ───────────────────────────────────────────────────────────────────────────────────


def without_times(told):
    return {k: v for k, v in json.loads(json.dumps(told)).items() if k not in ("timings", "event")}


def test_answer_is_the_object_of_the_command_line_and_streams_its_events(client, service):
    whole = client.post("/v1/answer", json={"question": WHO}).json()
    *_, answer = answers = list(service.stream(Query(WHO)))
    assert without_times(whole) == without_times(to_json(answer))
    reply = client.post("/v1/answer", json={"question": WHO, "stream": True})
    assert reply.headers["content-type"].startswith("text/event-stream")
    told = events_of(reply.text)
    assert [event["event"] for event in told] == ["evidence", "claim", "claim", "claim", "answer"]
    assert list(map(without_times, told)) == list(map(without_times, events(answers)))


@pytest.mark.parametrize(
    ("name", "kind", "begins"),
    [
        ("markdown", "text/markdown", f"# {WHO}".encode()),
        ("csl-json", "application/vnd.citationstyles.csl+json", b"[\n {"),
        ("bibtex", "application/x-bibtex", b"@article{harbourcourier2023envoys,"),
        ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml", b"PK"),
    ],
)
def test_an_answer_comes_in_the_format_that_is_asked_for(client, name, kind, begins):
    reply = client.post("/v1/answer", json={"question": WHO, "format": name})
    assert reply.headers["content-type"].startswith(kind)
    assert reply.content.startswith(begins)
    assert client.post("/v1/answer", json={"question": WHO, "format": "pdf"}).status_code == 400


def test_answer_takes_history_days_sources_and_articles(client):
    body = {"question": WHO, "history": [{"question": "?", "answer": "!"}]}
    for which in ({"as_of": "2020-01-01"}, {"since": "2024-01-01"}, {"sources": ["Argus"]}):
        told = client.post("/v1/answer", json={**body, **which}).json()
        assert told["reason"]["code"] == "nothing_relevant"
    assert not client.post("/v1/answer", json={**body, "sources": ["harbour courier"]}).json()[
        "refused"
    ]
    told = client.post("/v1/answer", json=body).json()
    mine = told["citations"][0]["article"]
    for one, refused in ((mine, False), ("0" * 32, True)):
        only = client.post("/v1/answer", json={**body, "articles": [one]}).json()
        assert only["refused"] == refused
    wrong = client.post("/v1/answer", json={**body, "as_of": "yesterday"})
    assert wrong.status_code == 400
    assert wrong.json()["error"]["param"] == "as_of"


def test_an_answer_can_be_cancelled_by_its_id_and_gives_what_was_ready(tmp_path):
    model = HeldModel()
    with (
        closing(light_service(tmp_path, model)) as service,
        running(asgi_app_of(service)) as address,
    ):
        body = {"question": WHO, "stream": True}
        with httpx.stream("POST", f"{address}/v1/answer", json=body) as reply:
            assert model.reading.acquire(timeout=10)
            stop = f"{address}/v1/answer/{reply.headers['x-answer-id']}/cancel"
            assert httpx.post(stop).json() == {"cancelled": True}
            last = events_of(reply.read().decode())[-1]
        assert (last["event"], last["cut"]) == ("answer", "cancelled")
        assert httpx.post(stop).json() == {"cancelled": False}


def test_search_is_the_list_of_the_command_line(client, service):
    told = client.post("/v1/search", json={"question": WHO, "k": 3}).json()
    assert told == {"found": search_results(service.search(Query(WHO), 3)), "warning": ""}
    assert client.post("/v1/search", json={"question": WHO, "k": 0}).status_code == 400


def test_the_article_of_an_excerpt_is_found_without_paths(tmp_path):
    news = News(tmp_path)
    with closing(service_of(news, HeldModel(held=False))) as service, closing(news):
        client = TestClient(asgi_app_of(service), base_url="http://127.0.0.1")
        card = client.post("/v1/find-source", json={"excerpt": MET}).json()
        assert (card["match"], card["source"]["title"]) == ("verbatim", "Envoys talk in Karuizawa")
        assert str(tmp_path) not in json.dumps(card)
        assert client.post("/v1/find-source", json={"excerpt": "two words"}).status_code == 400
        told = client.post("/v1/contradictions", json={"topic": "Karuizawa"}).json()
        assert told["differences"] == []
        asked = client.get("/v1/contradictions?topic=Karuizawa&since=2020-01-01")
        assert (asked.status_code, asked.json()) == (200, told)
        assert client.get("/v1/contradictions?since=never").status_code == 400


def test_an_error_after_the_first_word_is_an_event(tmp_path):
    class Damaged(HeldModel):
        def stream(self, messages, limits, cancel=None):
            raise DamagedError("/somewhere/secret/model.gguf is damaged. Pull it again.")
            yield

    with closing(light_service(tmp_path, Damaged())) as service:
        client = TestClient(asgi_app_of(service), base_url="http://127.0.0.1")
        body = {"question": WHO, "stream": True}
        told = client.post("/v1/answer", json=body).text
        assert events_of(told)[-1] == {
            "event": "error",
            "message": "model.gguf is damaged. Pull it again.",
            "type": "server_error",
            "param": None,
            "code": "unavailable",
            "exit_code": 5,
        }
        ours = {"Authorization": f"Bearer {TOKEN}"}
        told = client.post("/v1/answer", json=body, headers=ours).text
        assert "/somewhere/secret/model.gguf" in events_of(told)[-1]["message"]
        chat = {"messages": [said(WHO)], "stream": True}
        told = client.post("/v1/chat/completions", json=chat).text
        assert "error" in events_of(told)[-1] and "secret" not in told
        plain = client.post("/v1/answer", json={"question": WHO})
        assert (plain.status_code, "secret" in plain.text) == (503, False)


def test_health_readiness_and_counts(client, service):
    assert client.get("/healthz").json() == {"alive": True}
    assert client.get("/readyz").json() == {"ready": True}
    client.post("/v1/answer", json={"question": WHO})
    lines = client.get("/metrics").text.splitlines()
    assert 'assistant_questions_total{outcome="answered"} 1' in lines
    assert "assistant_questions_accepted_total 1" in lines
    assert 'assistant_tokens_total{kind="prompt"} 400' in lines
    named = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    shown = {line.split("{")[0].split(" ")[0] for line in lines if not line.startswith("#")}
    assert {name.removesuffix("_sum").removesuffix("_count") for name in shown} == named
    service.stop()
    assert client.get("/readyz").status_code == 503
    assert client.post("/v1/answer", json={"question": WHO}).status_code == 503


def test_the_documents_need_nothing_from_elsewhere(client):
    page = client.get("/v1/docs").text
    schema = client.get("/v1/openapi.json").json()
    assert {"/v1/answer", "/v1/search", "/v1/chat/completions"} <= schema["paths"].keys()
    assert all(path in page for path in schema["paths"])
    for methods in schema["paths"].values():
        assert all("422" not in what["responses"] for what in methods.values())
    assert "<script" not in page
    assert "http:" not in page and "https:" not in page
