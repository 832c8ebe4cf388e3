"""What a command loads: seconds of imports are kept away from whoever does not need them."""

import json
from pathlib import Path

import pytest

from tests.command_line import python

HEAVY = ("torch", "ray", "sentence_transformers", "gradio", "llama_index")
TORCH = ("torch", "ray", "sentence_transformers", "transformers", "gradio", "xllamacpp")
REPORT = "import json, sys; json.dump([m for m in sys.modules if '.' not in m], sys.stderr)"


def loaded_by(code: str, *arguments: str, cwd: Path) -> set[str]:
    """Top-level modules in a fresh process after it has run `code`."""
    process = python("-c", f"{code}\n{REPORT}", *arguments, cwd=cwd)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return set(json.loads(err.splitlines()[-1]))


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
    assert "chromadb" in loaded  # it has stored; its worker has split
    assert loaded.isdisjoint({*TORCH, "llama_index"})
    return folder


@pytest.mark.parametrize("arguments", [["ask"], ["search"], ["ask", "--json"]])
def test_a_question_loads_no_torch_no_llama_index_no_gradio_and_no_chroma(
    arguments, indexed
) -> None:
    loaded = loaded_by(MAIN, *arguments, "--data", "data", "Where did rain fall?", cwd=indexed)
    assert "numpy" in loaded  # it has searched
    assert loaded.isdisjoint({*HEAVY, "chromadb"})


@pytest.mark.parametrize("what", ["articles", "models"])
def test_a_list_loads_no_model_and_no_vectors(what, indexed) -> None:
    loaded = loaded_by(PLAIN, what, "--data", "data", "--cache", "c", "list", cwd=indexed)
    others = {"chromadb", "onnxruntime", "xllamacpp", "numpy", "huggingface_hub"}
    assert loaded.isdisjoint({*HEAVY, *others})


def test_ingesting_what_is_indexed_already_loads_no_model_and_no_vectors(indexed) -> None:
    loaded = loaded_by(MAIN, "ingest", "--data", "data", "rain.txt", cwd=indexed)
    assert loaded.isdisjoint({*TORCH, "llama_index", "chromadb"})
