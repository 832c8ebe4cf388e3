"""The composition root: makes the parts that the settings name, each when it is first needed."""

from __future__ import annotations

import os
import threading
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Self, cast

from assistant.core.console import remarks
from assistant.core.other_machines import announce
from assistant.core.settings import Settings, load
from assistant.models.catalogue import PARSER, catalogue
from assistant.models.store import TRAINED, ModelStore, folder_hash
from index.core.errors import UsageError, UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from assistant.answering.pipeline import Assistant
    from assistant.answering.prefix_cache import PrefixCache, StatefulModel
    from assistant.llm.kv_state_store import KVStateStore
    from assistant.llm.language_model import LanguageModel
    from assistant.verification.verifier import Verifier
    from index.embedding.embedders import Embedder
    from index.ingest.pipeline import Ingest
    from index.ingest.report import Report
    from index.ingest.scanner import Extracts, ProgressCallback
    from index.retrieval.hybrid_search import IndexSearch, Searcher
    from index.retrieval.reranker import Reranker
    from index.retrieval.selector import Selector
    from index.storage.generations import GenerationStore
    from index.storage.vector_backend import VectorBackend
    from index.text.grammar import Parser


def stay_offline() -> None:
    """Tell the libraries, before they are imported, that nothing is to be fetched or reported."""
    os.environ.update(
        HF_HUB_OFFLINE="1",
        TRANSFORMERS_OFFLINE="1",
        HF_HUB_DISABLE_TELEMETRY="1",
        TOKENIZERS_PARALLELISM="false",
        GRADIO_ANALYTICS_ENABLED="False",
        ANONYMIZED_TELEMETRY="False",
    )
    # with these set, LlamaIndex's splitter looks for files on the network
    for name in ("TIKTOKEN_CACHE_DIR", "NLTK_DATA"):
        os.environ.pop(name, None)


class App:
    """The parts of the assistant, made lazily and kept; passed in to the command line and the UI.

    In a process that `stays` the model takes less memory, and a little longer to load.
    """

    def __init__(self, settings: Settings, *, stays: bool = False) -> None:
        self.settings = settings
        self._stays = stays
        self._model_lock = threading.Lock()
        self._model: LanguageModel | None = None

    @classmethod
    def open(cls, flags: Mapping[str, str] | None = None) -> Self:
        """With the settings of this folder and environment; `flags` as after `--set`.

        Raises:
            UsageError: for an unknown key, a wrong value or an unreadable file.
        """
        settings = load(flags)
        remarks(settings.notices)
        return cls(settings)

    @cached_property
    def models(self) -> ModelStore:
        """The models on this machine."""
        return ModelStore(self.settings.cache, self.settings.models.folder)

    @cached_property
    def store(self) -> GenerationStore:
        """The generations of the index."""
        from index.storage.generations import GenerationStore

        return GenerationStore(self.settings.data / "index", self.settings.index.keep)

    @cached_property
    def embedder(self) -> Embedder:
        """What gives questions and passages their vectors."""
        settings = self.settings.embedder
        known = catalogue().get(settings.model)
        prefix = known.query_prefix if known else settings.question_prefix
        if settings.url:
            from index.embedding.openai_embedder import OpenAIEmbedder

            announce(self.settings, "embedder")
            return OpenAIEmbedder(
                settings.url, settings.model, api_key=settings.api_key, question_prefix=prefix
            )
        from index.embedding.embedders import OnnxEmbedder, SentenceTransformerEmbedder
        from index.embedding.onnx_model import OnnxModel

        folder = self.models.resolve(settings.model)
        if known and (folder / "model.onnx").exists():
            return OnnxEmbedder(
                OnnxModel.load(folder, known.max_tokens),
                name=settings.model,
                identity=known.sha256,
                dimension=known.dimension,
                question_prefix=prefix,
            )
        identity = known.sha256 if known else folder_hash(folder)
        name = Path(settings.model).name
        return SentenceTransformerEmbedder(
            folder, name=name, identity=identity, question_prefix=prefix
        )

    @cached_property
    def reranker(self) -> Reranker:
        """The cross-encoder that scores a question and a passage together."""
        from index.embedding.onnx_model import OnnxModel
        from index.retrieval.reranker import CrossEncoderReranker, OnnxReranker

        name = self.settings.reranker.model
        folder = self.models.resolve(name)
        if name in catalogue():
            return OnnxReranker(OnnxModel.load(folder), name=name)
        return CrossEncoderReranker(folder, name=name)

    @cached_property
    def selector(self) -> Selector:
        """The cross-encoder of our own that chooses sentences."""
        from index.embedding.onnx_model import OnnxModel
        from index.retrieval.selector import OnnxSelector

        return OnnxSelector(OnnxModel.load(TRAINED / "selector"))

    @cached_property
    def verifier(self) -> Verifier:
        """The cross-encoder of our own that compares a claim with its proof."""
        from assistant.verification.verifier import OnnxVerifier
        from index.embedding.onnx_model import OnnxModel

        return OnnxVerifier(OnnxModel.load(TRAINED / "verifier"))

    @cached_property
    def parser(self) -> Parser | None:
        """What reads the grammar of sentences; None if its model is not here (see `doctor`)."""
        try:
            folder = self.models.path(PARSER)
        except UserError:
            return None
        from index.text.parser import SpacyParser

        return SpacyParser.load(folder)

    @cached_property
    def search(self) -> IndexSearch:
        """Search over the published generation."""
        return self.search_with(self.reranker)

    def search_with(self, reranker: Reranker) -> IndexSearch:
        """The same search with another reranker; the caller closes it."""
        from index.retrieval.hybrid_search import IndexSearch

        return IndexSearch(self.store, self.embedder, reranker, self.vectors)

    @cached_property
    def vectors(self) -> VectorBackend:
        """Where the passages' vectors are kept."""
        settings = self.settings.vectors
        if settings.url:
            from index.storage.chroma_server import ChromaServerBackend

            announce(self.settings, "vectors")
            embedder, root = self.embedder, self.store.root
            return ChromaServerBackend(
                settings.url, root, embedder.identity, embedder.dimension, settings.api_key
            )
        from index.storage.chroma_folder import ChromaFolderBackend

        return ChromaFolderBackend()

    def ingest(
        self,
        progress: ProgressCallback,
        extractor: Callable[[], AbstractContextManager[Extracts]] | None = None,
    ) -> Ingest:
        """Ingestion into the index; `extractor` None: extraction in processes of this machine."""
        from index.core.records import fields_of
        from index.ingest.pipeline import Ingest

        return Ingest(
            self.store,
            self.settings.data / "embeddings.sqlite",
            self.embedder,
            progress,
            vectors=self.vectors,
            fields=fields_of(self.settings.ingest.fields),
            extractor=extractor,
        )

    def cluster_ingest(
        self,
        address: str,
        paths: Sequence[Path],
        progress: ProgressCallback,
        *,
        prune: bool = False,
        force: bool = False,
    ) -> Report:
        """Bring files into the index on a Ray cluster; UsageError without Chroma server or Ray."""
        from index.storage.chroma_server import ChromaServerBackend

        if not isinstance(self.vectors, ChromaServerBackend):
            raise UsageError(
                "--cluster writes to a Chroma server. Start one (chroma run) and set vectors.url."
            )
        from index.core.records import fields_of
        from index.ingest.ray_cluster import Job, ingest

        fields = fields_of(self.settings.ingest.fields)
        job = Job(partial(_load_embedder, self.settings), self.vectors, fields=fields)
        driver = partial(self.ingest, progress)
        return ingest(address, job, driver, paths, prune=prune, force=force)

    def model(self) -> LanguageModel:
        """The language model; the first call loads it, which takes seconds."""
        with self._model_lock:
            if self._model is None:
                self._model = self._load_model()
            return self._model

    def _load_model(self) -> LanguageModel:
        engine = self.settings.engine
        if engine.url:
            from assistant.llm.openai_server import OpenAIServer

            announce(self.settings, "engine")
            context = engine.context_tokens
            return OpenAIServer(
                engine.url, engine.model, api_key=engine.api_key, context_tokens=context
            )
        from assistant.llm.cache_budget import prompt_cache_mib
        from assistant.llm.llamacpp import LlamaCpp

        known = catalogue().get(engine.model)
        return LlamaCpp(
            self.gguf,
            name=known.name if known else self.gguf.stem,
            template=engine.template or (known.template if known else ""),
            context_tokens=engine.context_tokens,
            threads=engine.threads,
            gpu_layers=engine.gpu_layers,
            mapped=not self._stays,
            cache_ram_mib=engine.cache_mb or prompt_cache_mib(),
            state_folder=self.kv_states.folder if not self.kv_states.off else None,
        )

    @cached_property
    def gguf(self) -> Path:
        """The checked file of the model of this process."""
        engine = self.settings.engine
        return self.models.resolve(engine.model, engine.sha256 or None, engine.trust)

    @property
    def prefill_enabled(self) -> bool:
        """True if drafts of questions are prefilled; a model on another server is spared them."""
        return self.settings.ui.ahead and not self.settings.engine.url

    @cached_property
    def kv_states(self) -> KVStateStore:
        """The stored KV states of articles, within `engine.warm_mb`."""
        from assistant.llm.kv_state_store import KVStateStore

        limit = 0 if self.settings.engine.url else self.settings.engine.warm_mb
        return KVStateStore(self.settings.data / "readings", limit * 1_000_000)

    @cached_property
    def prefix_cache(self) -> PrefixCache:
        """Stores and restores the KV states of whole articles."""
        from assistant.answering.prefix_cache import PrefixCache

        model = cast("Callable[[], StatefulModel]", self.model)
        return PrefixCache(
            self.kv_states,
            self._engine_identity,
            model,
            self.search,
            lambda: self.search.listed(),
        )

    def _engine_identity(self) -> str:
        """Equal only where one engine can restore what another has saved."""
        from importlib.metadata import version

        engine = self.settings.engine
        if known := catalogue().get(engine.model):
            weights = known.sha256
        else:
            file = self.gguf.stat()
            weights = f"{file.st_size} {file.st_mtime_ns}"
        return f"xllamacpp {version('xllamacpp')} f16 {engine.model} {weights} {engine.template}"

    @cached_property
    def assistant(self) -> Assistant:
        """The whole pipeline of this process."""
        return self._own_assistant(use_cache=False)

    @cached_property
    def cached_assistant(self) -> Assistant:
        """The same, restoring the KV states of articles."""
        return self._own_assistant(use_cache=True)

    def _own_assistant(self, *, use_cache: bool) -> Assistant:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(1, "loading") as beside:  # half of their loading is not Python's
            models = beside.map(partial(getattr, self), ("embedder", "reranker", "selector"))
            import assistant.answering.pipeline  # noqa: F401
        list(models)  # raises what their loading has raised
        return self.assistant_with(self.search, self.reranker, self.model, use_cache=use_cache)

    def assistant_with(
        self,
        searcher: Searcher,
        reranker: Reranker,
        model: Callable[[], LanguageModel],
        *,
        use_cache: bool = False,
    ) -> Assistant:
        """The same assistant around other parts, such as those of an evaluation."""
        from assistant.answering.pipeline import Assistant

        cache = self.prefix_cache if use_cache and not self.kv_states.off else None
        return Assistant(
            searcher,
            reranker,
            model,
            self.settings.answer,
            cache,
            lambda: self.parser,
            self.selector,
            lambda: self.verifier,
        )

    def close(self) -> None:
        """Close what was opened."""
        if "search" in self.__dict__:
            self.search.close()
        if self._model is not None:
            self._model.close()


def _load_embedder(settings: Settings) -> Embedder:
    """The embedder on another machine of a cluster."""
    stay_offline()
    return App(settings).embedder
