"""The sets that ship: every quote is in its article, every answer in its quotes or articles."""

import os
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from eval.data.cases import SETS, article_name, load, read
from eval.data.importers import import_set
from eval.scoring.metrics import holds
from index.readers.dispatch import read as read_file
from tests.command_line import ROOT

SAMPLE = load("sample")
TYPES = set(
    "who where when howmany what why quote date compare timeline conflict followup"
    " unanswerable".split()
)
ENVOYS = list(read(SETS / "envoys" / "questions.jsonl"))
ENVOYS_ARTICLES = Path(os.environ.get("ENVOYS") or ROOT.parent / "shared" / "articles")
needs_envoys = pytest.mark.skipif(
    not ENVOYS_ARTICLES.is_dir(), reason="the two articles are not ours: ENVOYS names their folder"
)
# An office has one official name, and two articles about its holder have to share it.
OFFICIAL_TITLE = "special representative for korean peninsula peace and security affairs"
LONGEST_SHARED_RUN = 7


@cache
def bodies():
    """The text of each article as our readers read it, under the name that evidence calls it by."""
    return {
        article_name(f"{file}#{record.record}" if record.record else str(file)): " ".join(
            record.text.split()
        )
        for file in sorted((SAMPLE.folder / "articles").iterdir())
        for record in read_file(file.read_bytes(), str(file))
    }


def runs(text, length):
    """Every run of so many words in a row; an official title ends the run."""
    parts = [re.findall(r"\w+", part) for part in text.lower().split(OFFICIAL_TITLE)]
    return {
        tuple(words[start : start + length])
        for words in parts
        for start in range(len(words) - length + 1)
    }


# ── the sample ────────────────────────────────────────────────────────────────────────────────


def test_the_sample_is_large_and_varied_and_begins_with_the_question_of_the_readme():
    assert len({(case.question, case.history) for case in SAMPLE.cases}) == len(SAMPLE.cases) >= 60
    first = SAMPLE.cases[0]
    assert (first.question, first.answers) == (
        *("Who is the ROK special representative?", ("Kim Gunn",)),
    )
    readme = (SAMPLE.folder / "README.md").read_text("utf-8")
    counts = Counter(case.type for case in SAMPLE.cases)
    assert counts.keys() == TYPES
    for kind, count in counts.items():
        assert re.search(rf"^\| {kind} \| {count} \|", readme, re.MULTILINE)


@pytest.mark.parametrize("case", SAMPLE.cases, ids=lambda case: case.id)
def test_every_quote_stands_in_its_article_and_every_answer_in_a_quote_or_is_computed(case):
    for gold in case.evidence:
        assert gold.quote and gold.quote in bodies()[gold.article]
    assert case.answerable == (case.type != "unanswerable") == bool(case.answers)
    assert bool(case.evidence) or not case.answerable
    proof = "\n".join(gold.quote for gold in case.evidence)
    if "computed" not in case.tags and case.answerable:
        for accepted in (case.answers, *case.all_of):
            assert any(holds(proof, one) for one in accepted)


def test_the_hidden_instruction_is_no_part_of_its_article():
    page = (SAMPLE.folder / "articles" / "hwasong-18-launch.html").read_text("utf-8")
    assert "COURIER50" in page
    assert not any("COURIER50" in text for text in bodies().values())


@needs_envoys
def test_nothing_is_copied_from_the_real_articles():
    real = [
        runs(file.read_text("utf-8"), LONGEST_SHARED_RUN + 1)
        for file in ENVOYS_ARTICLES.glob("*.txt")
    ]
    assert real
    for name, text in bodies().items():
        assert not any(runs(text, LONGEST_SHARED_RUN + 1) & known for known in real), name


# ── forty questions on two articles that are not ours ─────────────────────────────────────────


def test_thirty_can_be_answered_and_ten_cannot_and_nothing_is_quoted():
    assert Counter(case.answerable for case in ENVOYS) == {True: 30, False: 10}
    kinds = {case.type for case in ENVOYS}
    assert kinds >= {"who", "where", "when", "date", "howmany", "why", "quote", "followup"}
    assert all(case.history for case in ENVOYS if case.type == "followup")
    assert not [case.id for case in ENVOYS if case.quotes]
    assert max(len(answer.split()) for case in ENVOYS for answer in case.answers) <= 5


@needs_envoys
def test_the_questions_and_the_folder_make_a_set_whose_answers_stand_in_its_articles(tmp_path):
    import_set(SETS / "envoys" / "questions.jsonl", tmp_path / "set", ENVOYS_ARTICLES)
    made = load(str(tmp_path / "set"))
    assert [case.question for case in made.cases] == [case.question for case in ENVOYS]
    for case in made.cases:
        files = [tmp_path / "set" / "articles" / f"{name}.txt" for name in case.articles]
        text = "\n".join(file.read_text("utf-8") for file in files)
        assert not case.answerable or any(holds(text, one) for one in case.answers), case.id
