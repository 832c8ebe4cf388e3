"""What is no question is answered by a line, without a search."""

import pytest

from assistant.answering.pipeline import Assistant
from tests.fakes import FixedSearch, ScriptedModel, WordReranker
from tests.stories import TALKS


@pytest.mark.parametrize("said", ["Hi", "Hello!", "Thanks!", "Thank you very much", "Good morning"])
def test_small_talk_gets_a_line_and_nothing_is_searched(said):
    search = FixedSearch(TALKS)
    answer = Assistant(search, WordReranker(), ScriptedModel).ask(said)
    assert answer.kind == "greeting"
    assert "Ask about your articles" in answer.text
    assert not (answer.refused or answer.claims or search.asked)
    assert answer.final


@pytest.mark.parametrize("asked", ["Hi, who is Kim Gunn?", "Thanks, and where did they meet?"])
def test_a_question_that_begins_politely_is_a_question(asked):
    search = FixedSearch(TALKS)
    Assistant(search, WordReranker(), lambda: ScriptedModel("Kim Gunn is. ")).ask(asked)
    assert search.asked


@pytest.mark.parametrize(
    "said", ["What can you do?", "help", "Who are you?", "How does this work?"]
)
def test_a_question_about_the_assistant_gets_the_same_line(said):
    search = FixedSearch(TALKS)
    answer = Assistant(search, WordReranker(), ScriptedModel).ask(said)
    assert (answer.kind, search.asked) == ("greeting", [])
    assert "Ask about your articles" in answer.text
