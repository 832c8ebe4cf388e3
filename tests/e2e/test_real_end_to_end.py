"""The whole thing with the real models, as a person runs it: `pytest -m real` (a few minutes).

Every command is a process of its own. The models are those of the settings, so ASSISTANT_CACHE is
honoured; where they are not, these tests fail and do not skip.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.core.settings import load
from assistant.models.store import ModelStore
from index.core.errors import UserError

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "eval" / "sets" / "sample" / "articles"
SHARED = ROOT.parent / "shared" / "articles"
WHO = "Who is the ROK special representative?"
FRANCE = "What is the capital of France?"

OFFLINE = """
import ipaddress, runpy, socket, sys

def local(address):
    if not isinstance(address, tuple):
        return True  # a socket of this machine's file system
    try:
        return ipaddress.ip_address(address[0]).is_loopback
    except ValueError:
        return address[0] == "localhost"

def guarded(method):
    def call(self, address, *rest):
        if not local(address):
            raise AssertionError(f"it went to the network: {address}")
        return method(self, address, *rest)
    return call

def no_names(host, *rest, **named):
    if host not in (None, "", "localhost", "127.0.0.1", "::1"):
        raise AssertionError(f"it asked for the address of {host}")
    return real_names(host, *rest, **named)

real_names = socket.getaddrinfo
socket.getaddrinfo = no_names
class Guarded(socket.socket):
    connect = guarded(socket.socket.connect)
    connect_ex = guarded(socket.socket.connect_ex)
socket.socket = Guarded
from assistant.cli.entry import main
sys.exit(main(sys.argv[1:]))
"""
LOADED = """
import json, sys
from assistant.cli.entry import main
code = main(sys.argv[1:])
json.dump(sorted(name for name in sys.modules if "." not in name), sys.stderr)
sys.exit(code)
"""


@pytest.fixture(scope="module", autouse=True)
def models() -> Path:
    """The folder of the models; every test here fails if one is missing."""
    settings = load()
    store = ModelStore(settings.cache, settings.models.folder)
    for name in (settings.engine.model, settings.embedder.model, settings.reranker.model):
        try:
            store.resolve(name)
        except UserError as problem:
            pytest.fail(str(problem))
    return settings.cache


def run(data: Path, *arguments: str, typed: str = "", code: str = "") -> tuple[int, str, str]:
    """Run one command in a process of its own: its exit code, stdout and stderr."""
    command = ["-c", code] if code else ["-m", "assistant.cli"]
    found = subprocess.run(
        [sys.executable, *command, *arguments],
        cwd=data.parent,
        input=typed,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "ASSISTANT_DATA": str(data),
            "ASSISTANT_CACHE": str(load().cache.resolve()),
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "Traceback" not in found.stderr, found.stderr
    return found.returncode, found.stdout, found.stderr


def ingested(folder: Path, articles: Path) -> Path:
    data = folder / "data"
    code, out, err = run(data, "ingest", str(articles))
    assert code == 0, out + err
    return data


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Path:
    return ingested(tmp_path_factory.mktemp("sample"), SAMPLE)


@pytest.fixture(scope="module")
def shared(tmp_path_factory) -> Path:
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not there: the real articles are not part of the repository")
    return ingested(tmp_path_factory.mktemp("shared"), SHARED)


def test_it_answers_from_the_sample_with_the_sentence_that_proves_it(sample) -> None:
    code, out, err = run(sample, "ask", WHO)
    assert code == 0, out + err
    answer, _, sources = out.partition("\n\n")
    assert "Kim Gunn" in answer
    assert "[1]" in answer
    assert any("Kim Gunn" in quote for quote in sources.split("    “")[1:])
    assert "\x1b" not in out + err


def test_it_does_not_answer_from_the_sample_what_is_not_in_it(sample) -> None:
    code, out, _ = run(sample, "ask", FRANCE)
    assert code == 7
    assert "Not in these articles" in out
    assert "Paris" not in out


def test_it_answers_from_the_real_articles_as_json(shared) -> None:
    code, out, err = run(shared, "ask", "--json", WHO)
    assert code == 0, out + err
    answer = json.loads(out)
    assert "Kim Gunn" in answer["answer"]
    assert any("Kim Gunn" in citation["quote"] for citation in answer["citations"])
    assert answer["generation"] == "g000001"
    assert answer["timings"]["model_calls"] == 2  # the draft, the word on its proof
    assert answer["timings"]["evidence_s"] < answer["timings"]["first_token_s"]


def test_a_conversation_is_followed(sample) -> None:
    questions = f"{WHO}\nWhere did he meet his counterparts?\n"
    code, out, err = run(sample, "chat", "--json", typed=questions)
    assert code == 0, out + err
    first, second = (
        event for event in map(json.loads, out.splitlines()) if event["event"] == "answer"
    )
    assert "Kim Gunn" in first["answer"]
    assert "Kim Gunn" in second["searched"]
    assert "Tokyo" in second["answer"] or "Karuizawa" in second["answer"]
    assert second["citations"]
    # most of it was read with the first question, the system text of the proof's prompt included
    assert (first["read"]["goes_on"], second["read"]["goes_on"]) == (False, True)
    assert second["timings"]["cached_tokens"] > second["timings"]["prompt_tokens"] / 2


def test_nothing_goes_to_the_network(tmp_path) -> None:
    data = tmp_path / "data"
    assert run(data, "ingest", str(SAMPLE), code=OFFLINE)[0] == 0
    code, out, err = run(data, "ask", WHO, code=OFFLINE)
    assert code == 0, out + err
    assert "Kim Gunn" in out
    code, out, err = run(data, "search", WHO, code=OFFLINE)
    assert code == 0, out + err
    assert "Kim Gunn" in out or "envoys" in out
    assert "network" not in err


def test_an_ingest_with_the_default_embedder_loads_no_torch(tmp_path) -> None:
    code, out, err = run(tmp_path / "data", "ingest", str(SAMPLE), code=LOADED)
    assert code == 0, out + err
    loaded = json.loads(err.splitlines()[-1])
    assert {"torch", "transformers", "sentence_transformers", "xllamacpp"}.isdisjoint(loaded)
    assert "onnxruntime" in loaded


def test_ingesting_the_same_again_publishes_nothing_and_loads_no_model(sample) -> None:
    before = sorted((sample / "index").glob("g*"))
    code, out, err = run(sample, "ingest", "--json", str(SAMPLE), code=LOADED)
    assert code == 0, out + err
    report = json.loads(out)
    assert (report["published"], report["embedded"]) == (False, 0)
    assert report["unchanged_files"] == len(list(SAMPLE.iterdir()))
    assert sorted((sample / "index").glob("g*")) == before
    loaded = json.loads(err.splitlines()[-1])
    assert {"torch", "chromadb", "sentence_transformers", "xllamacpp"}.isdisjoint(loaded)
    assert "index" in loaded
