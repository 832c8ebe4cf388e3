"""Two or three articles side by side: what differs, each cell with its proof."""

import datetime as dt

import pytest

from assistant.answering.pipeline import Assistant
from assistant.kinds.comparisons.comparison import Comparison
from assistant.kinds.routing import kind_of
from index.core.articles import Article
from index.text.grammar import Argument, Name, ParsedSentence, Relation
from tests.fakes import FixedSearch, KnownGrammar, ScriptedModel, WordReranker

IN_MARN = "The ministers met in Marn on Tuesday and agreed to share 40 trains."
IN_LOR = "The ministers met in Lor on Monday and agreed to share 60 trains."
HOSTED = "Tilda Roeve hosted the meeting."
UNSAID = "The articles do not say it."
FIRST = Article(
    "/a.txt", "Rail meeting in Marn", f"{IN_MARN} {HOSTED}", dt.date(2022, 3, 3), "Post"
)
SECOND = Article("/b.txt", "Rail meeting in Lor", f"{IN_LOR} {HOSTED}", dt.date(2023, 5, 2), "Wire")
THIRD = Article(
    "/c.txt", "A bakery closes", "The bakery of Marn closes.", dt.date(2023, 5, 2), "Wire"
)
FOURTH = Article("/d.txt", "Rain", "It rained all week in Lor.", dt.date(2023, 5, 1), "Wire")


def parsed(text: str, *names: tuple[str, str], verb: str = "", subject: str = ""):
    found = [Name(n, text.index(n), text.index(n) + len(n), kind) for n, kind in names]
    who = Argument("subject", subject, (subject,), "person") if subject else None
    relations = (Relation(verb, text.index(subject or " "), who),) if verb else ()
    return ParsedSentence(text, tuple(found), relations)


GRAMMAR = KnownGrammar(
    parsed(IN_MARN, ("Marn", "place"), verb="agree"),
    parsed(IN_LOR, ("Lor", "place"), verb="agree"),
    parsed(HOSTED, ("Tilda Roeve", "person"), verb="host", subject="Tilda Roeve"),
)


def ask(question: str, *articles: Article):
    search = FixedSearch(*articles)
    return Assistant(
        search, WordReranker(), lambda: ScriptedModel(UNSAID), parser=lambda: GRAMMAR
    ).ask(question)


@pytest.mark.parametrize(
    ("asked", "sides", "aspect"),
    [
        ("What differs between the two meetings?", ("the two meetings",), ""),
        ("Compare the Marn talks with the Lor talks", ("the Marn talks", "the Lor talks"), ""),
        ("How did the 2022 and 2023 summits differ?", ("the 2022 summits", "2023 summits"), ""),
        ("How do the Post and the Wire differ on the toll?", ("the Post", "the Wire"), "the toll"),
        ("Contrast the first text with the second", ("the first text", "the second text"), ""),
        (
            "What is the difference between the raid on Marn and the raid on Lor?",
            ("the raid on Marn", "the raid on Lor"),
            "",
        ),
    ],
)  # fmt: skip
def test_a_comparison_is_recognised_with_its_sides(asked, sides, aspect):
    assert kind_of(asked) == Comparison(sides, aspect)


@pytest.mark.parametrize(
    "asked",
    [
        "What is the difference between primary and secondary sources?",
        "How are 'un-aided' schools different from 'aided' schools?",
        "What changed in the last two years?",
        "Who compared the minister to a fox?",
    ],
)
def test_a_question_for_a_fact_is_none(asked):
    assert not isinstance(kind_of(asked), Comparison)


def test_when_where_and_numbers_stand_side_by_side_with_their_sentences():
    answer = ask("What differs between the two meetings?", SECOND, FIRST)
    lines = answer.text.splitlines()
    assert answer.kind == "comparison"
    assert "When: article of 3 March 2022: 1 March 2022" in lines
    assert "When: article of 2 May 2023: 1 May 2023" in lines
    assert "Where: article of 3 March 2022: Marn" in lines
    assert "Where: article of 2 May 2023: Lor" in lines
    assert "Numbers: article of 3 March 2022: 40 trains" in lines
    assert "Numbers: article of 2 May 2023: 60 trains" in lines
    assert "Decided: article of 3 March 2022: " + IN_MARN in lines
    assert lines[-1] == "Who: Both: Tilda Roeve"  # what is the same comes last
    where = next(claim for claim in answer.claims if claim.text.endswith(": Lor"))
    assert [citation.quote for citation in where.citations] == [IN_LOR]


def test_years_tell_the_articles_apart_whatever_else_is_there():
    answer = ask("Compare the 2022 meeting and the 2023 meeting", THIRD, SECOND, FIRST, FOURTH)
    assert "Where: 2022 meeting: Marn" in answer.text
    assert "Where: 2023 meeting: Lor" in answer.text


def test_one_aspect_takes_the_nearest_sentence_of_each_side():
    answer = ask("How do the two articles differ on trains?", SECOND, FIRST)
    assert [claim.label for claim in answer.claims] == ["trains", "trains"]
    assert {c.quote for c in answer.citations} == {IN_MARN, IN_LOR}


def test_an_aspect_that_one_side_says_nothing_of_is_told():
    extra = Article("/a.txt", "Marn", f"{IN_MARN} Snow fell.", dt.date(2022, 3, 3))
    answer = ask("How do the two articles differ on snow?", SECOND, extra)
    assert [claim.text for claim in answer.claims] == ["article of 3 March 2022: Snow fell."]
    assert answer.caveats == ("Not found for article of 2 May 2023: snow.",)


@pytest.mark.parametrize("articles", [(FIRST,), (FIRST, SECOND, THIRD, FOURTH)])
def test_one_article_or_too_many_are_not_compared(articles):
    answer = ask("Compare all articles", *articles)
    assert answer.refusal and answer.refusal.code == "unsupported"
    assert "two or three articles" in answer.refusal.reason


def test_without_a_parser_the_main_points_are_compared():
    search = FixedSearch(FIRST, SECOND)
    answer = Assistant(search, WordReranker(), ScriptedModel).ask("Compare both articles")
    assert [claim.label for claim in answer.claims] == ["Main point", "Main point"]
