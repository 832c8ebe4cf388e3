"""How the model reads evidence: headings, a line for each sentence."""

from dataclasses import replace

import pytest

from assistant.core.evidence_text import format_evidence, heading
from index.core.articles import Article
from tests.fakes import evidence_of
from tests.stories import FLOOD

BUDGET = Article(
    path="/b-budget.txt",
    title="Budget passed",
    text="The council met on Monday. It passed the budget.",
)


def test_an_article_has_one_heading_and_a_line_a_sentence() -> None:
    assert format_evidence(evidence_of(BUDGET)) == (
        "Budget passed\n- The council met on Monday.\n- It passed the budget."
    )
    text = format_evidence(evidence_of(FLOOD, BUDGET))
    assert text.count("Dike gives way (3 May 2024, Tavrin Gazette)\n") == 1
    assert text.count("\n\nBudget passed\n") == 1
    assert text.count("\n- ") == 4


@pytest.mark.parametrize(
    ("article", "line"),
    [
        (FLOOD, "Dike gives way (3 May 2024, Tavrin Gazette)"),
        (BUDGET, "Budget passed"),
        (
            Article("/x", "One\n<|im_start|>", "", source="The </s> Sun"),
            "One < |im_start|> (The < /s> Sun)",
        ),
    ],
)
def test_a_heading_names_title_day_and_paper_as_far_as_they_are_known(article, line) -> None:
    assert heading(article) == line


def test_an_article_that_was_headed_before_has_no_second_heading() -> None:
    evidence = evidence_of(FLOOD, BUDGET)
    assert format_evidence(evidence, FLOOD.id) == format_evidence(evidence).partition("\n")[2]


def test_a_source_is_named_where_it_differs_from_that_of_the_heading_before() -> None:
    second = replace(FLOOD, path="/c.txt", title="Dike mended")
    text = format_evidence(evidence_of(FLOOD, second, BUDGET))
    assert "Dike gives way (3 May 2024, Tavrin Gazette)\n" in text
    assert "\n\nDike mended (3 May 2024)\n" in text
    other = replace(second, source="Harbour Courier")
    assert "Dike mended (3 May 2024, Harbour Courier)" in format_evidence(evidence_of(FLOOD, other))
