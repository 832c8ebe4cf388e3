"""Questions for a reason: recognised by their words; a cause needs a sentence that links it."""

import pytest

from assistant.core.answer import Evidence
from assistant.kinds.reason import NO_LINK, asks_reason, unlinked
from index.core.articles import Article, Passage
from index.text.chunking import sentences


@pytest.mark.parametrize(
    "question",
    [
        "Why did the ferry sink?",
        "And why was it late?",
        "What caused the fire in Pellow?",
        "What led to the strike?",
        "What was the reason for the delay?",
        "How did the fire start?",
        "How come the bridge was closed?",
    ],
)
def test_a_question_for_a_reason_is_recognised(question) -> None:
    assert asks_reason(question)


@pytest.mark.parametrize(
    "question",
    [
        "Who said why the ferry sank?",
        "How did Quill describe the plan?",
        "How many ships sank?",
        "What began on Monday in Pellow?",
    ],
)
def test_a_question_for_something_else_is_not(question) -> None:
    assert not asks_reason(question)


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("The ferry sank because a valve was open.", True),
        ("The ferry sank after it hit a pier.", True),
        ("A valve was open. As a result the ferry sank.", True),
        ("A valve was open. The ferry sank on Monday.", False),
    ],
)
def test_a_cause_needs_a_sentence_that_links_it(text, linked) -> None:
    [proof, *_] = evidence_whole(text)
    assert unlinked("Why did the ferry sink?", [proof]) == ("" if linked else NO_LINK)


def evidence_whole(text: str) -> list[Evidence]:
    """The sentences of one passage."""
    spans = tuple(sentences(text))
    return [Evidence(Passage(Article("/a.txt", "", text), spans), *span, 0.0) for span in spans]
