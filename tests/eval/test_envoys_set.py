"""Forty questions on two articles that are not ours: each answer is where the set says."""

import os
from collections import Counter
from pathlib import Path

import pytest

from eval.data.cases import SETS, Case, read
from eval.data.importers import import_set
from eval.data.normalize import normalize

ROOT = Path(__file__).parents[2]
QUESTIONS = SETS / "envoys" / "questions.jsonl"
ARTICLES = Path(os.environ.get("ENVOYS") or ROOT.parent / "shared" / "articles")
CASES = list(read(QUESTIONS))

needs_articles = pytest.mark.skipif(
    not ARTICLES.is_dir(), reason="the two articles are not ours: ENVOYS names their folder"
)


def holds(case: Case, answer: str) -> bool:
    texts = [(ARTICLES / f"{name}.txt").read_text("utf-8") for name in case.articles]
    return any(spaced(answer) in spaced(text) for text in texts)


def spaced(text: str) -> str:
    """The words of a text, each with a blank around it."""
    return f" {' '.join(normalize(text))} "


def test_thirty_can_be_answered_and_ten_cannot() -> None:
    assert Counter(case.answerable for case in CASES) == {True: 30, False: 10}
    kinds = Counter(case.type for case in CASES)
    assert kinds.keys() >= {"who", "where", "when", "date", "howmany", "why", "quote", "followup"}
    assert all(case.history for case in CASES if case.type == "followup")


def test_nothing_is_quoted_and_no_answer_is_longer_than_a_few_words() -> None:
    assert not [case.id for case in CASES if case.quotes]
    assert max(len(answer.split()) for case in CASES for answer in case.answers) <= 5


@needs_articles
@pytest.mark.parametrize("case", [c for c in CASES if c.answerable], ids=lambda case: case.id)
def test_an_accepted_answer_stands_in_the_articles_it_names(case) -> None:
    assert any(holds(case, answer) for answer in case.answers)


@needs_articles
def test_the_questions_and_the_folder_make_a_set(tmp_path) -> None:
    import_set(QUESTIONS, tmp_path / "set", ARTICLES)
    assert [case.question for case in read(tmp_path / "set" / "questions.jsonl")] == [
        case.question for case in CASES
    ]
    assert {path.stem for path in (tmp_path / "set" / "articles").iterdir()} >= {
        name for case in CASES for name in case.articles
    }
