"""A question with several parts, from the whole answer to what it left out."""

from itertools import pairwise

import pytest

from assistant.answering.pipeline import Assistant
from assistant.core.settings import AnswerSettings
from index.core.articles import Article
from tests.fakes import FixedSearch, ScriptedModel, WordReranker
from tests.stories import FLOOD, HOURS, TALKS

LEADS = "Nadia Korvin heads the rescue service."
MISSING = "Nine people are missing."
BOTH = "Who heads the rescue service, and how many people are missing?"
FERRY = Article("/a/ferry.txt", "Ferry", "The ferry stopped at Pellow on its way.")
BARGE = Article("/a/barge.txt", "Barge", "The barge stopped at Brask on its way.")


def assistant(*answers: str, articles=(TALKS, FLOOD)) -> Assistant:
    model = ScriptedModel(*answers)
    search = FixedSearch(*articles)
    built = Assistant(search, WordReranker(5), lambda: model, AnswerSettings(evidence_tokens=200))
    built.speaker = model
    return built


def test_an_answer_to_all_parts_takes_one_prompt() -> None:
    built = assistant(f"{LEADS} {MISSING}")
    answer = built.ask(BOTH)
    assert (answer.text, answer.kind) == (f"{LEADS} {MISSING}", "several")
    assert len(built.speaker.shown) == 1


def test_a_part_that_was_left_out_is_asked_apart_and_its_citations_are_numbered_on() -> None:
    answers = list(assistant(LEADS, MISSING).stream(BOTH))
    last = answers[-1]
    assert last.text == f"{LEADS} {MISSING}"
    assert [c.number for c in last.citations] == [1, 2]
    assert last.timings.model_calls == 4
    assert [answer.final for answer in answers] == [False] * (len(answers) - 1) + [True]
    for before, after in pairwise(answers):
        assert after.text.startswith(before.text)


def test_a_part_that_the_articles_lack_is_named() -> None:
    answer = assistant(LEADS, "The articles do not say.").ask(BOTH)
    assert answer.text == LEADS
    assert answer.caveats[-1] == "Not found in these articles: How many people are missing?"


def test_it_is_refused_only_if_all_parts_are() -> None:
    answer = assistant("He flew to Paris.", LEADS, MISSING).ask(BOTH)
    assert (answer.refused, answer.text) == (False, f"{LEADS} {MISSING}")
    none = assistant(*["He flew to Paris."] * 3).ask(BOTH)
    assert (none.refusal.code, none.caveats) == ("unsupported", ())


def test_answers_that_are_too_few_are_looked_for_in_the_other_articles() -> None:
    one, other = "The ferry stopped at Pellow.", "The barge stopped at Brask."
    built = assistant(one, other, articles=(FERRY, BARGE))
    answer = built.ask("At which two places did the boats stop on the way?")
    assert {c.article.title for c in answer.citations} == {"Ferry", "Barge"}
    assert answer.caveats == ()
    assert "ferry" not in built.speaker.shown[1][-1].content.split("Question")[0].lower()


def test_fewer_answers_than_asked_for_are_said_to_be_fewer() -> None:
    built = assistant("The ferry stopped at Pellow.", articles=(FERRY,))
    answer = built.ask("At which two places did the ferry stop?")
    assert answer.text == "The ferry stopped at Pellow."
    assert "2 were asked for" in answer.caveats[-1]


@pytest.mark.parametrize(
    ("behind", "refused"), [("It rained.", True), ("As a result it was late.", False)]
)
def test_a_cause_that_is_only_told_beside_the_rest_is_struck(behind, refused) -> None:
    story = Article("/a/rain.txt", "Rain", f"{HOURS} {behind}")
    answer = assistant(HOURS, articles=(story,)).ask("Why was it late?")
    assert (answer.kind, answer.refused) == ("reason", refused)
