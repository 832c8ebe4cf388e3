"""A sentence that states the answer is quoted while the model writes, or in its place."""

import pytest

from assistant.answering.pipeline import Assistant
from assistant.answering.quotation import STATES_IT
from assistant.core.settings import AnswerSettings
from tests.fakes import FixedSearch, KnownGrammar, KnownVerifier, ScriptedModel, WordReranker
from tests.stories import FLOOD, MET, TALKS

QUESTION = "Where did Kim Gunn meet his counterparts?"
SAID = "They met in Karuizawa."


class Chooses:
    """A selector that gives one sentence this logit, and all others none."""

    def __init__(self, sentence: str, logit: float) -> None:
        self._chosen = (sentence, logit)

    def select(self, question, passages):
        text, logit = self._chosen
        return [tuple(logit if s == text else -5.0 for s in one.sentences) for one in passages]


def assistant(selector, *answers: str, quote_first: bool = False) -> Assistant:
    model = ScriptedModel(*answers)
    built = Assistant(
        FixedSearch(TALKS, FLOOD),
        WordReranker(),
        lambda: model,
        AnswerSettings(evidence_tokens=200, quote_first=quote_first),
        parser=KnownGrammar,
        selector=selector,
        verifier=KnownVerifier,
    )
    built.speaker = model
    return built


def test_it_is_there_before_the_first_word_and_gives_way_to_the_wording() -> None:
    seen = list(assistant(Chooses(MET, STATES_IT), SAID).stream(QUESTION))
    quoted = next(answer for answer in seen if answer.quoted)
    assert (quoted.quoted.quote, quoted.pending, quoted.claims) == (MET, "", ())
    assert seen[-1].text == SAID


def test_with_quote_first_it_is_the_answer_and_the_model_is_not_asked() -> None:
    built = assistant(Chooses(MET, STATES_IT), quote_first=True)
    answer = built.ask(QUESTION)
    assert (answer.text, answer.final, answer.refused) == (MET, True, False)
    assert [citation.quote for citation in answer.citations] == [MET]
    assert built.speaker.shown == []


@pytest.mark.parametrize(
    ("logit", "question"),
    [
        (STATES_IT - 0.1, QUESTION),
        (STATES_IT, "How many counterparts did Kim Gunn meet?"),  # it holds no number
        (STATES_IT, "Why did Kim Gunn meet his counterparts?"),
    ],
)
def test_what_is_not_sure_is_read_by_the_model(logit, question) -> None:
    answer = assistant(Chooses(MET, logit), SAID, quote_first=True).ask(question)
    assert answer.quoted is None
    assert answer.text in (SAID, "")
