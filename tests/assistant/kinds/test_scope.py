"""A topic is in the archive where one passage has all of it, or the reranker is sure of it."""

import pytest

from assistant.kinds.scope import TOLD, is_told
from index.core.articles import Article, Passage

TEXT = "The tram drivers of Marn are on strike."
STRIKE = Passage(Article("/n/strike.txt", "Trams stand still", TEXT), ((0, len(TEXT)),))


@pytest.mark.parametrize(
    ("topic", "best", "told"),
    [
        ("the tram strike in Marn", 0.0, True),
        ("the tram strike in Lor", TOLD - 1, False),
        ("the tram strike in Lor", TOLD, True),
        ("the strike", TOLD - 1, True),
    ],
)
def test_all_words_of_a_topic_stand_together(topic, best, told):
    assert is_told(topic, [STRIKE], best) is told
