"""What the articles are is told from the index: counts, sources, days, topics and titles."""

import pytest

from assistant.kinds.inventory.archive_overview import ArchiveOverview
from tests.assistant.kinds.names_in_stories import REGATTA, STRIKE, ask, rows

NEWER = "1 March 2024: “Oto Quist wins the regatta” (Sailing Week)"
OLDER = "5 February 2024: “Dockers strike in Harbin Bay” (Bay Post)"


@pytest.mark.parametrize(
    ("asked", "lines"),
    [
        ("Which is the newest article?", [NEWER]),
        ("What is the oldest?", [OLDER]),
        ("What is the latest article about the strike?", [OLDER]),
        ("Which sources are there?", ["Sailing Week: 1 article", "Bay Post: 1 article"]),
        ("What period do the articles cover?", ["Days: 5 February 2024 to 1 March 2024"]),
        ("How many articles do you have?", ["Articles: 2 articles of 2 sources", NEWER, OLDER]),
        ("Do you have anything on Norland?", [NEWER]),
        ("Which articles mention Bel Hadar?", [OLDER]),
        ("Which articles were published in March 2024?", [NEWER]),
        ("Is Tern Motors mentioned?", [OLDER]),
    ],
)
def test_it_is_told_with_titles_and_days(asked, lines):
    answer = ask(asked, STRIKE, REGATTA, relevance=-5.0)
    assert answer.kind == "archive"
    assert rows(answer) == lines
    assert all(claim.citations for claim in answer.claims)


@pytest.mark.parametrize("asked", ["What are these articles about?", "What topics are covered?"])
def test_few_articles_are_told_by_their_titles(asked):
    assert rows(ask(asked, STRIKE, REGATTA))[-2:] == [NEWER, OLDER]


def test_what_no_article_has_is_refused_with_the_number_searched():
    answer = ask("Do you have anything on Mars?", STRIKE, REGATTA)
    assert answer.refusal.code == "nothing_relevant"
    assert "none of the 2 articles" in answer.refusal.reason


@pytest.mark.parametrize(
    "asked",
    [
        "What is the newest missile?",
        "When was the last report filed?",
        "Do you have the results of the final?",
        "Is there a cure for the disease?",
        "Who wrote the article?",
        "Are there names for the data collected through this program?",
        "What does the article say about the dike?",
    ],
)
def test_a_question_for_what_stands_in_an_article_is_left_alone(asked):
    assert ArchiveOverview.recognise(asked) is None
