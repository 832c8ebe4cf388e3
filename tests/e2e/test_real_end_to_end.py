"""The whole thing with the real models, as a person runs it: `pytest -m real` (a few minutes).

Every command is a process of its own. The models are those of the settings, so ASSISTANT_CACHE is
honoured; where they are not, these tests fail and do not skip.
"""

import json
from pathlib import Path

import pytest

from assistant.core.settings import load
from assistant.models.store import ModelStore
from tests.command_line import ROOT, python

pytestmark = pytest.mark.real

SAMPLE = ROOT / "eval" / "sets" / "sample" / "articles"
SHARED = ROOT.parent / "shared" / "articles"
WHO = "Who is the ROK special representative?"
FRANCE = "What is the capital of France?"

OFFLINE = """
import sys
from assistant.cli.entry import main
from tests.network import network_blocked
with network_blocked() as tried:
    code = main(sys.argv[1:])
assert not tried, tried
sys.exit(code)
"""
LOADED = """
import json, sys
from assistant.cli.entry import main
code = main(sys.argv[1:])
json.dump(sorted(name for name in sys.modules if "." not in name), sys.stderr)
sys.exit(code)
"""


@pytest.fixture(scope="module", autouse=True)
def models() -> None:
    """Every test here fails if a model is missing."""
    settings = load()
    store = ModelStore(settings.cache, settings.models.folder)
    for name in (settings.engine.model, settings.embedder.model, settings.reranker.model):
        store.resolve(name)


def run(
    data: Path, command: str, *arguments: str, typed: str = "", code: str = "", ends: int = 0
) -> tuple[str, str]:
    """Stdout and stderr of a command in a process of its own, which must end with `ends`."""
    start = ["-c", code] if code else ["-m", "assistant"]
    process = python(*start, command, "--data", str(data), *arguments)
    out, err = process.communicate(typed, timeout=300)
    assert "Traceback" not in err, err
    assert process.returncode == ends, out + err
    return out, err


def ingested(folder: Path, articles: Path) -> Path:
    data = folder / "data"
    run(data, "ingest", str(articles))
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
    out, err = run(sample, "ask", WHO)
    answer, _, sources = out.partition("\n\n")
    assert "Kim Gunn" in answer
    assert "[1]" in answer
    assert any("Kim Gunn" in quote for quote in sources.split("    “")[1:])
    assert "\x1b" not in out + err


def test_it_does_not_answer_from_the_sample_what_is_not_in_it(sample) -> None:
    out, _ = run(sample, "ask", FRANCE, ends=7)
    assert "Not in these articles" in out
    assert "Paris" not in out


def test_it_answers_from_the_real_articles_as_json(shared) -> None:
    out, _ = run(shared, "ask", "--json", WHO)
    answer = json.loads(out)
    assert "Kim Gunn" in answer["answer"]
    assert any("Kim Gunn" in citation["quote"] for citation in answer["citations"])
    assert answer["generation"] == "g000001"
    assert answer["timings"]["model_calls"] == 2  # the draft, the word on its proof
    assert answer["timings"]["evidence_s"] < answer["timings"]["first_token_s"]


def test_a_conversation_is_followed(sample) -> None:
    questions = f"{WHO}\nWhere did he meet his counterparts?\n"
    out, _ = run(sample, "chat", "--json", typed=questions)
    first, second = (
        event for event in map(json.loads, out.splitlines()) if event["event"] == "answer"
    )
    assert "Kim Gunn" in first["answer"]
    assert "Kim Gunn" in second["searched"]
    assert "Tokyo" in second["answer"] or "Karuizawa" in second["answer"]
    assert second["citations"]


def test_a_follow_up_on_the_same_article_continues_the_prompt(sample) -> None:
    out, _ = run(sample, "chat", "--json", typed=f"{WHO}\nWho else was at the meeting?\n")
    first, second = (
        event for event in map(json.loads, out.splitlines()) if event["event"] == "answer"
    )
    assert "Sung Kim" in second["answer"]
    # what was read with the first question is not read again
    assert (first["read"]["goes_on"], second["read"]["goes_on"]) == (False, True)
    assert second["timings"]["cached_tokens"] > second["timings"]["prompt_tokens"] / 3


def test_nothing_goes_to_the_network(tmp_path) -> None:
    data = tmp_path / "data"
    run(data, "ingest", str(SAMPLE), code=OFFLINE)
    out, _ = run(data, "ask", WHO, code=OFFLINE)
    assert "Kim Gunn" in out
    out, _ = run(data, "search", WHO, code=OFFLINE)
    assert "Kim Gunn" in out or "envoys" in out


def test_an_ingest_with_the_default_embedder_loads_no_torch(tmp_path) -> None:
    _, err = run(tmp_path / "data", "ingest", str(SAMPLE), code=LOADED)
    loaded = json.loads(err.splitlines()[-1])
    assert {"torch", "transformers", "sentence_transformers", "xllamacpp"}.isdisjoint(loaded)
    assert "onnxruntime" in loaded
