"""The real embedder and reranker: run with `-m real` after `assistant models pull`."""

from contextlib import closing

import numpy as np
import pytest

from assistant.container import App
from assistant.core.settings import load
from index.embedding.onnx_model import OnnxModel
from index.retrieval.reranker import OnnxReranker

pytestmark = pytest.mark.real

PROOF = "Zoë Lind, who keeps the bakery on Ferry Lane, gave ninety loaves to her neighbours."
OTHERS = [
    "The bakery on Ferry Lane has a blue door.",
    "Ninety people came to the neighbours' meeting about the flood.",
    "The tram stood still on Monday.",
    "Bread is made of flour, water and salt.",
]
QUESTION = "Who gave bread to the neighbours?"
LONG = "The harbour was closed on Monday because of the flood. " * 200  # more than 512 tokens


@pytest.fixture(scope="module")
def app():
    with closing(App(load())) as app:
        yield app


def test_vectors_have_length_1_and_do_not_depend_on_their_neighbours(app):
    embedder = app.embedder
    alone = np.concatenate([embedder.passages([text]) for text in [PROOF, *OTHERS]])
    assert np.allclose(np.linalg.norm(alone, axis=1), 1, atol=1e-6)
    assert np.array_equal(embedder.passages([PROOF, *OTHERS]), alone)
    backwards = embedder.passages([LONG, *OTHERS[::-1], PROOF])
    assert np.array_equal(backwards[1:][::-1], alone)


def test_a_question_is_embedded_otherwise_than_a_passage_and_near_the_one_that_answers(app):
    asked = "On which day did the tram not run?"
    question, passage = app.embedder.question(asked), app.embedder.passages([asked])
    assert not np.allclose(question, passage, atol=1e-3)
    assert int(np.argmax(app.embedder.passages([PROOF, *OTHERS]) @ question[0])) == 3


def test_the_reranker_puts_the_proving_sentence_first(app):
    scores = app.reranker.score(QUESTION, [*OTHERS, PROOF])
    assert max(scores) == scores[-1] > 0
    assert scores[2] < -5  # the tram has nothing to do with it


def test_the_reranker_does_not_depend_on_batch_order_or_threads(app):
    def fresh(threads):  # knows no score yet
        name = app.settings.reranker.model
        return OnnxReranker(OnnxModel.load(app.models.path(name), threads=threads), name=name)

    texts = [*OTHERS, PROOF, LONG]
    one, two, four = fresh(1), fresh(2), fresh(4)
    scores = two.score(QUESTION, texts)
    assert scores == [one.score(QUESTION, [text])[0] for text in texts]
    assert scores[::-1] == four.score(QUESTION, texts[::-1])
    assert two.score(QUESTION, []) == []
