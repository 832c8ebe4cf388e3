"""Differences that a question asks for are computed, and only if both sides are certain."""

import datetime as dt

import pytest

from assistant.verification.arithmetic import compute
from index.core.articles import Article
from index.text.question import analyse
from tests.fakes import WordReranker, evidence_of

VOTE = Article(
    "/vote.txt",
    "Lenz wins in Tavrin",
    "Pavo Lenz received 60,760 votes. Ilse Dorran received 50,818 votes. Turnout was 58 percent.",
    dt.date(2024, 3, 4),
)
FLOOD = Article(
    "/flood.txt",
    "Dike of Lower Brask closed again",
    "The dike of Lower Brask broke on Wednesday. It was closed again on 9 May. "
    "The old bridge of Ossel fell in 1981 and the new bridge opened in 1998.",
    dt.date(2024, 5, 3),
)
TRIAL = Article(
    "/trial.txt",
    "Keeper of the light",
    "The keeper left the lighthouse on September 24, 2010. "
    "The keeper turned himself in at the station on October 6, 2010.",
    dt.date(2010, 10, 9),
)


class ByWords(WordReranker):
    """Certain as soon as half of the words are there, as the real one is of short sentences."""

    def score(self, question, texts):
        return [score + 8 for score in super().score(question, texts)]


def computed(question, *articles):
    found = compute(analyse(question), evidence_of(*articles), ByWords())
    return found and (found.value, found.text)


@pytest.mark.parametrize(
    ("question", "article", "value", "text"),
    [
        (
            "By how many votes did Pavo Lenz beat Ilse Dorran?",
            *(VOTE, "9,942 votes", "9,942 votes: 60,760 against 50,818."),
        ),
        (
            "How many days passed between the dike breaking and it being closed again?",
            *(FLOOD, "8 days", "8 days, from 1 May 2024 to 9 May 2024."),
        ),
        (
            "How many days went by between the keeper leaving the lighthouse and turning himself "
            "in at the station?",
            *(TRIAL, "12 days", "12 days, from 24 September 2010 to 6 October 2010."),
        ),
    ],
)
def test_both_values_are_given_with_their_difference(question, article, value, text) -> None:
    assert computed(question, article) == (value, text)


@pytest.mark.parametrize(
    "question",
    [
        "How many votes did Pavo Lenz receive?",
        "How many days did the repair of the dike take?",
        "Who won in Tavrin?",
        "By how many votes did Pavo Lenz beat Runa Feld?",
        "How many weeks lay between the concert and the cup final?",
        "How many days passed between the dike breaking and the dike breaking?",
    ],
)
def test_nothing_is_computed_if_a_side_is_missing_or_none_is_asked_for(question) -> None:
    assert computed(question, VOTE, FLOOD) is None
