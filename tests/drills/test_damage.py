"""Every kind of damage to every kind of file: detected when the index is opened, never a wrong
answer, never a crash. Each look is a process of its own, because Chroma may take it down."""

import json
import shutil
from pathlib import Path

import pytest

from tests.conftest import NEW, OLD
from tests.drills.drill import Place, ingested, ran


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def garble(path: Path, at: float = 0.5) -> None:
    data = bytearray(path.read_bytes())
    start = int(at * len(data))
    data[start : start + 64] = bytes(byte ^ 0x5A for byte in data[start : start + 64])
    path.write_bytes(data)


def grow(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\x5a" * 64)


def text(path: Path) -> None:
    path.write_text("This is no database.\n" * 100)


def other_hash(path: Path) -> None:
    sums = json.loads(path.read_text())
    sums["library.sqlite"] = "0" * 64
    path.write_text(json.dumps(sums))


def of_another(path: Path) -> None:
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"passages": manifest["passages"] + 1}))


def head(path: Path) -> None:
    garble(path, 0)


def empty(path: Path) -> None:
    path.write_bytes(b"")


PLAIN = ("plain.npy", "plain.json")
HNSW = ("data_level0.bin", "header.bin", "length.bin")
CASES = [
    *((name, how) for name in (*HNSW, *PLAIN) for how in (cut, garble, Path.unlink)),
    *(("link_lists.bin", how) for how in (grow, Path.unlink)),  # it is empty: nothing to cut
    ("segment", shutil.rmtree),
    *(
        (name, how)
        for name in ("chroma.sqlite3", "library.sqlite")
        for how in (head, garble, cut, empty, Path.unlink, text)
    ),
    *(("manifest.json", how) for how in (cut, of_another, Path.unlink)),
    *(("sums.json", how) for how in (cut, other_hash, Path.unlink)),
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A place with two generations; to be copied."""
    place = Place(tmp_path_factory.mktemp("whole"))
    for told in (OLD, NEW):
        place.write("tram.txt", told)
        for number in range(20):
            place.write(f"{number}.txt", f"The council of ward {number} met. {told}")
        ingested(place)
    return place


@pytest.fixture
def damaged(whole, tmp_path):
    """Makes a copy of the place with one file damaged; `alone`: no older generation is left."""

    def make(name: str, how, *, alone: bool) -> Place:
        place = Place(tmp_path / f"alone-{alone}")
        shutil.copytree(whole.data, place.data)
        if alone:
            shutil.rmtree(place.store.root / "g000001")
        generation = place.store.root / "g000002"
        (segment,) = [path for path in (generation / "chroma").iterdir() if path.is_dir()]
        how(segment if name == "segment" else next(generation.rglob(name)))
        return place

    return make


@pytest.mark.parametrize(
    ("name", "how"), CASES, ids=[f"{name}-{how.__name__}" for name, how in CASES]
)
def test_a_damaged_file(name, how, damaged):
    place = damaged(name, how, alone=False)
    code, out, err = ran(place.root, "search", "tram", "-k", "1")
    assert code == 0
    assert OLD in out and NEW not in out
    assert "g000002" in err and "Using g000001" in err and "assistant index rebuild" in err
    code, _, err = ran(place.root, "index", "verify")
    assert code == 5 and "g000002" in err

    place = damaged(name, how, alone=True)
    code, out, err = ran(place.root, "search", "tram", "-k", "1")
    assert (code, out) == (5, "")
    assert "g000002" in err and "assistant index rebuild" in err
    assert "Traceback" not in err
