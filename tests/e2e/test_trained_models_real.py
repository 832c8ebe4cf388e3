"""The trained models: a proof that needs its neighbours is found, a swapped name is not said."""

from contextlib import closing

import pytest

from assistant.container import App
from assistant.core.answer import Evidence
from assistant.core.settings import load
from index.core.articles import Article, Passage
from index.retrieval.selector import TitledSentences
from index.text.chunking import sentences

pytestmark = pytest.mark.real

TEXT = (
    "Mara Holt came to Tavrin in 1998. She opened the bakery on Ferry Lane two years later. "
    "The tram stood still on Monday. The flood closed the harbour for a week."
)
BAKERY = Article("/bakery.txt", "The bakery on Ferry Lane", TEXT)


@pytest.fixture(scope="module")
def app():
    with closing(App(load())) as app:
        yield app


def test_the_sentence_that_answers_is_found_by_its_neighbour(app):
    lines = tuple(TEXT[a:b] for a, b in sentences(TEXT))
    asked = "When did Mara Holt open the bakery?"
    [scores] = app.selector.select(asked, [TitledSentences(BAKERY.title, lines)])
    assert max(scores) == scores[1]
    assert min(scores[0], scores[1]) > max(scores[2:])


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("The flood closed the harbour for a week.", True),
        ("The flood closed the harbour.", True),
        ("The flood closed the harbour for a month.", False),
        ("The storm closed the harbour for a week.", False),
        ("The flood closed the airport for a week.", False),
        ("Mara Holt came to Tavrin in 1998.", False),  # another sentence says so
    ],
)
def test_what_the_cited_sentence_does_not_say_is_found(app, claim, said):
    passage = Passage(BAKERY, tuple(sentences(TEXT)))
    proof = Evidence(passage, *passage.sentences[-1], 3.0)
    verdict = app.verifier.verify(claim, [proof])
    assert (verdict.least() > 0.5) == said
