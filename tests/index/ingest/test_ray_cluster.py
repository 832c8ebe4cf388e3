"""The same archive in a folder, in a Chroma server and by a cluster of Ray: nothing differs.

The cluster runs in a process of its own: Ray looks for this machine's address on the network,
which no test may, and what it starts has to go with it.
"""

import importlib.util
import json

import pytest

from assistant.cli.entry import main
from eval.benchmarks.backend_equivalence import compare_backends
from tests.command_line import python
from tests.fakes import WordEmbedding

pytestmark = pytest.mark.drill
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
    process = python("-c", COMPARES, tmp_path)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err[-2000:]
    found = json.loads(out.splitlines()[-1])
    assert (found["articles"], found[KIN]) == (WITH_COPIES, 9)
    assert found[DIFFERENT] == 0
    assert found["passages embedded by the cluster's driver"] == 0


def test_a_cluster_needs_a_chroma_server(tmp_path, capsys):
    assert main(["ingest", str(tmp_path), "--cluster", "local", "--data", str(tmp_path)]) == 2
    assert "vectors.url" in capsys.readouterr().err
