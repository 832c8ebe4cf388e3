"""The ONNX embedder around a fake session: order, batches of one, unit length, prefix."""

from types import SimpleNamespace

import numpy as np
import pytest

from index.embedding.embedders import OnnxEmbedder
from index.embedding.onnx_model import OnnxModel


class Tokenizer:
    """One token a character."""

    def encode(self, text, add_special_tokens=True):
        ids = [*([1] if add_special_tokens else []), *map(ord, text)]
        return SimpleNamespace(ids=ids, attention_mask=[1] * len(ids), type_ids=[0] * len(ids))


class Session:
    """(1, tokens, 2) output; the first token's row depends on the whole text."""

    def __init__(self):
        self.shapes = []

    def get_inputs(self):
        return [SimpleNamespace(name=name) for name in ("input_ids", "attention_mask")]

    def run(self, _outputs, feed):
        assert feed.keys() == {"input_ids", "attention_mask"}  # no input that it does not have
        ids = feed["input_ids"]
        self.shapes.append(ids.shape)
        output = np.ones((*ids.shape, 2), np.float32)
        output[0, 0] = (ids.sum(), ids.shape[1])
        return [output]


@pytest.fixture
def session():
    return Session()


@pytest.fixture
def embedder(session):
    model = OnnxModel(session, Tokenizer(), threads=2)
    return OnnxEmbedder(model, name="fake", identity="x", dimension=2, question_prefix="ask: ")


def test_rows_are_unit_vectors_of_the_first_token_in_the_order_of_the_texts(embedder, session):
    texts = ["b", "long text", "b", ""]
    vectors = embedder.passages(texts)
    expected = np.array([[1 + sum(map(ord, text)), 1 + len(text)] for text in texts], np.float32)
    assert np.allclose(vectors, expected / np.linalg.norm(expected, axis=1, keepdims=True))
    assert sorted(session.shapes) == [(1, 1), (1, 2), (1, 10)]  # one text a batch, each text once


def test_a_question_is_embedded_with_its_prefix(embedder):
    assert np.array_equal(embedder.question("who"), embedder.passages(["ask: who"]))
    assert embedder.tokenize("who") == [119, 104, 111]
