"""The key-value cache: what is put is found again, and a damaged file is begun anew."""

from contextlib import closing

import pytest

from index.core.key_value_cache import KeyValueCache, remove


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "cache.sqlite"


def test_values_are_found_by_another_process(path):
    with closing(KeyValueCache(path, "scores", "score")) as cache:
        cache.put({"a": 1.5, "b": 2.5})
        cache.put({"b": 3.5})
        with closing(KeyValueCache(path, "scores", "score", check=True)) as other:
            assert other.get(["a", "b", "c"]) == {"a": 1.5, "b": 3.5}
            assert other.get([]) == {}


@pytest.mark.parametrize("check", [True, False])
def test_a_damaged_file_is_begun_anew(path, check):
    path.parent.mkdir()
    path.write_bytes(b"not a database " * 400)
    with closing(KeyValueCache(path, "drafts", "pieces", check=check)) as cache:
        assert cache.get(["a"]) == {}
        cache.put({"a": "text"})
        assert cache.get(["a"]) == {"a": "text"}


def test_removing_leaves_nothing(path):
    with closing(KeyValueCache(path, "files", "found")) as cache:
        cache.put({"a": b"\x00\x01"})
    remove(path)
    assert not list(path.parent.iterdir())
