"""Votes on answers: kept on this machine, and read by an evaluation as cases."""

from __future__ import annotations

import pytest

from eval.data.cases import read as read_cases
from index.core.errors import UsageError
from tests.ui.test_page_markdown import an_answer
from ui.service.feedback import MAX_LINE, Feedback


def test_votes_come_out_as_cases_that_an_evaluation_reads(tmp_path):
    feedback = Feedback(tmp_path / "feedback.jsonl")
    answer = an_answer("Kim Gunn")
    feedback.keep({"key": "1", "vote": "down", "answer": answer})
    feedback.keep({"key": "1", "vote": "up", "answer": answer})
    feedback.keep({"key": "2", "vote": "up", "answer": an_answer("Nobody?", refused=True)})
    feedback.keep({"key": "3", "vote": "down", "note": "Sung Kim", "answer": answer})
    feedback.keep({"key": "4", "vote": "down", "answer": answer})
    titled = {**answer, "citations": [{**answer["citations"][0], "part": "title"}]}
    feedback.keep({"key": "6", "vote": "up", "answer": titled})
    with (tmp_path / "feedback.jsonl").open("a") as file:
        file.write('{"key": "5", "vo')
    (tmp_path / "questions.jsonl").write_text(feedback.cases(lambda article: "talks"), "utf-8")
    praised, refused, blamed, by_title = read_cases(tmp_path / "questions.jsonl")
    assert [gold.quote for gold in by_title.evidence] == [""]
    assert (praised.answers, praised.articles) == (("Kim Gunn",), ("talks",))
    assert not refused.answerable
    assert blamed.answers == ("Sung Kim",)
    assert (tmp_path / "feedback.jsonl").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "said",
    [{}, {"vote": "left", "answer": {}}, {"vote": "up", "answer": {"x": "y" * MAX_LINE}}],
)
def test_what_is_no_vote_is_not_kept(tmp_path, said):
    with pytest.raises(UsageError):
        Feedback(tmp_path / "f.jsonl").keep(said)
    assert not (tmp_path / "f.jsonl").exists()


# ── QualityTab ───────────────────────────────────────────────────────────────────────────────────
