"""The reranker around a model that only counts: what is read, how often, and how many at once."""

import re
import threading

import pytest

from index.core.cancellation import Cancelled, cancel_scope
from index.embedding.onnx_model import OnnxModel
from index.retrieval.reranker import OnnxReranker, non_ascii_tokens


class LengthModel(OnnxModel):
    """A fake model without weights: the score of a text is its length."""

    def __init__(self, threads=1, before=lambda: None):
        super().__init__(None, None, threads)
        self.read: list[tuple[str, str]] = []
        self._before = before

    def run(self, pair):
        self._before()
        self.read.append(pair)
        return [float(len(pair[1]))]

    def pieces(self, text):
        """A word is one piece; one of more than ten letters is not in the vocabulary."""
        spans = [found.span() for found in re.finditer(r"\S+", text)]
        return [(start, end, end - start <= 10) for start, end in spans]


def test_scores_are_in_the_order_of_the_texts_and_each_text_is_read_once():
    model = LengthModel()
    reranker = OnnxReranker(model, name="lengths")
    assert reranker.score("Who?", ["four", "a", "three", "a"]) == [4, 1, 5, 1]
    assert model.read == [("Who?", "three"), ("Who?", "four"), ("Who?", "a")]
    assert reranker.score("Who?", []) == []
    assert reranker.score("Who?", ["four", "new"]) == [4, 3]
    assert reranker.score("Where?", ["a"]) == [1]
    assert model.read[3:] == [("Who?", "new"), ("Where?", "a")]


def test_as_many_texts_are_read_at_once_as_there_are_threads():
    model = LengthModel(3, threading.Barrier(3, timeout=10).wait)
    texts = ["x" * n for n in range(6)]
    assert OnnxReranker(model, name="lengths").score("Who?", texts) == [0, 1, 2, 3, 4, 5]


def test_a_cancelled_call_ends_after_the_current_text():
    cancel = threading.Event()
    model = LengthModel(before=cancel.set)
    reranker = OnnxReranker(model, name="lengths")
    with pytest.raises(Cancelled), cancel_scope(cancel):
        reranker.score("Who?", ["one", "two", "three"])
    assert len(model.read) == 1
    assert reranker.score("Who?", ["one", "two", "three"]) == [3, 3, 5]  # outside the scope


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("Kim Gunn met them", 4),
        ("x" * 4001, 2001),  # not in the vocabulary: a language model reads it letter by letter
        ("“Kim” said", 4),
        ("in 2010", 5),  # a token a digit
        ("Zoë", 2),
        ("東京", 2),
        ("\U00013080" * 3, 12),  # hieroglyphs, a token a byte
    ],
)
def test_tokens_are_estimated_without_a_language_model(text, tokens):
    assert OnnxReranker(LengthModel(), name="lengths").count(text) == tokens


def test_no_character_costs_a_language_model_four_times_its_estimate() -> None:
    for sign in map(chr, (0xE9, 0x301, 0x436, 0x930, 0x201C, 0x2603, 0x6771, 0xFFFD, 0x1F600)):
        assert 4 * non_ascii_tokens(100 * sign) >= len(
            (100 * sign).encode()
        )  # a token a byte at most
