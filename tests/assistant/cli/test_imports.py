"""What a command loads: seconds of imports are kept away from whoever does not need them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HEAVY = ("torch", "sentence_transformers", "gradio", "llama_index")
TORCH = ("torch", "sentence_transformers", "transformers", "gradio", "xllamacpp")
REPORT = "import json, sys; json.dump([m for m in sys.modules if '.' not in m], sys.stderr)"


def loaded_by(code: str, *arguments: str, cwd: Path) -> set[str]:
    """Top-level modules in a fresh process after it has run `code`."""
    found = subprocess.run(
        [sys.executable, "-c", f"{code}\n{REPORT}", *arguments],
        cwd=cwd,
        env={
            **{k: v for k, v in os.environ.items() if not k.startswith("ASSISTANT_")},
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    return set(json.loads(found.stderr.splitlines()[-1]))


MAIN = """
import sys
from assistant.cli.entry import main
from tests.fakes import app_that_says
try:
    code = main(sys.argv[1:], app_that_says("Rain fell on Brask."))
except SystemExit as end:
    code = end.code
assert not code, code
"""
PLAIN = MAIN.replace("from tests.fakes import app_that_says\n", "").replace(
    ', app_that_says("Rain fell on Brask.")', ""
)


@pytest.fixture(scope="module")
def indexed(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("imports")
    (folder / "rain.txt").write_text("Title: Rain\nDate: 2024-05-03\n\nRain fell on Brask.\n")
    loaded = loaded_by(MAIN, "ingest", "--data", "data", "rain.txt", cwd=folder)
    assert {"llama_index", "chromadb"} <= loaded  # it has split and stored
    assert loaded.isdisjoint(TORCH)
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask", "Where did rain fall?"],
        ["search", "rain"],
        ["ask", "--json", "Where did rain fall?"],
    ],
)
def test_a_question_loads_no_torch_no_llama_index_no_gradio_and_no_chroma(
    arguments, indexed
) -> None:
    loaded = loaded_by(MAIN, arguments[0], "--data", "data", *arguments[1:], cwd=indexed)
    assert "numpy" in loaded  # it has searched
    assert loaded.isdisjoint({*HEAVY, "chromadb"})


def test_listing_articles_loads_no_vectors(indexed) -> None:
    loaded = loaded_by(PLAIN, "articles", "--data", "data", "list", cwd=indexed)
    assert loaded.isdisjoint({*HEAVY, "chromadb", "onnxruntime", "xllamacpp", "numpy"})


def test_ingesting_what_is_indexed_already_loads_no_model_and_no_vectors(indexed) -> None:
    loaded = loaded_by(MAIN, "ingest", "--data", "data", "rain.txt", cwd=indexed)
    assert loaded.isdisjoint({*TORCH, "llama_index", "chromadb"})


def test_listing_models_loads_no_model(tmp_path) -> None:
    loaded = loaded_by(PLAIN, "models", "--data", "d", "--cache", "c", "list", cwd=tmp_path)
    assert loaded.isdisjoint({*HEAVY, "chromadb", "xllamacpp", "numpy", "huggingface_hub"})
