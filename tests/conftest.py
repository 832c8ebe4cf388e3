"""Guards over every test, and `news`: a folder of articles with an index that needs no weights."""

import os
import signal
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from index.core.articles import Article
from index.ingest.pipeline import Ingest
from index.ingest.report import Report
from index.ingest.sandbox import Extractor
from index.retrieval.hybrid_search import IndexSearch
from index.storage.article_store import ArticleStore
from index.storage.generations import GenerationStore
from tests import network
from tests.fakes import WordEmbedding, WordReranker, analyse_here, extract_here

OLD, NEW = "The tram stood still on Monday.", "The tram ran again on Tuesday."
os.umask(0o077)  # files are private, as those of the command line
# whoever starts the tests in the background may have turned Ctrl-C off for them and their children
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def no_real_models(request, monkeypatch):
    """Loading weights is an error, because a test that does is slow and needs the network once."""
    if request.node.get_closest_marker("real"):
        return

    def refuse(*_args, **_options):
        raise AssertionError("this test loads a real model: use tests/fakes.py or mark it `real`")

    for where in (
        "index.embedding.onnx_model.OnnxModel.load",
        "index.embedding.embedders.SentenceTransformerEmbedder.__init__",
        "index.retrieval.reranker.CrossEncoderReranker.__init__",
        "index.text.parser.SpacyParser.load",
        "assistant.llm.llamacpp.LlamaCpp.__init__",
    ):
        monkeypatch.setattr(where, refuse)


@pytest.fixture(scope="session")
def worker_process():
    """Files are read and articles analysed in a worker process, as they are for people."""


@pytest.fixture(autouse=True)
def read_here(request, monkeypatch):
    """Files are read in this process: a worker takes seconds to start."""
    real = request.node.get_closest_marker("real")
    if not real and "worker_process" not in request.fixturenames:
        monkeypatch.setattr(Extractor, "extract", extract_here)
        monkeypatch.setattr(Extractor, "analyse", analyse_here)


@pytest.fixture(autouse=True)
def environment_restored():
    """A command goes offline by the environment; the next test finds it as it was."""
    before = dict(os.environ)
    yield
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)


@pytest.fixture(autouse=True)
def no_settings_of_this_user(environment_restored, tmp_path_factory):
    """Neither the user's own settings nor what he allowed count."""
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path_factory.getbasetemp() / "config")


@pytest.fixture(autouse=True)
def network_blocked():
    """Reaching for the network is an error; gives the addresses that were tried."""
    with network.network_blocked() as tried:
        yield tried
    # code under test may have swallowed the error
    assert not tried, f"this test reached for the network: {tried}"


class News:
    """A folder to write articles into, and the index made of it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "articles"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data = root / "data"
        self.cache = self.data / "embeddings.sqlite"
        self.store = GenerationStore(self.data / "index")
        self.embedder = WordEmbedding()
        self.vectors = None  # a backend, if they are not kept in the generations' folders
        self._searches: list[IndexSearch] = []

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def ingest(self, *paths: Path, embedder=None, **options) -> Report:
        """Ingest `paths`, or else the whole folder."""
        return self._work(embedder).run(paths or [self.folder], **options)

    def put(self, **texts: str) -> Report:
        """Write `a` as a.txt and so on, and ingest the whole folder."""
        for name, text in texts.items():
            self.write(f"{name}.txt", text)
        return self.ingest()

    def remove(self, article_id: str) -> Article:
        return self._work().remove(article_id)[0]

    def _work(self, embedder=None) -> Ingest:
        given = embedder or self.embedder
        return Ingest(self.store, self.cache, given, vectors=self.vectors)

    def search(self, embedder=None) -> IndexSearch:
        given = embedder or self.embedder
        search = IndexSearch(self.store, given, WordReranker(), self.vectors)
        self._searches.append(search)
        return search

    def articles(self) -> dict[str, Article]:
        """Every article of the published index by path relative to the folder, copies included."""
        generation, _ = self.store.open()
        with closing(ArticleStore(generation.library)) as library:
            found = [article for _, article in library.articles()]
        return {a.path.removeprefix(f"{self.folder.resolve()}/"): a for a in found}

    def finds(self, question: str) -> str:
        """The text of the best passage of a search that is opened for it; "" if there is none."""
        found = self.search().search(question, 1)
        return found[0].passage.text if found else ""

    def close(self) -> None:
        for search in self._searches:
            search.close()


@pytest.fixture
def news(tmp_path):
    news = News(tmp_path)
    yield news
    news.close()


@pytest.fixture
def tram(news):
    """An index of two generations: the older one holds OLD, the published one NEW."""
    for text in (OLD, NEW):
        news.put(tram=text)
    return news


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 12 MB in memory; only root may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "assistant-test", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small disk needs root")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)
