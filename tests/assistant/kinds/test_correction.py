"""What a correction changed: the old sentence beside the new one, or what the notice says."""

import datetime as dt

import pytest

from assistant.answering.pipeline import Assistant
from assistant.kinds.comparisons.correction import Correction
from assistant.kinds.routing import kind_of
from index.core.articles import Article, Passage
from index.text.chunking import sentences
from tests.fakes import FixedSearch, ScriptedModel, WordReranker

OLD = Article(
    "/school-1.txt",
    "School of Lor opens",
    "The school of Lor opens in May. It cost 31 million crowns. It has a garden.",
    dt.date(2025, 2, 1),
)
NEW = Article(
    "/school-2.txt",
    "School of Lor opens",
    "The school of Lor opens in May. It cost 37 million crowns. It has a garden.",
    dt.date(2025, 2, 2),
)


class WithOlderVersion(FixedSearch):
    """A searcher whose article NEW corrects OLD, which is not found by itself."""

    def versions_before(self, article_id: str) -> list[Passage]:
        return [Passage(OLD, tuple(sentences(OLD.text)))] if article_id == NEW.id else []


def ask(question: str, search: FixedSearch):
    return Assistant(search, WordReranker(), ScriptedModel).ask(question)


@pytest.mark.parametrize(
    "asked",
    [
        "What was changed in the corrected article on the school?",
        "What is different in the corrected version of the article on the school?",
        "What has been corrected in the article about the school?",
        "What did the correction change?",
        "Compare the original and the corrected version of the article on the school",
        "What changed in the updated report on the school?",
    ],
)
def test_it_is_recognised(asked):
    assert isinstance(kind_of(asked), Correction)


@pytest.mark.parametrize(
    "asked",
    [
        "What was changed in the second reading of the bill?",
        "What was wrong with the dike?",
        "Who wrote the corrected article?",
        "What is new in Lor?",
        "What is different in the updated version of the app?",
    ],
)
def test_other_questions_are_left_alone(asked):
    assert not isinstance(kind_of(asked), Correction)


def test_the_old_sentence_stands_beside_the_new_one_and_both_are_cited():
    answer = ask("What was changed in the corrected article on the school?", WithOlderVersion(NEW))
    [claim] = answer.claims
    assert claim.line == "Changed: It cost 31 million crowns. → It cost 37 million crowns."
    assert [citation.article.path for citation in claim.citations] == [OLD.path, NEW.path]


def test_a_notice_of_correction_is_told_behind_the_sentence_that_was_wrong():
    report = Article(
        "/b1.txt", "Budget of Marn", "Marn spends 63 crowns on walls.", dt.date(2024, 3, 2)
    )
    notice = Article(
        "/b2.txt",
        "Correction: budget of Marn",
        "Our report on Marn was wrong. Marn spends 36 crowns on walls, not 63 crowns.",
        dt.date(2024, 3, 4),
    )
    answer = ask(
        "What was changed in the corrected report on the budget?", FixedSearch(notice, report)
    )
    assert [claim.line for claim in answer.claims] == [
        "Before (2 March 2024): Marn spends 63 crowns on walls.",
        "Corrected (4 March 2024): Our report on Marn was wrong.",
        "Corrected (4 March 2024): Marn spends 36 crowns on walls, not 63 crowns.",
    ]


def test_without_a_correction_it_is_refused():
    answer = ask("What was changed in the corrected article on the school?", FixedSearch(NEW))
    assert answer.refusal and answer.refusal.code == "nothing_relevant"
