"""Two articles that count the same thing differently are both told."""

import datetime as dt

import pytest

from assistant.core.answer import Citation, Claim
from assistant.verification.contradictions import contradictions, describe
from index.core.articles import Article
from index.text.question import analyse
from tests.fakes import evidence_of

MAY_3 = Article(
    "/1.txt", "Ossel flood", "Twelve people died in the Ossel flood.", dt.date(2024, 5, 3)
)
MAY_9 = Article("/2.txt", "Ossel flood", "The Ossel flood killed 15 people.", dt.date(2024, 5, 9))
SAME = Article("/3.txt", "Flood", "In the Ossel flood 12 people died.", dt.date(2024, 5, 4))
OTHER = Article(
    "/4.txt", "Ossel flood", "After the Ossel flood 400 houses were empty.", dt.date(2024, 5, 5)
)
CONCERT = Article("/5.txt", "Concert", "Some 900 people heard the concert.", dt.date(2024, 5, 6))
HOW_MANY = analyse("How many people died in the Ossel flood?")


def found(claim, *articles):
    evidence = evidence_of(*articles)
    return contradictions(HOW_MANY, Claim(claim, (Citation(1, evidence[0], 1.0),)), evidence)


def test_both_numbers_are_told_with_their_days_oldest_first() -> None:
    rivals = found("15 people died.", MAY_9, MAY_3)
    assert describe(rivals, HOW_MANY) == "The articles differ: 12 (3 May 2024), 15 (9 May 2024)."


@pytest.mark.parametrize("others", [[SAME], [OTHER], [CONCERT], []])
def test_articles_that_agree_or_count_something_else_do_not_differ(others) -> None:
    assert found("Twelve people died.", MAY_3, *others) == ()


def test_a_number_of_the_question_is_not_what_is_asked_for() -> None:
    evidence = evidence_of(MAY_3, MAY_9)
    claim = Claim("The 12 people lived in Brask.", (Citation(1, evidence[0], 1.0),))
    assert contradictions(analyse("Where did the 12 people live?"), claim, evidence) == ()
