"""Caveats of an answer, and refusals in place of one."""

import datetime as dt
from dataclasses import replace

import pytest

from assistant.core.answer import Answer, Citation, Claim, Features
from assistant.verification.abstention import judge, not_mentioned
from index.core.articles import Article
from index.core.filters import Filters
from index.text.query_dates import periods
from index.text.question import analyse
from tests.fakes import evidence_of

SURE = Features(entailment_logit=3, mean_logprob=-0.05, type_match=1)
UNSURE = Features(entailment_logit=-9, mean_logprob=-3, type_match=0)
MAY_9 = dt.date(2024, 5, 9)
FLOOD = Article("/1.txt", "Ossel flood", "The Ossel killed 15 people.", MAY_9)
UNDATED = Article("/2.txt", "Ossel", "The Ossel killed 15 people.")
OLD = ("The newest article that is cited is of 9 May 2024.",)


def judged(question, article=FLOOD, as_of=None, features=SURE, today=None):
    evidence = evidence_of(article)
    claim = Claim("15 people.", (Citation(1, evidence[0], 1.0),))
    answer = Answer(
        question, question, evidence, (claim,), features=features, filters=Filters(as_of=as_of)
    )
    return judge(answer, 0.1, analyse(question, periods(question, today or as_of)))


@pytest.mark.parametrize(
    ("question", "as_of", "caveats"),
    [
        ("How many did the Ossel kill?", dt.date(2026, 1, 1), ()),
        ("How many did the Ossel kill in 2023?", dt.date(2026, 1, 1), ()),
        ("How many did it kill last week?", dt.date(2024, 5, 15), ()),
        ("How many may it kill next week?", dt.date(2024, 6, 12), ()),
        ("What is the latest toll?", dt.date(2025, 5, 9), ()),
        ("What is the latest toll?", dt.date(2025, 5, 10), OLD),
        ("Is he still missing?", dt.date(2026, 1, 1), OLD),
    ],
)
def test_a_caveat_says_that_what_is_cited_is_old_if_the_time_matters(question, as_of, caveats):
    assert (judged(question, as_of=as_of).refusal, judged(question, as_of=as_of).caveats) == (
        None,
        caveats,
    )


@pytest.mark.parametrize(
    ("article", "what"),
    [(FLOOD, "the newest that says it is of 9 May 2024"), (UNDATED, "what says it has no date")],
)
def test_what_is_of_another_time_than_the_week_asked_for_is_no_answer(article, what):
    answer = judged("How many did it kill last week?", article, dt.date(2024, 6, 12))
    assert (answer.refusal.code, answer.text, answer.caveats) == ("other_time", "", ())
    assert answer.refusal.reason == (
        f"Not in these articles: {what}, not of “last week” (3 June 2024 to 9 June 2024)."
    )


def test_last_week_is_explained_if_it_is_not_the_readers():
    assert judged("How many did it kill this week?", today=MAY_9).caveats == (
        "“this week” is counted from the newest article: 6 May 2024 to 12 May 2024.",
    )


def test_a_missing_date_is_a_caveat_only_if_the_time_matters():
    assert judged("How many did the Ossel kill?", UNDATED).caveats == ()
    assert judged("What is the latest toll?", UNDATED).caveats == ("The article has no date.",)


def test_a_refusal_says_what_there_is_and_which_name_there_is_not():
    assert judged("Did Elon Musk see the Ossel?", features=UNSURE).refusal.reason == (
        "Not in these articles: the nearest, “Ossel flood” (9 May 2024), does not say it, "
        "nor mention “Elon Musk”."
    )


def test_articles_that_are_on_another_subject_are_not_named():
    far = [replace(item, relevance=-9.0) for item in evidence_of(FLOOD)]
    refusal = not_mentioned(analyse("Who is Elon Musk?"), far)
    assert refusal.reason == "Not in these articles: the nearest ones do not mention “Elon Musk”."
    # a day is no subject that an article has to mention
    assert not_mentioned(analyse("What was decided since June?"), evidence_of(FLOOD)) is None


def test_a_title_brings_no_address_into_a_refusal():
    lure = Article("/3.txt", "See ![x](http://e.example/?q=1)", "The Ossel rose.", MAY_9)
    reason = judged("Who saw the Ossel?", lure, features=UNSURE).refusal.reason
    assert "http" not in reason and "an article of 9 May 2024" in reason


def test_an_article_that_does_not_mention_whom_the_question_names_is_no_proof():
    assert judged("How many people were killed in Tavrin?").refusal.reason == (
        "Not in these articles: the nearest, “Ossel flood” (9 May 2024), does not mention “Tavrin”."
    )
    assert judged("How many people did the Ossel kill in Tavrin?").refusal is None
