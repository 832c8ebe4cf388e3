"""Search and language model of an app with caches around them, and what identifies both."""

from contextlib import ExitStack
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from assistant.container import App
from assistant.core.settings import SECTIONS, Settings, public_values
from assistant.models.catalogue import catalogue
from eval.data.caches import CachedLanguageModel, CachedReranker
from eval.data.run_folder import canonical
from index.core.articles import fingerprint
from index.core.disk import file_sha256
from index.retrieval.hybrid_search import IndexSearch

# the code that a score of the reranker, or a draft of the model, depends on
_RERANKER_CODE = ("index/retrieval/reranker.py", "index/embedding/onnx_model.py")
_MODEL_CODE = (
    "assistant/llm/llamacpp.py",
    "assistant/llm/chat_template.py",
    "assistant/llm/openai_server.py",
)


def code_hashes(*files: str) -> list[str]:
    """SHA-256 of source files, named from the root: the part of a cache's identity that is code."""
    root = Path(__file__).parents[2]
    return [file_sha256(root / name) for name in files]


def cached_search(
    app: App, work: Path, stack: ExitStack, *, read: bool
) -> tuple[CachedReranker, IndexSearch]:
    """The app's reranker and its search, until the stack closes. `read` False: scores all anew."""
    name = app.reranker.name
    known = catalogue().get(name)
    sha256 = known.sha256 if known else ""
    identity = fingerprint(name, sha256, *code_hashes(*_RERANKER_CODE))
    reranker = CachedReranker(app.reranker, identity, work / "scores.sqlite", read=read)
    stack.callback(reranker.close)
    search = app.search_with(reranker)
    stack.callback(search.close)
    return reranker, search


def cached_model(app: App, work: Path, stack: ExitStack, *, read: bool) -> CachedLanguageModel:
    """The app's model, loaded, until the stack closes. `read` False: writes all anew."""
    try:
        engine_version = version("xllamacpp")
    except PackageNotFoundError:  # only a server is used
        engine_version = ""
    engine = canonical(answer_settings(app.settings)["engine"])
    identity = fingerprint(model_id(app), engine, engine_version, *code_hashes(*_MODEL_CODE))
    model = CachedLanguageModel(app.model(), identity, work / "drafts.sqlite", read=read)
    stack.callback(model.close)
    return model


def answer_settings(settings: Settings) -> dict[str, Any]:
    """The settings that can change an answer, without secrets."""
    values = public_values(settings, [name for name in SECTIONS if name != "models"])
    del values["engine"]["cache_mb"], values["engine"]["warm_mb"]
    return values


def model_id(app: App) -> str:
    """The model's name with what identifies its bytes, where this process can know them."""
    engine = app.settings.engine
    if engine.url:
        return engine.model
    if known := catalogue().get(engine.model):
        return f"{engine.model} {known.sha256[:16]}"
    path = Path(engine.model)
    if not path.is_file():
        return engine.model
    file = path.stat()
    return f"{path.name} {file.st_size} {file.st_mtime_ns}"
