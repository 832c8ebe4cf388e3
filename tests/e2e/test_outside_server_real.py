"""An outside model server by `engine.url`: the real llama-server, as xllamacpp has it."""

import io
import json
import os
import sys

import pytest

from assistant.container import App
from assistant.llm.language_model import Limits, Message
from assistant.llm.openai_server import OpenAIServer
from index.core.errors import UserError
from tests.command_line import CommandLine
from tests.fakes import FakeApp
from tests.small_model import NAME, small_model_path
from tests.stories import GOOD, TALKS, WHO, file_of

pytestmark = pytest.mark.real
KEY = "hush"
CONTEXT = 2048
SYSTEM = 24  # tokens that the template of this model puts in front


@pytest.fixture(scope="module")
def url():
    """The address of the API of a llama-server that wants a key."""
    os.environ.setdefault("GOMP_SPINCOUNT", "5000")  # see assistant.llm.llamacpp
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(small_model_path())
    params.n_ctx = CONTEXT
    params.n_parallel = 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.api_keys = [KEY]
    params.offline = True
    params.warmup = params.ui = False
    params.verbosity = -1
    server = xllamacpp.Server(params)
    yield f"{server.listening_address}/v1"
    del server


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Commands on the articles of one file, with the model server that their settings name."""
    run = CommandLine(tmp_path, monkeypatch, capsys)
    run.app = type("OutsideApp", (FakeApp,), {"_load_model": App._load_model})
    (tmp_path / "talks.txt").write_text(file_of(TALKS))
    run("ingest", "talks.txt")
    monkeypatch.setenv("ASSISTANT_ENGINE_API_KEY", KEY)
    return run


def settings_of(url, key="answer.strict=0"):
    settings = (f"engine.url={url}", f"engine.model={NAME}", f"engine.context_tokens={CONTEXT}")
    return [part for one in (*settings, key) for part in ("--set", one)]


def test_words_and_usage_come_as_they_do_from_the_own_engine(url):
    model = OpenAIServer(url, NAME, api_key=KEY, context_tokens=CONTEXT)
    messages = [Message("user", "Say: yes")]
    pieces = list(model.stream(messages, Limits(8, 300.0)))
    assert "".join(piece.text for piece in pieces).strip()
    usage = pieces[-1].usage
    assert 0 < usage.prompt_tokens <= model.count_prompt(messages) + SYSTEM
    assert (usage.completion_tokens, usage.finish) == (8, "length")


def test_a_question_is_put_to_it_and_its_words_are_checked(run, url, monkeypatch):
    """The model is too weak to answer; what it says is cut into claims, whatever that is."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(WHO))
    out, err = run("chat", "--json", *settings_of(url), "--set", "answer.max_tokens=24")
    told = [json.loads(line) for line in out.splitlines()]
    evidence, answer = told[0], told[-1]
    assert (evidence["event"], answer["event"]) == ("evidence", "answer")
    assert GOOD in [one["text"] for one in evidence["evidence"]]
    assert answer["model"] == NAME
    timings = answer["timings"]
    assert timings["model_calls"] >= 1 and timings["completion_tokens"] > 0
    assert timings["prompt_tokens"] > 50
    assert answer["claims"] or answer["refused"]
    assert "error" not in err.lower()


def test_a_wrong_key_is_one_line_that_names_the_server(run, url, monkeypatch):
    monkeypatch.setenv("ASSISTANT_ENGINE_API_KEY", "wrong")
    _, err = run("ask", WHO, *settings_of(url), code=1)
    [line] = [line for line in err.splitlines() if line.startswith("assistant: ")]
    assert url.removesuffix("/v1") in line and "key" in line
    assert "wrong" not in line


def test_a_prompt_that_its_context_cannot_hold_is_told(url):
    model = OpenAIServer(url, NAME, api_key=KEY, context_tokens=16 * CONTEXT)
    with pytest.raises(UserError, match="context"):
        list(model.stream([Message("user", "word " * 4 * CONTEXT)], Limits(8, 60.0)))
