"""The reranker around a model that only counts: what is read, how often, and how many at once."""

import re
import threading

import pytest

from index.core.cancellation import Cancelled, cancel_scope
from index.retrieval.reranker import OnnxReranker, foreign


class Reader:
    """In the place of the ONNX model: a text's score is its length."""

    def __init__(self) -> None:
        self.read: list[tuple[str, str]] = []
        self.together = threading.Barrier(1)

    def run(self, pair):
        self.read.append(pair)
        self.together.wait(10)
        return [float(len(pair[1]))]

    def pieces(self, text):
        """A word is one piece; one of more than ten letters is not in the vocabulary."""
        spans = [found.span() for found in re.finditer(r"\S+", text)]
        return [(start, end, end - start <= 10) for start, end in spans]


@pytest.fixture
def reader(monkeypatch):
    reader = Reader()
    monkeypatch.setattr("index.retrieval.reranker.OnnxModel.load", lambda *_, threads: reader)
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
    with pytest.raises(Cancelled), cancel_scope(unwanted):
        reranker.score("Who?", ["one", "two", "three"])
    assert len(reranker._model.read) == 1
    reranker._model = reader
    assert reranker.score("Who?", ["one", "two", "three"]) == [3, 3, 5]  # for who waits for it


# ── tokens ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("Kim Gunn met them", 4),
        ("x" * 4001, 2001),  # no word: nobody knows it, and a model reads it letter by letter
        ("“Kim” said", 4),
        ("in 2010", 5),  # a token a digit
        ("Zoë", 2),
        ("東京", 2),
        ("\U00013080" * 3, 12),  # hieroglyphs, a token a byte
    ],
)
def test_tokens_are_counted_without_a_language_model(reader, tmp_path, text, tokens):
    assert OnnxReranker(tmp_path, name="lengths", threads=1).count(text) == tokens


def test_no_sign_costs_a_language_model_four_times_what_it_is_counted_as() -> None:
    for sign in map(chr, (0xE9, 0x301, 0x436, 0x930, 0x201C, 0x2603, 0x6771, 0xFFFD, 0x1F600)):
        assert 4 * foreign(100 * sign) >= len((100 * sign).encode())  # a token a byte at most
