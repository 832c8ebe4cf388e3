"""Every quote of the sample set is in its article, every answer in its quotes."""

import json
import re
from functools import cache
from pathlib import Path

import pytest

from eval.data.cases import article_name
from index.readers.dispatch import read

ROOT = Path(__file__).resolve().parents[2]
SET = ROOT / "eval" / "sets" / "sample"
REAL_ARTICLES = ROOT.parent / "shared" / "articles"
ARTICLES = sorted((SET / "articles").iterdir())
QUESTIONS = [json.loads(line) for line in (SET / "questions.jsonl").read_text("utf-8").splitlines()]
TYPES = set(
    "who where when howmany what why quote date compare timeline conflict followup"
    " unanswerable".split()
)
# An office has one official name, and two articles about its holder have to share it.
OFFICIAL_TITLE = "special representative for korean peninsula peace and security affairs"
LONGEST_SHARED_RUN = 7

each_question = pytest.mark.parametrize("case", QUESTIONS, ids=lambda case: case["id"])


@cache
def bodies():
    """The text of each article as our readers read it, under the name that evidence calls it by."""
    return {
        article_name(f"{file}#{record.record}" if record.record else str(file)): " ".join(
            record.text.split()
        )
        for file in ARTICLES
        for record in read(file.read_bytes(), str(file))
    }


def holds(text, accepted):
    """Whether an accepted answer is in the text as whole words, in any case."""
    return any(
        re.search(rf"(?<!\w){re.escape(one)}(?!\w)", text, re.IGNORECASE) for one in accepted
    )


def runs(text, length):
    """Every run of so many words in a row; an official title ends the run."""
    parts = [re.findall(r"\w+", part) for part in text.lower().split(OFFICIAL_TITLE)]
    return {
        tuple(words[start : start + length])
        for words in parts
        for start in range(len(words) - length + 1)
    }


def test_the_set_is_large_and_varied_enough():
    assert len(QUESTIONS) >= 60
    assert {case["type"] for case in QUESTIONS} == TYPES
    ids = [case["id"] for case in QUESTIONS]
    assert len(set(ids)) == len(ids)
    asked = [(case["question"], str(case["history"])) for case in QUESTIONS]
    assert len(set(asked)) == len(asked)


def test_the_readme_question_comes_first():
    assert QUESTIONS[0]["question"] == "Who is the ROK special representative?"
    assert QUESTIONS[0]["answers"] == ["Kim Gunn"]


@each_question
def test_every_quote_stands_in_its_article(case):
    for evidence in case["evidence"]:
        assert evidence["quote"]
        assert evidence["quote"] in bodies()[evidence["article"]]


@each_question
def test_every_answer_stands_in_the_evidence_or_is_computed(case):
    if not case["answerable"]:
        assert case["type"] == "unanswerable"
        assert case["answers"] == []
        assert "must_all" not in case
        return
    assert case["type"] != "unanswerable"
    assert case["answers"]
    assert case["evidence"]
    proof = "\n".join(evidence["quote"] for evidence in case["evidence"])
    if "computed" not in case["tags"]:
        for accepted in [case["answers"], *case.get("must_all", [])]:
            assert holds(proof, accepted)


def test_the_hidden_instruction_is_no_part_of_its_article():
    page = (SET / "articles" / "hwasong-18-launch.html").read_text("utf-8")
    assert "COURIER50" in page
    assert not any("COURIER50" in text for text in bodies().values())


def test_the_readme_counts_the_questions_of_each_type():
    readme = (SET / "README.md").read_text("utf-8")
    for kind in TYPES:
        count = sum(case["type"] == kind for case in QUESTIONS)
        assert re.search(rf"^\| {kind} \| {count} \|", readme, re.MULTILINE)


@pytest.mark.skipif(not REAL_ARTICLES.is_dir(), reason=f"no real articles at {REAL_ARTICLES}")
def test_nothing_is_copied_from_the_real_articles():
    length = LONGEST_SHARED_RUN + 1
    real = [runs(file.read_text("utf-8"), length) for file in REAL_ARTICLES.glob("*.txt")]
    assert real
    for name, text in bodies().items():
        for known in real:
            assert not runs(text, length) & known, name
