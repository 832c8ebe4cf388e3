"""The reranker around a model that only counts: what is read, how often, and how many at once."""

import threading

import pytest

from index.patience import GivenUp, unless
from index.rerank import OnnxReranker


class Reader:
    """In the place of the ONNX model: a text's score is its length."""

    def __init__(self) -> None:
        self.read: list[tuple[str, str]] = []
        self.together = threading.Barrier(1)

    def run(self, pair):
        self.read.append(pair)
        self.together.wait(10)
        return [float(len(pair[1]))]


@pytest.fixture
def reader(monkeypatch):
    reader = Reader()
    monkeypatch.setattr("index.rerank.OnnxModel.load", lambda *_, threads: reader)
    return reader


def test_scores_stand_in_the_order_of_the_texts(reader, tmp_path):
    reranker = OnnxReranker(tmp_path, name="lengths", threads=1)
    assert reranker.score("Who?", ["four", "a", "three", "a"]) == [4, 1, 5, 1]
    assert reader.read == [("Who?", "three"), ("Who?", "four"), ("Who?", "a")]
    assert reranker.score("Who?", []) == []


def test_what_was_read_with_a_question_is_not_read_again_with_it(reader, tmp_path):
    reranker = OnnxReranker(tmp_path, name="lengths", threads=1)
    reranker.score("Who?", ["one", "two"])
    assert reranker.score("Who?", ["two", "three"]) == [3, 5]
    assert reranker.score("Where?", ["two"]) == [3]
    assert sorted(reader.read) == [
        ("Where?", "two"),
        ("Who?", "one"),
        ("Who?", "three"),
        ("Who?", "two"),
    ]


def test_as_many_texts_are_read_at_once_as_there_are_threads(reader, tmp_path):
    reader.together = threading.Barrier(3)
    reranker = OnnxReranker(tmp_path, name="lengths", threads=3)
    assert reranker.score("Who?", ["x" * n for n in range(6)]) == [0, 1, 2, 3, 4, 5]


def test_what_fails_while_it_reads_is_told(reader, tmp_path):
    reader.together.abort()
    with pytest.raises(threading.BrokenBarrierError):
        OnnxReranker(tmp_path, name="lengths", threads=2).score("Who?", ["one", "two"])


def test_what_is_given_up_ends_after_the_text_in_hand(reader, tmp_path):
    reranker = OnnxReranker(tmp_path, name="lengths", threads=1)
    unwanted = threading.Event()

    class LastReader(Reader):
        def run(self, pair):
            unwanted.set()
            return super().run(pair)

    reranker._model = LastReader()
    with pytest.raises(GivenUp), unless(unwanted):
        reranker.score("Who?", ["one", "two", "three"])
    assert len(reranker._model.read) == 1
    reranker._model = reader
    assert reranker.score("Who?", ["one", "two", "three"]) == [3, 3, 5]  # for who waits for it
