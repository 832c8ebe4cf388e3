"""Words that exclude one another contradict only where both sides state them."""

import pytest

from assistant.checking.opposites import opposites
from index.text.grammar import ParsedSentence


def reasons(claim, proof):
    return [mark.reason for mark in opposites(ParsedSentence(claim), ParsedSentence(proof))]


@pytest.mark.parametrize(
    ("claim", "proof", "found"),
    [
        ("Prices rose in Lor.", "Prices fell in Lor.", ["the article says “fell”, not “rose”"]),
        ("Prices did not rise in Lor.", "Prices fell in Lor.", []),
        ("The union backed the strike.", "The union did not oppose the strike.", []),
        ("He scored in the last minute.", "He scored in the final minute.", []),
    ],
)
def test_stated_opposites_alone_are_marked(claim, proof, found):
    assert reasons(claim, proof) == found
