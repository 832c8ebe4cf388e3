"""Vectors in each generation's folder and in a Chroma server: one behaviour, and the pool's own."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from eval.benchmarks.chroma_process import chroma_server, free_port
from index.core.errors import DamagedError, UsageError, UserError
from index.ingest.pipeline import Ingest
from index.retrieval.hybrid_search import IndexSearch
from index.storage.article_store import ArticleStore
from index.storage.chroma_folder import ChromaFolderBackend
from index.storage.chroma_server import ChromaPool, ChromaServerBackend
from index.storage.generations import GenerationStore
from tests.fakes import WordEmbedding, WordReranker
from tests.servers import json_server

pytestmark = pytest.mark.drill
FLOOD = "The river Ossel broke the dike at Lower Brask and twelve people died in the night."
BREAD = "Zoë Lind baked ninety loaves for the neighbours who had helped her in the winter."
PORT = "A freighter ran aground at Skarn Point and blocked the harbour for two days."


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with chroma_server(tmp_path_factory.mktemp("chroma")) as url:
        yield url


class Paper:
    """An archive and its index, with the vectors in a home of one kind or the other."""

    def __init__(self, root, url=""):
        self.folder = root / "articles"
        self.folder.mkdir(parents=True)
        self.root = root
        self.url = url
        self.store = GenerationStore(root / "index")
        self.embedder = WordEmbedding()
        self.home = self.made_home()
        self._searches = []

    def made_home(self, embedder=None):
        given = embedder or self.embedder
        if not self.url:
            return ChromaFolderBackend()
        return ChromaServerBackend(self.url, self.store.root, given.identity, given.dimension)

    def write(self, name, text):
        (self.folder / name).write_text(text, "utf-8")

    def ingest(self, home=None, **options):
        cache = self.root / "embeddings.sqlite"
        work = Ingest(self.store, cache, self.embedder, vectors=home or self.home)
        return work.run([self.folder], **options)

    def search(self, home=None):
        search = IndexSearch(self.store, self.embedder, WordReranker(), home or self.home)
        self._searches.append(search)
        return search

    def finds(self, question):
        return [hit.passage.text for hit in self.search().search(question, 1)]

    def pool(self):
        return ChromaPool(self.home, self.home.collection)

    def pooled(self):
        with closing(self.pool()) as pool:
            return pool.ids()

    def named(self):
        """Passage ids of the published generation."""
        generation, _ = self.store.open()
        with closing(ArticleStore(generation.library)) as library:
            return set(library.passage_ids())

    def close(self):
        for search in self._searches:
            search.close()


@pytest.fixture(params=["folder", "server"])
def paper(request, tmp_path):
    url = request.getfixturevalue("server") if request.param == "server" else ""
    paper = Paper(tmp_path, url)
    yield paper
    paper.close()


@pytest.fixture
def pooled(tmp_path, server):
    paper = Paper(tmp_path, server)
    yield paper
    paper.close()


# ── both ──────────────────────────────────────────────────────────────────────────────────────


def test_what_is_ingested_is_found(paper):
    paper.write("flood.txt", FLOOD)
    paper.write("bread.txt", BREAD)
    assert paper.ingest().passages == 2
    best = paper.search().search("How many people died at Lower Brask?", 2)[0]
    assert best.passage.text == FLOOD
    assert best.dense_rank == 1
    assert not paper.ingest().published


def test_the_older_generation_can_still_be_searched(paper):
    paper.write("flood.txt", FLOOD)
    paper.ingest()
    paper.write("flood.txt", PORT)
    paper.ingest()
    (paper.store.root / "CURRENT").write_text("g000001\n")
    assert paper.finds("dike") == [FLOOD]


def test_a_new_title_over_the_same_text_has_its_own_vector(paper):
    paper.write("flood.txt", f"Title: Water\n\n{FLOOD}")
    paper.ingest()
    old = paper.named()
    paper.write("flood.txt", f"Title: Night of the dike\n\n{FLOOD}")
    paper.ingest()
    assert not old & paper.named()
    first = paper.search().search("Night of the dike", 1)[0]
    (paper.store.root / "CURRENT").write_text("g000001\n")
    assert paper.search().search("Night of the dike", 1)[0].similarity < first.similarity


def test_the_store_keeps_its_promises(paper):
    random = np.random.default_rng(7)
    themes = np.repeat(random.normal(size=(20, 256)), 30, axis=0)
    vectors = themes + 0.3 * random.normal(size=themes.shape)
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    ids = [f"passage-{number}" for number in range(len(vectors))]
    paper.store.root.mkdir()
    with closing(paper.home.writer(paper.root / "draft")) as store:
        assert store.nearest(vectors[:1], 3) == []
        for start in range(0, len(ids), 64):
            store.upsert(ids[start : start + 64], vectors[start : start + 64])
        assert (store.count(), store.ids()) == (len(ids), set(ids))
        assert store.matches(set(ids))
        hits = 0
        for number in range(0, len(ids), 20):
            exact = np.argsort(-(vectors @ vectors[number]))[:10]
            found = store.nearest(vectors[number : number + 1], 10)
            assert found[0] == (ids[number], pytest.approx(1, abs=1e-5))
            hits += len({ids[n] for n in exact} & {one for one, _ in found})
        assert hits >= 0.99 * 10 * len(ids) / 20


def test_moving_the_vectors_elsewhere_is_told_and_then_done_without_embedding(tmp_path, server):
    paper = Paper(tmp_path, server)
    paper.write("flood.txt", FLOOD)
    here = ChromaFolderBackend()
    paper.ingest(here)
    with pytest.raises(UserError, match=r"vectors\.url"):
        paper.search().search("dike", 1)
    assert paper.ingest().published
    assert paper.finds("dike") == [FLOOD]
    with pytest.raises(UserError, match=r"vectors\.url"):
        paper.search(here).search("dike", 1)
    assert paper.ingest(here).published
    assert paper.search(here).search("dike", 1)[0].passage.text == FLOOD
    assert paper.embedder.embedded == 1
    paper.close()


# ── the pool ──────────────────────────────────────────────────────────────────────────────────


def test_the_pool_keeps_what_two_generations_name_and_no_more(pooled):
    named = []
    for text in (FLOOD, BREAD, PORT):
        pooled.write("one.txt", text)
        pooled.ingest()
        named.append(pooled.named())
    assert pooled.pooled() == named[1] | named[2]


def test_an_ingest_that_died_leaves_garbage_that_no_search_sees_and_the_next_one_removes(pooled):
    pooled.write("flood.txt", FLOOD)
    pooled.ingest()
    near = pooled.embedder.question("dike") + 0.01 * np.random.default_rng(7).random((300, 256))
    with closing(pooled.pool()) as pool:
        pool.upsert([f"garbage-{number}" for number in range(300)], near.astype(np.float32))
    assert pooled.finds("dike") == [FLOOD]
    assert pooled.search().search("dike", 1)[0].dense_rank == 1
    pooled.write("bread.txt", BREAD)
    pooled.ingest()
    assert pooled.pooled() == pooled.named()


DIES = """
import os, signal, sys
from pathlib import Path
from index.storage.generations import GenerationStore
from index.ingest.pipeline import Ingest
from index.storage.chroma_server import ChromaPool, ChromaServerBackend
from tests.fakes import WordEmbedding

root, url, when = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
before = when == "before"
owner = GenerationStore if before else ChromaServerBackend
name = "publish" if before else "remove_unused"

def die(*_args, **_options):
    os.kill(os.getpid(), signal.SIGKILL)

setattr(owner, name, die)
embedder = WordEmbedding()
store = GenerationStore(root / "index")
home = ChromaServerBackend(url, store.root, embedder.identity, embedder.dimension)
Ingest(store, root / "embeddings.sqlite", embedder, vectors=home).run(
    [root / "articles"]
)
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_before_or_after_the_publication_the_index_answers_and_recovers(pooled, when):
    pooled.write("flood.txt", FLOOD)
    pooled.ingest()
    pooled.write("flood.txt", PORT)
    done = subprocess.run([sys.executable, "-c", DIES, pooled.root, pooled.url, when], timeout=120)
    assert done.returncode == -signal.SIGKILL
    assert pooled.finds("harbour") == [FLOOD if when == "before" else PORT]
    pooled.ingest()
    pooled.write("bread.txt", BREAD)
    pooled.ingest()
    pooled.write("bread.txt", BREAD + " They were warm.")
    pooled.ingest()
    assert pooled.finds("harbour") == [PORT]
    kept = {i for generation in pooled.store.generations() for i in ids_of(generation)}
    assert pooled.pooled() == kept


@pytest.mark.parametrize("when", ["before", "after"])
def test_what_was_killed_is_settled_by_an_ingest_that_changes_nothing(pooled, when):
    pooled.write("flood.txt", FLOOD)
    pooled.ingest()
    pooled.write("flood.txt", PORT)
    subprocess.run([sys.executable, "-c", DIES, pooled.root, pooled.url, when], timeout=120)
    if when == "before":
        pooled.write("flood.txt", FLOOD)
    with closing(pooled.pool()) as pool:
        pool.upsert(["garbage"], pooled.embedder.question("dike"))
    assert not pooled.ingest().published
    assert pooled.pooled() == {i for kept in pooled.store.generations() for i in ids_of(kept)}
    assert not (pooled.store.root / "unsettled").exists()


def ids_of(generation):
    with closing(ArticleStore(generation.library)) as library:
        return library.passage_ids()


def test_two_indexes_share_a_server_and_never_a_pool(tmp_path, server):
    papers = [Paper(tmp_path / name, server) for name in ("one", "two")]
    for paper, text in zip(papers, (FLOOD, PORT), strict=True):
        paper.write("same.txt", text)
        paper.ingest()
    assert [paper.finds("the") for paper in papers] == [[FLOOD], [PORT]]
    assert papers[0].home.collection != papers[1].home.collection
    for paper in papers:
        paper.close()


def test_many_that_begin_at_once_agree_on_one_pool(tmp_path, server):
    homes = [ChromaServerBackend(server, tmp_path / "index", "words-1", 256) for _ in range(8)]
    together = threading.Barrier(len(homes))

    def begin(home):
        together.wait(timeout=60)
        with closing(home.writer(tmp_path)) as pool:
            return pool.collection

    with ThreadPoolExecutor(len(homes)) as threads:
        assert len(set(threads.map(begin, homes))) == 1
    assert len(list((tmp_path / "index").glob("index.id*"))) == 1


def test_the_pool_of_a_former_embedder_goes_with_its_last_generation(pooled):
    pooled.write("flood.txt", FLOOD)
    pooled.ingest()
    former = pooled.home.collection

    class OtherWords(WordEmbedding):
        identity = "words-2"

    pooled.embedder = OtherWords()
    pooled.home = pooled.made_home()
    pooled.ingest()
    ChromaPool(pooled.home, former).close()  # one generation still needs it
    pooled.write("bread.txt", BREAD)
    pooled.ingest()
    with pytest.raises(DamagedError, match="does not know"):
        ChromaPool(pooled.home, former)


def test_a_server_that_lost_vectors_is_told_and_filled_again(pooled):
    pooled.write("flood.txt", FLOOD)
    pooled.write("bread.txt", BREAD)
    pooled.ingest()
    with closing(pooled.pool()) as pool:
        pool.remove([next(iter(pooled.named()))])
    with pytest.raises(DamagedError, match="index rebuild"):
        pooled.search().search("dike", 1)
    pooled.write("port.txt", PORT)
    with pytest.raises(DamagedError, match="index rebuild"):
        pooled.ingest()
    before = pooled.embedder.embedded
    pooled.ingest(rebuild=True)
    assert pooled.finds("dike") == [FLOOD]
    assert pooled.embedder.embedded == before  # the vectors were kept


def test_a_server_that_starts_again_has_everything(tmp_path):
    paper = Paper(tmp_path / "paper", f"http://127.0.0.1:{(port := free_port())}")
    paper.write("flood.txt", FLOOD)
    with chroma_server(tmp_path / "chroma", port):
        paper.ingest()
        search = paper.search()
        assert search.search("dike", 1)[0].passage.text == FLOOD
    with pytest.raises(UserError, match=r"does not answer.*chroma run"):
        search.search("dike", 1)
    with pytest.raises(UserError, match=r"does not answer"):
        paper.ingest(rebuild=True)
    with chroma_server(tmp_path / "chroma", port):
        assert search.search("dike", 1)[0].passage.text == FLOOD
        paper.close()


# ── errors ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("url", ["", "127.0.0.1:8000", "ftp://here", "http://"])
def test_an_address_must_be_one(tmp_path, url):
    with pytest.raises(UsageError, match=r"vectors\.url"):
        ChromaServerBackend(url, tmp_path, "words-1", 256)


def opened(url, name="passages-here", *, create=True, **options):
    return ChromaPool(
        ChromaServerBackend(url, Path(), "words-1", 256, **options), name, create=create
    )


def test_nobody_at_the_address_is_told():
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(UserError, match=f"{url} does not answer.*chroma run"):
        opened(url)


@pytest.mark.parametrize(
    ("status", "said", "name", "told"),
    [
        (401, "go away", "", r"another key.*vectors\.api_key"),
        (403, {"error": "ChromaAuthError", "message": "no"}, "", r"another key"),
        (200, "0.6.3", "", r"version '0\.6\.3'.*chroma run"),
        (404, "<html>", "", r"no Chroma server.*answers 404"),
        (200, "1.5.9", "uvicorn", r"CVE-2026-45829"),
        (302, "", "", r"no Chroma server"),
    ],
)
def test_a_server_that_is_another_is_told(status, said, name, told):
    with (
        json_server(lambda *_: (status, said), name) as url,
        pytest.raises(UserError, match=told) as caught,
    ):
        opened(url)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("status", [401, 500])
def test_a_server_that_fails_later_is_told_in_one_line(status):
    def reply(method, path, headers, body):
        return (200, "1.0.0") if path.endswith("/version") else (status, "down\nfor today")

    with json_server(reply) as url, pytest.raises(UserError) as caught:
        opened(url)
    assert "\n" not in str(caught.value)
    assert url in str(caught.value)
    assert ("vectors.api_key" in str(caught.value)) == (status == 401)


def test_the_key_is_sent_as_a_bearer_token():
    seen = []

    def reply(method, path, headers, body):
        seen.append({name.lower(): value for name, value in headers.items()})
        return 401, "no"

    with json_server(reply) as url, pytest.raises(UserError) as caught:
        opened(url, api_key="CANARY")
    assert seen[0]["authorization"] == "Bearer CANARY"
    assert "CANARY" not in str(caught.value)


def test_vectors_of_another_length_are_told(server):
    import chromadb

    client = chromadb.HttpClient(host="127.0.0.1", port=int(server.rpartition(":")[2]))
    other = client.create_collection("passages-other", embedding_function=None)
    other.upsert(ids=["a"], embeddings=[[1.0, 0.0, 0.0]])
    with closing(opened(server, "passages-other", create=False)) as pool:
        pool.upsert(["b"], np.ones((1, 256), np.float32) / 16)
        with pytest.raises(UserError, match="of another length than 256"):
            pool.count()
    with (
        closing(opened(server, "passages-other", create=False)) as pool,
        pytest.raises(UserError, match="of another length than 256"),
    ):
        pool.nearest(np.ones((1, 256), np.float32) / 16, 1)


def test_a_collection_that_names_code_is_refused(server):
    import urllib.request

    body = (
        b'{"name": "passages-code", "configuration": {"embedding_function": {"type": "known",'
        b' "name": "sentence_transformer", "config": {"model_name": "evil/model", "device": "cpu",'
        b' "normalize_embeddings": false, "kwargs": {"trust_remote_code": true}}}}}'
    )
    where = f"{server}/api/v2/tenants/default_tenant/databases/default_database/collections"
    request = urllib.request.Request(where, body, {"content-type": "application/json"})
    urllib.request.urlopen(request).close()
    before = set(sys.modules)
    for create in (False, True):
        with pytest.raises(UserError, match="names an embedding function"):
            opened(server, "passages-code", create=create)
    assert not {"sentence_transformers"} & (set(sys.modules) - before)


def test_a_proxy_is_not_asked_for_the_loopback_address(server, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "example.org")
    opened(server).close()
    assert os.environ["NO_PROXY"].startswith("example.org,")
