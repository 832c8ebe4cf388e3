"""Plain vectors: exact, told alike whatever row they stand in, and refused when damaged."""

import numpy as np
import pytest

from index.core.errors import DamagedError
from index.storage.flat_index import FlatIndex

RANDOM = np.random.default_rng(3)
ROWS = RANDOM.normal(size=(300, 32)).astype(np.float32)
ROWS /= np.linalg.norm(ROWS, axis=1, keepdims=True)
IDS = [f"p{number:03d}" for number in RANDOM.permutation(300)]


def written(folder, order=range(300)):
    FlatIndex.write(folder, {IDS[row]: ROWS[row] for row in order})
    return FlatIndex.load(folder)


def test_the_nearest_are_those_of_exact_arithmetic(tmp_path) -> None:
    plain = written(tmp_path)
    for row in range(0, 300, 30):
        exact = ROWS.astype(np.float64) @ ROWS[row].astype(np.float64)
        best = [IDS[one] for one in np.argsort(-exact)[:10]]
        hits = plain.nearest(ROWS[row : row + 1], 10)
        assert [one for one, _ in hits] == best
        assert hits[0] == (IDS[row], pytest.approx(1.0, abs=1e-6))


def test_the_order_of_the_rows_makes_no_difference(tmp_path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    question = ROWS[:3].sum(axis=0, keepdims=True)
    found = written(one).nearest(question, 20)
    assert found == written(other, reversed(range(300))).nearest(question, 20)


def test_equal_vectors_stand_in_the_order_of_their_ids(tmp_path) -> None:
    same = {one: ROWS[0] for one in ("c", "a", "d", "b")}
    FlatIndex.write(tmp_path, same | {"far": -ROWS[0]})
    assert [one for one, _ in FlatIndex.load(tmp_path).nearest(ROWS[:1], 3)] == ["a", "b", "c"]


def test_what_is_stored_comes_back(tmp_path) -> None:
    plain = written(tmp_path)
    found = plain.get([IDS[7], "unknown"])
    assert list(found) == [IDS[7]]
    assert np.array_equal(found[IDS[7]], ROWS[7])
    assert plain.count() == 300
    assert plain.matches(set(IDS))
    assert not plain.matches(set(IDS[1:]))


@pytest.mark.parametrize("name", ["plain.npy", "plain.json"])
def test_damage_is_told_with_its_cure(tmp_path, name) -> None:
    written(tmp_path)
    (tmp_path / name).write_bytes(b"{")
    with pytest.raises(DamagedError, match="index rebuild"):
        FlatIndex.load(tmp_path)


def test_an_index_is_searched_without_chroma_and_follows_what_changes(news, monkeypatch) -> None:
    news.put(flood="The dike at Lower Brask broke.", bread="Zoë Lind baked 90 loaves.")
    monkeypatch.setattr(
        "index.storage.chroma_folder.ChromaFolder._open", None
    )  # whoever needs it fails
    search = news.search()
    assert search.search("dike", 1)[0].passage.text == "The dike at Lower Brask broke."
    monkeypatch.undo()
    news.put(flood="The dike held.")
    monkeypatch.setattr("index.storage.chroma_folder.ChromaFolder._open", None)
    assert search.search("dike", 1)[0].passage.text == "The dike held."
    assert not list(news.store.root.glob("open-*"))


def test_an_index_that_is_too_large_for_it_is_searched_through_chroma(news, monkeypatch) -> None:
    monkeypatch.setattr("index.storage.chroma_folder.MOST", 1)
    news.put(flood="The dike at Lower Brask broke.", bread="Zoë Lind baked 90 loaves.")
    generation, _ = news.store.open()
    assert not FlatIndex.exists(generation.vectors)
    assert news.search().search("dike", 1)[0].passage.text == "The dike at Lower Brask broke."
