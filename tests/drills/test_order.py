"""What is on disk when: seen from outside, by strace."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INGEST = """
import sys
from tests.drills.drill import Extractor, Place, extract_here
Extractor.extract = extract_here
place = Place(sys.argv[1])
place.ingest().run([place.folder], prune=True)
"""
TRACED = "trace=fsync,fdatasync,rename,renameat,renameat2"


@pytest.fixture
def traced(place, mutations, long_form):
    """The calls of one ingest in order: ("sync", path) and ("rename", from, to)."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    if not long_form:
        pytest.skip("it takes ten seconds: make test-faults")
    mutations.change(20, 20)
    log = place.root / "strace.log"
    command = [sys.executable, "-c", INGEST, str(place.root)]
    done = subprocess.run(
        [*"strace -f -y -e".split(), TRACED, "-o", str(log), *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    if "PTRACE" in done.stderr:
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stderr
    return list(_calls(log.read_text("utf-8", "replace")))


def _calls(log: str):
    for line in log.splitlines():
        if sync := re.search(r"\bf(?:data)?sync\(\d+<([^>]+)>", line):
            yield "sync", sync[1]
        elif moved := re.search(r'\brename\w*\(.*?"([^"]+)".*?"([^"]+)"', line):
            yield "rename", moved[1], moved[2]


def test_every_file_is_on_disk_before_anything_points_to_it(traced, place):
    root = place.store.root
    folder = root / "g000001"
    (renamed,) = [n for n, call in enumerate(traced) if call[-1] == str(folder)]
    draft = Path(traced[renamed][1])
    synced = {call[1] for call in traced[:renamed] if call[0] == "sync"}
    for path in folder.rglob("*"):
        assert str(draft / path.relative_to(folder)) in synced
    assert str(draft) in synced
    ours = [call for call in traced[renamed:] if call[1].startswith(str(root))]
    pointer = ours[2][1]
    assert Path(pointer).name.startswith(".CURRENT.")
    assert ours[1:5] == [
        ("sync", str(root)),
        ("sync", pointer),
        ("rename", pointer, str(root / "CURRENT")),
        ("sync", str(root)),
    ]
