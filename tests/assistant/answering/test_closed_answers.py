"""Yes/no questions through the whole pipeline: by code where a sentence proves it, else read."""

import pytest

from assistant.answering.pipeline import Assistant
from assistant.core.settings import AnswerSettings
from tests.fakes import FixedSearch, KnownGrammar, KnownVerifier, ScriptedModel, WordReranker
from tests.stories import FLOOD, MET, TALKS

ASKED = "Did Kim Gunn meet his counterparts in Karuizawa?"
STATED = "Kim Gunn did meet his counterparts in Karuizawa"


def assistant(*answers: str, unsaid: tuple[str, ...] = ()) -> Assistant:
    model = ScriptedModel(*answers)
    built = Assistant(
        FixedSearch(TALKS, FLOOD),
        WordReranker(),
        lambda: model,
        AnswerSettings(evidence_tokens=200),
        parser=KnownGrammar,
        verifier=lambda: KnownVerifier(*unsaid),
    )
    built.speaker = model
    return built


def test_what_a_sentence_proves_is_answered_with_it_and_without_the_model() -> None:
    built = assistant()
    first, last = built.stream(ASKED)
    assert (first.claims, last.final, last.kind) == ((), True, "fact")
    assert last.text == f"Yes: {MET}"
    assert [c.quote for c in last.citations] == [MET]
    assert built.speaker.shown == []


def test_what_none_proves_is_read_by_the_model() -> None:
    answer = assistant(MET, unsaid=(STATED,)).ask(ASKED)
    assert answer.text == MET


def test_a_yes_of_the_model_has_to_be_proved_word_by_word() -> None:
    said = "Yes, Kim Gunn met his counterparts."
    answer = assistant(said, unsaid=(STATED, said)).ask(ASKED)
    assert answer.refusal.code == "unsupported"


@pytest.mark.parametrize("question", ["Did they meet in Karuizawa?", "Did he go there?"])
def test_who_is_not_known_is_not_decided_by_code(question) -> None:
    built = assistant("It is not said.")
    built.ask(question)
    assert len(built.speaker.shown) == 1
