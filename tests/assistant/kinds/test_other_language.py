"""A question in another language gets the nearest passages and why no answer was checked."""

from dataclasses import replace

import pytest

from assistant.answering.pipeline import Assistant
from assistant.kinds.routing import kind_of
from tests.fakes import FixedSearch, ScriptedModel, WordReranker
from tests.stories import GOOD, TALKS, WHO


def assistant(*articles, says=()):
    return Assistant(FixedSearch(*articles), WordReranker(), lambda: ScriptedModel(*says))


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("¿Quién es el enviado de Corea del Sur?", "Spanish"),
        ("Wer ist der Sondergesandte von Südkorea?", "German"),
        ("Où se sont rencontrés les envoyés ?", "French"),
        ("김건은 누구를 만났나요?", "Korean"),
        ("金健见了谁？", "Chinese"),
        ("特使はどこで会いましたか？", "Japanese"),
    ],
)
def test_the_language_is_named_and_the_nearest_passages_are_shown(question, language):
    answer = assistant(TALKS).ask(question)
    assert answer.refusal.code == "other_language"
    assert language in answer.refusal.reason
    assert "Not in these articles" not in answer.refusal.reason
    assert {item.article.title for item in answer.evidence} == {TALKS.title}
    assert answer.final


def test_nothing_is_promised_where_nothing_is_found():
    found = assistant().ask("¿Quién es el enviado?")
    assert "nearest" not in found.refusal.reason


@pytest.mark.parametrize(
    "question",
    [
        "Pyongyang?",
        "Kim Gunn, Karuizawa",
        "Who is Recep Tayyip Erdoğan?",
        "Did El Niño return?",
        "Who leads Die Linke?",
        "São Paulo flood deaths",
        "Deutsche Bank CEO",
        "And in Hokkaidō?",
        "What does “Schadenfreude ist die schönste Freude” mean?",
        "Did 김건 meet Sung Kim?",
    ],
)
def test_foreign_names_do_not_make_a_question_foreign(question):
    assert kind_of(question) is None


def test_an_answer_from_an_article_in_another_language_says_so():
    spanish = replace(TALKS, language="es")
    answer = assistant(spanish, says=[f"{GOOD} "]).ask(WHO)
    assert any("Spanish" in caveat for caveat in answer.caveats)
    answer = assistant(TALKS, says=[f"{GOOD} "]).ask(WHO)
    assert not any("only English" in caveat for caveat in answer.caveats)


def test_a_refusal_says_that_the_nearest_article_was_not_checked():
    spanish = replace(TALKS, language="es")
    answer = assistant(spanish, says=["Nine paid. "]).ask("Who paid Kim Gunn in Havana?")
    assert answer.refused
    assert "Spanish" in answer.refusal.reason
