"""One direction, proven: who may import whom, and what the front door does not load."""

import ast
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.llamacpp import LlamaCpp
from index.embedding import OnnxModel

ROOT = Path(__file__).resolve().parents[1]
OURS = ("assistant", "index", "prompts", "ui", "eval")
MODULES = {
    path.relative_to(ROOT).as_posix(): path
    for folder in OURS
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "__pycache__" not in path.parts
}
MAY_IMPORT = {
    "index": {"index"},
    "prompts": {"prompts"},
    "assistant": {"assistant", "index", "prompts"},
    "ui": {"ui", "assistant", "index"},
    "eval": {"eval", "assistant", "index", "prompts"},
}
# the command line starts the other two rims, when it is told to
ALSO_LAZILY = {"assistant/cli.py": {"ui", "eval"}}
ONLY_IN = {
    "chromadb": {"index/vectors.py", "index/server_vectors.py", "index/chroma_client.py"},
    "llama_index": {"index/passages.py", "index/retriever.py"},
    "sqlite3": {
        *("index/library.py", "index/draft_library.py", "index/lexical.py", "index/disk.py"),
        *("index/cache.py", "index/unfinished.py"),
    },
    "onnxruntime": {"index/embedding.py"},
    "sentence_transformers": {"index/embedding.py"},
    "torch": {"index/embedding.py"},
    "trafilatura": {"index/webpage.py"},
    "pypdf": {"index/read_office.py"},
    "feedparser": {"index/read_feeds.py"},
    "sentencex": {"index/passages.py"},
    "xllamacpp": {"assistant/llamacpp.py"},
    "openai": {"assistant/openai_engine.py", "index/endpoint.py"},
    "ray": {"index/cluster.py"},
    "mcp": {"assistant/mcp_server.py"},
    "huggingface_hub": {"assistant/download.py", "assistant/pull.py", "assistant/models.py"},
}
HEAVY = {
    *("torch", "chromadb", "llama_index", "gradio", "xllamacpp", "numpy", "sentence_transformers"),
    *("onnxruntime", "trafilatura", "openai", "pydantic", "huggingface_hub", "tokenizers"),
}


def imported(path, *, at_load=False):
    """Top names that a file imports; `at_load` passes over functions and imports for types."""
    found = set()
    pending = [ast.parse(path.read_text("utf-8"))]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written out"
            found.add(node.module.partition(".")[0])
        if at_load and (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test))
        ):
            continue
        pending.extend(ast.iter_child_nodes(node))
    return found


def loaded_by(code):
    """Top names of all modules that are loaded after `code` has run in a fresh process."""
    show = "import sys; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{show}"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("name", MODULES)
def test_imports_point_in_one_direction(name):
    folder = name.partition("/")[0]
    used = imported(MODULES[name]) & set(OURS)
    assert used <= MAY_IMPORT[folder] | ALSO_LAZILY.get(name, set())
    assert imported(MODULES[name], at_load=True) & set(OURS) <= MAY_IMPORT[folder]


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_is_known_to_its_border_only(library):
    users = {name for name, path in MODULES.items() if library in imported(path)}
    # eval times what the libraries cost, and is loaded by nobody
    assert {name for name in users if not name.startswith("eval/")} <= ONLY_IN[library]


@pytest.mark.parametrize("library", ["gradio", "fastapi", "starlette", "uvicorn"])
def test_what_serves_is_known_to_the_ui_only(library):
    users = {name for name, path in MODULES.items() if library in imported(path)}
    assert users
    assert all(name.startswith("ui/") for name in users)


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("index/")])
def test_no_mocking_and_no_heavy_import_where_a_file_is_loaded(name):
    allowed = {
        "index/retriever.py": {"llama_index"},
        "index/embedding.py": {"numpy"},
        "index/cache.py": {"numpy"},
        "index/plain.py": {"numpy"},
        "index/vectors.py": {"numpy"},
        "index/server_vectors.py": {"numpy"},
        "index/endpoint.py": {"numpy"},
        "index/cluster.py": {"numpy"},
    }
    assert imported(MODULES[name], at_load=True) & HEAVY <= allowed.get(name, set())


def test_no_test_uses_a_mocking_library():
    for path in sorted((ROOT / "tests").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [name.name for name in getattr(node, "names", ()) if hasattr(name, "name")]
            assert "unittest.mock" not in [*names, getattr(node, "module", "")], path.name


@pytest.mark.parametrize(
    "name", ["errors", "articles", "readers", "clean", "library", "generation"]
)
def test_these_parts_of_the_index_load_nothing_heavy(name):
    assert not loaded_by(f"import index.{name}") & HEAVY - (
        {"numpy"} if name == "library" else set()
    )


def test_search_loads_neither_chroma_nor_torch_nor_llamaindex():
    assert not loaded_by("import index.search, index.ingest") & (HEAVY - {"numpy"})


def test_a_test_cannot_load_a_real_model_by_accident(tmp_path):
    with pytest.raises(AssertionError, match="real model"):
        OnnxModel.load(tmp_path, 512)
    with pytest.raises(AssertionError, match="real model"):
        LlamaCpp(tmp_path / "model.gguf")


def test_a_test_cannot_reach_the_network_by_accident(network_blocked):
    with pytest.raises(AssertionError, match="network"):
        socket.getaddrinfo("example.org", 443)
    with pytest.raises(AssertionError, match="network"):
        socket.create_connection(("192.0.2.1", 80), timeout=0.1)
    assert "example.org" in network_blocked
    network_blocked.clear()


@pytest.mark.parametrize("arguments", [["--help"], ["ask", "--help"], ["ingest", "--help"]])
def test_help_loads_nothing_heavy(arguments):
    code = (
        "import contextlib, runpy, sys\n"
        f"sys.argv = ['assistant', *{arguments!r}]\n"
        "with contextlib.suppress(SystemExit):\n"
        "    runpy.run_module('assistant.cli', run_name='__main__')\n"
    )
    assert not loaded_by(code) & HEAVY


def test_help_ends_well():
    done = subprocess.run(
        [sys.executable, "-m", "assistant.cli", "--help"], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "ingest" in done.stdout
