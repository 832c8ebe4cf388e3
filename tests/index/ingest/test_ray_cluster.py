"""The same archive in a folder, in a Chroma server and by a cluster of Ray: nothing differs.

The cluster runs in a process of its own: Ray looks for this machine's address on the network,
which no test may, and what it starts has to go with it.
"""

import importlib.util
import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from assistant.cli.entry import main
from eval.benchmarks.backend_equivalence import compare_backends
from eval.benchmarks.chroma_process import chroma_server
from eval.benchmarks.synthetic_corpus import write_archive, write_near_copies
from index.ingest.integrity import check
from index.ingest.pipeline import Ingest
from index.storage.article_store import ArticleStore
from index.storage.chroma_server import ChromaServerBackend
from index.storage.generations import GenerationStore
from tests.fakes import WordEmbedding

pytestmark = pytest.mark.drill
ROOT = Path(__file__).resolve().parents[3]
ARTICLES = 60
WITH_COPIES = 69  # and wire copies and corrections of some
KIN = "near copies and old versions"
DIFFERENT = "ids and top 10 that differ between backends"
COMPARES = f"""
import json, sys
from pathlib import Path
from eval.benchmarks.backend_equivalence import compare_backends
from tests.fakes import WordEmbedding
print(json.dumps(compare_backends(Path(sys.argv[1]), {ARTICLES}, WordEmbedding)))
"""
needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None,
    reason="ray is not installed; it is the optional extra `cluster`",
)


def test_a_folder_and_a_server_give_the_same_ids_and_the_same_best_ten(tmp_path):
    found = compare_backends(tmp_path, ARTICLES, WordEmbedding, cluster="")
    assert (found["articles"], found[KIN], found["questions"]) == (WITH_COPIES, 9, 50)
    assert found[DIFFERENT] == 0


@needs_ray
def test_a_cluster_gives_the_same_ids_and_the_same_best_ten(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", COMPARES, tmp_path],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert (found["articles"], found[KIN]) == (WITH_COPIES, 9)
    assert found[DIFFERENT] == 0
    assert found["passages embedded by the cluster's driver"] == 0


TOGETHER = """
import sys
from pathlib import Path
from eval.benchmarks.backend_equivalence import by_cluster
from index.core.errors import BusyError
from tests.fakes import WordEmbedding
root, url = Path(sys.argv[1]), sys.argv[2]
try:
    by_cluster(root, url, WordEmbedding, "local")
except BusyError:
    print("busy")
"""


@needs_ray
def test_two_clusters_at_once_leave_the_index_that_one_machine_makes(tmp_path):
    write_archive(tmp_path / "articles", ARTICLES)
    write_near_copies(tmp_path / "articles")
    with chroma_server(tmp_path / "chroma") as url:
        command = [sys.executable, "-c", TOGETHER, str(tmp_path), url]
        environ = os.environ | {"PYTHONPATH": str(ROOT)}
        running = [
            subprocess.Popen(
                command, env=environ, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            for _ in range(2)
        ]
        told = [process.communicate(timeout=300) for process in running]
        assert [process.returncode for process in running] == [0, 0], told
        assert [out for out, _ in told].count(b"busy\n") <= 1
        made, embedder = GenerationStore(tmp_path / "cluster"), WordEmbedding()
        alone = GenerationStore(tmp_path / "alone")
        Ingest(alone, tmp_path / "e.sqlite", embedder).run([tmp_path / "articles"])
        assert told_of(made) == told_of(alone)
        home = ChromaServerBackend(url, made.root, embedder.identity, embedder.dimension)
        check(made, made.current_name(), home)


def told_of(store):
    """Articles, passages, near copies and old versions of the published index."""
    generation, _ = store.open()
    with closing(ArticleStore(generation.library)) as library:
        return (
            library.digests(),
            set(library.passage_ids()),
            library.copies(),
            library.near_copies(),
            library.superseded(),
        )


def test_a_cluster_needs_a_chroma_server(tmp_path, capsys):
    assert main(["ingest", str(tmp_path), "--cluster", "local", "--data", str(tmp_path)]) == 2
    assert "vectors.url" in capsys.readouterr().err


def test_one_machine_does_not_import_ray():
    code = (
        "import sys, assistant.cli, assistant.container, index.ingest.pipeline,"
        " index.retrieval.hybrid_search, index.storage.chroma_server; print('ray' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr
