"""Vectors in a Chroma server: a pool of all generations, whatever is killed, lost or refused."""

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from eval.benchmarks.chroma_process import chroma_server, free_port
from index.core.errors import DamagedError, UsageError, UserError
from index.storage.article_store import ArticleStore
from index.storage.chroma_folder import ChromaFolderBackend
from index.storage.chroma_server import ChromaPool, ChromaServerBackend
from index.storage.generations import GenerationStore
from tests.command_line import python
from tests.conftest import News
from tests.fakes import WordEmbedding
from tests.servers import json_server

pytestmark = pytest.mark.drill
FLOOD = "The river Ossel broke the dike at Lower Brask and twelve people died in the night."
BREAD = "Zoë Lind baked ninety loaves for the neighbours who had helped her in the winter."
PORT = "A freighter ran aground at Skarn Point and blocked the harbour for two days."


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with chroma_server(tmp_path_factory.mktemp("chroma")) as url:
        yield url


class Paper(News):
    """An archive whose vectors are in the Chroma server at `url`."""

    def __init__(self, root, url):
        super().__init__(root)
        self.url = url
        self.use_server()

    def use_server(self):
        """The server's pool for the embedder there is now."""
        words, root = self.embedder, self.store.root
        self.vectors = ChromaServerBackend(self.url, root, words.identity, words.dimension)

    def pool(self):
        return ChromaPool(self.vectors, self.vectors.collection)

    def pooled(self):
        with closing(self.pool()) as pool:
            return pool.ids()

    def named(self):
        """Passage ids of the published generation."""
        return ids_of(self.store.open()[0])

    def named_by_all(self):
        """Passage ids of every generation that is kept."""
        return set().union(*map(ids_of, self.store.generations()))


def ids_of(generation):
    with closing(ArticleStore(generation.library)) as library:
        return set(library.passage_ids())


@pytest.fixture
def pooled(tmp_path, server):
    paper = Paper(tmp_path, server)
    yield paper
    paper.close()


def test_a_new_title_over_the_same_text_has_its_own_vector(pooled):
    pooled.put(flood=f"Title: Water\n\n{FLOOD}")
    old = pooled.named()
    pooled.put(flood=f"Title: Night of the dike\n\n{FLOOD}")
    assert not old & pooled.named()
    first = pooled.search().search("Night of the dike", 1)[0]
    (pooled.store.root / "CURRENT").write_text("g000001\n")
    assert pooled.search().search("Night of the dike", 1)[0].similarity < first.similarity


def test_moving_the_vectors_elsewhere_is_told_and_then_done_without_embedding(pooled):
    pooled.write("flood.txt", FLOOD)
    there, pooled.vectors = pooled.vectors, ChromaFolderBackend()
    pooled.ingest()
    for home in (there, ChromaFolderBackend()):
        pooled.vectors = home
        with pytest.raises(UserError, match=r"vectors\.url"):
            pooled.finds("dike")
        assert pooled.ingest().published
        assert pooled.finds("dike") == FLOOD
    assert pooled.embedder.embedded == 1


def test_an_ingest_that_died_leaves_garbage_that_no_search_sees_and_the_next_one_removes(pooled):
    pooled.put(flood=FLOOD)
    near = pooled.embedder.question("dike") + 0.01 * np.random.default_rng(7).random((300, 256))
    with closing(pooled.pool()) as pool:
        pool.upsert([f"garbage-{number}" for number in range(300)], near.astype(np.float32))
    assert pooled.finds("dike") == FLOOD
    assert pooled.search().search("dike", 1)[0].dense_rank == 1
    pooled.put(bread=BREAD)
    assert pooled.pooled() == pooled.named()


DIES = """
import os, signal, sys
from pathlib import Path
from tests.index.storage.test_chroma_server import ChromaServerBackend, Paper

paper = Paper(Path(sys.argv[1]), sys.argv[2])
before = sys.argv[3] == "before"
owner = type(paper.store) if before else ChromaServerBackend
die = lambda *_args, **_options: os.kill(os.getpid(), signal.SIGKILL)
setattr(owner, "publish" if before else "remove_unused", die)
paper.ingest()
"""


@pytest.fixture(params=["before", "after"])
def killed(pooled, request):
    """FLOOD was published, and the ingest of PORT died before or after its publication."""
    pooled.put(flood=FLOOD)
    pooled.write("flood.txt", PORT)
    process = python("-c", DIES, pooled.root, pooled.url, request.param)
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL
    assert pooled.finds("harbour") == (FLOOD if request.param == "before" else PORT)
    return pooled


def test_after_a_kill_the_next_ingests_leave_what_their_generations_name(killed):
    killed.ingest()
    for text in (BREAD, f"{BREAD} They were warm."):
        killed.put(bread=text)
    assert killed.finds("harbour") == PORT
    assert killed.pooled() == killed.named_by_all()


def test_what_was_killed_is_settled_by_an_ingest_that_changes_nothing(killed):
    killed.write("flood.txt", killed.finds("harbour"))
    with closing(killed.pool()) as pool:
        pool.upsert(["garbage"], killed.embedder.question("dike"))
    assert not killed.ingest().published
    assert killed.pooled() == killed.named_by_all()
    assert not (killed.store.root / "unsettled").exists()


def test_two_indexes_share_a_server_and_never_a_pool(tmp_path, server):
    papers = [Paper(tmp_path / name, server) for name in ("one", "two")]
    for paper, text in zip(papers, (FLOOD, PORT), strict=True):
        paper.put(same=text)
    assert [paper.finds("the") for paper in papers] == [FLOOD, PORT]
    assert papers[0].vectors.collection != papers[1].vectors.collection
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
    pooled.store = GenerationStore(pooled.store.root, keep=2)
    pooled.put(flood=FLOOD)
    former = pooled.vectors.collection
    pooled.embedder = WordEmbedding()
    pooled.embedder.identity = "words-2"
    pooled.use_server()
    pooled.ingest()
    ChromaPool(pooled.vectors, former).close()  # one generation still needs it
    pooled.put(bread=BREAD)
    with pytest.raises(DamagedError, match="does not know"):
        ChromaPool(pooled.vectors, former)


def test_a_server_that_lost_vectors_is_told_and_filled_again(pooled):
    pooled.put(flood=FLOOD, bread=BREAD)
    with closing(pooled.pool()) as pool:
        pool.remove([next(iter(pooled.named()))])
    with pytest.raises(DamagedError, match="index rebuild"):
        pooled.search().search("dike", 1)
    pooled.write("port.txt", PORT)
    with pytest.raises(DamagedError, match="index rebuild"):
        pooled.ingest()
    before = pooled.embedder.embedded
    pooled.ingest(rebuild=True)
    assert pooled.finds("dike") == FLOOD
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


@pytest.mark.parametrize("url", ["", "127.0.0.1:8000", "ftp://here", "http://"])
def test_an_address_must_be_one(tmp_path, url):
    with pytest.raises(UsageError, match=r"vectors\.url"):
        ChromaServerBackend(url, tmp_path, "words-1", 256)


def opened(url, name="passages-here", *, create=True, **options):
    backend = ChromaServerBackend(url, Path(), "words-1", 256, **options)
    return ChromaPool(backend, name, create=create)


@pytest.mark.parametrize(
    ("status", "said", "name", "told"),
    [
        (401, "go away", "test", r"another key.*vectors\.api_key"),
        (403, {"error": "ChromaAuthError", "message": "no"}, "test", r"another key"),
        (200, "0.6.3", "test", r"version '0\.6\.3'.*chroma run"),
        (404, "<html>", "test", r"no Chroma server.*answers 404"),
        (200, "1.5.9", "uvicorn", r"CVE-2026-45829"),
        (302, "", "test", r"no Chroma server"),
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
    vector = np.ones((1, 256), np.float32) / 16
    for look in (ChromaPool.count, lambda pool: pool.nearest(vector, 1)):
        with closing(opened(server, "passages-other", create=False)) as pool:
            pool.upsert(["b"], vector)
            with pytest.raises(UserError, match="of another length than 256"):
                look(pool)


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
