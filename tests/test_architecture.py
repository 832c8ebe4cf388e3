"""One direction, proven: who may import whom, and what the front door does not load."""

import ast
import graphlib
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.llm.llamacpp import LlamaCpp
from index.embedding.onnx_model import OnnxModel
from index.text.parser import SpacyParser

ROOT = Path(__file__).resolve().parents[1]
OURS = ("assistant", "index", "prompts", "ui", "eval")
MODULES = {
    path.relative_to(ROOT).as_posix(): path
    for folder in OURS
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "__pycache__" not in path.parts
}
# what a package may import besides itself; whoever stands below knows nothing of who stands above
INDEX = (
    "index.core index.text index.readers index.dedup index.embedding index.storage"
    " index.retrieval index.ingest"
).split()
ASSISTANT = (
    "assistant.llm assistant.core assistant.models assistant.verification assistant.rewriting"
    " assistant.kinds assistant.answering assistant.checking assistant.archive assistant.exports"
    " assistant.container assistant.backends assistant.audit assistant.following assistant.cli"
).split()
EVAL = (
    "eval.data eval.scoring eval.reporting eval.runner eval.questions eval.robustness"
    " eval.benchmarks eval.extraction eval.claims eval.train eval.following eval.sources"
    " eval.drafts"
).split()
MAY_IMPORT = {
    "index.core": set(),
    "index.text": {"index.core"},
    "index.readers": {"index.core", "index.text"},
    "index.dedup": {"index.core", "index.text"},
    "index.embedding": {"index.core"},
    "index.storage": {"index.core", "index.text", "index.dedup", "index.embedding"},
    "index.retrieval": {"index.core", "index.text", "index.embedding", "index.storage"},
    "index.ingest": set(INDEX) - {"index.retrieval"},
    "index.llama_index": set(INDEX),
    "prompts": set(),
    **{
        package: {*INDEX, "prompts", *ASSISTANT[:number]}
        for number, package in enumerate(ASSISTANT)
    },
    "assistant.llama_index": {*INDEX, "index.llama_index", *ASSISTANT} - {"assistant.cli"},
    "ui.service": {*INDEX, *ASSISTANT} - {"assistant.cli"},
    "ui.api": {*INDEX, *ASSISTANT, "ui.service"} - {"assistant.cli"},
    "ui.page": {*INDEX, *ASSISTANT, "ui.service", "ui.api"} - {"assistant.cli"},
    "ui.web": {*INDEX, *ASSISTANT, "ui.service", "ui.api", "ui.page"} - {"assistant.cli"},
    "assistant.__main__": {"assistant.cli"},
    "ui.__main__": {"assistant.cli"},
    "eval.extraction": {*INDEX},
    "eval.data": {*INDEX, *ASSISTANT},
    "eval.scoring": {*INDEX, *ASSISTANT, "eval.data"},
    "eval.reporting": {*INDEX, *ASSISTANT, "eval.data", "eval.scoring"},
    "eval.runner": {
        *(*INDEX, *ASSISTANT, "index.llama_index", "assistant.llama_index", "prompts"),
        *("eval.data", "eval.scoring", "eval.reporting"),
    },
    "eval.questions": {*INDEX, *ASSISTANT, "prompts", "eval.data", "eval.scoring", "eval.runner"},
    "eval.robustness": {*INDEX, *ASSISTANT, *EVAL[:4]},
    "eval.benchmarks": {*INDEX, *ASSISTANT, *EVAL[:4]},
    "eval.claims": {*INDEX, *ASSISTANT, *EVAL[:4]},
    "eval.following": {*INDEX, *ASSISTANT},
    "eval.drafts": {*INDEX, *ASSISTANT, "eval.data", "eval.scoring"},
    "eval.sources": {*INDEX, *ASSISTANT, "eval.benchmarks"},
    "eval.train": {*INDEX, *ASSISTANT, "eval.scoring", "eval.claims"},
    "eval.__main__": {*INDEX, *ASSISTANT, *EVAL},
}
# the command line starts the other two, when it is told to
ALSO_LAZILY = {"assistant.cli": {"ui.web", "eval.__main__"}}
ONLY_IN = {
    "chromadb": {
        *("index/storage/chroma_folder.py", "index/storage/chroma_collection.py"),
        *("index/storage/chroma_client.py", "index/storage/chroma_export.py"),
    },
    "llama_index": {
        *("index/text/chunking.py", "index/llama_index.py"),
        *(f"assistant/llama_index/{name}.py" for name in ("engines", "evidence", "language_model")),
    },
    "sqlite3": {
        *("index/storage/article_store.py", "index/storage/article_writer.py"),
        *("index/storage/bm25.py", "index/core/disk.py"),
        *("index/core/key_value_cache.py", "index/storage/schema.py"),
    },
    "onnxruntime": {"index/embedding/onnx_model.py"},
    "sentence_transformers": {"index/embedding/embedders.py", "index/retrieval/reranker.py"},
    "torch": set(),
    "trafilatura": {"index/readers/main_content.py"},
    "htmldate": {"index/readers/metadata.py"},
    "pypdf": {"index/readers/office/pdf.py"},
    "openpyxl": {"index/readers/office/xlsx.py"},
    "striprtf": {"index/readers/office/rtf.py"},
    "warcio": {"index/readers/archives/warc.py"},
    "brotli": {"index/readers/archives/warc.py"},
    "yaml": {"index/readers/text.py"},
    "feedparser": {"index/readers/feeds.py"},
    "spacy": {"index/text/parser.py"},
    "sentencex": {"index/text/chunking.py"},
    "xllamacpp": {"assistant/llm/llamacpp.py"},
    "openai": {
        *("assistant/llm/openai_server.py", "index/embedding/openai_embedder.py"),
        "index/core/openai_api.py",
    },
    "ray": {"index/ingest/ray_cluster.py"},
    "mcp": {"assistant/cli/mcp_server.py"},
    "docx": {"assistant/exports/word.py"},
    "huggingface_hub": set(),  # run in a process of its own, by assistant/models/download.py
}
COMPUTING = (  # modules that load numpy with themselves
    "dedup/near_duplicates dedup/revisions embedding/embedders embedding/onnx_model"
    " embedding/vector_cache embedding/openai_embedder storage/flat_index storage/chroma_folder"
    " storage/chroma_collection storage/chroma_export ingest/ray_cluster"
)
HEAVY = {
    *("torch", "chromadb", "llama_index", "gradio", "xllamacpp", "numpy", "sentence_transformers"),
    *("onnxruntime", "spacy", "trafilatura", "openai", "pydantic", "huggingface_hub", "tokenizers"),
}


def imports(path, *, at_load=False, types=True):
    """Full names of the modules that a file imports.

    `at_load` leaves out imports inside functions; it and `types=False` those for type checkers.
    """
    found = set()
    pending = [ast.parse(path.read_text("utf-8"))]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written out"
            found |= {f"{node.module}.{name.name}" for name in node.names}
        for_types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        in_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (for_types and (at_load or not types)) or (in_function and at_load):
            continue
        pending.extend(ast.iter_child_nodes(node))
    return found


def imported(path, *, at_load=False):
    """Top names that a file imports."""
    return {name.partition(".")[0] for name in imports(path, at_load=at_load)}


def package_of(name):
    """The package that a module's full name belongs to: "index.text", or "prompts"."""
    parts = name.split(".")
    return next(
        (known for known in (".".join(parts[:2]), parts[0]) if known in MAY_IMPORT), parts[0]
    )


def ours_imported(path, *, at_load=False):
    names = {name for name in imports(path, at_load=at_load) if name.split(".")[0] in OURS}
    return {package_of(name) for name in names}


def loaded_by(code):
    """Top names of all modules that are loaded after `code` has run in a fresh process."""
    show = "import sys; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{show}"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


def adapters_in(path, adapters):
    return [name for name in imports(path) if name.startswith(adapters)]


def module_of(name):
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@pytest.mark.parametrize("name", MODULES)
def test_imports_point_in_one_direction(name):
    package = package_of(module_of(name))
    if package not in MAY_IMPORT:  # a top package holds a docstring only
        assert not ours_imported(MODULES[name])
        return
    may = MAY_IMPORT[package] | {package}
    assert ours_imported(MODULES[name]) <= may | ALSO_LAZILY.get(package, set())
    assert ours_imported(MODULES[name], at_load=True) <= may


def test_nobody_imports_the_llamaindex_components_but_they_themselves_and_the_peer():
    """So no question waits for LlamaIndex, which takes two seconds to be imported."""
    adapters = ("index.llama_index", "assistant.llama_index")
    users = {name for name, path in MODULES.items() if adapters_in(path, adapters)}
    own = {name for name in MODULES if module_of(name).startswith(adapters)}
    assert users - own == {"eval/runner/peers/llamaindex.py"}


def test_no_circle_of_modules():
    """Imports inside functions count too."""
    modules = {module_of(name): path for name, path in MODULES.items()}
    graph = {
        name: {
            next(m for m in (used, used.rpartition(".")[0]) if m in modules)
            for used in imports(path, types=False)
            if used in modules or used.rpartition(".")[0] in modules
        }
        - {name}
        for name, path in modules.items()
    }
    graphlib.TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("name", MODULES)
def test_no_module_over_360_lines_and_no_function_over_60(name):
    source = MODULES[name].read_text("utf-8")
    assert source.count("\n") <= 360
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    lengths = {
        node.name: node.end_lineno - node.lineno + 1
        for node in ast.walk(ast.parse(source))
        if isinstance(node, functions)
    }
    assert {name for name, length in lengths.items() if length > 60} == set()


@pytest.mark.parametrize("folder", sorted({path.parent for path in MODULES.values()}))
def test_a_folder_has_at_most_fourteen_modules(folder):
    modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
    assert len(modules) <= 14


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
    allowed = {f"index/{module}.py": {"numpy"} for module in COMPUTING.split()}
    allowed["index/llama_index.py"] = {"llama_index", "pydantic"}
    assert imported(MODULES[name], at_load=True) & HEAVY <= allowed.get(name, set())


def test_no_test_uses_a_mocking_library():
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [name.name for name in getattr(node, "names", ()) if hasattr(name, "name")]
            assert "unittest.mock" not in [*names, getattr(node, "module", "")], path.name


@pytest.mark.parametrize(
    ("module", "also"),
    [
        ("core.errors", set()),
        ("core.articles", set()),
        ("readers.dispatch", set()),
        ("text.cleaning", set()),
        ("storage.article_store", {"numpy"}),
        ("storage.manifest", set()),
    ],
)
def test_these_parts_of_the_index_load_nothing_heavy(module, also):
    assert not loaded_by(f"import index.{module}") & HEAVY - also


def test_a_test_cannot_load_a_real_model_by_accident(tmp_path):
    with pytest.raises(AssertionError, match="real model"):
        OnnxModel.load(tmp_path, 512)
    with pytest.raises(AssertionError, match="real model"):
        LlamaCpp(tmp_path / "model.gguf")
    with pytest.raises(AssertionError, match="real model"):
        SpacyParser.load(tmp_path)


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
        "    runpy.run_module('assistant', run_name='__main__')\n"
    )
    assert not loaded_by(code) & HEAVY
